/* Running kernels over the operands of elementwise operators. */
#include <string.h>

#include "ops/op_elementwise.h"
#include "ops/op_numeric.h"

void of_ew_widen(const of_opctx *c, of_dtype t, const void *src, float *dst, size_t n)
{
    of_ktype k;

    if (of_dtype_small_float(t)) of_small_to_f32(&c->kern->small, t, src, dst, n);
    else if (t == OF_BOOL || !of_ew_ktype(t, &k)) of_to_f32(t, src, dst, n);
    else (void)c->kern->convert.cvt[k][OF_KT_F32](dst, src, n);
}

void of_ew_take(const of_opctx *c, of_dtype t, of_dtype as, const void *src, void *dst, size_t n)
{
    if (as == OF_FLOAT) of_ew_widen(c, t, src, (float *)dst, n);
    else if (as == OF_DOUBLE && t == OF_FLOAT) (void)c->kern->convert.cvt[OF_KT_F32][OF_KT_F64](dst, src, n);
    else if (as == OF_DOUBLE) of_to_f64(t, src, (double *)dst, n);
    else of_to_i64(t, src, (int64_t *)dst, n);
}

of_status of_ew_load(of_opctx *c, const of_tensor *t, of_dtype as, const void **v)
{
    void *p;

    *v = t->data;
    if (t->dtype == as || t->count == 0) return OF_OK;
    if (as != OF_FLOAT && as != OF_DOUBLE && as != OF_INT64)
        return OF_UNSUP(c, "%s is not computed in %s", of_dtypes[t->dtype].name, of_dtypes[as].name);
    p = of_tmp(c, (size_t)t->count, of_dtypes[as].mem);
    if (!p) return of_ew_nomem(c);
    *v = p;
    of_ew_take(c, (of_dtype)t->dtype, as, t->data, p, (size_t)t->count);
    return OF_OK;
}

void of_ew_store(const of_opctx *c, of_dtype work, const void *src, of_dtype t, void *dst, size_t n)
{
    if (work == t) {
        if (n) memcpy(dst, src, n * of_dtypes[t].mem);
    } else if (work == OF_FLOAT && of_dtype_small_float(t)) {
        of_small_from_f32(&c->kern->small, t, (const float *)src, dst, n);
    } else if (work == OF_FLOAT) {
        of_from_f32(t, (const float *)src, dst, n);
    } else if (work == OF_DOUBLE && t == OF_FLOAT) {
        (void)c->kern->convert.cvt[OF_KT_F64][OF_KT_F32](dst, src, n);
    } else if (work == OF_DOUBLE) {
        of_from_f64(t, (const double *)src, dst, n);
    } else { /* INT64 to INT32 */
        const int64_t *s = (const int64_t *)src;
        int32_t *d = (int32_t *)dst;
        for (size_t i = 0; i < n; i++) d[i] = (int32_t)(uint32_t)(uint64_t)s[i];
    }
}

/* Strides of b as operand of the first input's index space (see of_ew_shape2). */
static of_status of_ew_legacy_strides(of_opctx *c, const of_tensor *a, const of_tensor *b, int64_t *s)
{
    int64_t bs[OF_MAX_RANK], axis;
    size_t start = (size_t)(a->rank - b->rank);

    for (size_t k = 0; k < a->rank; k++) s[k] = 0;
    if (b->count == 1) return OF_OK;
    if (of_sym_is(c->node->op_type, "PRelu")) {
        if (b->rank == 1 && a->rank >= 2) start = 1;
    } else if (of_has_attr(c, "axis") && a->rank != b->rank) {
        OF_TRY(of_get_int(c, "axis", 0, &axis));
        start = (size_t)(axis < 0 ? axis + a->rank : axis);
    }
    of_strides(b->dims, b->rank, bs);
    for (size_t k = 0; k < b->rank; k++)
        if (b->dims[k] != 1) s[start + k] = bs[k];
    return OF_OK;
}

of_status of_ew_loop2(of_opctx *c, const of_tensor *out, const of_tensor *a, const of_tensor *b, of_loop **l)
{
    const of_tensor *in[2] = {a, b};
    const int64_t *strides[3];
    int64_t *s;

    *l = OF_NEW(c->tmp, of_loop);
    if (!*l) return of_ew_nomem(c);
    if (!of_ew_legacy(c)) {
        of_loop_init_broadcast(*l, out->dims, out->rank, in, 2);
        return OF_OK;
    }
    s = (int64_t *)of_tmp(c, 2 * OF_MAX_RANK, sizeof(int64_t));
    if (!s) return of_ew_nomem(c);
    of_strides(a->dims, a->rank, s);
    OF_TRY(of_ew_legacy_strides(c, a, b, s + OF_MAX_RANK));
    strides[0] = strides[1] = s;
    strides[2] = s + OF_MAX_RANK;
    of_loop_init(*l, out->dims, out->rank, strides, 3);
    return OF_OK;
}

typedef struct of_ew_job {
    of_kern_bin_fn fn;
    of_kern_uni_fn fn1;
    of_kern_uni_fn fn64; /* fn1 in double where results of 16 bits are rounded from fn1's float32, or NULL */
    const double *p; /* of fn1 */
    of_dtype work, from[2], to;
    bool swap, far;
    const of_opctx *c;
    const char *src; /* of fn1 */
    char *out;
} of_ew_job;

/* Operand k at p as elements of the job's type. */
static const char *of_ew_operand(const of_ew_job *j, int k, const void *p, ptrdiff_t step, size_t n, char *buf)
{
    if (j->from[k] == j->work) return (const char *)p;
    of_ew_take(j->c, j->from[k], j->work, p, buf, step ? n : 1);
    return buf;
}

static bool of_ew_block2(const of_walk *w, size_t at, const void *const *p, const ptrdiff_t *step, size_t n,
                         void *scratch)
{
    const of_ew_job *j = (const of_ew_job *)w->arg;
    const size_t ws = of_dtypes[j->work].mem, os = of_dtypes[j->to].mem;
    const bool stored = j->to == j->work || j->to == OF_BOOL;
    const bool direct = stored && j->from[0] == j->work && j->from[1] == j->work;
    char *buf = (char *)scratch, *d = j->out + at * os;

    for (size_t i = 0; i < n;) {
        const size_t m = (direct && !j->far) || n - i < OF_EW_BLOCK ? n - i : OF_EW_BLOCK;
        const char *x = (const char *)p[0] + (step[0] ? i : 0) * of_dtypes[j->from[0]].mem;
        const char *y = (const char *)p[1] + (step[1] ? i : 0) * of_dtypes[j->from[1]].mem;
        char *to = stored && !j->far ? d + i * os : buf, *stage = buf + 3 * OF_EW_BLOCK * ws;
        of_far_in(j->far && step[0], x, m * of_dtypes[j->from[0]].mem);
        of_far_in(j->far && step[1], y, m * of_dtypes[j->from[1]].mem);
        x = of_ew_operand(j, 0, x, step[0], m, buf + OF_EW_BLOCK * ws);
        y = of_ew_operand(j, 1, y, step[1], m, buf + 2 * OF_EW_BLOCK * ws);
        if (j->swap) j->fn(to, y, step[1], x, step[0], m);
        else j->fn(to, x, step[0], y, step[1], m);
        if (!stored) of_ew_store(j->c, j->work, buf, j->to, j->far ? stage : d + i * os, m);
        of_far_out(j->c, j->far, d + i * os, stored ? to : stage, m * os);
        i += m;
    }
    return true;
}

of_status of_ew_run2(of_opctx *c, of_kern_bin_fn fn, of_dtype work, const of_tensor *a, const of_tensor *b, bool swap,
                     const of_loop *l, of_tensor *out, uint64_t cost)
{
    of_ew_job j = {.fn = fn, .work = work, .to = (of_dtype)out->dtype, .swap = swap, .c = c, .far = of_is_far(c, out)};
    of_walk w = {.l = l, .fn = of_ew_block2, .arg = &j};
    bool ok;

    j.from[0] = (of_dtype)a->dtype;
    j.from[1] = (of_dtype)b->dtype;
    j.out = (char *)out->data;
    w.data[0] = a->data;
    w.data[1] = b->data;
    w.mem[0] = of_dtypes[a->dtype].mem;
    w.mem[1] = of_dtypes[b->dtype].mem;
    w.scratch = 4 * OF_EW_BLOCK * of_dtypes[work].mem;
    return of_walk_run(c, &w, of_sat_mul((uint64_t)out->count, cost), &ok);
}

of_status of_ew_eval2(of_opctx *c, of_kbin op, bool swap)
{
    const of_tensor *a = of_in(c, 0), *b = of_in(c, 1);
    of_dtype work = of_ew_work((of_dtype)a->dtype);
    of_kern_bin_fn fn;
    of_tensor *out;
    of_loop *l;
    of_ktype k;

    fn = of_ew_ktype(work, &k) ? c->kern->arith.bin[op][k] : NULL;
    if (!fn || a->dtype != b->dtype) return OF_UNSUP(c, "not evaluated for %s", of_dtypes[a->dtype].name);
    OF_TRY(of_out_raw(c, 0, &out));
    OF_TRY(of_work(c, (uint64_t)out->count));
    OF_TRY(of_ew_loop2(c, out, a, b, &l));
    return of_ew_run2(c, fn, work, a, b, swap, l, out, OF_EW_CHEAP);
}

/* Whether rounding v to 16 bits has two candidates equally near. */
static bool of_ew_middle(of_dtype t, float v)
{
    uint32_t bits;

    memcpy(&bits, &v, sizeof bits);
    if (t == OF_BFLOAT16) return (bits & 0xffff) == 0x8000;
    if ((bits & 0x7fffffff) >= 0x38800000) return (bits & 0x1fff) == 0x1000;
    v *= 0x1p25f; /* below 2^-14 float16 goes on in steps of 2^-24 */
    return v == (float)(int32_t)v && ((int32_t)v & 1);
}

/* A function's float32 that is just such a middle was rounded to it as a rule, and does not say from
 * which side: its double does. */
static void of_ew_middles(const of_ew_job *j, const float *in, const float *res, char *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double x, y;
        uint16_t half;
        if (!of_ew_middle(j->to, res[i])) continue;
        x = (double)in[i];
        j->fn64(&y, &x, 1, j->p);
        half = j->to == OF_FLOAT16 ? of_f64_to_f16(y) : of_f64_to_bf16(y);
        memcpy(out + i * sizeof half, &half, sizeof half);
    }
}

static bool of_ew_block1(void *arg, void *scratch, size_t from, size_t to)
{
    const of_ew_job *j = (const of_ew_job *)arg;
    const size_t ss = of_dtypes[j->from[0]].mem, os = of_dtypes[j->to].mem, ws = of_dtypes[j->work].mem;
    const bool stored = j->to == j->work || j->to == OF_BOOL;
    char *res = (char *)scratch, *in = res + OF_EW_BLOCK * ws, *stage = in + OF_EW_BLOCK * ws;

    if (j->from[0] == j->work && !j->far) {
        j->fn1(j->out + from * os, j->src + from * ss, to - from, j->p);
        return true;
    }
    for (size_t i = from; i < to; i += OF_EW_BLOCK) {
        const size_t m = to - i < OF_EW_BLOCK ? to - i : OF_EW_BLOCK;
        const void *x = j->src + i * ss;
        char *d = j->far ? stage : j->out + i * os;
        of_far_in(j->far, x, m * ss);
        if (j->from[0] != j->work) {
            of_ew_take(j->c, j->from[0], j->work, x, in, m);
            x = in;
        }
        j->fn1(stored ? d : res, x, m, j->p);
        if (!stored) of_ew_store(j->c, j->work, res, j->to, d, m);
        if (j->fn64) of_ew_middles(j, (const float *)x, (const float *)(const void *)res, d, m);
        of_far_out(j->c, j->far, j->out + i * os, d, m * os);
    }
    return true;
}

of_status of_ew_eval1(of_opctx *c, of_kuni op, const double *p, uint64_t cost)
{
    const of_tensor *a = of_in(c, 0);
    of_dtype t = (of_dtype)a->dtype, work = of_ew_work(t);
    const of_kern_arith *ka = &c->kern->arith;
    of_ew_job j = {.p = p, .work = work, .from = {t, t}, .c = c};
    of_tensor *out;
    of_ktype k;
    uint64_t steps;
    bool ok;

    if (of_ew_ktype(work, &k))
        j.fn1 = k == OF_KT_F32 ? ka->uni_f32[op] : k == OF_KT_F64 ? ka->uni_f64[op]
             : op < OF_KU_INT_COUNT ? ka->uni_int[op][k] : NULL;
    if (!j.fn1) return OF_UNSUP(c, "not evaluated for %s", of_dtypes[t].name);
    OF_TRY(of_out_raw(c, 0, &out));
    steps = of_sat_mul((uint64_t)out->count, cost);
    OF_TRY(of_work(c, steps));
    j.to = (of_dtype)out->dtype;
    if (of_is_f16(j.to) && work == OF_FLOAT && op >= OF_KU_EXP) j.fn64 = ka->uni_f64[op];
    j.src = (const char *)a->data;
    j.out = (char *)out->data;
    j.far = of_is_far(c, out);
    return of_parts(c, (size_t)out->count, OF_EW_BLOCK, steps, 3 * OF_EW_BLOCK * of_dtypes[work].mem, of_ew_block1,
                    &j, &ok);
}

/* ---- one element repeated ---- */

typedef struct of_ew_with {
    const of_opctx *c;
    of_kern_bin_fn fn[2];
    const void *value[2];
    of_dtype work, type;
    bool far;
    const char *src;
    char *dst;
} of_ew_with;

static bool of_ew_with_part(void *arg, void *scratch, size_t from, size_t to)
{
    const of_ew_with *j = (const of_ew_with *)arg;
    const size_t mem = of_dtypes[j->type].mem;

    for (size_t i = from; i < to; i += OF_EW_BLOCK) {
        const size_t m = to - i < OF_EW_BLOCK ? to - i : OF_EW_BLOCK;
        const char *s = j->src + i * mem;
        char *out = j->dst + i * mem, *stage = (char *)scratch + OF_EW_BLOCK * of_dtypes[j->work].mem;
        char *d = j->work == j->type && !j->far ? out : (char *)scratch;
        of_far_in(j->far, s, m * mem);
        if (j->work != j->type) {
            of_ew_take(j->c, j->type, j->work, s, d, m);
            s = d;
        }
        for (int k = 0; k < 2; k++) {
            if (!j->fn[k]) continue;
            j->fn[k](d, j->value[k], 0, s, 1, m);
            s = d;
        }
        if (j->work != j->type) {
            of_ew_store(j->c, j->work, d, j->type, j->far ? stage : out, m);
            d = stage;
        }
        of_far_out(j->c, j->far, out, d, m * mem);
    }
    return true;
}

of_status of_ew_with_scalars(of_opctx *c, const of_tensor *a, of_tensor *out, of_kern_bin_fn first, const void *v1,
                             of_kern_bin_fn second, const void *v2)
{
    of_ew_with j = {.c = c, .fn = {first, second}, .value = {v1, v2}, .type = (of_dtype)a->dtype};
    bool ok;

    j.work = of_ew_work(j.type);
    j.src = (const char *)a->data;
    j.dst = (char *)out->data;
    j.far = of_is_far(c, out);
    return of_parts(c, (size_t)out->count, OF_EW_BLOCK, (uint64_t)out->count, 2 * OF_EW_BLOCK * of_dtypes[j.work].mem,
                    of_ew_with_part, &j, &ok);
}

bool of_ew_any_zero(const of_tensor *t)
{
    size_t n = (size_t)t->count;

    switch (of_dtypes[t->dtype].mem) {
    case 1: return n && memchr(t->data, 0, n) != NULL;
    case 2:
        for (size_t i = 0; i < n; i++)
            if (((const uint16_t *)t->data)[i] == 0) return true;
        return false;
    case 4:
        for (size_t i = 0; i < n; i++)
            if (((const uint32_t *)t->data)[i] == 0) return true;
        return false;
    default:
        for (size_t i = 0; i < n; i++)
            if (((const uint64_t *)t->data)[i] == 0) return true;
        return false;
    }
}
