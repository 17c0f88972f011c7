/* com.microsoft: FusedConv, FusedGemm. The operator of ai.onnx, a sum, an activation. */
#include "kern/kern_mathd.h"
#include "ops/op_conv.h"
#include "ops/op_moves.h"
#include "ops/op_steps.h"
#include "ops/op_sub.h"

typedef enum of_act {
    OF_ACT_NONE, OF_ACT_RELU, OF_ACT_SIGMOID, OF_ACT_TANH, OF_ACT_LEAKY, OF_ACT_CLIP, OF_ACT_HARD_SIGMOID, OF_ACT_ELU,
    OF_ACT_SOFTPLUS, OF_ACT_SOFTSIGN, OF_ACT_THRESHOLDED,
} of_act;

static const struct {
    const char *name;
    uint8_t params;
} of_acts[] = {
    {"", 0}, {"Relu", 0}, {"Sigmoid", 0}, {"Tanh", 0}, {"LeakyRelu", 1}, {"Clip", 2}, {"HardSigmoid", 2}, {"Elu", 1},
    {"Softplus", 0}, {"Softsign", 0}, {"ThresholdedRelu", 1},
};

static of_status of_act_find(of_opctx *c, size_t last, of_act *a)
{
    of_str s;

    OF_TRY(of_get_str(c, "activation", "", &s));
    for (size_t i = 0; i <= last; i++)
        if (of_str_is(s, of_acts[i].name)) {
            *a = (of_act)i;
            return OF_OK;
        }
    return OF_UNSUP(c, "activation %.*s", of_clip(s.n), s.p);
}

static double of_act_at(of_act a, const double *p, double v)
{
    switch (a) {
    case OF_ACT_RELU: return v < 0 ? 0 : v;
    case OF_ACT_SIGMOID: return of_m_sigmoid(v);
    case OF_ACT_TANH: return of_m_tanh(v);
    case OF_ACT_LEAKY: return v < 0 ? p[0] * v : v;
    case OF_ACT_CLIP: return v < p[0] ? p[0] : v > p[1] ? p[1] : v;
    case OF_ACT_HARD_SIGMOID: v = p[0] * v + p[1]; return v < 0 ? 0 : v > 1 ? 1 : v;
    case OF_ACT_ELU: return v < 0 ? p[0] * of_m_expm1(v) : v;
    case OF_ACT_SOFTPLUS: return of_m_softplus(v);
    case OF_ACT_SOFTSIGN: return v / (1 + fabs(v));
    case OF_ACT_THRESHOLDED: return v > p[0] || v != v ? v : 0;
    default: return v;
    }
}

/* y (fresh) plus z, if there is one, through the activation; becomes output 0. */
static of_status of_act_finish(of_opctx *c, of_act a, const double *p, const of_tensor *z, of_tensor *y)
{
    double v[64], w[64];
    const of_status st = of_work(c, of_sat_mul((uint64_t)y->count, 12));

    if (st != OF_OK) {
        of_tensor_unref(y);
        return st;
    }
    for (size_t i = 0; i < (size_t)y->count && (z || a != OF_ACT_NONE); i += 64) {
        const size_t n = (size_t)y->count - i < 64 ? (size_t)y->count - i : 64;
        of_read_f64(y, i, 1, v, n);
        if (z) of_read_f64(z, i, 1, w, n);
        for (size_t k = 0; k < n; k++)
            v[k] = of_act_at(a, p, z ? of_step((of_dtype)y->dtype, v[k] + w[k]) : v[k]);
        of_write_f64(y, i, 1, v, n);
    }
    return of_out_val(c, 0, &y->base);
}

/* ---- FusedConv: what is added has the shape of the result ---- */

static of_status of_fused_conv_act(of_opctx *c, of_act *a, double *p)
{
    const float *v;
    size_t n;

    OF_TRY(of_act_find(c, OF_ACT_HARD_SIGMOID, a));
    OF_TRY(of_get_floats(c, "activation_params", &v, &n));
    if (n < of_acts[*a].params) return OF_INVALID(c, "activation_params has %zu numbers", n);
    for (size_t i = 0; i < of_acts[*a].params; i++) p[i] = (double)v[i];
    return OF_OK;
}

of_status of_infer_FusedConv(of_opctx *c)
{
    const of_shape *z = of_in_shape(c, 3);
    double p[2];
    of_shape y;
    of_act a;

    for (uint32_t i = 0; i < 4; i++) {
        OF_TRY(of_want_types(c, i, OF_TS_FLOAT));
        OF_TRY(of_want_same(c, 0, i));
    }
    OF_TRY(of_fused_conv_act(c, &a, p));
    OF_TRY(of_conv_infer(c, 0, 1, 2, &y));
    if (z->rank >= 0 && y.rank >= 0) {
        OF_TRY(of_want_rank(c, 3, y.rank));
        for (int32_t k = 0; k < y.rank; k++)
            if (!of_dim_meet(y.d[k], z->d[k], &y.d[k]))
                return OF_INVALID(c, "what is added has another dimension %d", (int)k);
    }
    return of_set_out(c, 0, of_in_dtype(c, 0), y);
}

of_status of_eval_FusedConv(of_opctx *c)
{
    const of_tensor *in[3] = {of_in(c, 0), of_in(c, 1), of_in(c, 2)};
    double p[2] = {0, 0};
    of_tensor *y;
    of_act a;

    OF_TRY(of_fused_conv_act(c, &a, p));
    OF_TRY(of_sub_run(c, 22, of_infer_Conv, of_eval_Conv, in, 3, &y, 1));
    return of_act_finish(c, a, p, of_in(c, 3), y);
}

/* ---- FusedGemm ---- */

static of_status of_fused_gemm_act(of_opctx *c, of_act *a, double *p)
{
    static const char *const names[2] = {"activation_alpha", "activation_beta"};

    OF_TRY(of_act_find(c, OF_ACT_THRESHOLDED, a));
    if (*a == OF_ACT_CLIP) return OF_UNSUP(c, "activation Clip");
    for (size_t i = 0; i < of_acts[*a].params; i++) {
        float v;
        if (!of_has_attr(c, names[i])) return OF_INVALID(c, "%s is missing", names[i]);
        OF_TRY(of_get_float(c, names[i], 0, &v));
        p[i] = (double)v;
    }
    return OF_OK;
}

of_status of_infer_FusedGemm(of_opctx *c)
{
    double p[2];
    of_act a;

    OF_TRY(of_fused_gemm_act(c, &a, p));
    return of_sub_as(c, 13, of_infer_Gemm);
}

of_status of_eval_FusedGemm(of_opctx *c)
{
    const of_tensor *in[3] = {of_in(c, 0), of_in(c, 1), of_in(c, 2)};
    double p[2] = {0, 0};
    of_tensor *y;
    of_act a;

    OF_TRY(of_fused_gemm_act(c, &a, p));
    if (a != OF_ACT_NONE && !of_dtype_is_float((of_dtype)in[0]->dtype))
        return OF_UNSUP(c, "an activation of %s", of_dtypes[in[0]->dtype].name);
    OF_TRY(of_sub_run(c, 13, of_infer_Gemm, of_eval_Gemm, in, 3, &y, 1));
    return of_act_finish(c, a, p, NULL, y);
}
