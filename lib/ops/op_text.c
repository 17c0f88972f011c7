/* StringConcat, StringSplit, and what operators on texts share. */
#include "ops/op_text.h"
#include "ops/op_protos.h"

#include <string.h>

/* ---- shared ---- */

of_status of_keymap_init(of_opctx *c, of_keymap *m, size_t n)
{
    *m = (of_keymap){.c = c, .cap = 16};
    if (n >= UINT32_MAX / 4) return OF_INVALID(c, "%zu keys", n);
    while (m->cap < 2 * n) m->cap *= 2;
    OF_TRY(of_budget_bytes(c->budget, m->cap * (sizeof(of_str) + 4), c->err));
    m->key = OF_NEW_N(c->tmp, of_str, m->cap);
    m->val = OF_NEW_N(c->tmp, uint32_t, m->cap);
    return m->key && m->val ? OF_OK : of_nomem(c->err);
}

static size_t keymap_slot(of_keymap *m, of_str key)
{
    size_t i = (size_t)of_hash_bytes(m->c->m->names.seed, key.p, key.n) & (m->cap - 1);

    m->probes += 4 + key.n / 8;
    while (m->val[i] && (m->key[i].n != key.n || (key.n && memcmp(m->key[i].p, key.p, key.n) != 0))) {
        m->probes++;
        i = (i + 1) & (m->cap - 1);
    }
    return i;
}

uint32_t of_keymap_get(of_keymap *m, of_str key)
{
    return m->val[keymap_slot(m, key)] - 1;
}

uint32_t of_keymap_put(of_keymap *m, of_str key, uint32_t v)
{
    const size_t i = keymap_slot(m, key);
    const uint32_t was = m->val[i] - 1;

    m->key[i] = key;
    m->val[i] = v + 1;
    return was;
}

of_status of_keymap_charge(of_keymap *m)
{
    const uint64_t n = m->probes;
    m->probes = 0;
    return of_work(m->c, n);
}

bool of_utf8_next(of_str s, size_t *at, uint32_t *ch)
{
    const unsigned char *p = (const unsigned char *)s.p + *at;
    const size_t left = s.n - *at;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
    uint32_t v = n == 1 ? p[0] : p[0] & (0x7FU >> n);

    if (n == 0 || n > left) return false;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80) return false;
        v = v << 6 | (p[i] & 0x3FU);
    }
    if (v < least[n] || v > 0x10FFFF || (v >= 0xD800 && v < 0xE000)) return false;
    *at += n;
    *ch = v;
    return true;
}

size_t of_utf8_put(uint32_t ch, char *to)
{
    if (ch < 0x80) {
        to[0] = (char)ch;
        return 1;
    }
    const size_t n = ch < 0x800 ? 2 : ch < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--) {
        to[i] = (char)(0x80 | (ch & 0x3F));
        ch >>= 6;
    }
    to[0] = (char)((0xF00U >> n & 0xFF) | ch);
    return n;
}

of_status of_text_room(of_opctx *c, size_t n, char **p)
{
    OF_TRY(of_budget_bytes(c->budget, n, c->err));
    OF_TRY(of_work(c, n / 8));
    *p = (char *)of_tmp(c, n ? n : 1, 1);
    return *p ? OF_OK : of_nomem(c->err);
}

static of_status need_text(of_opctx *c, uint32_t i)
{
    const of_dtype dt = of_in_dtype(c, i);
    OF_TRY(of_need_tensor(c, i));
    if (dt != OF_UNDEFINED && dt != OF_STRING) return OF_INVALID(c, "input %u is no text", i);
    return OF_OK;
}

/* ---- StringConcat ---- */

of_status of_infer_StringConcat(of_opctx *c)
{
    of_shape s;

    OF_TRY(need_text(c, 0));
    OF_TRY(need_text(c, 1));
    OF_TRY(of_broadcast_ins(c, 0, 2, &s));
    return of_set_out(c, 0, OF_STRING, s);
}

of_status of_eval_StringConcat(of_opctx *c)
{
    const of_tensor *in[2] = {of_in(c, 0), of_in(c, 1)};
    of_loop *l = OF_NEW(c->tmp, of_loop);
    of_tensor *out;

    if (!l) return of_nomem(c->err);
    OF_TRY(of_out(c, 0, &out));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)out->count, 4)));
    for (of_loop_init_broadcast(l, out->dims, out->rank, in, 2); !l->done; of_loop_next(l)) {
        const of_str *a = (const of_str *)in[0]->data + l->offset[1];
        const of_str *b = (const of_str *)in[1]->data + l->offset[2];
        of_str *r = (of_str *)out->data + l->offset[0];
        for (int64_t i = 0; i < l->inner; i++) {
            const of_str x = a[i * l->inner_stride[1]], y = b[i * l->inner_stride[2]];
            char *p;
            size_t n;
            if (!of_add_size(x.n, y.n, &n)) return of_nomem(c->err);
            OF_TRY(of_text_room(c, n, &p));
            if (x.n) memcpy(p, x.p, x.n);
            if (y.n) memcpy(p + x.n, y.p, y.n);
            r[i] = (of_str){p, n};
        }
    }
    return OF_OK;
}

/* ---- StringSplit ---- */

of_status of_infer_StringSplit(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    of_shape s;

    OF_TRY(need_text(c, 0));
    OF_TRY(of_set_out(c, 1, OF_INT64, *in));
    if (in->rank < 0 || in->rank >= OF_MAX_RANK) return of_set_out(c, 0, OF_STRING, of_shape_unknown());
    OF_TRY(of_new_shape(c, in->rank + 1, &s));
    for (int32_t k = 0; k < in->rank; k++) s.d[k] = in->d[k];
    return of_set_out(c, 0, OF_STRING, s);
}

static bool is_blank(char ch)
{
    return ch == ' ' || (ch >= '\t' && ch <= '\r');
}

/* Characters that some implementations split at and some do not. */
static of_status odd_blanks(of_opctx *c, of_str s)
{
    for (size_t at = 0; at < s.n;) {
        uint32_t u;
        if (!of_utf8_next(s, &at, &u)) return OF_UNSUP(c, "a text that is not UTF-8");
        if ((u >= 0x1C && u <= 0x1F) || u == 0x85 || u == 0xA0 || u == 0x1680 || (u >= 0x2000 && u <= 0x200A) ||
            u == 0x2028 || u == 0x2029 || u == 0x202F || u == 0x205F || u == 0x3000)
            return OF_UNSUP(c, "white space U+%04X", u);
    }
    return OF_OK;
}

/* Where d is found in s from `from` on, or s.n. */
static size_t find_text(of_str s, of_str d, size_t from)
{
    for (; from + d.n <= s.n; from++)
        if (memcmp(s.p + from, d.p, d.n) == 0) return from;
    return s.n;
}

/* Parts of s into part (may be NULL); how many. max < 0: no limit on the cuts. */
static size_t split_text(of_str s, of_str d, int64_t max, of_str *part)
{
    size_t n = 0, at = 0;

    for (int64_t cuts = 0;; cuts++) {
        size_t end;
        if (!d.n) {
            while (at < s.n && is_blank(s.p[at])) at++;
            if (at == s.n) return n;
            for (end = at; end < s.n && !is_blank(s.p[end]);) end++;
        } else
            end = find_text(s, d, at);
        if (max >= 0 && cuts >= max) end = s.n;
        if (part) part[n] = (of_str){s.p + at, end - at};
        n++;
        if (end == s.n) return n;
        at = end + d.n;
    }
}

of_status of_eval_StringSplit(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0);
    const of_str *s = (const of_str *)in->data;
    int64_t *dims = (int64_t *)of_tmp(c, (size_t)in->rank + 1, sizeof(int64_t)), max, longest = 0;
    of_tensor *out, *num = NULL;
    of_str d;

    if (!dims) return of_nomem(c->err);
    OF_TRY(of_get_str(c, "delimiter", "", &d));
    OF_TRY(of_get_int(c, "maxsplit", -1, &max));
    OF_TRY(of_out_shaped(c, 1, OF_INT64, in->dims, in->rank, &num));
    for (int64_t i = 0; i < in->count; i++) {
        int64_t *n = (int64_t *)num->data + i;
        OF_TRY(of_work(c, of_sat_mul(2 * (uint64_t)s[i].n + 4, d.n + 1)));
        if (!d.n) OF_TRY(odd_blanks(c, s[i]));
        *n = (int64_t)split_text(s[i], d, max, NULL);
        if (*n > longest) longest = *n;
    }
    for (size_t k = 0; k < in->rank; k++) dims[k] = in->dims[k];
    dims[in->rank] = longest;
    OF_TRY(of_out_shaped(c, 0, OF_STRING, dims, (size_t)in->rank + 1, &out));
    for (int64_t i = 0; i < in->count; i++) (void)split_text(s[i], d, max, (of_str *)out->data + i * longest);
    return OF_OK;
}
