/* Min Max Sum Mean over any number of inputs, and Clip. */
#include <float.h>
#include <string.h>

#include "ops/op_elementwise.h"

/* ---- shapes ---- */

/* Numpy broadcasting from opset 8; before, all shapes were the same. */
static of_status of_infer_nary(of_opctx *c, of_known_op op)
{
    of_dtype t = OF_UNDEFINED;
    of_shape s;
    of_dim *v, *r;
    size_t n, m;

    for (uint32_t i = 0; i < c->n_in; i++) {
        of_dtype u = of_in_dtype(c, i);
        if (!of_has_in(c, i)) return OF_INVALID(c, "input %u is absent", i);
        if (u == OF_UNDEFINED) continue;
        if (t != OF_UNDEFINED && t != u)
            return OF_INVALID(c, "inputs are %s and %s", of_dtypes[t].name, of_dtypes[u].name);
        t = u;
    }
    if (t != OF_UNDEFINED && !of_ew_numeric(t)) return OF_INVALID(c, "inputs are %s", of_dtypes[t].name);
    OF_TRY(of_broadcast_ins(c, 0, c->n_in, &s));
    if (c->opset < 8) {
        for (uint32_t i = 0; i < c->n_in; i++) {
            const of_shape *u = of_in_shape(c, i);
            if (s.rank < 0 || u->rank < 0) continue;
            if (s.rank != u->rank) return OF_INVALID(c, "ranks differ");
            for (int32_t k = 0; k < s.rank; k++)
                if (of_dim_is_num(s.d[k]) && of_dim_is_num(u->d[k]) && s.d[k].k != u->d[k].k)
                    return OF_INVALID(c, "shapes differ in dimension %d", (int)k);
        }
    }
    OF_TRY(of_set_out(c, 0, t, s));
    if (op == OF_KN_NONE || c->evaluating || t == OF_UNDEFINED) return OF_OK;
    OF_TRY(of_ew_known(c, 0, &r, &n));
    for (uint32_t i = 1; i < c->n_in; i++) {
        of_dim *w;
        OF_TRY(of_ew_known(c, i, &v, &m));
        if (!r || !v || n == 0 || m == 0 || (n != m && n != 1 && m != 1)) return OF_OK;
        w = (of_dim *)of_tmp(c, n > m ? n : m, sizeof(of_dim));
        if (!w) return of_ew_nomem(c);
        for (size_t k = 0; k < (n > m ? n : m); k++)
            w[k] = of_ew_known2(c, op, t, r[n == 1 ? 0 : k], v[m == 1 ? 0 : k]);
        r = w;
        n = n > m ? n : m;
    }
    return r && n ? of_set_known(c, 0, r, n) : OF_OK;
}

of_status of_infer_Min(of_opctx *c) { return of_infer_nary(c, OF_KN_MIN); }
of_status of_infer_Max(of_opctx *c) { return of_infer_nary(c, OF_KN_MAX); }
of_status of_infer_Sum(of_opctx *c) { return of_infer_nary(c, OF_KN_NONE); }

/* ---- evaluation ---- */

/* acc op= input i, for a result of shape `out` held in elements of type work. Of equal
 * zeros float16's Min and Max keep the first, as both numpy and onnxruntime do there. */
static of_status of_nary_step(of_opctx *c, of_kern_bin_fn fn, of_dtype work, const of_tensor *out, uint32_t i,
                              of_loop *l, char *acc)
{
    const of_tensor *t = of_in(c, i);
    int64_t ws = of_dtypes[work].mem;
    of_arena_mark mark = of_arena_save(c->tmp);
    const void *v;

    OF_TRY(of_work(c, (uint64_t)out->count));
    OF_TRY(of_ew_load(c, t, work, &v));
    for (of_loop_init_broadcast(l, out->dims, out->rank, &t, 1); !l->done; of_loop_next(l)) {
        char *d = acc + l->offset[0] * ws;
        const char *s = (const char *)v + l->offset[1] * ws;
        if (t->dtype == OF_FLOAT16) fn(d, s, (ptrdiff_t)l->inner_stride[1], d, 1, (size_t)l->inner);
        else fn(d, d, 1, s, (ptrdiff_t)l->inner_stride[1], (size_t)l->inner);
    }
    of_arena_restore(c->tmp, mark);
    return OF_OK;
}

/* The first input spread over the result. */
static of_status of_nary_first(of_opctx *c, of_dtype work, const of_tensor *out, of_loop *l, char *acc)
{
    const of_tensor *t = of_in(c, 0);
    size_t ws = of_dtypes[work].mem;
    of_arena_mark mark = of_arena_save(c->tmp);
    const void *v;

    OF_TRY(of_work(c, (uint64_t)out->count));
    OF_TRY(of_ew_load(c, t, work, &v));
    for (of_loop_init_broadcast(l, out->dims, out->rank, &t, 1); !l->done; of_loop_next(l)) {
        char *d = acc + (size_t)l->offset[0] * ws;
        const char *s = (const char *)v + (size_t)l->offset[1] * ws;
        if (l->inner_stride[1] == 1) memcpy(d, s, (size_t)l->inner * ws);
        else
            for (int64_t k = 0; k < l->inner; k++)
                memcpy(d + (size_t)k * ws, s + (size_t)(k * l->inner_stride[1]) * ws, ws);
    }
    of_arena_restore(c->tmp, mark);
    return OF_OK;
}

typedef struct of_nary {
    of_kern_bin_fn fn;
    of_dtype work, type;
    bool divide, far;
    char *out;
} of_nary;

/* A block of results from all operands at once. */
static bool of_nary_block(const of_walk *w, size_t at, const void *const *p, const ptrdiff_t *step, size_t n,
                          void *scratch)
{
    const of_nary *j = (const of_nary *)w->arg;
    const size_t mem = of_dtypes[j->type].mem, ws = of_dtypes[j->work].mem, n_in = w->l->n_op - 1;
    const double parts = (double)n_in;
    char *acc = (char *)scratch, *other = acc + OF_EW_BLOCK * ws;

    for (size_t i = 0, m; i < n; i += m) {
        const void *v[2] = {acc, other};
        char *out = j->out + (at + i) * mem, *d = j->far ? other + OF_EW_BLOCK * ws : out;
        ptrdiff_t first = 1;
        m = n - i < OF_EW_BLOCK ? n - i : OF_EW_BLOCK;
        for (size_t k = 0; k < n_in; k++) {
            const char *x = (const char *)p[k] + (step[k] ? i : 0) * mem;
            void *to = j->type == j->work && k == n_in - 1 ? (void *)d : (void *)acc;
            v[1] = x;
            of_far_in(j->far && step[k], x, m * mem);
            if (j->type != j->work) {
                of_ew_take(w->c, j->type, j->work, x, k ? other : acc, step[k] ? m : 1);
                v[1] = k ? other : acc;
            }
            if (k == 0) {
                v[0] = v[1];
                first = step[0];
                continue;
            }
            /* of equal zeros float16's Min and Max keep the first */
            if (j->type == OF_FLOAT16) j->fn(to, v[1], step[k], v[0], first, m);
            else j->fn(to, v[0], first, v[1], step[k], m);
            v[0] = to;
            first = 1;
        }
        if (j->divide) w->c->kern->arith.bin[OF_KB_DIV][OF_KT_F64](v[0] == d ? (void *)d : (void *)acc, v[0], 1, &parts, 0, m);
        if (j->type != j->work) of_ew_store(w->c, j->work, acc, j->type, d, m);
        of_far_out(w->c, j->far, out, d, m * mem);
    }
    return true;
}

static of_status of_nary_walk(of_opctx *c, of_kern_bin_fn fn, of_dtype work, bool divide, of_loop *l, of_tensor *out)
{
    of_nary j = {.fn = fn, .work = work, .type = (of_dtype)out->dtype, .divide = divide, .far = of_is_far(c, out)};
    of_walk w = {.l = l, .fn = of_nary_block, .arg = &j};
    const of_tensor *in[OF_LOOP_OPERANDS];
    const uint64_t steps = of_sat_mul((uint64_t)out->count, c->n_in);
    bool ok;

    OF_TRY(of_work(c, steps));
    for (uint32_t i = 0; i < c->n_in; i++) {
        in[i] = of_in(c, i);
        w.data[i] = in[i]->data;
        w.mem[i] = of_dtypes[in[i]->dtype].mem;
    }
    of_loop_init_broadcast(l, out->dims, out->rank, in, c->n_in);
    j.out = (char *)out->data;
    w.scratch = 3 * OF_EW_BLOCK * of_dtypes[work].mem;
    return of_walk_run(c, &w, steps, &ok);
}

/* work: the type to accumulate in. divide: by the number of inputs. */
static of_status of_eval_nary(of_opctx *c, of_kbin op, of_dtype work, bool divide)
{
    of_kern_bin_fn fn;
    of_tensor *out;
    of_loop *l;
    of_ktype k;
    char *acc;

    fn = of_ew_ktype(work, &k) ? c->kern->arith.bin[op][k] : NULL;
    if (!fn) return OF_UNSUP(c, "not evaluated for %s", of_dtypes[of_in(c, 0)->dtype].name);
    if (c->n_in == 1) return of_out_val(c, 0, of_val_ref(c->in_const[0]));
    OF_TRY(of_out_raw(c, 0, &out));
    if (out->count == 0) return OF_OK;
    l = OF_NEW(c->tmp, of_loop);
    if (l && c->n_in < OF_LOOP_OPERANDS) return of_nary_walk(c, fn, work, divide, l, out);
    acc = out->dtype == work ? (char *)out->data
                             : (char *)of_tmp(c, (size_t)out->count, of_dtypes[work].mem);
    if (!l || !acc) return of_ew_nomem(c);
    OF_TRY(of_nary_first(c, work, out, l, acc));
    for (uint32_t i = 1; i < c->n_in; i++) OF_TRY(of_nary_step(c, fn, work, out, i, l, acc));
    if (divide) {
        double n = (double)c->n_in;
        c->kern->arith.bin[OF_KB_DIV][OF_KT_F64](acc, acc, 1, &n, 0, (size_t)out->count);
    }
    if (acc != (char *)out->data) of_ew_store(c, work, acc, (of_dtype)out->dtype, out->data, (size_t)out->count);
    return OF_OK;
}

of_status of_eval_Min(of_opctx *c)
{
    return of_eval_nary(c, OF_KB_MIN, of_ew_work((of_dtype)of_in(c, 0)->dtype), false);
}

of_status of_eval_Max(of_opctx *c)
{
    return of_eval_nary(c, OF_KB_MAX, of_ew_work((of_dtype)of_in(c, 0)->dtype), false);
}

of_status of_eval_Sum(of_opctx *c)
{
    if (!of_dtype_is_float((of_dtype)of_in(c, 0)->dtype)) return OF_INVALID(c, "inputs are not floats");
    return of_eval_nary(c, OF_KB_ADD, OF_DOUBLE, false);
}

of_status of_eval_Mean(of_opctx *c)
{
    if (!of_dtype_is_float((of_dtype)of_in(c, 0)->dtype)) return OF_INVALID(c, "inputs are not floats");
    return of_eval_nary(c, OF_KB_ADD, OF_DOUBLE, true);
}

/* ---- Clip ---- */

of_status of_infer_Clip(of_opctx *c)
{
    of_dtype t = of_in_dtype(c, 0);
    of_dim *v, *r, *b;
    size_t n, nb;
    int64_t k;

    for (uint32_t i = 1; i < c->n_in; i++) {
        of_dtype u = of_in_dtype(c, i);
        if (!of_has_in(c, i)) continue;
        if (t != OF_UNDEFINED && u != OF_UNDEFINED && t != u)
            return OF_INVALID(c, "inputs are %s and %s", of_dtypes[t].name, of_dtypes[u].name);
        if (of_shape_numel(of_in_shape(c, i), &k) && k != 1) return OF_INVALID(c, "a bound is not a scalar");
    }
    OF_TRY(of_same_as_in(c, 0, 0));
    if (c->evaluating || t == OF_UNDEFINED || c->opset < 11) return OF_OK;
    OF_TRY(of_ew_known(c, 0, &v, &n));
    if (!v || n == 0) return OF_OK;
    r = (of_dim *)of_tmp(c, n, sizeof(of_dim));
    if (!r) return of_ew_nomem(c);
    memcpy(r, v, n * sizeof *r);
    for (uint32_t i = 1; i < c->n_in; i++) {
        if (!of_has_in(c, i)) continue;
        OF_TRY(of_ew_known(c, i, &b, &nb));
        if (!b || nb != 1) return OF_OK;
        for (size_t e = 0; e < n; e++) r[e] = of_ew_known2(c, i == 1 ? OF_KN_MAX : OF_KN_MIN, t, r[e], b[0]);
    }
    return of_set_known(c, 0, r, n);
}

/* The type's own limits, numeric_limits::lowest() and max(), as ONNX has them: infinity is
 * outside of them. In the type computed in; integers need none. */
static bool of_clip_limits(of_dtype t, float *f, double *d)
{
    switch (t) {
    case OF_FLOAT16: *f = 65504.0f; break;
    case OF_BFLOAT16: *f = 0x1.FEp127f; break;
    case OF_FLOAT: *f = FLT_MAX; break;
    case OF_DOUBLE: *d = DBL_MAX; break;
    default: return false;
    }
    return true;
}

/* Bound `which` (0 lower, 1 upper) as one element of the type computed in. */
static of_status of_clip_bound(of_opctx *c, of_dtype t, int which, void *v, bool *have)
{
    uint32_t input = (uint32_t)which + 1;
    of_dtype work = of_ew_work(t);
    const void *p;
    float attr, f = 0;
    double d = 0;

    if (c->opset >= 11 && of_has_in(c, input)) {
        OF_TRY(of_ew_load(c, of_in(c, input), work, &p));
        memcpy(v, p, of_dtypes[work].mem);
        *have = true;
    } else if (c->opset < 11 && (c->opset >= 6 || of_has_attr(c, which ? "max" : "min"))) {
        OF_TRY(of_get_float(c, which ? "max" : "min", which ? FLT_MAX : -FLT_MAX, &attr));
        d = (double)attr;
        if (work == OF_DOUBLE) memcpy(v, &d, sizeof d);
        else memcpy(v, &attr, sizeof attr);
        *have = true;
    } else {
        *have = of_clip_limits(t, &f, &d);
        if (!which) f = -f;
        if (!which) d = -d;
        if (*have && work == OF_DOUBLE) memcpy(v, &d, sizeof d);
        else if (*have) memcpy(v, &f, sizeof f);
        return OF_OK;
    }
    if (work == OF_DOUBLE) memcpy(&d, v, sizeof d);
    else if (work == OF_FLOAT) memcpy(&f, v, sizeof f);
    if (d != d || f != f) return OF_INVALID(c, "a bound is NaN");
    return OF_OK;
}

/* Min(max, Max(input, min)); of equal zeros the input's stays, and NaN. */
of_status of_eval_Clip(of_opctx *c)
{
    const of_tensor *a = of_in(c, 0);
    of_dtype t = (of_dtype)a->dtype, work = of_ew_work(t);
    uint64_t lo = 0, hi = 0;
    bool have_lo, have_hi;
    of_tensor *out;
    of_ktype k;

    if (!of_ew_numeric(t) || !of_ew_ktype(work, &k)) return OF_UNSUP(c, "not evaluated for %s", of_dtypes[t].name);
    if (c->opset < 11 && of_dtype_is_int(t)) return OF_INVALID(c, "input is %s", of_dtypes[t].name);
    OF_TRY(of_clip_bound(c, t, 0, &lo, &have_lo));
    OF_TRY(of_clip_bound(c, t, 1, &hi, &have_hi));
    if (!have_lo && !have_hi) return of_out_val(c, 0, of_val_ref(c->in_const[0]));
    OF_TRY(of_out_raw(c, 0, &out));
    OF_TRY(of_work(c, of_sat_mul((uint64_t)out->count, 2)));
    return of_ew_with_scalars(c, a, out, have_lo ? c->kern->arith.bin[OF_KB_MAX][k] : NULL, &lo,
                              have_hi ? c->kern->arith.bin[OF_KB_MIN][k] : NULL, &hi);
}
