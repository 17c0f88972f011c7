/* Resize and Upsample: attributes by version, sizes of the result. */
#include "ops/op_resize.h"

#include <math.h>
#include <string.h>

static of_status of_resize_word(of_opctx *c, const char *name, const char *const *words, size_t n,
                                int64_t *which)
{
    of_str s;

    OF_TRY(of_get_str(c, name, words[0], &s));
    for (size_t i = 0; i < n; i++)
        if (s.n == strlen(words[i]) && memcmp(s.p, words[i], s.n) == 0) {
            *which = (int64_t)i;
            return OF_OK;
        }
    return OF_INVALID(c, "%s is not known", name);
}

static bool of_is_upsample(const of_opctx *c)
{
    return c->op->name[0] == 'U';
}

static of_status of_resize_attrs(of_opctx *c, of_resize *r)
{
    static const char *const modes[] = {"nearest", "linear", "cubic"};
    static const char *const old_modes[] = {"nearest", "bilinear"};
    static const char *const coords[] = {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel",
                                         "align_corners", "asymmetric", "tf_crop_and_resize",
                                         "tf_half_pixel_for_nn"};
    static const char *const rounds[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};
    static const char *const policies[] = {"stretch", "not_larger", "not_smaller"};
    const bool v1 = of_is_upsample(c) && c->opset < 7;
    float extrapolation, a;
    int64_t i = 0, flag;

    memset(r, 0, sizeof *r);
    OF_TRY(of_resize_word(c, "mode", v1 ? old_modes : modes, v1 || of_is_upsample(c) || c->opset < 11 ? 2 : 3, &i));
    r->mode = (of_resize_mode)i;
    r->coord = OF_COORD_ASYMMETRIC;
    r->round = OF_ROUND_FLOOR;
    r->floor_or_ceil = !of_is_upsample(c);
    if (of_is_upsample(c) || c->opset < 11) return OF_OK;
    r->floor_or_ceil = false;
    OF_TRY(of_resize_word(c, "coordinate_transformation_mode", coords, c->opset < 13 ? 7 : 6, &i));
    r->coord = (of_resize_coord)i;
    OF_TRY(of_resize_word(c, "nearest_mode", rounds, 4, &i));
    r->round = (of_resize_round)i;
    OF_TRY(of_get_int(c, "exclude_outside", 0, &flag));
    r->exclude_outside = flag != 0;
    OF_TRY(of_get_float(c, "extrapolation_value", 0, &extrapolation));
    r->extrapolation = (double)extrapolation;
    OF_TRY(of_get_float(c, "cubic_coeff_a", -0.75f, &a));
    r->cubic_a = (double)a;
    if (c->opset < 18) return OF_OK;
    OF_TRY(of_get_int(c, "antialias", 0, &flag));
    r->antialias = flag != 0;
    OF_TRY(of_resize_word(c, "keep_aspect_ratio_policy", policies, 3, &r->policy));
    if (r->antialias && r->mode == OF_RESIZE_NEAREST) return OF_INVALID(c, "antialias without interpolation");
    return OF_OK;
}

/* Scales by axis into s (NULL: not known, or sizes are given instead): a constant input or an
 * attribute. axes: which ones they are for, n of them. */
static of_status of_resize_scales(of_opctx *c, uint32_t in, size_t n, const float **s)
{
    const of_tensor *t;
    float *two;
    size_t have;

    *s = NULL;
    if (of_is_upsample(c) && c->opset < 7) {
        two = (float *)of_tmp(c, 4, sizeof *two);
        if (!two) return of_nomem(c->err);
        two[0] = two[1] = 1;
        OF_TRY(of_get_float(c, "height_scale", 0, &two[2]));
        OF_TRY(of_get_float(c, "width_scale", 0, &two[3]));
        *s = two;
        have = 4;
    } else if (of_is_upsample(c) && c->opset < 9) {
        OF_TRY(of_get_floats(c, "scales", s, &have));
        if (!*s) return OF_INVALID(c, "scales are missing");
    } else {
        t = of_in_const(c, in);
        if (!t) return OF_OK;
        OF_TRY(of_tensor_load(of_in_const(c, in), c->err));
        if (t->dtype != OF_FLOAT) return OF_INVALID(c, "scales are %s", of_dtypes[t->dtype].name);
        have = (size_t)t->count;
        if (have == 0 && c->op->min_in == 1) return OF_OK; /* an empty one stands for an absent one */
        *s = (const float *)t->data;
    }
    if (have != n) return OF_INVALID(c, "%zu scales where %zu are due", have, n);
    for (size_t i = 0; i < n; i++)
        if (!((*s)[i] > 0) || !isfinite((*s)[i]) || (of_is_upsample(c) && (*s)[i] < 1))
            return OF_INVALID(c, "a scale is %g", (double)(*s)[i]);
    return OF_OK;
}

/* floor(in * scale), where the product in float and in double agree. */
static of_dim of_resize_scaled(of_opctx *c, of_dim in, float scale)
{
    of_dimtab *t = c->m->dims;
    const double s = (double)scale;

    if (of_dim_is_num(in)) {
        const double v = floor((double)in.k * s), w = (double)floorf((float)in.k * scale);
        if (v != w || !(v < 9e15)) return of_dim_unknown();
        return of_dim_num((int64_t)v);
    }
    for (int64_t q = 1; q <= 64; q *= 2) /* p / q exactly */
        if (s * (double)q == floor(s * (double)q) && s * (double)q < 1 << 20)
            return of_dim_floordiv(t, of_dim_mul(t, in, of_dim_num((int64_t)(s * (double)q))), of_dim_num(q));
    return of_dim_unknown();
}

/* The one scale that keeps the proportions: of n sizes for those axes. false: not known. */
static of_status of_resize_proportion(of_opctx *c, const of_resize *r, const of_shape *x, const int64_t *axes,
                                      const of_dim *sizes, size_t n, of_shape *y, double *scale)
{
    *scale = 0;
    for (size_t i = 0; i < n; i++) {
        const of_dim in = x->d[axes[i]];
        double s;
        if (!of_dim_is_num(in) || !of_dim_is_num(sizes[i])) return OF_OK;
        if (in.k <= 0 || sizes[i].k <= 0) return OF_UNSUP(c, "proportions of nothing");
        s = (double)sizes[i].k / (double)in.k;
        if (i == 0 || (r->policy == 1 ? s < *scale : s > *scale)) *scale = s;
    }
    for (size_t i = 0; i < n; i++) {
        const double in = (double)x->d[axes[i]].k, v = floor(in * *scale + 0.5);
        const float w = floorf((float)in * (float)*scale + 0.5f);
        if (v != (double)w || !(v < 9e15)) return OF_UNSUP(c, "axis %lld would be rounded either way", (long long)axes[i]);
        y->d[axes[i]] = of_dim_num((int64_t)v);
    }
    return OF_OK;
}

static of_status of_resize_axes(of_opctx *c, int32_t rank, int64_t **axes, size_t *n)
{
    const int64_t *v = NULL;
    bool seen[OF_MAX_RANK] = {false};

    *n = 0;
    if (!of_is_upsample(c) && c->opset >= 18) OF_TRY(of_get_ints(c, "axes", &v, n));
    if (!*n) *n = (size_t)rank;
    *axes = (int64_t *)of_tmp(c, *n, sizeof **axes);
    if (!*axes) return of_nomem(c->err);
    for (size_t i = 0; i < *n; i++) {
        if (v) OF_TRY(of_norm_axis(c, v[i], rank, 0, &(*axes)[i]));
        else (*axes)[i] = (int64_t)i;
        if (seen[(*axes)[i]]) return OF_INVALID(c, "axis %lld is named twice", (long long)(*axes)[i]);
        seen[(*axes)[i]] = true;
    }
    return OF_OK;
}

/* Everything but the region of interest; y and, when evaluating, the axes. */
static of_status of_resize_make(of_opctx *c, of_resize *r, of_shape *y)
{
    const of_shape *x = of_in_shape(c, 0);
    const bool v11 = !of_is_upsample(c) && c->opset >= 11;
    const float *scales;
    of_dim *sizes = NULL;
    int64_t *axes;
    double uniform = 0;
    size_t n, have = 0;

    *y = of_shape_unknown();
    OF_TRY(of_resize_attrs(c, r));
    if (x->rank < 0) return OF_OK;
    OF_TRY(of_resize_axes(c, x->rank, &axes, &n));
    OF_TRY(of_resize_scales(c, v11 ? 2 : 1, n, &scales));
    if (v11) OF_TRY(of_in_dims(c, 3, &sizes, &have));
    if (have == 0) sizes = NULL;
    if (sizes && have != n) return OF_INVALID(c, "%zu sizes where %zu are due", have, n);
    if (sizes && scales) return OF_INVALID(c, "both scales and sizes are given");
    if (c->evaluating && !sizes && !scales) return OF_INVALID(c, "neither scales nor sizes are given");
    *y = of_shape_new(c, x->rank);
    r->rank = (size_t)x->rank;
    r->axis = (of_resize_axis *)of_tmp(c, r->rank, sizeof *r->axis);
    if (y->rank < 0 || !r->axis) return of_nomem(c->err);
    for (int32_t k = 0; k < x->rank; k++) y->d[k] = x->d[k];
    for (size_t i = 0; i < n; i++) {
        if (scales) y->d[axes[i]] = of_resize_scaled(c, x->d[axes[i]], scales[i]);
        else y->d[axes[i]] = sizes && r->policy == 0 ? sizes[i] : of_dim_unknown();
    }
    if (sizes && r->policy) OF_TRY(of_resize_proportion(c, r, x, axes, sizes, n, y, &uniform));
    if (!c->evaluating || !of_shape_is_static(y)) return OF_OK;
    for (size_t k = 0; k < r->rank; k++) {
        const double in = (double)x->d[k].k, out = (double)y->d[k].k;
        r->axis[k] = (of_resize_axis){
            .in = x->d[k].k, .out = y->d[k].k, .scale = 1, .scale32 = 1, .end = 1, .same = true};
        for (size_t i = 0; i < n; i++) {
            if (axes[i] != (int64_t)k) continue;
            r->axis[k].scale = scales ? (double)scales[i] : uniform > 0 ? uniform : out / in;
            r->axis[k].scale32 = scales ? scales[i] : uniform > 0 ? (float)uniform : (float)out / (float)in;
            r->axis[k].same = r->axis[k].scale == 1 && out == in;
        }
    }
    return OF_OK;
}

#define OF_RESIZE_TYPES                                                                            \
    (OF_TS_FLOAT | OF_TS_INT | OF_TS(OF_STRING) | OF_TS(OF_BOOL) | OF_TS(OF_COMPLEX64) | OF_TS(OF_COMPLEX128))

of_status of_infer_Resize(of_opctx *c)
{
    of_resize r;
    of_shape y;

    OF_TRY(of_want_types(c, 0, OF_RESIZE_TYPES));
    OF_TRY(of_resize_make(c, &r, &y));
    return of_set_out(c, 0, of_in_dtype(c, 0), y);
}

/* Regions of interest, by axis (input 1 from version 11 on). */
static of_status of_resize_region(of_opctx *c, of_resize *r)
{
    const of_tensor *t = of_has_in(c, 1) ? of_in(c, 1) : NULL;
    int64_t *axes;
    size_t n;

    if (r->coord != OF_COORD_CROP) return OF_OK;
    OF_TRY(of_resize_axes(c, (int32_t)r->rank, &axes, &n));
    if (!t || (size_t)t->count != 2 * n || !of_dtype_is_float((of_dtype)t->dtype))
        return OF_INVALID(c, "a region of interest with %zu numbers is due", 2 * n);
    for (size_t i = 0; i < n; i++) {
        of_resize_axis *a = &r->axis[axes[i]];
        of_read_f64(t, i, 1, &a->start, 1);
        of_read_f64(t, n + i, 1, &a->end, 1);
        a->same = a->same && a->start == 0 && a->end == 1;
        if (a->scale == 1 && !a->same) return OF_UNSUP(c, "a region that is not resized");
    }
    return OF_OK;
}

of_status of_eval_Resize(of_opctx *c)
{
    of_tensor *y;
    of_shape s;
    of_resize r;

    OF_TRY(of_resize_make(c, &r, &s));
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_resize_region(c, &r));
    for (size_t k = 0; k < r.rank; k++) {
        const of_resize_axis *a = &r.axis[k];
        const double exact = (double)a->in * a->scale;
        /* By the text these take the length of the result, by its node tests one with a fraction. */
        if ((r.coord == OF_COORD_ALIGN || r.coord == OF_COORD_CROP) && !a->same &&
            fabs(exact - (double)a->out) > 1e-4)
            return OF_UNSUP(c, "the length of axis %zu has a fraction", k);
        if (r.coord == OF_COORD_CROP && of_in_const(c, 2) && of_in(c, 2)->count && !a->same)
            return OF_UNSUP(c, "scales of a region");
    }
    return of_resample(c, &r, y);
}
