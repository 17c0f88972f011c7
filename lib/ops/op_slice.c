/* Slice: bounds as attributes (1) or inputs (10, with steps). The clamping is that of the
 * operator's text, which is not numpy's for a start before the first element and a
 * negative step. */
#include "ops/op_moves.h"
#include "ops/op_protos.h"

/* Past this an end means "to the last one", as the operator recommends to write it. */
#define SLICE_FAR INT32_MAX

/* First index, and how many, of dim n. Any start, end and step but 0. */
static void slice_range(int64_t n, int64_t start, int64_t end, int64_t step, int64_t *first,
                        int64_t *count)
{
    const int64_t top = step > 0 ? n : n - 1, low = step > 0 ? 0 : -1;
    uint64_t span, by;

    *first = 0;
    *count = 0;
    if (n == 0) return;
    if (start < 0) start = start < -n ? 0 : start + n;
    if (start > top) start = top;
    if (end < 0) end = end < -n ? low : end + n;
    if (end > top) end = top;
    if (step > 0 ? start >= end : start <= end) return;
    span = step > 0 ? (uint64_t)(end - start) : (uint64_t)(start - end);
    by = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
    *first = start;
    *count = (int64_t)((span - 1) / by + 1);
}

/* INT_MAX as the end of a backward slice: "the last element" by the text's clamping, "the
 * first one" to runtimes that take it for "none". Left as it is. */
static bool slice_unclear(int64_t end, int64_t step)
{
    return step < 0 && (end == INT32_MAX || end == INT64_MAX);
}

typedef struct slice_args {
    of_dim *start, *end;  /* n of them; NULL: not known */
    const int64_t *axes;  /* normalised; NULL: not known */
    const int64_t *steps; /* NULL: not known */
    int64_t n;            /* -1: not known */
} slice_args;

static of_status slice_attrs(of_opctx *c, slice_args *a, const int64_t **axes, bool *given)
{
    const int64_t *start, *end;
    int64_t n, m, na;
    bool have;

    OF_TRY(of_int_list(c, "starts", 0, &start, &n, &have));
    if (!have) return OF_INVALID(c, "starts are missing");
    OF_TRY(of_int_list(c, "ends", 0, &end, &m, &have));
    if (!have || m != n) return OF_INVALID(c, "%lld starts, %lld ends", (long long)n, (long long)m);
    OF_TRY(of_int_list(c, "axes", 0, axes, &na, given));
    if (*given && na != n) {
        if (na != 0) return OF_INVALID(c, "%lld starts, %lld axes", (long long)n, (long long)na);
        *given = false; /* written by some exporters for "none" */
    }
    a->n = n;
    a->start = (of_dim *)of_tmp(c, 2 * (size_t)n + 1, sizeof(of_dim));
    if (!a->start) return of_nomem(c->err);
    a->end = a->start + n;
    for (int64_t k = 0; k < n; k++) {
        a->start[k] = of_dim_num(start[k]);
        a->end[k] = of_dim_num(end[k]);
    }
    return OF_OK;
}

static of_status slice_inputs(of_opctx *c, slice_args *a, const int64_t **axes, bool *given,
                              bool *have_steps)
{
    int64_t len[4] = {-1, -1, -1, -1};
    size_t n;
    bool have;

    for (uint32_t i = 1; i <= 2; i++) {
        OF_TRY(of_need_tensor(c, i));
        OF_TRY(of_need_index(c, i));
        OF_TRY(of_list_len(c, i, OF_MAX_RANK, &len[i - 1]));
    }
    OF_TRY(of_in_dims(c, 1, &a->start, &n));
    if (a->start) len[0] = (int64_t)n;
    OF_TRY(of_in_dims(c, 2, &a->end, &n));
    if (a->end) len[1] = (int64_t)n;
    OF_TRY(of_int_list(c, NULL, 3, axes, &len[2], given));
    OF_TRY(of_int_list(c, NULL, 4, &a->steps, &len[3], &have));
    *have_steps = have;
    if (!*given) len[2] = -1;
    if (!have) len[3] = -1;
    for (int k = 0; k < 4; k++) {
        if (len[k] < 0) continue;
        if (a->n >= 0 && a->n != len[k])
            return OF_INVALID(c, "lists of %lld and %lld elements", (long long)a->n,
                              (long long)len[k]);
        a->n = len[k];
    }
    return OF_OK;
}

static of_status slice_load(of_opctx *c, int64_t rank, slice_args *a)
{
    const int64_t *axes = NULL;
    int64_t *list;
    bool given = false, have_steps = false;

    *a = (slice_args){NULL, NULL, NULL, NULL, -1};
    if (c->opset < 10) OF_TRY(slice_attrs(c, a, &axes, &given));
    else OF_TRY(slice_inputs(c, a, &axes, &given, &have_steps));
    if (a->n < 0) return OF_OK;
    if (!have_steps) {
        list = (int64_t *)of_tmp(c, (size_t)a->n + 1, sizeof(int64_t));
        if (!list) return of_nomem(c->err);
        for (int64_t k = 0; k < a->n; k++) list[k] = 1;
        a->steps = list;
    }
    for (int64_t k = 0; a->steps && k < a->n; k++)
        if (a->steps[k] == 0) return OF_INVALID(c, "a step of 0");
    if (rank < 0 || (given && !axes)) return OF_OK;
    if (a->n > rank)
        return OF_INVALID(c, "%lld starts for rank %lld", (long long)a->n, (long long)rank);
    if (given) {
        OF_TRY(of_axis_list(c, axes, a->n, rank, &list));
    } else {
        list = (int64_t *)of_tmp(c, (size_t)a->n + 1, sizeof(int64_t));
        if (!list) return of_nomem(c->err);
        for (int64_t k = 0; k < a->n; k++) list[k] = k;
    }
    a->axes = list;
    return OF_OK;
}

/* A bound x of dim d brought into [0, d], for positive steps. */
static of_dim slice_clamp(of_dimtab *t, of_dim d, of_dim x)
{
    const of_dim zero = of_dim_num(0);
    if (of_dim_same(d, x)) return d;
    if (of_dim_is_num(x)) {
        if (x.k >= SLICE_FAR) return d;
        if (x.k <= -SLICE_FAR || x.k == 0) return zero;
        if (x.k > 0) return of_dim_min(t, d, x);
        return of_dim_max(t, of_dim_add(t, d, x), zero);
    }
    return of_dim_nonneg(t, x) ? of_dim_min(t, d, x) : of_dim_unknown();
}

static of_dim slice_dim(of_opctx *c, of_dim d, of_dim start, of_dim end, int64_t step)
{
    of_dimtab *t = c->m->dims;
    const of_dim zero = of_dim_num(0);
    of_dim lo, hi, n;

    if (of_dim_is_num(d) && of_dim_is_num(start) && of_dim_is_num(end)) {
        int64_t first, count;
        if (slice_unclear(end.k, step)) return of_dim_unknown();
        slice_range(d.k, start.k, end.k, step, &first, &count);
        return of_dim_num(count);
    }
    if (!of_dim_known(start) || !of_dim_known(end)) return of_dim_unknown();
    /* Backwards from before the first element to there is the first element. */
    if (step > 0 && of_dim_same(start, end)) return zero;
    if (!of_dim_known(d)) return of_dim_unknown();
    if (step < 0) { /* all of it backwards is what exporters write; the rest is left open */
        if (!(of_dim_is(start, -1) || (of_dim_is_num(start) && start.k >= SLICE_FAR)) ||
            !of_dim_is_num(end) || end.k > -SLICE_FAR || step == INT64_MIN)
            return of_dim_unknown();
        return step == -1 ? d : of_dim_ceildiv(t, d, of_dim_num(-step));
    }
    lo = slice_clamp(t, d, start);
    hi = slice_clamp(t, d, end);
    if (!of_dim_known(lo) || !of_dim_known(hi)) return of_dim_unknown();
    if (of_dim_is(lo, 0)) n = hi;
    else if (of_dim_is_num(start) && start.k < 0 && of_dim_same(hi, d)) /* the last -start ones */
        n = of_dim_min(t, d, of_dim_num(-start.k));
    else if (of_dim_is_num(start) && start.k >= 0 && of_dim_is_num(end) && end.k < 0)
        n = of_dim_max(t, of_dim_sub(t, of_dim_add(t, d, end), start), zero);
    else if (of_dim_same(hi, d) && of_dim_nonneg(t, start))
        n = of_dim_max(t, of_dim_sub(t, d, start), zero);
    else n = of_dim_max(t, of_dim_sub(t, hi, lo), zero);
    return step == 1 ? n : of_dim_ceildiv(t, n, of_dim_num(step));
}

/* Elements of a known list. */
static of_status slice_known(of_opctx *c, const slice_args *a)
{
    int64_t first, count;
    const of_dim *v;
    of_dim *w;
    size_t n;

    OF_TRY(of_elems(c, 0, &v, &n));
    if (!v || of_in_rank(c, 0) != 1) return OF_OK;
    if (a->n == 0) return of_set_known(c, 0, v, n);
    if (!a->start || !a->end || !a->steps || !of_dim_is_num(a->start[0]) ||
        !of_dim_is_num(a->end[0]) || slice_unclear(a->end[0].k, a->steps[0]))
        return OF_OK;
    slice_range((int64_t)n, a->start[0].k, a->end[0].k, a->steps[0], &first, &count);
    w = (of_dim *)of_tmp(c, (size_t)count + 1, sizeof(of_dim));
    if (!w) return of_nomem(c->err);
    for (int64_t k = 0; k < count; k++, first = k < count ? first + a->steps[0] : first)
        w[k] = v[first];
    return of_set_known(c, 0, w, (size_t)count);
}

of_status of_infer_Slice(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    slice_args a;
    of_shape s;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(slice_load(c, in->rank, &a));
    if (in->rank < 0) return of_set_out(c, 0, of_in_dtype(c, 0), of_shape_unknown());
    if (!a.axes) {
        OF_TRY(of_new_shape(c, in->rank, &s));
        return of_set_out(c, 0, of_in_dtype(c, 0), s);
    }
    OF_TRY(of_shape_copy(c, in, &s));
    for (int64_t k = 0; k < a.n; k++) {
        of_dim *d = &s.d[a.axes[k]];
        *d = a.start && a.end && a.steps ? slice_dim(c, *d, a.start[k], a.end[k], a.steps[k])
                                         : of_dim_unknown();
    }
    OF_TRY(slice_known(c, &a));
    return of_set_out(c, 0, of_in_dtype(c, 0), s);
}

of_status of_eval_Slice(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0);
    int64_t stride[OF_MAX_RANK], *ds = (int64_t *)of_tmp(c, OF_MAX_RANK, sizeof(int64_t)), at = 0;
    slice_args a;
    of_tensor *out;

    if (!ds) return of_nomem(c->err);
    OF_TRY(slice_load(c, in->rank, &a));
    for (int64_t k = 0; k < a.n; k++)
        if (slice_unclear(a.end[k].k, a.steps[k]))
            return OF_UNSUP(c, "a backward slice to INT_MAX");
    OF_TRY(of_out_raw(c, 0, &out));
    OF_TRY(of_work(c, (uint64_t)out->count));
    of_strides(in->dims, in->rank, stride);
    of_strides(out->dims, out->rank, ds);
    for (int64_t k = 0; k < a.n; k++) {
        const int64_t axis = a.axes[k];
        int64_t first, count;
        slice_range(in->dims[axis], a.start[k].k, a.end[k].k, a.steps[k], &first, &count);
        at += first * stride[axis];
        stride[axis] = count > 1 ? stride[axis] * a.steps[k] : 0; /* |step| < dim when two fit */
    }
    if (out->count == 0) return OF_OK;
    return of_move_nd(c, of_mem_of(out), out->data, ds, of_bytes(in, at), stride, out->dims,
                      out->rank);
}
