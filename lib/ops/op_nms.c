/* NonMaxSuppression: boxes by falling score, each kept unless it overlaps a kept one. */
#include <math.h>

#include "ops/op_numeric.h"

of_status of_infer_NonMaxSuppression(of_opctx *c)
{
    const of_shape *b = of_in_shape(c, 0), *s = of_in_shape(c, 1);
    of_shape y = of_shape_new(c, 2);

    for (uint32_t i = 0; i < 5; i++) OF_TRY(of_want_types(c, i, OF_TS(i == 2 ? OF_INT64 : OF_FLOAT)));
    OF_TRY(of_want_rank(c, 0, 3));
    OF_TRY(of_want_rank(c, 1, 3));
    if (b->rank == 3 && of_dim_is_num(b->d[2]) && b->d[2].k != 4)
        return OF_INVALID(c, "a box has %lld numbers", (long long)b->d[2].k);
    if (b->rank == 3 && s->rank == 3)
        for (int k = 0; k < 2; k++) {
            const of_dim p = b->d[k], q = s->d[2 * k];
            if (of_dim_is_num(p) && of_dim_is_num(q) && p.k != q.k)
                return OF_INVALID(c, "boxes and scores are not of one size");
        }
    if (y.rank == 2) y.d[1] = of_dim_num(3);
    return of_set_out(c, 0, OF_INT64, y);
}

typedef struct of_nms {
    const float *box; /* of the batch */
    const float *score;
    int64_t center;
    double overlap;
} of_nms;

typedef struct of_box {
    double lo[2], hi[2], area;
} of_box;

static of_box of_box_of(const of_nms *p, int64_t i)
{
    const float *v = p->box + 4 * i;
    of_box b;

    for (int k = 0; k < 2; k++) {
        const double u = (double)v[k], w = (double)v[k + 2];
        b.lo[k] = p->center ? u - w / 2 : u < w ? u : w;
        b.hi[k] = p->center ? u + w / 2 : u < w ? w : u;
    }
    b.area = (b.hi[0] - b.lo[0]) * (b.hi[1] - b.lo[1]);
    return b;
}

static bool of_fits_float(double v)
{
    return (double)(float)v == v;
}

/* No step before the quotient is rounded in float: every implementation has the same numbers. */
static bool of_nms_exact(const of_box *a, const of_box *b, const double *side, double shared)
{
    for (int k = 0; k < 2; k++)
        if (!of_fits_float(a->lo[k]) || !of_fits_float(a->hi[k]) || !of_fits_float(b->lo[k]) ||
            !of_fits_float(b->hi[k]) || !of_fits_float(side[k]))
            return false;
    return of_fits_float(a->area) && of_fits_float(b->area) && of_fits_float(a->area + b->area) &&
           of_fits_float(shared) && of_fits_float(a->area + b->area - shared);
}

/* Whether two boxes overlap by more than the threshold; so close to it that float sums may
 * say either: OF_E_UNSUPPORTED. */
static of_status of_nms_overlap(of_opctx *c, const of_nms *p, int64_t i, int64_t j, bool *more)
{
    const of_box a = of_box_of(p, i), b = of_box_of(p, j);
    double side[2], shared, ratio;

    *more = false;
    if (!(a.area > 0) || !(b.area > 0)) return OF_OK;
    for (int k = 0; k < 2; k++) {
        side[k] = (a.hi[k] < b.hi[k] ? a.hi[k] : b.hi[k]) - (a.lo[k] > b.lo[k] ? a.lo[k] : b.lo[k]);
        if (side[k] <= 0) return OF_OK;
    }
    shared = side[0] * side[1];
    ratio = shared / (a.area + b.area - shared);
    if (ratio != 1 && fabs(ratio - p->overlap) < 1e-6 &&
        (!of_nms_exact(&a, &b, side, shared) || ((double)(float)ratio > p->overlap) != (ratio > p->overlap)))
        return OF_UNSUP(c, "boxes %lld and %lld overlap by just the threshold", (long long)i, (long long)j);
    *more = ratio > p->overlap;
    return OF_OK;
}

/* First by score, then by index. */
static bool of_nms_before(const float *score, int64_t i, int64_t j)
{
    return score[i] > score[j] || (score[i] == score[j] && i < j);
}

/* Heap sort, in place: the last one in order is on top. */
static void of_nms_sift(const float *score, int64_t *v, size_t at, size_t n)
{
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        const int64_t t = v[at];
        if (child + 1 < n && of_nms_before(score, v[child], v[child + 1])) child++;
        if (!of_nms_before(score, t, v[child])) return;
        v[at] = v[child];
        v[child] = t;
    }
}

static void of_nms_sort(const float *score, int64_t *v, size_t n)
{
    for (size_t i = n / 2; i-- > 0;) of_nms_sift(score, v, i, n);
    for (size_t i = n; i-- > 1;) {
        const int64_t t = v[0];
        v[0] = v[i];
        v[i] = t;
        of_nms_sift(score, v, 0, i);
    }
}

/* Boxes of one batch and class, by falling score: those kept move to the front of v. */
static of_status of_nms_class(of_opctx *c, const of_nms *p, int64_t *v, size_t n, size_t most, size_t *kept)
{
    *kept = 0;
    for (size_t i = 0; i < n && *kept < most; i++) {
        bool more = false;
        OF_TRY(of_work(c, 24 * (uint64_t)*kept + 1)); /* of_nms_overlap: some 24 */
        for (size_t k = 0; k < *kept && !more; k++) OF_TRY(of_nms_overlap(c, p, v[i], v[k], &more));
        if (!more) v[(*kept)++] = v[i];
    }
    return OF_OK;
}

static of_status of_nms_number(of_opctx *c, uint32_t i, double *v)
{
    if (!of_has_in(c, i)) return OF_OK;
    if (of_in(c, i)->count != 1) return OF_INVALID(c, "input %u is no single number", i);
    of_read_f64(of_in(c, i), 0, 1, v, 1);
    return OF_OK;
}

of_status of_eval_NonMaxSuppression(of_opctx *c)
{
    const of_tensor *boxes = of_in(c, 0), *scores = of_in(c, 1);
    const size_t n = (size_t)scores->dims[2], classes = (size_t)scores->dims[1];
    const size_t sets = (size_t)scores->dims[0] * classes;
    double most = 0, least = -INFINITY;
    of_nms p = {.overlap = 0};
    int64_t *v, *found, dims[2] = {0, 3};
    of_tensor *y;

    OF_TRY(of_get_int(c, "center_point_box", 0, &p.center));
    OF_TRY(of_nms_number(c, 2, &most));
    OF_TRY(of_nms_number(c, 3, &p.overlap));
    OF_TRY(of_nms_number(c, 4, &least));
    if (!(p.overlap >= 0 && p.overlap <= 1)) return OF_INVALID(c, "iou_threshold is %g", p.overlap);
    if (!(most > 0)) most = 0;
    OF_TRY(of_work(c, of_sat_mul((uint64_t)scores->count, 32)));
    v = (int64_t *)of_tmp(c, n, sizeof *v);
    found = (int64_t *)of_tmp(c, (size_t)scores->count, 3 * sizeof *found);
    if (!v || !found) return of_nomem(c->err);
    for (size_t s = 0; s < sets && most > 0; s++) {
        size_t left = 0, kept;
        p.box = (const float *)boxes->data + s / classes * n * 4;
        p.score = (const float *)scores->data + s * n;
        for (size_t i = 0; i < n; i++) {
            const double d = (double)p.score[i];
            if (d != d) return OF_UNSUP(c, "a score is not a number");
            if (d == least && of_has_in(c, 4)) return OF_UNSUP(c, "a score is just the threshold");
            if (d > least || !of_has_in(c, 4)) v[left++] = (int64_t)i;
        }
        of_nms_sort(p.score, v, left);
        OF_TRY(of_nms_class(c, &p, v, left, most > (double)n ? n : (size_t)most, &kept));
        for (size_t k = 0; k < kept; k++, dims[0]++) {
            found[3 * dims[0]] = (int64_t)(s / classes);
            found[3 * dims[0] + 1] = (int64_t)(s % classes);
            found[3 * dims[0] + 2] = v[k];
        }
    }
    OF_TRY(of_out_shaped(c, 0, OF_INT64, dims, 2, &y));
    for (int64_t i = 0; i < y->count; i++) ((int64_t *)y->data)[i] = found[i];
    return OF_OK;
}
