/* Text in Python's notation. */
#include <string.h>

#include "pass/pass_frame.h"

of_status of_text_put(of_pass *p, of_text *b, const char *s, size_t n)
{
    void *buf = b->p;
    size_t need;

    if (!of_add_size(b->n, n, &need) || of_vec_reserve(p->alloc, &buf, &b->cap, need, 1) != OF_OK)
        return of_pass_nomem(p);
    b->p = (char *)buf;
    if (n) memcpy(b->p + b->n, s, n);
    b->n = need;
    return OF_OK;
}

/* Length of the UTF-8 sequence at s, with its code point; 0: not one. */
static size_t of_utf8(const unsigned char *s, size_t n, uint32_t *cp)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t k = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;

    if (k == 1) {
        *cp = s[0];
        return 1;
    }
    if (s[0] < 0xc2 || s[0] > 0xf4 || k > n) return 0;
    *cp = s[0] & (0xffu >> (k + 1));
    for (size_t i = 1; i < k; i++) {
        if ((s[i] & 0xc0) != 0x80) return 0;
        *cp = *cp << 6 | (s[i] & 0x3f);
    }
    return *cp < least[k] || *cp > 0x10ffff || (*cp >= 0xd800 && *cp < 0xe000) ? 0 : k;
}

/* Code points that Python's repr escapes: control, format, separators but the space,
 * surrogates, private use. Ranges, sorted. What Unicode has not assigned yet is shown. */
static bool of_printable(uint32_t cp)
{
    static const uint32_t not[][2] = {
        {0x0, 0x1f},         {0x7f, 0xa0},       {0xad, 0xad},         {0x600, 0x605},     {0x61c, 0x61c},
        {0x6dd, 0x6dd},      {0x70f, 0x70f},     {0x890, 0x891},       {0x8e2, 0x8e2},     {0x1680, 0x1680},
        {0x180e, 0x180e},    {0x2000, 0x200f},   {0x2028, 0x202f},     {0x205f, 0x206f},   {0x3000, 0x3000},
        {0xd800, 0xf8ff},    {0xfeff, 0xfeff},   {0xfff0, 0xfffb},     {0xfffe, 0xffff},   {0x110bd, 0x110bd},
        {0x110cd, 0x110cd},  {0x13430, 0x1343f}, {0x1bca0, 0x1bca3},   {0x1d173, 0x1d17a}, {0xe0000, 0xe00ff},
        {0xf0000, 0x10ffff},
    };

    for (size_t i = 0; i < sizeof not / sizeof not[0]; i++)
        if (cp >= not[i][0] && cp <= not[i][1]) return false;
    return true;
}

static of_status of_text_escape(of_pass *p, of_text *b, uint32_t cp)
{
    char text[10] = {'\\', 'x'};
    size_t digits = 2, k = 2;

    if (cp == '\n' || cp == '\r' || cp == '\t') {
        text[1] = cp == '\n' ? 'n' : cp == '\r' ? 'r' : 't';
        return of_text_put(p, b, text, 2);
    }
    if (cp > 0xffff) {
        text[1] = 'U';
        digits = 8;
    } else if (cp > 0xff) {
        text[1] = 'u';
        digits = 4;
    }
    while (digits-- > 0) text[k++] = "0123456789abcdef"[cp >> (4 * digits) & 15];
    return of_text_put(p, b, text, k);
}

of_status of_text_repr(of_pass *p, of_text *b, const char *s, size_t n)
{
    bool single = n && memchr(s, '\'', n) != NULL, twice = n && memchr(s, '"', n) != NULL;
    char quote = single && !twice ? '"' : '\'';
    size_t k;

    OF_TRY(of_text_put(p, b, &quote, 1));
    for (size_t i = 0; i < n; i += k) {
        uint32_t cp;

        for (k = 0; k < n - i && s[i + k] >= ' ' && s[i + k] < 0x7f && s[i + k] != '\\' && s[i + k] != quote;) k++;
        if (k) { /* names are mostly plain */
            OF_TRY(of_text_put(p, b, s + i, k));
            continue;
        }
        k = of_utf8((const unsigned char *)s + i, n - i, &cp);
        if (!k) {
            k = 1;
            OF_TRY(of_text_escape(p, b, (unsigned char)s[i]));
        } else if (cp == '\\' || cp == (unsigned char)quote) {
            char pair[2] = {'\\', (char)cp};
            OF_TRY(of_text_put(p, b, pair, 2));
        } else if (!of_printable(cp))
            OF_TRY(of_text_escape(p, b, cp));
        else
            OF_TRY(of_text_put(p, b, s + i, k));
    }
    return of_text_put(p, b, &quote, 1);
}
