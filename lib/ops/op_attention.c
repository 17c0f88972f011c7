/* Attention. Every step rounds to the type of Q, as in the operator's function body, so that
 * both give the same. */
#include "ops/op_attention.h"

#include <math.h>
#include <string.h>

#include "kern/kern_mathd.h"

typedef struct of_att {
    int64_t causal, q_heads, kv_heads, mode, precision, left, right;
    float scale, softcap;
    bool scaled;
} of_att;

static of_status of_att_attrs(of_opctx *c, of_att *a)
{
    OF_TRY(of_get_int(c, "is_causal", 0, &a->causal));
    OF_TRY(of_get_int(c, "q_num_heads", 0, &a->q_heads));
    OF_TRY(of_get_int(c, "kv_num_heads", 0, &a->kv_heads));
    OF_TRY(of_get_int(c, "qk_matmul_output_mode", 0, &a->mode));
    OF_TRY(of_get_int(c, "softmax_precision", 0, &a->precision));
    OF_TRY(of_get_float(c, "scale", 0, &a->scale));
    OF_TRY(of_get_float(c, "softcap", 0, &a->softcap));
    a->scaled = of_has_attr(c, "scale");
    a->left = a->right = -1;
    if (c->opset >= 25) {
        OF_TRY(of_get_int(c, "left_window_size", -1, &a->left));
        OF_TRY(of_get_int(c, "right_window_size", -1, &a->right));
    }
    if (a->left < -1 || a->right < -1) return OF_INVALID(c, "a window size is below -1");
    if (a->mode < 0 || a->mode > 3)
        return OF_INVALID(c, "qk_matmul_output_mode is %lld", (long long)a->mode);
    if (a->precision != 0 && (!of_dtype_valid(a->precision) || !(OF_TS_FLOAT & OF_TS(a->precision))))
        return OF_INVALID(c, "softmax_precision is %lld", (long long)a->precision);
    if (!(a->scale >= 0) || !(a->softcap >= 0)) return OF_UNSUP(c, "scale or softcap is negative");
    return OF_OK;
}

/* ---- shapes ---- */

static of_status of_att_agree(of_opctx *c, of_dim a, of_dim b, const char *what)
{
    if (of_dim_is_num(a) && of_dim_is_num(b) && a.k != b.k)
        return OF_INVALID(c, "%s is %lld and %lld", what, (long long)a.k, (long long)b.k);
    return OF_OK;
}

/* (batch, heads, rows, width) of input i; all unknown when nothing is. */
static of_status of_att_dims(of_opctx *c, uint32_t i, int64_t heads, of_dim *d)
{
    const of_shape *s = of_in_shape(c, i);

    for (int k = 0; k < 4; k++) d[k] = of_dim_unknown();
    if (s->rank < 0) return OF_OK;
    if (s->rank == 4) {
        memcpy(d, s->d, 4 * sizeof *d);
        return of_att_agree(c, d[1], heads > 0 ? of_dim_num(heads) : of_dim_unknown(),
                            "the number of heads");
    }
    if (s->rank != 3) return OF_INVALID(c, "input %u has rank %d", i, (int)s->rank);
    if (heads <= 0) return OF_INVALID(c, "the number of heads is due");
    d[0] = s->d[0];
    d[1] = of_dim_num(heads);
    d[2] = s->d[1];
    if (of_dim_is_num(s->d[2])) {
        if (s->d[2].k % heads)
            return OF_INVALID(c, "%lld elements are not %lld heads", (long long)s->d[2].k,
                              (long long)heads);
        d[3] = of_dim_num(s->d[2].k / heads);
    } else {
        (void)of_dim_div_exact(c->m->dims, s->d[2], of_dim_num(heads), &d[3]);
    }
    return OF_OK;
}

static of_status of_att_set(of_opctx *c, uint32_t i, of_dtype t, of_dim a, of_dim b, of_dim d,
                            of_dim e)
{
    of_shape s = of_shape_new(c, 4);

    if (s.rank == 4) memcpy(s.d, (of_dim[]){a, b, d, e}, 4 * sizeof *s.d);
    return of_set_out(c, i, t, s);
}

/* The past of the keys or values fits. */
static of_status of_att_past(of_opctx *c, uint32_t i, const of_dim *d)
{
    of_dim p[4];

    if (!of_has_in(c, i)) return OF_OK;
    OF_TRY(of_want_rank(c, i, 4));
    OF_TRY(of_att_dims(c, i, 0, p));
    OF_TRY(of_att_agree(c, p[0], d[0], "the batch"));
    OF_TRY(of_att_agree(c, p[1], d[1], "the number of heads"));
    return of_att_agree(c, p[3], d[3], "the width of a head");
}

/* The mask broadcasts to (batch, heads, queries, keys), its last dimension may be short. */
static of_status of_att_mask(of_opctx *c, const of_dim *to)
{
    const of_shape *s = of_in_shape(c, 3);

    if (!of_has_in(c, 3) || s->rank < 0) return OF_OK;
    if (s->rank < 1 || s->rank > 4) return OF_INVALID(c, "the mask has rank %d", (int)s->rank);
    for (int32_t k = 0; k < s->rank; k++) {
        const of_dim d = s->d[k], t = to[4 - s->rank + k];
        if (!of_dim_is_num(d) || !of_dim_is_num(t) || d.k == t.k) continue;
        if (k + 1 == s->rank && d.k < t.k && d.k != 1) continue;
        if (k + 1 == s->rank && d.k == 1)
            return OF_UNSUP(c, "the mask is broadcast along the keys, or too short");
        if (d.k != 1) return OF_INVALID(c, "the mask does not broadcast");
    }
    return OF_OK;
}

of_status of_infer_Attention(of_opctx *c)
{
    const of_shape *qs = of_in_shape(c, 0);
    of_dim q[4], k[4], v[4], past = of_dim_num(0), total, width;
    of_dimtab *t = c->m->dims;
    of_att a;

    for (uint32_t i = 0; i < 6; i++)
        if (i != 3) OF_TRY(of_want_types(c, i, OF_TS_FLOAT));
    OF_TRY(of_want_types(c, 3, OF_TS_FLOAT | OF_TS_INT | OF_TS(OF_BOOL)));
    OF_TRY(of_want_types(c, 6, OF_TS(OF_INT64)));
    OF_TRY(of_want_same(c, 0, 1));
    OF_TRY(of_want_same(c, 0, 4));
    OF_TRY(of_want_same(c, 2, 5));
    OF_TRY(of_att_attrs(c, &a));
    if (of_has_in(c, 4) != of_has_in(c, 5)) return OF_INVALID(c, "one of two pasts is missing");
    if (of_has_in(c, 6) && of_has_in(c, 4)) return OF_INVALID(c, "nonpad_kv_seqlen with a past");
    if (qs->rank >= 0)
        for (uint32_t i = 1; i < 3; i++) OF_TRY(of_want_rank(c, i, qs->rank));
    OF_TRY(of_att_dims(c, 0, a.q_heads, q));
    OF_TRY(of_att_dims(c, 1, a.kv_heads, k));
    OF_TRY(of_att_dims(c, 2, a.kv_heads, v));
    OF_TRY(of_att_agree(c, q[0], k[0], "the batch"));
    OF_TRY(of_att_agree(c, k[0], v[0], "the batch"));
    OF_TRY(of_att_agree(c, k[1], v[1], "the number of heads"));
    OF_TRY(of_att_agree(c, k[2], v[2], "the length of keys and values"));
    OF_TRY(of_att_agree(c, q[3], k[3], "the width of a head"));
    if (of_dim_is_num(q[1]) && of_dim_is_num(k[1]) && (k[1].k == 0 || q[1].k % k[1].k))
        return OF_INVALID(c, "%lld heads of queries on %lld of keys", (long long)q[1].k,
                          (long long)k[1].k);
    OF_TRY(of_att_past(c, 4, k));
    OF_TRY(of_att_past(c, 5, v));
    if (of_has_in(c, 4)) past = of_in_rank(c, 4) == 4 ? of_in_shape(c, 4)->d[2] : of_dim_unknown();
    total = of_dim_add(t, past, k[2]);
    OF_TRY(of_att_mask(c, (of_dim[]){q[0], q[1], q[2], total}));
    OF_TRY(of_want_rank(c, 6, 1));
    if (of_in_rank(c, 6) == 1)
        OF_TRY(of_att_agree(c, of_in_shape(c, 6)->d[0], q[0], "the batch"));
    OF_TRY(of_att_set(c, 1, of_in_dtype(c, 1), k[0], k[1], total, k[3]));
    OF_TRY(of_att_set(c, 2, of_in_dtype(c, 2), v[0], v[1], total, v[3]));
    OF_TRY(of_att_set(c, 3, of_in_dtype(c, 0), q[0], q[1], q[2], total));
    if (qs->rank == 4) return of_att_set(c, 0, of_in_dtype(c, 0), q[0], q[1], q[2], v[3]);
    if (qs->rank == 3) {
        of_shape s = of_shape_new(c, 3);
        width = of_dim_mul(t, q[1], v[3]);
        if (s.rank == 3) memcpy(s.d, (of_dim[]){q[0], q[2], width}, 3 * sizeof *s.d);
        return of_set_out(c, 0, of_in_dtype(c, 0), s);
    }
    return of_set_out(c, 0, of_in_dtype(c, 0), of_shape_unknown());
}

/* ---- shared with FlexAttention ---- */

void of_heads_read(const of_heads *h, of_dtype t, size_t b, size_t head, size_t from, size_t n,
                   double scale, double *to)
{
    for (size_t r = 0; r < n; r++, to += h->width) {
        of_read_f64(h->t, of_heads_at(h, b, head, from + r), 1, to, h->width);
        if (scale != 1)
            for (size_t k = 0; k < h->width; k++) to[k] = of_step(t, to[k] * scale);
    }
}

double of_att_scale(of_dtype t, size_t width, bool given, float scale)
{
    if (!given) scale = 1.0f / sqrtf((float)width);
    return of_step(t, (double)sqrtf(scale));
}

typedef struct of_step_dest {
    double *out;
    size_t n;
    of_dtype t;
} of_step_dest;

static void of_step_store(void *user, size_t row, size_t col, const double *acc, size_t n)
{
    const of_step_dest *d = (const of_step_dest *)user;
    double *to = d->out + row * d->n + col;

    for (size_t k = 0; k < n; k++) to[k] = of_step(d->t, acc[k]);
}

void of_step_mm(const of_mm_job *job, of_dtype t, size_t m, size_t n, size_t k, const double *a,
                const double *b, ptrdiff_t b_row, ptrdiff_t b_col, double *out)
{
    of_step_dest dest = {out, n, t};
    const of_mm mm = {.m = m,
                      .n = n,
                      .k = k,
                      .a = a,
                      .b = b,
                      .a_row = (ptrdiff_t)k,
                      .a_col = 1,
                      .b_row = b_row,
                      .b_col = b_col};

    of_mm_run(job, &mm, true, of_step_store, &dest);
}

/* ---- evaluation ---- */

typedef struct of_att_run {
    of_opctx *c;
    of_att a;
    of_heads q, k, v, past_k, past_v;
    size_t batch, past, total;
    const of_tensor *mask;
    int64_t *valid; /* of each batch; NULL: all keys */
    of_dtype t;
    of_tensor *y, *qk;
    of_heads out;
    of_mm_job job;
    double *qd, *kd, *vd, *s, *bias, *yd;
} of_att_run;

static of_heads of_heads_of(const of_tensor *t, int64_t heads)
{
    if (t->rank == 4)
        return (of_heads){t, (size_t)t->dims[1], (size_t)t->dims[2], (size_t)t->dims[3], false};
    return (of_heads){t, (size_t)heads, (size_t)t->dims[1], (size_t)(t->dims[2] / heads), true};
}

/* Past and present rows, one after the other, of every head. */
static of_status of_att_present(of_att_run *r, uint32_t i, const of_heads *past, const of_heads *now)
{
    const size_t mem = of_dtypes[now->t->dtype].mem, bytes = now->width * mem;
    unsigned char *to;
    of_tensor *y;

    if (!of_wants_out(r->c, i)) return OF_OK;
    OF_TRY(of_out(r->c, i, &y));
    OF_TRY(of_work(r->c, (uint64_t)y->count));
    if (!y->count) return OF_OK;
    to = (unsigned char *)y->data;
    for (size_t b = 0; b < r->batch; b++)
        for (size_t h = 0; h < now->heads; h++)
            for (size_t row = 0; row < r->total; row++, to += bytes) {
                const of_heads *from = row < r->past ? past : now;
                memcpy(to,
                       (const unsigned char *)from->t->data +
                           of_heads_at(from, b, h, row < r->past ? row : row - r->past) * mem,
                       bytes);
            }
    return OF_OK;
}

/* Element of the mask for key j, given where its row starts. */
static double of_att_mask_value(const of_att_run *r, size_t row, size_t j)
{
    double v;

    if ((int64_t)j >= r->mask->dims[r->mask->rank - 1]) return -INFINITY;
    if (r->mask->dtype == OF_BOOL)
        return ((const uint8_t *)r->mask->data)[row + j] ? 0 : -INFINITY;
    of_read_f64(r->mask, row + j, 1, &v, 1);
    return of_step(r->t, v);
}

/* What is added to the scores of one query; false: it sees no key. */
static bool of_att_bias(const of_att_run *r, size_t b, size_t h, size_t i, double *bias)
{
    const int64_t shift =
        r->valid ? r->valid[b] - (int64_t)r->q.rows : (int64_t)r->past; /* of positions */
    const int64_t p = (int64_t)i + shift;
    const size_t at[3] = {b, h, i};
    bool any = false;
    size_t row = 0;

    if (r->mask) {
        size_t stride = (size_t)r->mask->dims[r->mask->rank - 1];
        for (size_t k = r->mask->rank - 1u; k-- > 0;) {
            if (r->mask->dims[k] != 1) row += at[4 - r->mask->rank + k] * stride;
            stride *= (size_t)r->mask->dims[k];
        }
    }
    for (size_t j = 0; j < r->total; j++) {
        const int64_t key = (int64_t)j;
        double v = r->mask ? of_att_mask_value(r, row, j) : 0;
        if (r->a.causal && key > p) v += -INFINITY;
        if (r->a.left >= 0 && p - key > r->a.left) v += -INFINITY;
        if (r->a.right >= 0 && key - p > r->a.right) v += -INFINITY;
        if (r->valid && key >= r->valid[b]) v += -INFINITY;
        any = any || v != -INFINITY;
        bias[j] = v;
    }
    return any;
}

/* Scores of one query to probabilities. */
static void of_att_row(const of_att_run *r, size_t b, size_t h, size_t i, double *s)
{
    const size_t n = r->total, at = ((b * r->q.heads + h) * r->q.rows + i) * n;
    const bool any = of_att_bias(r, b, h, i, r->bias);
    const of_dtype p = r->a.precision ? (of_dtype)r->a.precision : r->t;
    const double cap = of_step(r->t, (double)r->a.softcap);

    if (r->qk && r->a.mode == 0) of_write_f64(r->qk, at, 1, s, n);
    if (r->a.softcap > 0)
        for (size_t j = 0; j < n; j++)
            s[j] = of_step(r->t,
                           of_step(r->t, of_m_tanh(of_step(r->t, s[j] / cap))) * cap);
    if (r->qk && r->a.mode == 1) of_write_f64(r->qk, at, 1, s, n);
    for (size_t j = 0; j < n; j++) s[j] = of_step(r->t, s[j] + r->bias[j]);
    if (r->qk && r->a.mode == 2) of_write_f64(r->qk, at, 1, s, n);
    if (any) {
        for (size_t j = 0; j < n; j++) s[j] = of_step(p, s[j]);
        of_softmax_line(r->c, p, s, n);
        for (size_t j = 0; j < n; j++) s[j] = of_step(r->t, s[j]);
    } else {
        for (size_t j = 0; j < n; j++) s[j] = 0;
    }
    if (r->qk && r->a.mode == 3) of_write_f64(r->qk, at, 1, s, n);
}

static void of_att_load_kv(of_att_run *r, size_t b, size_t h, double scale)
{
    if (r->past) {
        of_heads_read(&r->past_k, r->t, b, h, 0, r->past, scale, r->kd);
        of_heads_read(&r->past_v, r->t, b, h, 0, r->past, 1, r->vd);
    }
    of_heads_read(&r->k, r->t, b, h, 0, r->k.rows, scale, r->kd + r->past * r->k.width);
    of_heads_read(&r->v, r->t, b, h, 0, r->v.rows, 1, r->vd + r->past * r->v.width);
}

static void of_att_head(of_att_run *r, size_t b, size_t h, double scale)
{
    const size_t width = r->q.width;

    for (size_t i0 = 0; i0 < r->q.rows; i0 += OF_ATT_ROWS) {
        const size_t n = r->q.rows - i0 < OF_ATT_ROWS ? r->q.rows - i0 : OF_ATT_ROWS;
        of_heads_read(&r->q, r->t, b, h, i0, n, scale, r->qd);
        of_step_mm(&r->job, r->t, n, r->total, width, r->qd, r->kd, 1, (ptrdiff_t)width, r->s);
        for (size_t i = 0; i < n; i++) of_att_row(r, b, h, i0 + i, r->s + i * r->total);
        if (!r->y) continue;
        of_step_mm(&r->job, r->t, n, r->v.width, r->total, r->s, r->vd, (ptrdiff_t)r->v.width, 1,
                   r->yd);
        for (size_t i = 0; i < n; i++)
            of_write_f64(r->y, of_heads_at(&r->out, b, h, i0 + i), 1, r->yd + i * r->v.width,
                         r->v.width);
    }
}

static of_status of_att_inputs(of_att_run *r)
{
    of_opctx *c = r->c;
    const of_tensor *q = of_in(c, 0);
    size_t n;

    OF_TRY(of_att_attrs(c, &r->a));
    r->t = (of_dtype)q->dtype;
    if (of_in(c, 2)->dtype != q->dtype) return OF_UNSUP(c, "V is of another type than Q");
    r->q = of_heads_of(q, r->a.q_heads);
    r->k = of_heads_of(of_in(c, 1), r->a.kv_heads);
    r->v = of_heads_of(of_in(c, 2), r->a.kv_heads);
    r->batch = (size_t)q->dims[0];
    if (of_has_in(c, 4)) {
        r->past_k = of_heads_of(of_in(c, 4), 0);
        r->past_v = of_heads_of(of_in(c, 5), 0);
        r->past = r->past_k.rows;
        if (r->past_v.rows != r->past) return OF_INVALID(c, "the pasts have different lengths");
    }
    r->total = r->past + r->k.rows;
    r->mask = of_has_in(c, 3) ? of_in(c, 3) : NULL;
    if (r->mask && of_dtype_is_int((of_dtype)r->mask->dtype) &&
        (r->a.causal || r->a.left >= 0 || r->a.right >= 0 || of_has_in(c, 6) ||
         (size_t)r->mask->dims[r->mask->rank - 1] != r->total))
        return OF_UNSUP(c, "a mask of integers cannot hold what else is masked");
    if (of_has_in(c, 6)) {
        OF_TRY(of_in_ints(c, 6, &r->valid, &n));
        for (size_t b = 0; b < n; b++)
            if (r->valid[b] < 0 || r->valid[b] > (int64_t)r->total)
                return OF_INVALID(c, "%lld keys are valid of %zu", (long long)r->valid[b], r->total);
    }
    return OF_OK;
}

of_status of_eval_Attention(of_opctx *c)
{
    of_att_run r = {.c = c};
    size_t groups;
    double scale;

    OF_TRY(of_att_inputs(&r));
    OF_TRY(of_att_present(&r, 1, &r.past_k, &r.k));
    OF_TRY(of_att_present(&r, 2, &r.past_v, &r.v));
    if (of_wants_out(c, 3)) OF_TRY(of_out(c, 3, &r.qk));
    if (of_wants_out(c, 0)) OF_TRY(of_out(c, 0, &r.y));
    OF_TRY(of_work(c, of_sat_mul(of_sat_mul(of_sat_mul(r.batch, r.q.heads), r.q.rows),
                                 of_sat_mul(r.total, of_sat_mul(2, r.q.width + r.v.width) + 24))));
    if (r.batch == 0 || r.q.heads == 0 || r.q.rows == 0) return OF_OK;
    if (r.total == 0 || r.q.width == 0) return OF_UNSUP(c, "attention to nothing");
    r.out = (of_heads){r.y, r.q.heads, r.q.rows, r.v.width, r.q.flat};
    r.qd = (double *)of_tmp(c, r.q.width, OF_ATT_ROWS * sizeof(double));
    r.kd = (double *)of_tmp(c, r.total, r.q.width * sizeof(double));
    r.vd = (double *)of_tmp(c, r.total, (r.v.width + 1) * sizeof(double));
    r.s = (double *)of_tmp(c, r.total, (OF_ATT_ROWS + 1) * sizeof(double));
    r.bias = (double *)of_tmp(c, r.total, sizeof(double));
    r.yd = (double *)of_tmp(c, r.v.width, OF_ATT_ROWS * sizeof(double));
    if (!r.qd || !r.kd || !r.vd || !r.s || !r.bias || !r.yd)
        return of_nomem(c->err);
    OF_TRY(of_mm_begin(c, OF_ATT_ROWS, r.total, r.q.width, &r.job));
    scale = of_att_scale(r.t, r.q.width, r.a.scaled, r.a.scale);
    groups = r.q.heads / r.k.heads;
    for (size_t b = 0; b < r.batch; b++)
        for (size_t h = 0; h < r.q.heads; h++) {
            if (h % groups == 0) of_att_load_kv(&r, b, h / groups, scale);
            of_att_head(&r, b, h, scale);
        }
    return OF_OK;
}
