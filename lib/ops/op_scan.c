/* Scan: version 8 with a batch in front and lengths, 9 and later with axes. */
#include "ops/op_body.h"
#include "ops/op_protos.h"

typedef struct scan_plan {
    of_graph *body;
    uint32_t base;        /* inputs before the states: 1 in version 8 */
    uint32_t n, m, k;     /* states, scan inputs, scan outputs */
    const int64_t *in_axis, *in_dir, *out_axis, *out_dir; /* NULL: all 0 */
} scan_plan;

static of_status scan_list(of_opctx *c, const char *name, uint32_t n, bool flags, const int64_t **v)
{
    size_t len;

    OF_TRY(of_get_ints(c, name, v, &len));
    if (!of_has_attr(c, name)) return OF_OK;
    if (len != n) return OF_INVALID(c, "%s has %zu entries where %u are due", name, len, n);
    for (size_t i = 0; flags && i < len; i++)
        if ((*v)[i] != 0 && (*v)[i] != 1) return OF_INVALID(c, "%s is neither 0 nor 1", name);
    return OF_OK;
}

static of_status scan_make(of_opctx *c, scan_plan *p)
{
    int64_t m;

    *p = (scan_plan){0};
    p->base = c->opset < 9;
    OF_TRY(of_need_body(c, "body", &p->body));
    OF_TRY(of_get_int(c, "num_scan_inputs", 0, &m));
    if (m < 1 || m > (int64_t)c->n_in - (int64_t)p->base) return OF_INVALID(c, "num_scan_inputs is %lld", (long long)m);
    p->m = (uint32_t)m;
    p->n = c->n_in - p->base - p->m;
    for (uint32_t i = p->base; i < c->n_in; i++)
        if (!of_has_in(c, i)) return OF_INVALID(c, "input %u is absent", i);
    if (p->body->n_inputs != (size_t)p->n + p->m)
        return OF_INVALID(c, "%u values for a body with %zu inputs", p->n + p->m, p->body->n_inputs);
    if (p->body->n_outputs < p->n || p->body->n_outputs < c->node->n_out || p->body->n_outputs > UINT32_MAX)
        return OF_INVALID(c, "the body has only %zu outputs", p->body->n_outputs);
    p->k = (uint32_t)p->body->n_outputs - p->n;
    if (c->opset < 9) return scan_list(c, "directions", p->m, true, &p->in_dir);
    OF_TRY(scan_list(c, "scan_input_axes", p->m, false, &p->in_axis));
    OF_TRY(scan_list(c, "scan_input_directions", p->m, true, &p->in_dir));
    OF_TRY(scan_list(c, "scan_output_axes", p->k, false, &p->out_axis));
    return scan_list(c, "scan_output_directions", p->k, true, &p->out_dir);
}

/* ---- inference ---- */

/* The length that all scan inputs share, as far as is known. */
static of_status scan_length(of_opctx *c, const scan_plan *p, of_dim *batch, of_dim *len)
{
    *batch = *len = of_dim_unknown();
    for (uint32_t j = 0; j < p->m; j++) {
        const of_shape *s = of_in_shape(c, p->base + p->n + j);
        int64_t axis = p->base + (p->in_axis ? p->in_axis[j] : 0);
        if (s->rank < 0) continue;
        OF_TRY(of_norm_axis(c, axis, s->rank, 0, &axis));
        if (!of_dim_meet(*len, s->d[axis], len) || (p->base && !of_dim_meet(*batch, s->d[0], batch)))
            return OF_INVALID(c, "scan inputs of different lengths");
    }
    return OF_OK;
}

of_status of_infer_Scan(of_opctx *c)
{
    scan_plan p;
    of_dim batch, len;

    OF_TRY(scan_make(c, &p));
    for (uint32_t i = 0; i < c->n_in; i++) OF_TRY(of_need_tensor_if(c, i));
    OF_TRY(scan_length(c, &p, &batch, &len));
    if (c->evaluating) return OF_OK;
    for (uint32_t i = 0; i < c->node->n_out; i++) {
        const of_type *body = p.body->outputs[i].value->type, *t;
        of_status st = OF_OK;
        if (i < p.n && p.base) t = of_in_type(c, i + 1);
        else if (i < p.n) t = of_type_common(c, of_in_type(c, i), body, &st);
        else st = of_body_numeric(c, body, p.out_axis ? p.out_axis[i - p.n] : 0, len, &t);
        if (st == OF_OK && i >= p.n && p.base) st = of_body_numeric(c, t, 0, batch, &t);
        OF_TRY(st);
        OF_TRY(of_set_out_type(c, i, t));
    }
    return OF_OK;
}

/* ---- evaluation ---- */

typedef struct scan_run {
    scan_plan p;
    of_body_run *b;
    of_tensor **x; /* scan inputs, open */
    of_tensor **y; /* those of one batch (version 8) */
    of_seq **all;  /* results by batch (version 8) */
    size_t n_all;
    int64_t len;
} scan_run;

static of_status scan_open(of_opctx *c, scan_run *r)
{
    const scan_plan *p = &r->p;

    OF_TRY(scan_make(c, &r->p));
    r->n_all = p->body->n_outputs;
    r->x = OF_NEW_N(c->tmp, of_tensor *, (size_t)p->n + p->m);
    r->y = OF_NEW_N(c->tmp, of_tensor *, p->m);
    r->all = OF_NEW_N(c->tmp, of_seq *, r->n_all);
    if (!r->x || !r->y || !r->all) return of_nomem(c->err);
    for (uint32_t i = 0; i < p->n + p->m; i++) {
        OF_TRY(of_open_tensor(c, c->in_const[p->base + i], &r->x[i]));
        if (r->x[i]->rank < p->base + (i >= p->n)) return OF_INVALID(c, "input %u has too few axes", p->base + i);
    }
    return of_body_run_new(c, p->body, (size_t)p->n + p->m, p->n, 0, &r->b);
}

static void scan_close(scan_run *r)
{
    for (uint32_t i = 0; r->x && i < r->p.n + r->p.m; i++) of_tensor_unref(r->x[i]);
    for (uint32_t j = 0; r->y && j < r->p.m; j++) of_tensor_unref(r->y[j]);
    for (size_t i = 0; r->all && i < r->n_all; i++)
        if (r->all[i]) of_val_unref(&r->all[i]->base);
    of_body_run_free(r->b);
}

/* Trips over x, whose scan inputs stand along their axes. */
static of_status scan_trips(of_opctx *c, scan_run *r, of_tensor *const *x, int64_t trips)
{
    const scan_plan *p = &r->p;

    for (int64_t t = 0; t < trips; t++) {
        for (uint32_t j = 0; j < p->m; j++) {
            const bool back = p->in_dir && p->in_dir[j];
            int64_t axis = p->in_axis ? p->in_axis[j] : 0;
            of_tensor *cut;
            OF_TRY(of_norm_axis(c, axis, x[j]->rank, 0, &axis));
            OF_TRY(of_cut(c, x[j], axis, back ? trips - 1 - t : t, 1, false, &cut));
            of_body_set(r->b, p->n + j, &cut->base);
        }
        OF_TRY(of_body_trip(c, r->b));
    }
    return OF_OK;
}

static of_status scan_plain(of_opctx *c, scan_run *r)
{
    const scan_plan *p = &r->p;
    int64_t len = -1;

    for (uint32_t j = 0; j < p->m; j++) {
        const of_tensor *x = r->x[p->n + j];
        int64_t axis = p->in_axis ? p->in_axis[j] : 0;
        OF_TRY(of_norm_axis(c, axis, x->rank, 0, &axis));
        if (len >= 0 && x->dims[axis] != len) return OF_INVALID(c, "scan inputs of different lengths");
        len = x->dims[axis];
    }
    for (uint32_t i = 0; i < p->n; i++) of_body_set(r->b, i, of_val_ref(c->in_const[i]));
    OF_TRY(scan_trips(c, r, r->x + p->n, len));
    for (uint32_t i = 0; i < c->node->n_out; i++) {
        const uint32_t k = i - p->n;
        of_tensor *t;
        if (!of_wants_out(c, i)) continue;
        if (i < p->n) {
            OF_TRY(of_out_val(c, i, of_val_ref(r->b->in[i])));
            continue;
        }
        OF_TRY(of_body_scanned(c, r->b, k, p->out_axis ? p->out_axis[k] : 0, p->out_dir && p->out_dir[k], &t));
        OF_TRY(of_out_val(c, i, &t->base));
    }
    return OF_OK;
}

/* ---- version 8 ---- */

/* Scan outputs are as long as the longest; what is past a batch's own length, which the
 * standard leaves undefined, is 0. */
static of_status scan_pad(of_opctx *c, scan_run *r, size_t k)
{
    of_seq **s = &r->b->scan[k];
    of_tensor *zero, *whole, *like;

    if (!*s) OF_TRY(of_seq_new(c->alloc, OF_VAL_SEQUENCE, s, c->err));
    if ((*s)->n == (size_t)r->len) return OF_OK;
    if ((*s)->n) {
        like = of_val_tensor((*s)->item[0]);
        if (!like) return OF_INVALID(c, "a scan output is no tensor");
        OF_TRY(of_tensor_new_data(c->alloc, c->budget, (of_dtype)like->dtype, like->dims, like->rank, false, &zero,
                                  c->err));
    } else {
        OF_TRY(of_body_empty(c, r->b, k, 0, &whole));
        const of_status st = of_tensor_new_data(c->alloc, c->budget, (of_dtype)whole->dtype, whole->dims + 1,
                                                (size_t)whole->rank - 1, false, &zero, c->err);
        of_tensor_unref(whole);
        OF_TRY(st);
    }
    while ((*s)->n < (size_t)r->len) {
        const of_status st = of_seq_push(*s, &zero->base, c->err);
        if (st != OF_OK) {
            of_tensor_unref(zero);
            return st;
        }
    }
    of_tensor_unref(zero);
    return OF_OK;
}

static of_status scan_gather(of_opctx *c, scan_run *r, size_t i, of_val *v)
{
    of_status st = OF_OK;

    if (!r->all[i]) st = of_seq_new(c->alloc, OF_VAL_SEQUENCE, &r->all[i], c->err);
    if (st == OF_OK) st = of_seq_push(r->all[i], v, c->err);
    of_val_unref(v);
    return st;
}

static of_status scan_one_batch(of_opctx *c, scan_run *r, int64_t b, int64_t trips)
{
    const scan_plan *p = &r->p;
    of_tensor *t;

    for (uint32_t i = 0; i < p->n + p->m; i++) {
        OF_TRY(of_cut(c, r->x[i], 0, b, 1, false, &t));
        if (i < p->n) {
            of_body_set(r->b, i, &t->base);
            continue;
        }
        of_tensor_unref(r->y[i - p->n]);
        r->y[i - p->n] = NULL;
        const of_status st = of_open_tensor(c, &t->base, &r->y[i - p->n]);
        of_tensor_unref(t);
        OF_TRY(st);
    }
    OF_TRY(scan_trips(c, r, r->y, trips));
    for (uint32_t i = 0; i < p->n; i++) OF_TRY(scan_gather(c, r, i, of_val_ref(r->b->in[i])));
    for (uint32_t k = 0; k < p->k; k++) {
        OF_TRY(scan_pad(c, r, k));
        OF_TRY(of_body_scanned(c, r->b, k, 0, false, &t));
        of_val_unref(&r->b->scan[k]->base);
        r->b->scan[k] = NULL;
        OF_TRY(scan_gather(c, r, p->n + k, &t->base));
    }
    return OF_OK;
}

static of_status scan_batches(of_opctx *c, scan_run *r)
{
    const scan_plan *p = &r->p;
    const int64_t batch = r->x[p->n]->dims[0];
    const int64_t *lens = NULL;

    r->len = r->x[p->n]->dims[1];
    for (uint32_t i = 0; i < p->n + p->m; i++)
        if (r->x[i]->dims[0] != batch || (i >= p->n && r->x[i]->dims[1] != r->len))
            return OF_INVALID(c, "inputs of different batches or lengths");
    if (of_has_in(c, 0)) {
        of_tensor *t = of_val_tensor(c->in_const[0]);
        if (!t || t->dtype != OF_INT64 || t->count != batch) return OF_INVALID(c, "sequence_lens does not fit");
        OF_TRY(of_tensor_load(t, c->err));
        lens = (const int64_t *)t->data;
    }
    for (int64_t b = 0; b < batch; b++) {
        const int64_t trips = lens ? lens[b] : r->len;
        if (trips < 0 || trips > r->len) return OF_INVALID(c, "a length of %lld", (long long)trips);
        for (uint32_t j = 0; j < p->m && trips < r->len; j++)
            if (p->in_dir && p->in_dir[j]) return OF_UNSUP(c, "where a shorter sequence is read backwards from");
        OF_TRY(scan_one_batch(c, r, b, trips));
    }
    for (uint32_t i = 0; i < c->node->n_out; i++) {
        of_tensor *t;
        if (!of_wants_out(c, i)) continue;
        if (!r->all[i]) return OF_UNSUP(c, "no batches");
        OF_TRY(of_stack(c, r->all[i]->item, r->all[i]->n, 0, true, false, &t));
        OF_TRY(of_out_val(c, i, &t->base));
    }
    return OF_OK;
}

of_status of_eval_Scan(of_opctx *c)
{
    scan_run *r = OF_NEW(c->tmp, scan_run);
    of_status st;

    if (!r) return of_nomem(c->err);
    st = scan_open(c, r);
    if (st == OF_OK) st = r->p.base ? scan_batches(c, r) : scan_plain(c, r);
    scan_close(r);
    return st;
}
