/* The Reduce* family. Axes are an attribute before version 18 (13 for ReduceSum) and the
 * second input from then on; what an empty set gives is ONNX's text of each operator. */
#include "ops/op_numeric.h"

#include <math.h>
#include <string.h>

#include "kern/kern_mathd.h"
#include "ops/op_walk.h"

typedef enum of_red_kind {
    RK_SUM,
    RK_MEAN,
    RK_MAX,
    RK_MIN,
    RK_PROD,
    RK_L1,
    RK_L2,
    RK_LOG_SUM,
    RK_LOG_SUM_EXP,
    RK_SUM_SQUARE
} of_red_kind;

/* Which axes are reduced. */
typedef struct of_red_axes {
    bool known;    /* false: the list is an input that is not constant */
    bool all;      /* no list, and that means every axis */
    int64_t count; /* axes listed; -1: not known */
    bool *on;      /* by axis, when known and the rank is */
} of_red_axes;

static of_status of_red_axes_get(of_opctx *c, int32_t rank, of_red_axes *ax)
{
    const int64_t *v = NULL;
    int64_t noop = 0, *list, a;
    size_t n = 0;

    *ax = (of_red_axes){.known = true, .count = -1};
    if (c->op->max_in == 2) {
        OF_TRY(of_get_int(c, "noop_with_empty_axes", 0, &noop));
        OF_TRY(of_want_types(c, 1, OF_TS(OF_INT64)));
        if (of_has_in(c, 1)) {
            const of_shape *s = of_in_shape(c, 1);
            OF_TRY(of_in_ints(c, 1, &list, &n));
            v = list;
            ax->known = list != NULL;
            if (list) ax->count = (int64_t)n;
            else if (s->rank == 1 && of_dim_is_num(s->d[0])) ax->count = s->d[0].k;
        } else ax->count = 0;
    } else {
        OF_TRY(of_get_ints(c, "axes", &v, &n));
        ax->count = (int64_t)n;
    }
    if (ax->count == 0) {
        ax->known = true;
        ax->all = noop == 0;
    }
    if (!ax->known || rank < 0) return OF_OK;
    ax->on = (bool *)of_tmp(c, (size_t)rank, sizeof(bool));
    if (!ax->on) return of_nomem(c->err);
    for (int32_t k = 0; k < rank; k++) ax->on[k] = n == 0 && ax->all;
    for (size_t k = 0; k < n; k++) {
        OF_TRY(of_norm_axis(c, v[k], rank, 0, &a));
        if (ax->on[a]) return OF_INVALID(c, "axis %lld is named twice", (long long)a);
        ax->on[a] = true;
    }
    return OF_OK;
}

/* Elements of a small integer list reduced symbolically. */
static of_status of_red_known(of_opctx *c, of_red_kind kind, const of_red_axes *ax)
{
    of_dimtab *tab = c->m->dims;
    of_dim *v, r;
    size_t n;

    if (kind != RK_SUM && kind != RK_PROD && kind != RK_MAX && kind != RK_MIN) return OF_OK;
    if (of_in_dtype(c, 0) != OF_INT64 && of_in_dtype(c, 0) != OF_INT32) return OF_OK;
    if (!ax->on || of_in_rank(c, 0) > 1) return OF_OK;
    OF_TRY(of_in_dims(c, 0, &v, &n));
    if (!v) return OF_OK;
    if (of_in_rank(c, 0) == 0 || !ax->on[0]) return of_set_known(c, 0, v, n);
    if (n == 0 && (kind == RK_MAX || kind == RK_MIN)) return OF_OK;
    r = kind == RK_SUM ? of_dim_num(0) : kind == RK_PROD ? of_dim_num(1) : v[0];
    for (size_t k = 0; k < n; k++) {
        if (kind == RK_SUM) r = of_dim_add(tab, r, v[k]);
        else if (kind == RK_PROD) r = of_dim_mul(tab, r, v[k]);
        else if (kind == RK_MAX) r = of_dim_max(tab, r, v[k]);
        else r = of_dim_min(tab, r, v[k]);
    }
    return of_set_known(c, 0, &r, 1);
}

static of_status of_red_infer(of_opctx *c, of_red_kind kind)
{
    const of_shape *in = of_in_shape(c, 0);
    of_shape out;
    of_red_axes ax;
    uint32_t types = OF_TS_FLOAT | OF_TS_INT;
    int64_t keep;
    int32_t rank = 0;

    if (kind == RK_MAX || kind == RK_MIN) types |= OF_TS(OF_BOOL);
    OF_TRY(of_want_types(c, 0, types));
    OF_TRY(of_get_int(c, "keepdims", 1, &keep));
    OF_TRY(of_red_axes_get(c, in->rank, &ax));
    if (in->rank < 0) {
        out = ax.all && !keep ? of_shape_new(c, 0) : of_shape_unknown();
        return of_set_out(c, 0, of_in_dtype(c, 0), out);
    }
    if (!ax.on) {
        out = keep ? of_shape_new(c, in->rank) : of_shape_unknown();
        if (!keep && ax.count > 0 && ax.count <= in->rank)
            out = of_shape_new(c, in->rank - (int32_t)ax.count);
        return of_set_out(c, 0, of_in_dtype(c, 0), out);
    }
    for (int32_t k = 0; k < in->rank; k++) rank += keep || !ax.on[k];
    out = of_shape_new(c, rank);
    if (out.rank < 0) return of_set_out(c, 0, of_in_dtype(c, 0), out);
    rank = 0;
    for (int32_t k = 0; k < in->rank; k++) {
        if (!ax.on[k]) out.d[rank++] = in->d[k];
        else if (keep) out.d[rank++] = of_dim_num(1);
    }
    OF_TRY(of_set_out(c, 0, of_in_dtype(c, 0), out));
    return of_red_known(c, kind, &ax);
}

/* ---- evaluation ---- */

/* A nest of loops over some of the input's axes. */
typedef struct of_nest {
    size_t rank, offset, total;
    size_t dim[OF_MAX_RANK], stride[OF_MAX_RANK], at[OF_MAX_RANK];
} of_nest;

static void of_nest_next(of_nest *w)
{
    for (size_t k = w->rank; k-- > 0;) {
        w->offset += w->stride[k];
        if (++w->at[k] < w->dim[k]) return;
        w->offset -= w->stride[k] * w->dim[k];
        w->at[k] = 0;
    }
}

/* The input as kept and reduced axes, neighbours of one kind merged, the innermost
 * axis taken out of its nest. */
typedef struct of_red_plan {
    of_nest kept, reduced;
    size_t inner; /* length of the innermost axis */
    bool inner_reduced;
    size_t n_out, n_set; /* results; elements reduced into each */
} of_red_plan;

static of_status of_red_plan_make(of_opctx *c, const of_tensor *x, const bool *on,
                                  of_red_plan **out)
{
    of_red_plan *p = OF_NEW(c->tmp, of_red_plan);
    size_t stride = 1;
    int last = -1; /* kind of the axis to the right: 0 kept, 1 reduced */

    if (!p) return of_nomem(c->err);
    p->inner = p->n_out = p->n_set = p->kept.total = p->reduced.total = 1;
    p->inner_reduced = true;
    for (size_t k = x->rank; k-- > 0;) {
        const size_t d = (size_t)x->dims[k];
        of_nest *w = on[k] ? &p->reduced : &p->kept;
        if (on[k]) p->n_set *= d;
        else p->n_out *= d;
        if (d == 1) continue;
        if (last < 0) {
            p->inner = d;
            p->inner_reduced = on[k];
        } else if (last == (int)on[k] && w->rank == 0) {
            p->inner *= d; /* still the innermost one */
        } else if (last == (int)on[k]) {
            w->dim[w->rank - 1] *= d;
        } else {
            w->dim[w->rank] = d;
            w->stride[w->rank++] = stride;
        }
        last = on[k];
        stride *= d;
    }
    for (int i = 0; i < 2; i++) { /* collected from the right: outermost first from here on */
        of_nest *w = i ? &p->reduced : &p->kept;
        for (size_t a = 0, b = w->rank; a + 1 < b; a++) {
            size_t s;
            b--;
            s = w->dim[a], w->dim[a] = w->dim[b], w->dim[b] = s;
            s = w->stride[a], w->stride[a] = w->stride[b], w->stride[b] = s;
        }
        for (size_t k = 0; k < w->rank; k++) w->total *= w->dim[k];
    }
    *out = p;
    return OF_OK;
}

typedef struct of_red_job {
    const of_red_plan *p;
    of_reduce_lines_fn lines;
    of_reduce_rows_fn rows;
    const unsigned char *base;
    size_t mem, blocks, block;
    of_reduce_acc neutral, *acc; /* acc NULL: results go to y at once, floats */
    of_red_kind kind;
    of_tensor *y;
} of_red_job;

/* Accumulators that stay in the cache: of columns, fewer where threads are to share them, and of lines. */
enum { OF_RED_BLOCK = 4096, OF_RED_SHARE = 512, OF_RED_LINES = 64 };

static void of_red_finish_float(of_red_kind kind, const of_red_plan *p, of_reduce_acc *acc, const double *sum,
                                of_tensor *y, size_t at, size_t n);

/* Lines [from, to), each innermost axis one result. */
static void of_red_lines(const of_red_job *j, of_nest *kept, of_nest *red, of_reduce_acc *lent, size_t from, size_t to)
{
    const size_t inner = j->p->inner;

    for (size_t u = from, n; u < to; u += n) {
        of_reduce_acc *acc = j->acc ? j->acc + u : lent;
        n = to - u < OF_RED_LINES ? to - u : OF_RED_LINES;
        for (size_t i = 0; i < n; i++) acc[i] = j->neutral;
        for (size_t i = 0, m; i < n; i += m) {
            const size_t k = kept->rank - 1;
            m = 1;
            if (red->total == 1 && kept->rank && kept->stride[k] == inner) { /* one behind the other */
                m = kept->dim[k] - kept->at[k] < n - i ? kept->dim[k] - kept->at[k] : n - i;
                j->lines(acc + i, j->base + kept->offset * j->mem, inner, m);
                kept->at[k] += m - 1;
                kept->offset += (m - 1) * inner;
            } else {
                for (size_t r = 0; r < red->total; r++, of_nest_next(red))
                    j->lines(acc + i, j->base + (kept->offset + red->offset) * j->mem, inner, 1);
            }
            of_nest_next(kept);
        }
        if (!j->acc) of_red_finish_float(j->kind, j->p, acc, NULL, j->y, u, n);
    }
}

/* Results by kept position, and by block of columns where the innermost axis is kept. */
static bool of_red_part(void *arg, void *scratch, size_t from, size_t to)
{
    const of_red_job *j = (const of_red_job *)arg;
    of_nest *kept = (of_nest *)scratch, *red = kept + 1;
    of_reduce_acc *lent = (of_reduce_acc *)(void *)(red + 1);
    const size_t inner = j->p->inner;
    size_t count = 1, stride = 0;

    *kept = j->p->kept;
    *red = j->p->reduced;
    if (!j->p->inner_reduced && red->rank > 0) { /* its last axis goes to the kernel */
        red->rank--;
        count = red->dim[red->rank];
        stride = red->stride[red->rank];
        red->total /= count;
    }
    for (size_t k = kept->rank, o = from / j->blocks; k-- > 0; o /= kept->dim[k]) {
        kept->at[k] = o % kept->dim[k];
        kept->offset += kept->at[k] * kept->stride[k];
    }
    if (j->p->inner_reduced) {
        of_red_lines(j, kept, red, lent, from, to);
        return true;
    }
    for (size_t u = from; u < to; u++) {
        const size_t o = u / j->blocks, col = u % j->blocks * j->block;
        const size_t w = inner - col < j->block ? inner - col : j->block;
        of_reduce_acc *acc = j->acc ? &j->acc[o * inner + col] : lent;
        for (size_t i = 0; i < w; i++) acc[i] = j->neutral;
        for (size_t r = 0; r < red->total; r++, of_nest_next(red))
            j->rows(acc, j->base + (kept->offset + red->offset + col) * j->mem, w, stride, count);
        if (!j->acc) of_red_finish_float(j->kind, j->p, acc, NULL, j->y, o * inner + col, w);
        if ((u + 1) % j->blocks == 0) of_nest_next(kept);
    }
    return true;
}

/* acc[n_out] from x; or without it y, of a float type. Neither n_out nor n_set is 0. */
static of_status of_red_run(of_opctx *c, of_red_plan *p, const void *x, size_t mem, of_reduce_type t,
                            of_reduce_op op, of_reduce_acc *acc, of_red_kind kind, of_tensor *y)
{
    of_red_job j = {p, c->kern->reduce.lines[op][t], c->kern->reduce.rows[op][t], (const unsigned char *)x, mem, 1,
                    c->par ? OF_RED_SHARE : OF_RED_BLOCK, of_reduce_neutral(op, t), acc, kind, y};
    const size_t lent = acc ? 0 : (p->inner_reduced ? (size_t)OF_RED_LINES : j.block) * sizeof *acc;
    bool ok;

    if (!p->inner_reduced) j.blocks = p->inner / j.block + (p->inner % j.block != 0);
    return of_parts(c, p->kept.total * j.blocks, 1, of_sat_mul(p->n_out, p->n_set), 2 * sizeof(of_nest) + lent, of_red_part,
                    &j, &ok);
}

/* sum[i] = sum of exp(x - top[i]), in order. */
static void of_red_exp(const of_opctx *c, of_red_plan *p, const void *x, of_dtype dt, const of_reduce_acc *top,
                       double *sum)
{
    const size_t mem = of_dtypes[dt].mem;
    const unsigned char *base = (const unsigned char *)x;
    double v[64];

    for (size_t i = 0; i < p->n_out; i++) sum[i] = 0;
    for (size_t o = 0; o < p->kept.total; o++, of_nest_next(&p->kept))
        for (size_t r = 0; r < p->reduced.total; r++, of_nest_next(&p->reduced))
            for (size_t j = 0; j < p->inner; j += 64) {
                const size_t w = p->inner - j < 64 ? p->inner - j : 64;
                of_to_f64(dt, base + (p->kept.offset + p->reduced.offset + j) * mem, v, w);
                for (size_t k = 0; k < w; k++) v[k] -= top[p->inner_reduced ? o : o * p->inner + j + k].f;
                if (dt != OF_DOUBLE) c->kern->arith.exp_run(v, v, 0, w);
                for (size_t k = 0; k < w; k++)
                    sum[p->inner_reduced ? o : o * p->inner + j + k] += dt == OF_DOUBLE ? of_m_exp(v[k]) : v[k];
            }
}

/* An accumulator of an integer type as that type has it. */
static of_reduce_acc of_red_wrap(of_reduce_acc a, of_dtype t)
{
    switch (t) {
    case OF_INT8: a.i = (int8_t)a.u; break;
    case OF_INT16: a.i = (int16_t)a.u; break;
    case OF_INT32: a.i = (int32_t)a.u; break;
    case OF_BOOL: a.u = a.u != 0; break;
    case OF_UINT8: a.u = (uint8_t)a.u; break;
    case OF_UINT16: a.u = (uint16_t)a.u; break;
    case OF_UINT32: a.u = (uint32_t)a.u; break;
    default: break;
    }
    return a;
}

static void of_red_store(of_tensor *y, size_t i, of_reduce_acc a)
{
    switch (of_dtypes[y->dtype].mem) {
    case 1: ((uint8_t *)y->data)[i] = (uint8_t)a.u; break;
    case 2: ((uint16_t *)y->data)[i] = (uint16_t)a.u; break;
    case 4: ((uint32_t *)y->data)[i] = (uint32_t)a.u; break;
    default: ((uint64_t *)y->data)[i] = a.u; break;
    }
}

/* A real result cut toward zero, as Cast does; false where the type has no such number. */
static bool of_red_from_real(double v, of_dtype t, of_reduce_acc *a)
{
    const int bits = of_dtypes[t].bits;
    const bool is_signed = of_dtypes[t].kind == OF_K_SINT;
    const double top = ldexp(1.0, is_signed ? bits - 1 : bits);

    if (!(v < top) || !(v > (is_signed ? -top - 1 : -1.0))) return false;
    if (v < 0) a->i = (int64_t)v;
    else a->u = (uint64_t)v;
    return true;
}

/* Floor of the square root, exact. */
static uint64_t of_isqrt(uint64_t u)
{
    uint64_t r = (uint64_t)sqrt((double)u);

    if (r > UINT32_MAX) r = UINT32_MAX;
    while (r * r > u) r--;
    while (r < UINT32_MAX && (r + 1) * (r + 1) <= u) r++;
    return r;
}

/* (high * 2^32 + low) / n cut toward zero: the exact mean of 64-bit integers. */
static uint64_t of_mean64(int64_t high, uint64_t low, uint64_t n)
{
    bool minus = false;
    uint64_t h, l, q, r;

    high += (int64_t)(low >> 32);
    l = low & UINT32_MAX;
    h = (uint64_t)high;
    if (high < 0) {
        minus = true;
        h = (uint64_t)0 - h - (l != 0);
        l = ((uint64_t)1 << 32) - l;
        if (l >> 32) l = 0;
    }
    q = h / n;
    r = h % n;
    q = (q << 32) + ((r << 32) + l) / n;
    return minus ? (uint64_t)0 - q : q;
}

static of_status of_red_mean64(of_opctx *c, of_red_plan *p, const of_tensor *x, of_tensor *y,
                               of_reduce_acc *acc)
{
    const size_t n = (size_t)x->count;
    int64_t *half = (int64_t *)of_tmp(c, n, sizeof *half);
    of_reduce_acc *low = (of_reduce_acc *)of_tmp(c, p->n_out, sizeof *low);
    const uint64_t *v = (const uint64_t *)x->data;

    if (!half || !low) return of_nomem(c->err);
    if (p->n_set >> 31) return OF_UNSUP(c, "a mean of %zu integers", p->n_set);
    for (size_t i = 0; i < n; i++)
        half[i] =
            (int64_t)(v[i] >> 32) - (x->dtype == OF_INT64 && v[i] >> 63 ? (int64_t)1 << 32 : 0);
    OF_TRY(of_red_run(c, p, half, 8, OF_RED_I64, OF_RED_SUM, acc, RK_SUM, NULL));
    for (size_t i = 0; i < n; i++) half[i] = (int64_t)(v[i] & UINT32_MAX);
    OF_TRY(of_red_run(c, p, half, 8, OF_RED_I64, OF_RED_SUM, low, RK_SUM, NULL));
    for (size_t i = 0; i < p->n_out; i++) {
        acc[i].u = of_mean64(acc[i].i, low[i].u, p->n_set);
        of_red_store(y, i, acc[i]);
    }
    return OF_OK;
}

static of_status of_red_finish_int(of_opctx *c, of_red_kind kind, const of_red_plan *p,
                                   const of_reduce_acc *acc, of_tensor *y)
{
    const of_dtype t = (of_dtype)y->dtype;

    for (size_t i = 0; i < p->n_out; i++) {
        of_reduce_acc a = acc[i], w = of_red_wrap(a, t);
        bool ok = true;
        if (kind == RK_MEAN) {
            if (of_dtypes[t].kind == OF_K_SINT) a.i /= (int64_t)p->n_set;
            else a.u /= p->n_set;
        } else if (kind == RK_L2) {
            a.u = of_isqrt(a.u);
        } else if (kind == RK_LOG_SUM) {
            const bool minus = of_dtypes[t].kind == OF_K_SINT && w.i < 0;
            ok = !minus && w.u != 0 && of_red_from_real(of_m_log((double)w.u), t, &a);
        } else a = w;
        if (!ok) return OF_INVALID(c, "the result has no value in %s", of_dtypes[t].name);
        of_red_store(y, i, a);
    }
    return OF_OK;
}

/* Results [at, at + n) from as many accumulators and, of exponentials, their sums. */
static void of_red_finish_float(of_red_kind kind, const of_red_plan *p, of_reduce_acc *acc, const double *sum,
                                of_tensor *y, size_t at, size_t n)
{
    const double set = (double)p->n_set;
    double v[64];

    for (size_t i = 0, m; i < n; i += m, acc += m) {
        m = n - i < 64 ? n - i : 64;
        for (size_t k = 0; k < m; k++) v[k] = acc[k].f;
        if (kind == RK_MEAN)
            for (size_t k = 0; k < m; k++) v[k] /= set;
        else if (kind == RK_L2)
            for (size_t k = 0; k < m; k++) v[k] = sqrt(v[k]);
        else if (kind == RK_LOG_SUM)
            for (size_t k = 0; k < m; k++) v[k] = of_m_log(v[k]);
        else if (kind == RK_LOG_SUM_EXP)
            for (size_t k = 0; k < m; k++) v[k] += of_m_log(sum[i + k]);
        of_write_f64(y, at + i, 1, v, m);
    }
}

/* Nothing to reduce: what ONNX says an empty set gives. */
static of_status of_red_empty(of_opctx *c, of_red_kind kind, of_tensor *y)
{
    const of_dtype t = (of_dtype)y->dtype;
    const of_reduce_op op = kind == RK_MAX ? OF_RED_MAX : kind == RK_MIN ? OF_RED_MIN : OF_RED_PROD;
    of_reduce_acc a = {.u = 0};
    of_reduce_type rt = OF_RED_F32;
    const bool is_float = of_dtype_is_float(t);

    if (kind == RK_MEAN) return OF_INVALID(c, "the mean of no elements is undefined");
    (void)of_reduce_type_of(t, &rt);
    if (kind == RK_LOG_SUM || kind == RK_LOG_SUM_EXP) {
        if (!is_float)
            return OF_INVALID(c, "the logarithm of an empty sum is undefined in %s",
                              of_dtypes[t].name);
        a.f = -(double)INFINITY;
    } else if (kind == RK_MAX || kind == RK_MIN || kind == RK_PROD) {
        a = of_reduce_neutral(op, rt);
    } else if (is_float) a.f = 0;
    for (int64_t i = 0; i < y->count; i++) {
        if (is_float) of_write_f64(y, (size_t)i, 1, &a.f, 1);
        else of_red_store(y, (size_t)i, of_red_wrap(a, t));
    }
    return OF_OK;
}

/* Top of each set as double (0 where that is infinite), then the sums of exp above it. */
static of_status of_red_log_sum_exp(of_opctx *c, of_red_plan *p, const void *data, of_dtype dt,
                                    of_reduce_acc *acc, double **sum)
{
    of_reduce_type t;

    OF_TRY(of_work(c, of_sat_mul((uint64_t)p->n_out * p->n_set, 16)));
    *sum = (double *)of_tmp(c, p->n_out, sizeof **sum);
    if (!*sum) return of_nomem(c->err);
    (void)of_reduce_type_of(dt, &t);
    OF_TRY(of_red_run(c, p, data, of_dtypes[dt].mem, t, OF_RED_MAX, acc, RK_MAX, NULL));
    for (size_t i = 0; i < p->n_out; i++) {
        const double top = acc[i].f;
        if (top - top != 0) acc[i].f = 0; /* exp(inf - inf) would be NaN where inf is due */
    }
    of_red_exp(c, p, data, dt, acc, *sum);
    return OF_OK;
}

static of_status of_red_eval(of_opctx *c, of_red_kind kind)
{
    static const uint8_t ops[] = {
        [RK_SUM] = OF_RED_SUM,      [RK_MEAN] = OF_RED_SUM,    [RK_MAX] = OF_RED_MAX,
        [RK_MIN] = OF_RED_MIN,      [RK_PROD] = OF_RED_PROD,   [RK_L1] = OF_RED_ABS,
        [RK_L2] = OF_RED_SQ,        [RK_LOG_SUM] = OF_RED_SUM, [RK_LOG_SUM_EXP] = OF_RED_MAX,
        [RK_SUM_SQUARE] = OF_RED_SQ};
    const of_tensor *x = of_in(c, 0);
    of_red_axes ax;
    of_red_plan *p = NULL;
    of_reduce_acc *acc = NULL;
    of_reduce_type rt;
    of_tensor *y;
    const void *data;
    double *sum = NULL;
    of_dtype dt;

    OF_TRY(of_red_axes_get(c, x->rank, &ax));
    if (!ax.on) return OF_INVALID(c, "axes are not there");
    /* Integers went out in version 28; what implementations had made of them differs. */
    if (kind == RK_LOG_SUM_EXP && !of_dtype_is_float((of_dtype)x->dtype))
        return OF_UNSUP(c, "exponentials of %s", of_dtypes[x->dtype].name);
    OF_TRY(of_out_raw(c, 0, &y));
    OF_TRY(of_work(c, (uint64_t)x->count));
    if (y->count == 0) return OF_OK;
    if (x->count == 0) return of_red_empty(c, kind, y);
    data = x->data;
    dt = (of_dtype)x->dtype;
    OF_TRY(of_red_plan_make(c, x, ax.on, &p));
    if (!of_reduce_type_of(dt, &rt)) return OF_UNSUP(c, "input 0 is %s", of_dtypes[dt].name);
    if (of_dtype_is_float(dt) && kind != RK_LOG_SUM_EXP)
        return of_red_run(c, p, data, of_dtypes[dt].mem, rt, (of_reduce_op)ops[kind], NULL, kind, y);
    acc = (of_reduce_acc *)of_tmp(c, p->n_out, sizeof *acc);
    if (!acc) return of_nomem(c->err);
    if (kind == RK_MEAN && (dt == OF_INT64 || dt == OF_UINT64))
        return of_red_mean64(c, p, x, y, acc);
    if (kind != RK_LOG_SUM_EXP) {
        OF_TRY(of_red_run(c, p, data, of_dtypes[dt].mem, rt, (of_reduce_op)ops[kind], acc, kind, NULL));
        return of_red_finish_int(c, kind, p, acc, y);
    }
    OF_TRY(of_red_log_sum_exp(c, p, data, dt, acc, &sum));
    of_red_finish_float(kind, p, acc, sum, y, 0, p->n_out);
    return OF_OK;
}

#define OF_REDUCE(name, kind)                                                                      \
    of_status of_infer_##name(of_opctx *c)                                                         \
    {                                                                                              \
        return of_red_infer(c, kind);                                                              \
    }                                                                                              \
    of_status of_eval_##name(of_opctx *c)                                                          \
    {                                                                                              \
        return of_red_eval(c, kind);                                                               \
    }

OF_REDUCE(ReduceSum, RK_SUM)
OF_REDUCE(ReduceMean, RK_MEAN)
OF_REDUCE(ReduceMax, RK_MAX)
OF_REDUCE(ReduceMin, RK_MIN)
OF_REDUCE(ReduceProd, RK_PROD)
OF_REDUCE(ReduceL1, RK_L1)
OF_REDUCE(ReduceL2, RK_L2)
OF_REDUCE(ReduceLogSum, RK_LOG_SUM)
OF_REDUCE(ReduceLogSumExp, RK_LOG_SUM_EXP)
OF_REDUCE(ReduceSumSquare, RK_SUM_SQUARE)
