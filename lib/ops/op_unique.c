/* Unique: elements of the flattened tensor, or slices along an axis, sorted or in the
 * order of first occurrence. */
#include "ops/op_moves.h"
#include "ops/op_protos.h"

#include <string.h>

of_status of_infer_Unique(of_opctx *c)
{
    const of_shape *in = of_in_shape(c, 0);
    int64_t axis;
    of_shape s;

    OF_TRY(of_need_tensor(c, 0));
    OF_TRY(of_get_int(c, "axis", 0, &axis));
    if (!of_has_attr(c, "axis")) {
        OF_TRY(of_new_shape(c, 1, &s));
        OF_TRY(of_set_out(c, 0, of_in_dtype(c, 0), s));
    } else if (in->rank < 0) {
        OF_TRY(of_set_out(c, 0, of_in_dtype(c, 0), of_shape_unknown()));
    } else {
        OF_TRY(of_norm_axis(c, axis, in->rank, 0, &axis));
        OF_TRY(of_shape_copy(c, in, &s));
        s.d[axis] = of_dim_unknown();
        OF_TRY(of_set_out(c, 0, of_in_dtype(c, 0), s));
    }
    for (uint32_t i = 1; i < 4; i++) {
        OF_TRY(of_new_shape(c, 1, &s));
        OF_TRY(of_set_out(c, i, OF_INT64, s));
    }
    return OF_OK;
}

#define CMP(a, b) ((a) < (b) ? -1 : (a) > (b))

/* Order of two elements; NaN was excluded. */
static int element_order(of_dtype t, const void *x, const void *y)
{
    int d;

    switch (t) {
    case OF_FLOAT:
        return CMP(*(const float *)x, *(const float *)y);
    case OF_DOUBLE:
        return CMP(*(const double *)x, *(const double *)y);
    case OF_FLOAT16:
        return CMP(of_f16_to_f32(*(const uint16_t *)x), of_f16_to_f32(*(const uint16_t *)y));
    case OF_BFLOAT16:
        return CMP(of_bf16_to_f32(*(const uint16_t *)x), of_bf16_to_f32(*(const uint16_t *)y));
    case OF_COMPLEX64:
        d = CMP(((const float *)x)[0], ((const float *)y)[0]);
        return d ? d : CMP(((const float *)x)[1], ((const float *)y)[1]);
    case OF_COMPLEX128:
        d = CMP(((const double *)x)[0], ((const double *)y)[0]);
        return d ? d : CMP(((const double *)x)[1], ((const double *)y)[1]);
    case OF_INT8:
        return CMP(*(const int8_t *)x, *(const int8_t *)y);
    case OF_INT16:
        return CMP(*(const int16_t *)x, *(const int16_t *)y);
    case OF_INT32:
        return CMP(*(const int32_t *)x, *(const int32_t *)y);
    case OF_INT64:
        return CMP(*(const int64_t *)x, *(const int64_t *)y);
    case OF_UINT16:
        return CMP(*(const uint16_t *)x, *(const uint16_t *)y);
    case OF_UINT32:
        return CMP(*(const uint32_t *)x, *(const uint32_t *)y);
    case OF_UINT64:
        return CMP(*(const uint64_t *)x, *(const uint64_t *)y);
    case OF_STRING: {
        const of_str *a = (const of_str *)x, *b = (const of_str *)y;
        const size_t n = a->n < b->n ? a->n : b->n;
        d = n ? memcmp(a->p, b->p, n) : 0;
        return d ? d : CMP(a->n, b->n);
    }
    default:
        return CMP(*(const uint8_t *)x, *(const uint8_t *)y);
    }
}

typedef struct unique_work {
    const of_tensor *in;
    int64_t outer, n, inner; /* n slices of outer * inner elements */
    int64_t *order, *spare;  /* slice numbers, sorted; equal ones in their first order */
    int64_t *group;          /* slice -> its number among the unique ones */
    int64_t *first, *count;  /* unique number -> first slice, how many */
} unique_work;

static int slice_order(const unique_work *w, int64_t a, int64_t b)
{
    const of_dtype t = (of_dtype)w->in->dtype;

    for (int64_t o = 0; o < w->outer; o++)
        for (int64_t i = 0; i < w->inner; i++) {
            const int d = element_order(t, of_bytes(w->in, (o * w->n + a) * w->inner + i),
                                        of_bytes(w->in, (o * w->n + b) * w->inner + i));
            if (d) return d;
        }
    return 0;
}

/* Merge sort, from runs of one upwards: stable. */
static void unique_sort(unique_work *w)
{
    for (int64_t run = 1; run<w->n; run = run> w->n / 2 ? w->n : 2 * run) {
        int64_t *t;
        for (int64_t lo = 0; lo < w->n; lo += 2 * run) {
            const int64_t mid = w->n - lo < run ? w->n : lo + run,
                          hi = w->n - mid < run ? w->n : mid + run;
            int64_t a = lo, b = mid, to = lo;
            while (a < mid || b < hi) {
                const bool left =
                    b >= hi || (a < mid && slice_order(w, w->order[a], w->order[b]) <= 0);
                w->spare[to++] = left ? w->order[a++] : w->order[b++];
            }
        }
        t = w->order, w->order = w->spare, w->spare = t;
    }
}

static bool has_nan(const of_tensor *t)
{
    const int64_t parts = t->dtype == OF_COMPLEX64 || t->dtype == OF_COMPLEX128 ? 2 : 1;

    for (int64_t k = 0; k < t->count * parts; k++) {
        switch (t->dtype) {
        case OF_FLOAT:
        case OF_COMPLEX64:
            if (((const float *)t->data)[k] != ((const float *)t->data)[k]) return true;
            break;
        case OF_DOUBLE:
        case OF_COMPLEX128:
            if (((const double *)t->data)[k] != ((const double *)t->data)[k]) return true;
            break;
        case OF_FLOAT16:
            if ((((const uint16_t *)t->data)[k] & 0x7fff) > 0x7c00) return true;
            break;
        case OF_BFLOAT16:
            if ((((const uint16_t *)t->data)[k] & 0x7fff) > 0x7f80) return true;
            break;
        default:
            return false;
        }
    }
    return false;
}

/* Groups equal slices; unless sorted, groups are numbered as they first occur. Returns
 * how many there are. */
static int64_t unique_group(unique_work *w, bool sorted)
{
    int64_t groups = 0;

    for (int64_t k = 0; k < w->n; k++) {
        const int64_t s = w->order[k];
        if (k == 0 || slice_order(w, w->order[k - 1], s) != 0) {
            w->first[groups] = s;
            w->count[groups++] = 0;
        }
        w->group[s] = groups - 1;
        w->count[groups - 1]++;
    }
    if (sorted) return groups;
    /* spare: group as sorted -> group as it occurs */
    for (int64_t k = 0; k < groups; k++) w->spare[k] = -1;
    groups = 0;
    for (int64_t s = 0; s < w->n; s++) {
        const int64_t g = w->group[s];
        if (w->spare[g] < 0) {
            w->order[groups] = s;
            w->spare[g] = groups++;
        }
        w->group[s] = w->spare[g];
    }
    for (int64_t k = 0; k < groups; k++) {
        w->first[k] = w->order[k];
        w->count[k] = 0;
    }
    for (int64_t s = 0; s < w->n; s++) w->count[w->group[s]]++;
    return groups;
}

static of_status unique_list(of_opctx *c, uint32_t i, const int64_t *v, int64_t n)
{
    of_tensor *out;

    if (!of_wants_out(c, i)) return OF_OK;
    OF_TRY(of_out_shaped(c, i, OF_INT64, &n, 1, &out));
    if (n) memcpy(out->data, v, (size_t)n * sizeof(int64_t));
    return OF_OK;
}

of_status of_eval_Unique(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0);
    const bool flat = !of_has_attr(c, "axis");
    int64_t dims[OF_MAX_RANK], axis, sorted, groups, *mem;
    uint64_t steps, log = 1;
    unique_work w = {in, 1, in->count, 1, NULL, NULL, NULL, NULL, NULL};
    size_t run;
    of_tensor *out;

    OF_TRY(of_get_int(c, "axis", 0, &axis));
    OF_TRY(of_get_int(c, "sorted", 1, &sorted));
    if (of_dtype_small_float((of_dtype)in->dtype) && in->dtype != OF_FLOAT16 &&
        in->dtype != OF_BFLOAT16)
        return OF_UNSUP(c, "%s", of_dtypes[in->dtype].name);
    if (!flat) {
        OF_TRY(of_norm_axis(c, axis, in->rank, 0, &axis));
        w.n = in->dims[axis];
        w.outer = of_count(in->dims, (size_t)axis);
        w.inner = of_count(in->dims + axis + 1, (size_t)(in->rank - 1 - axis));
    }
    while ((w.n >> log) != 0) log++;
    steps = of_sat_mul(of_sat_mul((uint64_t)w.outer, (uint64_t)w.inner),
                       of_sat_mul((uint64_t)w.n, log));
    OF_TRY(of_work(c, of_sat_add(steps, (uint64_t)in->count)));
    if (has_nan(in)) return OF_UNSUP(c, "NaN has no order");
    mem = (int64_t *)of_tmp(c, (size_t)w.n + 1, 5 * sizeof(int64_t));
    if (!mem) return of_nomem(c->err);
    w.order = mem;
    w.spare = w.order + w.n;
    w.group = w.spare + w.n;
    w.first = w.group + w.n;
    w.count = w.first + w.n;
    for (int64_t k = 0; k < w.n; k++) w.order[k] = k;
    unique_sort(&w);
    groups = unique_group(&w, sorted != 0);
    if (flat) dims[0] = groups;
    for (int k = 0; !flat && k < in->rank; k++) dims[k] = k == axis ? groups : in->dims[k];
    OF_TRY(of_out_shaped(c, 0, (of_dtype)in->dtype, dims, flat ? 1 : in->rank, &out));
    run = (size_t)w.inner * of_mem_of(in);
    for (int64_t o = 0; run && o < w.outer; o++)
        for (int64_t k = 0; k < groups; k++)
            memcpy(of_bytes(out, (o * groups + k) * w.inner),
                   of_bytes(in, (o * w.n + w.first[k]) * w.inner), run);
    OF_TRY(unique_list(c, 1, w.first, groups));
    OF_TRY(unique_list(c, 2, w.group, w.n));
    return unique_list(c, 3, w.count, groups);
}
