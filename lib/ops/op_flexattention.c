/* FlexAttention (ai.onnx.preview): attention whose scores and probabilities pass through
 * bodies of the caller. Steps are rounded as in the function body of the operator. */
#include "ops/op_attention.h"
#include "ops/op_body.h"
#include "ops/op_protos.h"

typedef struct of_flex {
    of_graph *score_mod, *prob_mod; /* NULL: none */
    of_dtype precision;
    float scale;
    bool scaled;
} of_flex;

static of_status of_flex_body(of_opctx *c, const char *name, of_graph **g)
{
    OF_TRY(of_get_graph(c, name, g));
    if (*g && ((*g)->n_inputs != 1 || (*g)->n_outputs != 1))
        return OF_INVALID(c, "%s has %zu inputs and %zu outputs", name, (*g)->n_inputs, (*g)->n_outputs);
    return OF_OK;
}

static of_status of_flex_attrs(of_opctx *c, of_flex *a)
{
    const of_dtype t = of_in_dtype(c, 0);
    int64_t p;

    OF_TRY(of_get_int(c, "softmax_precision", t == OF_DOUBLE ? OF_DOUBLE : OF_FLOAT, &p));
    if (!of_dtype_valid(p) || !(OF_TS(p) & OF_TS_FLOAT))
        return OF_INVALID(c, "softmax_precision is %lld", (long long)p);
    a->precision = (of_dtype)p;
    a->scaled = of_has_attr(c, "scale");
    OF_TRY(of_get_float(c, "scale", 1, &a->scale));
    OF_TRY(of_flex_body(c, "score_mod", &a->score_mod));
    return of_flex_body(c, "prob_mod", &a->prob_mod);
}

of_status of_infer_FlexAttention(of_opctx *c)
{
    const of_shape *q = of_in_shape(c, 0), *k = of_in_shape(c, 1), *v = of_in_shape(c, 2);
    of_dim batch = of_dim_unknown(), heads = of_dim_unknown(), same;
    of_shape y;
    of_flex a;

    for (uint32_t i = 0; i < 3; i++) {
        OF_TRY(of_need_tensor(c, i));
        OF_TRY(of_want_types(c, i, OF_TS_FLOAT));
        OF_TRY(of_want_same(c, 0, i));
        OF_TRY(of_want_rank(c, i, 4));
        if (of_in_rank(c, i) == 4 && !of_dim_meet(batch, of_in_shape(c, i)->d[0], &batch))
            return OF_INVALID(c, "input %u has another batch", i);
    }
    OF_TRY(of_flex_attrs(c, &a));
    if (k->rank == 4 && v->rank == 4 &&
        (!of_dim_meet(k->d[1], v->d[1], &heads) || !of_dim_meet(k->d[2], v->d[2], &same)))
        return OF_INVALID(c, "keys and values do not go together");
    if (q->rank == 4 && k->rank == 4 && !of_dim_meet(q->d[3], k->d[3], &same))
        return OF_INVALID(c, "queries of %lld for keys of %lld", (long long)q->d[3].k, (long long)k->d[3].k);
    if (k->rank == 4 && !of_dim_known(heads)) heads = k->d[1];
    if (q->rank == 4 && of_dim_is_num(heads) && of_dim_is_num(q->d[1]) &&
        (heads.k ? q->d[1].k % heads.k != 0 : q->d[1].k != 0))
        return OF_INVALID(c, "%lld heads share %lld", (long long)q->d[1].k, (long long)heads.k);
    OF_TRY(of_new_shape(c, 4, &y));
    y.d[0] = batch;
    if (q->rank == 4) y.d[1] = q->d[1];
    if (q->rank == 4) y.d[2] = q->d[2];
    if (v->rank == 4) y.d[3] = v->d[3];
    return of_set_out(c, 0, of_in_dtype(c, 0), y);
}

typedef struct of_flex_run {
    of_flex a;
    of_dtype t;
    of_tensor *in[3]; /* open */
    of_heads h[3];
    of_tensor *s;     /* scores, then probabilities, (batch, heads, queries, keys) */
    bool shared;      /* s came from a body, which may hold it */
    size_t batch, groups;
    of_mm_job job;
    double *rows, *keys, *line;
} of_flex_run;

/* s through a body, which keeps type and shape. */
static of_status of_flex_mod(of_opctx *c, of_flex_run *r, of_graph *body)
{
    of_val *in = &r->s->base, *out = NULL;
    of_tensor *t = NULL;
    of_status st;
    bool same;

    if (!body) return OF_OK;
    OF_TRY(c->run_body(c, body, &in, 1, &out, 1));
    if (!of_val_tensor(out)) st = OF_INVALID(c, "a body gives no tensor");
    else st = of_open_tensor(c, out, &t);
    of_val_unref(out);
    OF_TRY(st);
    same = t->dtype == r->s->dtype && t->rank == 4;
    for (size_t k = 0; same && k < 4; k++) same = t->dims[k] == r->s->dims[k];
    of_tensor_unref(r->s);
    r->s = t;
    r->shared = true;
    return same ? OF_OK : OF_INVALID(c, "a body changes the type or the shape");
}

static void of_flex_scores(of_flex_run *r, double scale)
{
    const size_t rows = r->h[0].rows, keys = r->h[1].rows, width = r->h[0].width;

    for (size_t b = 0; b < r->batch; b++)
        for (size_t h = 0; h < r->h[0].heads; h++) {
            const size_t at = (b * r->h[0].heads + h) * rows * keys;
            if (h % r->groups == 0) of_heads_read(&r->h[1], r->t, b, h / r->groups, 0, keys, scale, r->keys);
            for (size_t i = 0; i < rows; i += OF_ATT_ROWS) {
                const size_t n = rows - i < OF_ATT_ROWS ? rows - i : OF_ATT_ROWS;
                of_heads_read(&r->h[0], r->t, b, h, i, n, scale, r->rows);
                of_step_mm(&r->job, r->t, n, keys, width, r->rows, r->keys, 1, (ptrdiff_t)width, r->line);
                of_write_f64(r->s, at + i * keys, 1, r->line, n * keys);
            }
        }
}

static of_status of_flex_softmax(of_opctx *c, of_flex_run *r)
{
    const size_t keys = r->h[1].rows;
    of_tensor *p = of_tensor_ref(r->s);

    if (r->shared) {
        of_tensor_unref(p);
        OF_TRY(of_tensor_new_data(c->alloc, c->budget, r->a.precision, r->s->dims, 4, true, &p, c->err));
    }
    for (size_t at = 0; at < (size_t)p->count; at += keys) {
        of_read_f64(r->s, at, 1, r->line, keys);
        of_softmax_line(c, r->a.precision, r->line, keys);
        of_write_f64(p, at, 1, r->line, keys);
    }
    of_tensor_unref(r->s);
    r->s = p;
    return OF_OK;
}

static void of_flex_values(of_flex_run *r, of_tensor *y, double *out)
{
    const size_t rows = r->h[0].rows, keys = r->h[1].rows, width = r->h[2].width;

    for (size_t b = 0; b < r->batch; b++)
        for (size_t h = 0; h < r->h[0].heads; h++) {
            const size_t head = b * r->h[0].heads + h;
            if (h % r->groups == 0) {
                of_heads_read(&r->h[2], r->t, b, h / r->groups, 0, keys, 1, r->keys);
                for (size_t k = 0; k < keys * width; k++) r->keys[k] = of_step(r->a.precision, r->keys[k]);
            }
            for (size_t i = 0; i < rows; i += OF_ATT_ROWS) {
                const size_t n = rows - i < OF_ATT_ROWS ? rows - i : OF_ATT_ROWS;
                of_read_f64(r->s, (head * rows + i) * keys, 1, r->line, n * keys);
                of_step_mm(&r->job, r->a.precision, n, width, keys, r->line, r->keys, (ptrdiff_t)width, 1, out);
                of_write_f64(y, (head * rows + i) * width, 1, out, n * width);
            }
        }
}

static of_status of_flex_all(of_opctx *c, of_flex_run *r)
{
    size_t wide, keys;
    of_tensor *y;
    double *out;

    OF_TRY(of_flex_attrs(c, &r->a));
    for (uint32_t i = 0; i < 3; i++) {
        OF_TRY(of_open_tensor(c, c->in_const[i], &r->in[i]));
        r->h[i] = (of_heads){r->in[i], (size_t)r->in[i]->dims[1], (size_t)r->in[i]->dims[2],
                             (size_t)r->in[i]->dims[3], false};
    }
    r->t = (of_dtype)r->in[0]->dtype;
    r->batch = (size_t)r->in[0]->dims[0];
    keys = r->h[1].rows;
    OF_TRY(of_out(c, 0, &y));
    OF_TRY(of_work(c, of_sat_mul(of_sat_mul(of_sat_mul(r->batch, r->h[0].heads), r->h[0].rows),
                                 of_sat_mul(keys, of_sat_mul(2, r->h[0].width + r->h[2].width) + 24))));
    if (!r->batch || !r->h[0].heads || !r->h[0].rows) return OF_OK;
    if (!keys || !r->h[0].width) return OF_UNSUP(c, "attention to nothing");
    r->groups = r->h[0].heads / r->h[1].heads;
    wide = r->h[0].width > r->h[2].width ? r->h[0].width : r->h[2].width;
    r->rows = (double *)of_tmp(c, wide, OF_ATT_ROWS * sizeof(double));
    r->keys = (double *)of_tmp(c, keys, wide * sizeof(double));
    r->line = (double *)of_tmp(c, keys, OF_ATT_ROWS * sizeof(double));
    out = (double *)of_tmp(c, wide, OF_ATT_ROWS * sizeof(double));
    if (!r->rows || !r->keys || !r->line || !out) return of_nomem(c->err);
    OF_TRY(of_mm_begin(c, OF_ATT_ROWS, keys > wide ? keys : wide, keys > wide ? keys : wide, &r->job));
    OF_TRY(of_tensor_new_data(c->alloc, c->budget, r->a.precision,
                              (const int64_t[]){y->dims[0], y->dims[1], y->dims[2], (int64_t)keys}, 4, true, &r->s,
                              c->err));
    of_flex_scores(r, of_att_scale(r->t, r->h[0].width, r->a.scaled, r->a.scale));
    OF_TRY(of_flex_mod(c, r, r->a.score_mod));
    OF_TRY(of_flex_softmax(c, r));
    OF_TRY(of_flex_mod(c, r, r->a.prob_mod));
    of_flex_values(r, y, out);
    return OF_OK;
}

of_status of_eval_FlexAttention(of_opctx *c)
{
    of_flex_run *r = (of_flex_run *)of_tmp(c, 1, sizeof *r);
    of_status st;

    if (!r) return of_nomem(c->err);
    *r = (of_flex_run){.s = NULL};
    st = of_flex_all(c, r);
    for (size_t i = 0; i < 3; i++) of_tensor_unref(r->in[i]);
    of_tensor_unref(r->s);
    return st;
}
