/* Cast CastLike BitCast. */
#include <math.h>
#include <string.h>

#include "ops/op_cast.h"

/* ---- one float ---- */

/* ONNX Cast's table for float8e8m0. What a negative number becomes is unspecified; without
 * saturation nothing above 2^127 is brought down to it by rounding. */
static bool of_cast_e8m0(double d, const of_cast_how *how, uint64_t *bits)
{
    of_e8m0_round r = how->round_mode == 'u' ? OF_E8M0_UP : how->round_mode == 'd' ? OF_E8M0_DOWN : OF_E8M0_NEAREST;

    if (d == d && signbit(d)) return false;
    *bits = of_f64_to_e8m0(d, r, how->saturate);
    if (!how->saturate && r == OF_E8M0_NEAREST && d > 0x1p127) *bits = 0xFF;
    return true;
}

bool of_cast_float(of_dtype t, double d, const of_cast_how *how, uint64_t *bits)
{
    uint32_t u;
    float f;

    switch (t) {
    case OF_DOUBLE: memcpy(bits, &d, sizeof *bits); return true;
    case OF_FLOAT:
        f = (float)d;
        memcpy(&u, &f, sizeof u);
        *bits = u;
        return true;
    case OF_FLOAT16: *bits = of_f64_to_f16(d); return true;
    case OF_BFLOAT16: *bits = of_f64_to_bf16(d); return true;
    case OF_FLOAT8E8M0: return of_cast_e8m0(d, how, bits);
    default:
        /* Only the float8 kinds have a choice; the 4- and 6-bit ones have no infinity. */
        *bits = of_f64_to_f8(t, d, how->saturate || of_dtypes[t].bits < 8);
        return true;
    }
}

/* ---- runs ---- */

/* A run of float32 or float64 to one of the small float types; odd has room for n floats. */
static bool of_cast_to_small(const of_kern_small *k, of_dtype to, const of_cast_how *how, bool wide, const void *src,
                             void *dst, size_t n, float *odd)
{
    const of_e8m0_round r =
        how->round_mode == 'u' ? OF_E8M0_UP : how->round_mode == 'd' ? OF_E8M0_DOWN : OF_E8M0_NEAREST;
    uint64_t bits;

    if (to != OF_FLOAT8E8M0 || (how->saturate && !wide)) {
        const float *f = (const float *)src;
        if (wide) {
            k->f64_to_odd(odd, (const double *)src, n);
            f = odd;
        }
        if (to == OF_FLOAT8E8M0) return k->f32_to_e8m0((uint8_t *)dst, f, n, r);
        if (of_dtypes[to].bits == 16) of_small_from_f32(k, to, f, dst, n);
        /* Only the float8 kinds have a choice; the 4- and 6-bit ones have no infinity. */
        else k->f32_to_byte((uint8_t *)dst, f, n, of_narrow_of(to), how->saturate);
        return true;
    }
    for (size_t i = 0; i < n; i++) {
        double d = wide ? ((const double *)src)[i] : (double)((const float *)src)[i];
        if (!of_cast_float(to, d, how, &bits)) return false;
        ((uint8_t *)dst)[i] = (uint8_t)bits;
    }
    return true;
}

/* Floats below every int32 or int64, minus infinity with them, become the least one: that
 * is what processors give whether they saturate or have one answer for all that does not
 * fit. They disagree on the rest, which has no result here. */
static bool of_cast_ints(const of_kern_convert *k, of_ktype kf, of_ktype kt, const void *src, void *dst, size_t n)
{
    const of_kern_cvt_fn cvt = k->cvt[kf][kt];

    if (cvt(dst, src, n) == n) return true;
    if ((kf != OF_KT_F64 && kf != OF_KT_F32) || (kt != OF_KT_I32 && kt != OF_KT_I64)) return false;
    for (size_t i = 0; i < n; i++) {
        const float *f = (const float *)src + (kf == OF_KT_F32 ? i : 0);
        const double *d = (const double *)src + (kf == OF_KT_F64 ? i : 0);
        const bool wide = kf == OF_KT_F64;
        int64_t *l = (int64_t *)dst + (kt == OF_KT_I64 ? i : 0);
        int32_t *w = (int32_t *)dst + (kt == OF_KT_I32 ? i : 0);

        if (cvt(kt == OF_KT_I64 ? (void *)l : (void *)w, wide ? (const void *)d : (const void *)f, 1) == 1) continue;
        if (!(wide ? *d < 0 : *f < 0)) return false;
        if (kt == OF_KT_I64) *l = INT64_MIN;
        else *w = INT32_MIN;
    }
    return true;
}

typedef struct of_cast_job {
    const of_opctx *c;
    of_dtype from, to;
    const of_cast_how *how;
    const of_tensor *in, *out; /* 4- and 2-bit elements as they are stored */
    bool far;
} of_cast_job;

/* One block, n <= OF_EW_BLOCK, of elements that are not packed; b1 and b2 hold OF_EW_BLOCK elements of
 * 8 bytes. Of 4- and 2-bit integers only the low bits of dst's bytes count. */
static bool of_cast_block(const of_cast_job *j, const char *src, char *dst, size_t n, char *b1, char *b2)
{
    const of_kern_convert *k = &j->c->kern->convert;
    const of_kern_small *small = &j->c->kern->small;
    const of_dtype from = j->from, to = j->to;
    of_ktype kf = OF_KT_F32, kt = OF_KT_F32;
    const void *s = src;

    if (from == OF_BOOL) { /* any nonzero byte is true */
        k->tobool[OF_KT_U8]((uint8_t *)b1, src, n);
        s = b1;
        kf = OF_KT_U8;
    } else if (!of_ew_ktype(from, &kf)) {
        float *f = (float *)(void *)(to == OF_FLOAT ? dst : b1);
        of_small_to_f32(small, from, src, f, n);
        if (to == OF_FLOAT) return true;
        s = b1;
        kf = OF_KT_F32;
    }
    if (to == OF_BOOL) {
        k->tobool[kf]((uint8_t *)dst, s, n);
        return true;
    }
    if (of_dtype_small_float(to)) {
        /* integers go through float32, as runtimes take them */
        if (kf != OF_KT_F64 && kf != OF_KT_F32) {
            (void)k->cvt[kf][OF_KT_F32](b2, s, n);
            s = b2;
        }
        return of_cast_to_small(small, to, j->how, kf == OF_KT_F64, s, dst, n, (float *)(void *)b2);
    }
    (void)of_ew_ktype(to, &kt);
    if (!of_dtype_packed(to)) return of_cast_ints(k, kf, kt, s, dst, n);
    /* ONNX leaves floats out of range open; that they keep their low bits, as integers
     * do, is what the backend tests have. */
    if (kf == OF_KT_F32 || kf == OF_KT_F64) {
        if (k->cvt[kf][OF_KT_I32](b2, s, n) != n) return false;
        s = b2;
        kf = OF_KT_I32;
    }
    (void)k->cvt[kf][OF_KT_U8](dst, s, n);
    return true;
}

static bool of_cast_part(void *arg, void *scratch, size_t from, size_t to)
{
    const of_cast_job *j = (const of_cast_job *)arg;
    const bool packed = of_dtype_packed(j->from) && !j->in->unpacked, packs = of_dtype_packed(j->to);
    const size_t room = OF_EW_BLOCK * sizeof(uint64_t);
    char *buf = (char *)scratch, *more = buf + room, *stage = more + room, *bytes = stage + room;

    for (size_t i = from; i < to; i += OF_EW_BLOCK) {
        const size_t m = to - i < OF_EW_BLOCK ? to - i : OF_EW_BLOCK;
        const char *s = of_stored_at(j->in, i);
        char *out = of_stored_at(j->out, i), *d = j->far || packs ? stage : out;
        of_far_in(j->far, s, packed ? m / 2 : m * of_dtypes[j->from].mem);
        if (packed) {
            of_unpack(j->from, s, bytes, m);
            s = bytes;
        }
        if (!of_cast_block(j, s, d, m, buf, more)) return false;
        if (packs) of_pack(j->to, stage, out, m);
        else of_far_out(j->c, j->far, out, stage, m * of_dtypes[j->to].mem);
    }
    return true;
}

static of_status of_cast_numbers(of_opctx *c, const of_tensor *a, of_tensor *out, const of_cast_how *how)
{
    of_cast_job j = {.c = c, .from = (of_dtype)a->dtype, .to = (of_dtype)out->dtype, .how = how, .in = a, .out = out, .far = of_is_far(c, out)};
    bool ok;

    OF_TRY(of_work(c, (uint64_t)out->count));
    OF_TRY(of_parts(c, (size_t)out->count, OF_EW_BLOCK, (uint64_t)out->count, 4 * OF_EW_BLOCK * sizeof(uint64_t),
                    of_cast_part, &j, &ok));
    if (ok) return OF_OK;
    if (of_dtype_small_float(j.to))
        return OF_INVALID(c, "what a negative number becomes as %s is not specified", of_dtypes[j.to].name);
    return OF_INVALID(c, "a value that is NaN, infinite or out of range has no %s", of_dtypes[j.to].name);
}

/* ---- text ---- */

static of_status of_cast_from_text(of_opctx *c, const of_tensor *a, of_tensor *out, const of_cast_how *how)
{
    of_dtype to = (of_dtype)out->dtype;
    size_t mem = of_dtypes[to].mem;
    of_dec *dec = (of_dec *)of_tmp(c, 2, sizeof(of_dec));
    uint64_t steps = 0, bits;
    of_ktype k;

    if (!dec) return of_ew_nomem(c);
    if (!of_dtype_is_float(to) && !of_dtype_is_int(to))
        return OF_UNSUP(c, "what text is as %s is not specified", of_dtypes[to].name);
    for (int64_t i = 0; i < a->count; i++)
        steps = of_sat_add(steps, of_sat_add(OF_DEC_WORK, ((const of_str *)a->data)[i].n));
    OF_TRY(of_work(c, steps));
    for (int64_t i = 0; i < a->count; i++) {
        of_str s = ((const of_str *)a->data)[i];
        char *d = (char *)out->data + (size_t)i * mem;
        bool negative;
        if (of_dtype_is_float(to)) {
            double odd, nearest;
            if (!of_text_to_float(s, dec, &odd, &nearest)) return OF_INVALID(c, "text is not a number");
            if (!of_cast_float(to, to == OF_DOUBLE ? nearest : odd, how, &bits))
                return OF_INVALID(c, "what a negative number becomes as %s is not specified", of_dtypes[to].name);
        } else {
            const of_dtype_info *ti = &of_dtypes[to];
            uint64_t max = ti->kind == OF_K_SINT ? ((uint64_t)1 << (ti->bits - 1)) - 1 : UINT64_MAX >> (64 - ti->bits);
            if (!of_text_to_int(s, &negative, &bits)) return OF_INVALID(c, "text is not an integer");
            if (negative ? bits > (ti->kind == OF_K_SINT ? max + 1 : 0) : bits > max)
                return OF_INVALID(c, "a number does not fit %s", ti->name);
            if (negative) bits = 0 - bits;
        }
        (void)of_ew_ktype(to, &k);
        switch (mem) {
        case 1: *(uint8_t *)d = (uint8_t)bits; break;
        case 2: *(uint16_t *)(void *)d = (uint16_t)bits; break;
        case 4: *(uint32_t *)(void *)d = (uint32_t)bits; break;
        default: *(uint64_t *)(void *)d = bits; break;
        }
    }
    return OF_OK;
}

/* Texts lie in scratch until of_tensor_own_strings takes them over. */
static of_status of_cast_to_text(of_opctx *c, const of_tensor *a, of_tensor *out)
{
    of_dtype from = (of_dtype)a->dtype;
    size_t mem = of_dtypes[from].mem;
    of_str *d = (of_str *)out->data;
    of_dec *dec = (of_dec *)of_tmp(c, 2, sizeof(of_dec));
    char *text;

    if (!of_dtype_is_float(from) && !of_dtype_is_int(from))
        return OF_UNSUP(c, "the text of a %s is not specified", of_dtypes[from].name);
    OF_TRY(of_work(c, of_sat_mul((uint64_t)a->count, of_dtype_is_float(from) ? 5 * OF_DEC_WORK : 32)));
    text = (char *)of_tmp(c, (size_t)a->count, OF_DEC_TEXT);
    if (!text || !dec) return of_ew_nomem(c);
    for (int64_t i = 0; i < a->count; i++, text += OF_DEC_TEXT) {
        const char *p = (const char *)a->data + (size_t)i * mem;
        int64_t v;
        d[i].p = text;
        if (of_dtype_is_float(from)) { /* the small ones as the float32 they are equal to */
            double f;
            of_to_f64(from, p, &f, 1);
            d[i].n = of_float_to_text(from == OF_DOUBLE, f, text, dec);
            continue;
        }
        of_to_i64(from, p, &v, 1);
        if (v < 0 && of_dtypes[from].kind == OF_K_SINT) d[i].n = of_int_to_text(true, 0 - (uint64_t)v, text);
        else d[i].n = of_int_to_text(false, (uint64_t)v, text);
    }
    return of_tensor_own_strings(out, c->err);
}

/* ---- the operators ---- */

/* Version 1 names the type, later ones number it. */
static of_status of_cast_to(of_opctx *c, of_dtype *to)
{
    of_attr *a;
    int64_t v;
    of_str s;

    *to = OF_UNDEFINED;
    OF_TRY(of_find_attr(c, "to", &a));
    if (!a) return OF_INVALID(c, "attribute to is missing");
    if (c->opset < 6 && a->type == OF_A_STRING) {
        OF_TRY(of_get_str(c, "to", "", &s));
        for (int t = 1; t < OF_DTYPE_COUNT; t++)
            if (of_str_is(s, of_dtypes[t].name)) *to = (of_dtype)t;
    } else {
        OF_TRY(of_get_int(c, "to", 0, &v));
        if (of_dtype_valid(v)) *to = (of_dtype)v;
    }
    if (*to == OF_UNDEFINED) return OF_INVALID(c, "attribute to names no type");
    return OF_OK;
}

static of_status of_infer_cast_to(of_opctx *c, of_dtype to)
{
    of_dtype from = of_in_dtype(c, 0);
    of_dim *v, *r;
    size_t n;

    OF_TRY(of_set_out(c, 0, to, *of_in_shape(c, 0)));
    if (c->evaluating || (to != OF_BOOL && !of_dtype_is_int(to)) || from == OF_UNDEFINED) return OF_OK;
    OF_TRY(of_ew_known(c, 0, &v, &n));
    if (!v || n == 0) return OF_OK;
    r = (of_dim *)of_tmp(c, n, sizeof(of_dim));
    if (!r) return of_ew_nomem(c);
    for (size_t i = 0; i < n; i++) {
        if (to != OF_BOOL) r[i] = of_ew_fit(to, v[i]);
        else if (of_dim_is_num(v[i])) r[i] = of_dim_num(v[i].k != 0);
        else r[i] = of_ew_known2(c, OF_KN_GT, OF_BOOL, v[i], of_dim_num(0));
        if (to == OF_BOOL && of_dim_is(r[i], 0) && !of_dim_is_num(v[i])) r[i] = of_dim_unknown();
    }
    return of_set_known(c, 0, r, n);
}

of_status of_infer_Cast(of_opctx *c)
{
    of_dtype to;

    OF_TRY(of_cast_to(c, &to));
    return of_infer_cast_to(c, to);
}

of_status of_infer_CastLike(of_opctx *c)
{
    of_dtype to = of_in_dtype(c, 1);

    if (to == OF_UNDEFINED) return of_set_out(c, 0, OF_UNDEFINED, *of_in_shape(c, 0));
    return of_infer_cast_to(c, to);
}

static of_status of_cast(of_opctx *c, of_dtype to)
{
    const of_tensor *a;
    of_dtype from;
    of_cast_how how;
    int64_t saturate;
    of_tensor *out;
    of_str mode;

    OF_TRY(of_in_load(c, 0, to == OF_STRING, &a));
    from = (of_dtype)a->dtype;
    OF_TRY(of_get_int(c, "saturate", 1, &saturate));
    OF_TRY(of_get_str(c, "round_mode", "up", &mode));
    how.saturate = saturate != 0;
    how.round_mode = of_str_is(mode, "up") ? 'u' : of_str_is(mode, "down") ? 'd' : of_str_is(mode, "nearest") ? 'n' : 0;
    if (!how.round_mode) return OF_INVALID(c, "round_mode is none of up, down, nearest");
    if (of_dtypes[from].kind == OF_K_COMPLEX || of_dtypes[to].kind == OF_K_COMPLEX)
        return OF_UNSUP(c, "Cast is not defined for %s to %s", of_dtypes[from].name, of_dtypes[to].name);
    /* Saturation takes float8e5m2's infinities, even on the way to itself. */
    if (from == to && from != OF_BOOL && from != OF_FLOAT8E5M2) return of_out_val(c, 0, of_val_ref(c->in_const[0]));
    if (from == OF_STRING) OF_TRY(of_out_raw(c, 0, &out));
    else OF_TRY(of_out_packed(c, 0, &out));
    if (out->count == 0) return OF_OK;
    if (from == OF_STRING) return of_cast_from_text(c, a, out, &how);
    if (to == OF_STRING) return of_cast_to_text(c, a, out);
    return of_cast_numbers(c, a, out, &how);
}

of_status of_eval_Cast(of_opctx *c)
{
    of_dtype to;

    OF_TRY(of_cast_to(c, &to));
    return of_cast(c, to);
}

of_status of_eval_CastLike(of_opctx *c) { return of_cast(c, of_in_dtype(c, 1)); }

/* ---- BitCast ---- */

of_status of_infer_BitCast(of_opctx *c)
{
    of_dtype from = of_in_dtype(c, 0), to;

    OF_TRY(of_cast_to(c, &to));
    if (to == OF_STRING || from == OF_STRING) return OF_INVALID(c, "strings have no bits");
    if (from != OF_UNDEFINED && of_dtypes[from].bits != of_dtypes[to].bits)
        return OF_INVALID(c, "%s and %s differ in width", of_dtypes[from].name, of_dtypes[to].name);
    return of_set_out(c, 0, to, *of_in_shape(c, 0));
}

of_status of_eval_BitCast(of_opctx *c)
{
    const of_tensor *a = of_in(c, 0);
    of_dtype from = (of_dtype)a->dtype, to = of_dtypes[from].bits ? (of_dtype)c->out_type[0]->dtype : from;
    size_t n, mem = of_dtypes[to].mem;
    of_tensor *out;

    OF_TRY(of_out_raw(c, 0, &out));
    n = (size_t)out->count;
    OF_TRY(of_work(c, n));
    if (n == 0) return OF_OK;
    if (of_dtype_packed(to)) { /* one element a byte: bits above its own are sign */
        unsigned bits = of_dtypes[to].bits, sign = of_dtypes[to].kind == OF_K_SINT ? 1u << (bits - 1) : 0;
        for (size_t i = 0; i < n; i++)
            ((uint8_t *)out->data)[i] =
                (uint8_t)(((((const uint8_t *)a->data)[i] & ((1u << bits) - 1)) ^ sign) - sign);
        return OF_OK;
    }
    memcpy(out->data, a->data, n * mem);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    /* The bits are those of the little-endian bytes: the two parts of a complex64 change places. */
    if ((from == OF_COMPLEX64) != (to == OF_COMPLEX64)) {
        uint64_t *u = (uint64_t *)out->data;
        for (size_t i = 0; i < n; i++) u[i] = u[i] << 32 | u[i] >> 32;
    }
#endif
    return OF_OK;
}
