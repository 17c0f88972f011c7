/* StringNormalizer: stop words out, case changed. Case is Unicode's simple mapping, whatever
 * the locale; where that is not all there is to it (a letter that becomes two, Turkish), the
 * node is left alone. */
#include "ops/op_casetab.h"
#include "ops/op_protos.h"
#include "ops/op_text.h"

#include <string.h>

typedef enum case_action { CASE_NONE, CASE_LOWER, CASE_UPPER } case_action;

typedef struct norm_attrs {
    case_action action;
    bool sensitive;
    const of_str *stop;
    size_t n_stop;
} norm_attrs;

static of_status norm_read(of_opctx *c, norm_attrs *a)
{
    int64_t sensitive;
    of_str s;

    OF_TRY(of_get_str(c, "case_change_action", "NONE", &s));
    if (of_str_is(s, "LOWER")) a->action = CASE_LOWER;
    else if (of_str_is(s, "UPPER")) a->action = CASE_UPPER;
    else if (of_str_is(s, "NONE")) a->action = CASE_NONE;
    else return OF_INVALID(c, "case_change_action is none of LOWER, UPPER, NONE");
    OF_TRY(of_get_int(c, "is_case_sensitive", 0, &sensitive));
    a->sensitive = sensitive != 0;
    OF_TRY(of_get_str(c, "locale", "en_US", &s));
    if (s.n >= 2 && (memcmp(s.p, "tr", 2) == 0 || memcmp(s.p, "az", 2) == 0 || memcmp(s.p, "lt", 2) == 0))
        return OF_UNSUP(c, "case in locale %.*s", of_clip(s.n), s.p);
    return of_get_strs(c, "stopwords", &a->stop, &a->n_stop);
}

static of_status map_char(of_opctx *c, case_action action, uint32_t *ch)
{
    const bool low = action == CASE_LOWER;
    const case_range *r = low ? case_lower : case_upper;
    const case_many *m = low ? case_lower_many : case_upper_many;
    size_t n = low ? sizeof case_lower / sizeof *r : sizeof case_upper / sizeof *r;
    const size_t nm = low ? sizeof case_lower_many / sizeof *m : sizeof case_upper_many / sizeof *m;
    const uint32_t u = *ch;

    if (u < 0x80) {
        if (low && u >= 'A' && u <= 'Z') *ch = u + 32;
        if (!low && u >= 'a' && u <= 'z') *ch = u - 32;
        return OF_OK;
    }
    for (size_t i = 0; i < nm; i++)
        if (u >= m[i].lo && u <= m[i].hi) return OF_UNSUP(c, "the case of U+%04X", u);
    while (n) {
        const size_t half = n / 2;
        if (u < r[half].lo) {
            n = half;
        } else if (u > r[half].hi) {
            r += half + 1;
            n -= half + 1;
        } else {
            if ((u - r[half].lo) % (uint32_t)r[half].step == 0) *ch = u + (uint32_t)r[half].delta;
            return OF_OK;
        }
    }
    return OF_OK;
}

static of_status map_text(of_opctx *c, case_action action, of_str s, of_str *out)
{
    char *p;
    size_t n = 0, room;

    *out = s;
    if (action == CASE_NONE) return OF_OK;
    if (!of_mul_size(s.n, 2, &room)) return of_nomem(c->err); /* two bytes become three at most */
    OF_TRY(of_text_room(c, room + 4, &p));
    OF_TRY(of_work(c, of_sat_mul(s.n, 8)));
    for (size_t at = 0; at < s.n;) {
        uint32_t ch;
        if (!of_utf8_next(s, &at, &ch)) return OF_UNSUP(c, "a text that is not UTF-8");
        OF_TRY(map_char(c, action, &ch));
        n += of_utf8_put(ch, p + n);
    }
    *out = (of_str){p, n};
    return OF_OK;
}

of_status of_infer_StringNormalizer(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    norm_attrs a;
    of_shape s;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(norm_read(c, &a));
    if (in->rank < 0) return of_set_out(c, 0, OF_STRING, of_shape_unknown());
    if (in->rank < 1 || in->rank > 2 || (in->rank == 2 && of_dim_is_num(in->d[0]) && in->d[0].k != 1))
        return OF_INVALID(c, "the input is neither [C] nor [1, C]");
    OF_TRY(of_new_shape(c, in->rank, &s));
    if (in->rank == 2) s.d[0] = of_dim_num(1);
    return of_set_out(c, 0, OF_STRING, s);
}

of_status of_eval_StringNormalizer(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0);
    int64_t dims[2] = {1, 1}, n = 0;
    case_action fold;
    norm_attrs a;
    of_keymap stop;
    of_tensor *out;
    of_str *keep, s;

    OF_TRY(norm_read(c, &a));
    if (in->dtype != OF_STRING) return OF_INVALID(c, "the input is no text");
    fold = a.sensitive ? CASE_NONE : CASE_LOWER;
    OF_TRY(of_keymap_init(c, &stop, a.n_stop));
    for (size_t i = 0; i < a.n_stop; i++) {
        OF_TRY(map_text(c, fold, a.stop[i], &s));
        (void)of_keymap_put(&stop, s, 0);
    }
    keep = OF_NEW_N(c->tmp, of_str, (size_t)in->count + 1);
    if (!keep) return of_nomem(c->err);
    for (int64_t i = 0; i < in->count; i++) {
        const of_str x = ((const of_str *)in->data)[i];
        if (!x.n) return OF_UNSUP(c, "an empty text, which some implementations drop");
        if (a.n_stop) {
            OF_TRY(map_text(c, fold, x, &s));
            if (of_keymap_get(&stop, s) != UINT32_MAX) continue;
        }
        OF_TRY(map_text(c, a.action, x, &keep[n]));
        n++;
    }
    OF_TRY(of_keymap_charge(&stop));
    if (n == 0) keep[n++] = (of_str){"", 0};
    dims[in->rank - 1] = n;
    OF_TRY(of_out_shaped(c, 0, OF_STRING, dims, in->rank, &out));
    memcpy(out->data, keep, (size_t)n * sizeof *keep);
    return OF_OK;
}
