#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void of_err_clear(of_err *e)
{
    if (!e) return;
    e->status = OF_OK;
    e->offset = OF_NO_OFFSET;
    e->msg[0] = '\0';
    e->node[0] = '\0';
}

static bool is_cont(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* Length of the well-formed UTF-8 sequence at s (Unicode 15, table 3-7), 0 when there
 * is none. C1 controls count as none: terminals act on them. */
static size_t utf8_len(const unsigned char *s, size_t n)
{
    if (s[0] < 0x80) return 1;
    if (s[0] < 0xC2) return 0;
    if (s[0] < 0xE0) {
        if (n < 2 || !is_cont(s[1])) return 0;
        return s[0] == 0xC2 && s[1] < 0xA0 ? 0 : 2;
    }
    if (s[0] < 0xF0) {
        if (n < 3 || !is_cont(s[1]) || !is_cont(s[2])) return 0;
        if (s[0] == 0xE0 && s[1] < 0xA0) return 0; /* overlong */
        if (s[0] == 0xED && s[1] > 0x9F) return 0; /* surrogates */
        return 3;
    }
    if (s[0] < 0xF5) {
        if (n < 4 || !is_cont(s[1]) || !is_cont(s[2]) || !is_cont(s[3])) return 0;
        if (s[0] == 0xF0 && s[1] < 0x90) return 0; /* overlong */
        if (s[0] == 0xF4 && s[1] > 0x8F) return 0; /* past U+10FFFF */
        return 4;
    }
    return 0;
}

/* Bytes of a sequence that starts with c, by c alone. */
static size_t utf8_want(unsigned char c)
{
    return c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC2 ? 2 : 1;
}

/* cut: the text was cut behind n, so a sequence begun at the very end is dropped
 * instead of shown as '?'. */
static void sanitize(char *text, size_t n, bool cut)
{
    unsigned char *s = (unsigned char *)text;
    size_t i = 0;
    if (cut) {
        size_t back = 1;
        while (back < 4 && back < n && is_cont(s[n - back])) back++;
        if (back <= n && utf8_want(s[n - back]) > back) n -= back;
    }
    while (i < n) {
        size_t len = utf8_len(s + i, n - i);
        if (len == 0 || (len == 1 && (s[i] < 0x20 || s[i] == 0x7F))) {
            s[i] = '?';
            len = 1;
        }
        i += len;
    }
    s[n] = '\0';
}

void of_err_record(of_err *e, of_status code, uint64_t offset, const char *fmt, ...)
{
    int keep = errno, n;
    size_t len;
    bool cut;
    va_list ap;
    if (!e || e->status != OF_OK) return;
    e->status = code;
    e->offset = offset;
    e->msg[0] = '\0';
    e->node[0] = '\0';
    va_start(ap, fmt);
    n = vsnprintf(e->msg, sizeof e->msg, fmt, ap);
    va_end(ap);
    cut = n >= (int)sizeof e->msg;
    len = n < 0 ? 0 : cut ? sizeof e->msg - 1 : (size_t)n;
    sanitize(e->msg, len, cut);
    errno = keep;
}

void of_err_set_node(of_err *e, const char *name, size_t len)
{
    bool cut;
    if (!e || e->status == OF_OK || e->node[0] != '\0') return;
    cut = len >= sizeof e->node;
    if (cut) len = sizeof e->node - 1;
    if (len) memcpy(e->node, name, len);
    sanitize(e->node, len, cut);
}
