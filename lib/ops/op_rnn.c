/* The walk over time of the recurrent operators, and RNN itself. */
#include "ops/op_rnn.h"

#include <math.h>
#include <string.h>

#include "kern/kern_mathd.h"

/* ---- activations ---- */

enum {
    ACT_RELU, ACT_TANH, ACT_SIGMOID, ACT_AFFINE, ACT_LEAKY, ACT_THRESHOLD, ACT_SCALED_TANH,
    ACT_HARD_SIGMOID, ACT_ELU, ACT_SOFTSIGN, ACT_SOFTPLUS, ACT_COUNT
};

/* Defaults are those of the operators of the same names; NaN: there is none. */
static const struct {
    const char *name;
    bool has_alpha, has_beta;
    float alpha, beta;
} of_rnn_acts[ACT_COUNT] = {
    [ACT_RELU] = {"Relu", false, false, 0, 0},
    [ACT_TANH] = {"Tanh", false, false, 0, 0},
    [ACT_SIGMOID] = {"Sigmoid", false, false, 0, 0},
    [ACT_AFFINE] = {"Affine", true, true, (float)NAN, (float)NAN},
    [ACT_LEAKY] = {"LeakyRelu", true, false, 0.01f, 0},
    [ACT_THRESHOLD] = {"ThresholdedRelu", true, false, 1, 0},
    [ACT_SCALED_TANH] = {"ScaledTanh", true, true, (float)NAN, (float)NAN},
    [ACT_HARD_SIGMOID] = {"HardSigmoid", true, true, 0.2f, 0.5f},
    [ACT_ELU] = {"Elu", true, false, 1, 0},
    [ACT_SOFTSIGN] = {"Softsign", false, false, 0, 0},
    [ACT_SOFTPLUS] = {"Softplus", false, false, 0, 0},
};

double of_rnn_activate(const of_rnn *r, const of_rnn_act *a, double x)
{
    x = x > r->clip ? r->clip : x < -r->clip ? -r->clip : x;
    switch (a->kind) {
    case ACT_RELU: return x < 0 ? 0 : x;
    case ACT_TANH: return of_m_tanh(x);
    case ACT_SIGMOID: return of_m_sigmoid(x);
    case ACT_AFFINE: return a->alpha * x + a->beta;
    case ACT_LEAKY: return x < 0 ? a->alpha * x : x;
    case ACT_THRESHOLD: return x < a->alpha ? 0 : x;
    case ACT_SCALED_TANH: return a->alpha * of_m_tanh(a->beta * x);
    case ACT_HARD_SIGMOID:
        x = a->alpha * x + a->beta;
        return x < 0 ? 0 : x > 1 ? 1 : x;
    case ACT_ELU: return x < 0 ? a->alpha * of_m_expm1(x) : x;
    case ACT_SOFTSIGN: return x / (1 + fabs(x));
    default: return of_m_softplus(x);
    }
}

/* Letters of both cases are met in models. */
static bool of_rnn_same_name(of_str s, const char *name)
{
    if (s.n != strlen(name)) return false;
    for (size_t k = 0; k < s.n; k++) {
        const char a = s.p[k], b = name[k];
        if (a != b && (a | 0x20) != (b | 0x20)) return false;
    }
    return true;
}

/* The parameters "are consumed in the order of activation functions": either one for each
 * function, or one for each that takes one. */
static of_status of_rnn_params(of_opctx *c, const char *attr, bool beta, of_rnn_act *act, size_t n)
{
    size_t given, need = 0, at = 0;
    const float *v;

    OF_TRY(of_get_floats(c, attr, &v, &given));
    for (size_t k = 0; k < n; k++)
        need += beta ? of_rnn_acts[act[k].kind].has_beta : of_rnn_acts[act[k].kind].has_alpha;
    if (given && need && given != need && given != n)
        return OF_UNSUP(c, "%s has %zu values for %zu functions", attr, given, n);
    for (size_t k = 0; k < n; k++) {
        const bool has =
            beta ? of_rnn_acts[act[k].kind].has_beta : of_rnn_acts[act[k].kind].has_alpha;
        float p = beta ? of_rnn_acts[act[k].kind].beta : of_rnn_acts[act[k].kind].alpha;
        if (has && given) p = given == n ? v[k] : v[at++];
        if (has && p != p) return OF_UNSUP(c, "%s is due for %s", attr, of_rnn_acts[act[k].kind].name);
        if (beta) act[k].beta = (double)p;
        else act[k].alpha = (double)p;
    }
    return OF_OK;
}

static of_status of_rnn_get_acts(of_rnn *r)
{
    const size_t want = r->acts * (size_t)r->dirs;
    const of_str *names;
    size_t n;

    OF_TRY(of_get_strs(r->c, "activations", &names, &n));
    /* The default of RNN has two, for any direction. */
    if (n && n != want && !(r->acts == 1 && n == 2))
        return OF_INVALID(r->c, "%zu activations where %zu are due", n, want);
    for (size_t k = 0; k < want; k++) {
        const char *def = r->defaults[k % r->acts];
        const of_str s = n ? names[k] : (of_str){def, strlen(def)};
        uint8_t kind = 0;
        while (kind < ACT_COUNT && !of_rnn_same_name(s, of_rnn_acts[kind].name)) kind++;
        if (kind == ACT_COUNT)
            return OF_UNSUP(r->c, "activation %.*s", of_clip(s.n), s.p);
        r->act[k].kind = kind;
    }
    OF_TRY(of_rnn_params(r->c, "activation_alpha", false, r->act, want));
    return of_rnn_params(r->c, "activation_beta", true, r->act, want);
}

/* ---- attributes and shapes ---- */

static of_status of_rnn_attrs(of_rnn *r, int64_t *hidden)
{
    of_opctx *c = r->c;
    of_str dir;
    float clip;

    OF_TRY(of_get_str(c, "direction", "forward", &dir));
    r->reverse = of_str_is(dir, "reverse");
    r->dirs = of_str_is(dir, "bidirectional") ? 2 : 1;
    if (!r->reverse && r->dirs == 1 && !of_str_is(dir, "forward"))
        return OF_INVALID(c, "direction is %.*s", of_clip(dir.n), dir.p);
    r->layout = 0;
    if (c->opset >= 14) OF_TRY(of_get_int(c, "layout", 0, &r->layout));
    if (r->layout != 0 && r->layout != 1)
        return OF_INVALID(c, "layout is %lld", (long long)r->layout);
    OF_TRY(of_get_float(c, "clip", INFINITY, &clip));
    if (of_has_attr(c, "clip") && !(clip > 0)) return OF_UNSUP(c, "clip is not positive");
    r->clip = (double)clip;
    OF_TRY(of_get_int(c, "hidden_size", -1, hidden));
    if (of_has_attr(c, "hidden_size") && *hidden <= 0)
        return OF_INVALID(c, "hidden_size is %lld", (long long)*hidden);
    return of_rnn_get_acts(r);
}

of_status of_rnn_infer(of_rnn *r)
{
    of_opctx *c = r->c;
    const of_shape *x = of_in_shape(c, 0), *w = of_in_shape(c, 1), *rr = of_in_shape(c, 2);
    of_dim seq = of_dim_unknown(), batch = seq, input = seq, hidden = seq, dirs, rows;
    of_dimtab *t = c->m->dims;
    const uint32_t typed[] = {0, 1, 2, 3, 5, r->in_c, r->in_p};
    of_shape y, last;
    int64_t size;

    for (size_t k = 0; k < sizeof typed / sizeof typed[0]; k++) {
        OF_TRY(of_want_types(c, typed[k], OF_TS_FLOAT));
        OF_TRY(of_want_same(c, 0, typed[k]));
    }
    OF_TRY(of_want_types(c, 4, OF_TS(OF_INT32)));
    OF_TRY(of_rnn_attrs(r, &size));
    OF_TRY(of_want_rank(c, 0, 3));
    OF_TRY(of_want_rank(c, 1, 3));
    OF_TRY(of_want_rank(c, 2, 3));
    if (x->rank == 3) {
        seq = x->d[r->layout ? 1 : 0];
        batch = x->d[r->layout ? 0 : 1];
        input = x->d[2];
    }
    if (rr->rank == 3) hidden = rr->d[2];
    if (!of_dim_is_num(hidden) && w->rank == 3 && of_dim_is_num(w->d[1]) &&
        w->d[1].k % r->gates == 0)
        hidden = of_dim_num(w->d[1].k / r->gates);
    if (!of_dim_is_num(hidden) && size > 0) hidden = of_dim_num(size);
    if (size > 0 && of_dim_is_num(hidden) && hidden.k != size)
        return OF_INVALID(c, "hidden_size is %lld and R has %lld", (long long)size,
                          (long long)hidden.k);
    dirs = of_dim_num(r->dirs);
    rows = of_dim_mul(t, of_dim_num(r->gates), hidden);
    OF_TRY(of_want_dims(c, 1, 3, (of_dim[]){dirs, rows, input}));
    OF_TRY(of_want_dims(c, 2, 3, (of_dim[]){dirs, rows, hidden}));
    OF_TRY(of_want_dims(c, 3, 2, (of_dim[]){dirs, of_dim_mul(t, of_dim_num(2), rows)}));
    OF_TRY(of_want_dims(c, 4, 1, (of_dim[]){batch}));
    last = of_shape_new(c, 3);
    y = of_shape_new(c, 4);
    if (last.rank < 0 || y.rank < 0) return of_set_out(c, 0, OF_UNDEFINED, y);
    memcpy(last.d, r->layout ? (of_dim[]){batch, dirs, hidden} : (of_dim[]){dirs, batch, hidden},
           3 * sizeof(of_dim));
    memcpy(y.d,
           r->layout ? (of_dim[]){batch, seq, dirs, hidden} : (of_dim[]){seq, dirs, batch, hidden},
           4 * sizeof(of_dim));
    OF_TRY(of_want_dims(c, 5, 3, last.d));
    if (r->in_c) OF_TRY(of_want_dims(c, r->in_c, 3, last.d));
    if (r->in_p)
        OF_TRY(of_want_dims(c, r->in_p, 2, (of_dim[]){dirs, of_dim_mul(t, of_dim_num(3), hidden)}));
    OF_TRY(of_set_out(c, 0, of_in_dtype(c, 0), y));
    OF_TRY(of_set_out(c, 1, of_in_dtype(c, 0), last));
    return r->in_c ? of_set_out(c, 2, of_in_dtype(c, 0), last) : OF_OK;
}

/* ---- evaluation ---- */

static of_status of_rnn_doubles(of_opctx *c, const of_tensor *t, const double **v)
{
    double *d;

    *v = (const double *)t->data;
    if (t->dtype == OF_DOUBLE) return OF_OK;
    d = (double *)of_tmp(c, (size_t)t->count, sizeof *d);
    if (!d) return of_nomem(c->err);
    of_read_f64(t, 0, 1, d, (size_t)t->count);
    *v = d;
    return OF_OK;
}

typedef struct of_rnn_dest {
    double *out;
    size_t n;
} of_rnn_dest;

static void of_rnn_store(void *user, size_t row, size_t col, const double *acc, size_t n)
{
    const of_rnn_dest *d = (const of_rnn_dest *)user;

    memcpy(d->out + row * d->n + col, acc, n * sizeof *acc);
}

void of_rnn_mm(const of_rnn *r, const double *a, const double *b, double *out, size_t n, size_t k)
{
    of_rnn_dest dest = {out, n};
    const of_mm mm = {.m = r->batch,
                      .n = n,
                      .k = k,
                      .a = a,
                      .b = b,
                      .a_row = (ptrdiff_t)k,
                      .a_col = 1,
                      .b_row = 1,
                      .b_col = (ptrdiff_t)k};

    of_mm_run(&r->job, &mm, true, of_rnn_store, &dest);
}

static of_status of_rnn_lengths(of_rnn *r)
{
    of_opctx *c = r->c;
    int64_t *len;
    size_t n;

    if (of_has_in(c, 4)) {
        OF_TRY(of_in_ints(c, 4, &len, &n));
        for (size_t b = 0; b < n; b++) {
            if (len[b] < 0 || (size_t)len[b] > r->seq)
                return OF_INVALID(c, "sequence %zu has length %lld", b, (long long)len[b]);
            /* What the last state of nothing is, nobody says. */
            if (len[b] == 0) return OF_UNSUP(c, "sequence %zu is empty", b);
        }
        r->len = len;
        return OF_OK;
    }
    if (r->seq == 0) return OF_UNSUP(c, "the sequences are empty");
    len = (int64_t *)of_tmp(c, r->batch, sizeof *len);
    if (!len) return of_nomem(c->err);
    for (size_t b = 0; b < r->batch; b++) len[b] = (int64_t)r->seq;
    r->len = len;
    return OF_OK;
}

static of_status of_rnn_scratch(of_rnn *r)
{
    const size_t rows = r->gates * r->hidden;
    of_opctx *c = r->c;
    size_t state, gate, in;

    if (!of_mul_size(r->batch, r->hidden, &state) || !of_mul_size(r->batch, rows, &gate) ||
        !of_mul_size(r->batch, r->input, &in))
        return of_nomem(c->err);
    r->bw = (double *)of_tmp(c, rows, 2 * sizeof(double));
    r->p = r->in_p && of_has_in(c, r->in_p) ? (double *)of_tmp(c, r->hidden, 3 * sizeof(double))
                                            : NULL;
    r->xs = (double *)of_tmp(c, in, sizeof(double));
    r->gx = (double *)of_tmp(c, gate, 2 * sizeof(double));
    r->h = (double *)of_tmp(c, state, 3 * sizeof(double));
    if (!r->bw || (r->in_p && of_has_in(c, r->in_p) && !r->p) || !r->xs || !r->gx || !r->h)
        return of_nomem(c->err);
    r->br = r->bw + rows;
    r->gh = r->gx + gate;
    r->c_state = r->h + state;
    r->t = r->c_state + state;
    return OF_OK;
}

/* Where (direction, sequence) is in a state tensor. */
static size_t of_rnn_state_at(const of_rnn *r, size_t dir, size_t b)
{
    return (r->layout ? b * (size_t)r->dirs + dir : dir * r->batch + b) * r->hidden;
}

static void of_rnn_load_state(const of_rnn *r, uint32_t i, size_t dir, double *to)
{
    for (size_t b = 0; b < r->batch; b++) {
        if (of_has_in(r->c, i))
            of_read_f64(of_in(r->c, i), of_rnn_state_at(r, dir, b), 1, to + b * r->hidden,
                        r->hidden);
        else
            for (size_t k = 0; k < r->hidden; k++) to[b * r->hidden + k] = 0;
    }
}

static void of_rnn_load_dir(of_rnn *r, size_t dir)
{
    const size_t rows = r->gates * r->hidden;

    r->f = r->act + dir * r->acts;
    if (of_has_in(r->c, 3)) of_read_f64(of_in(r->c, 3), dir * 2 * rows, 1, r->bw, 2 * rows);
    else
        for (size_t k = 0; k < 2 * rows; k++) r->bw[k] = 0;
    if (r->p) of_read_f64(of_in(r->c, r->in_p), dir * 3 * r->hidden, 1, r->p, 3 * r->hidden);
    of_rnn_load_state(r, 5, dir, r->h);
    if (r->in_c) of_rnn_load_state(r, r->in_c, dir, r->c_state);
}

/* Which time sequence b is at in step s; false: it has ended. */
static bool of_rnn_time(const of_rnn *r, bool reverse, size_t b, size_t s, size_t *t)
{
    const size_t len = (size_t)r->len[b];

    *t = reverse ? len - 1 - s : s;
    return s < len;
}

/* The rows of X of one step, 0 for sequences that have ended. false: all have. */
static bool of_rnn_gather(of_rnn *r, bool reverse, size_t s)
{
    bool any = false;
    size_t t;

    for (size_t b = 0; b < r->batch; b++) {
        double *to = r->xs + b * r->input;
        if (of_rnn_time(r, reverse, b, s, &t)) {
            any = true;
            memcpy(to, r->x + (r->layout ? b * r->seq + t : t * r->batch + b) * r->input,
                   r->input * sizeof *to);
        } else {
            for (size_t k = 0; k < r->input; k++) to[k] = 0;
        }
    }
    return any;
}

/* States of sequences that go on are rounded, those of the others were kept in old. */
static void of_rnn_settle(of_rnn *r, const bool *ended, const double *old, double *state)
{
    for (size_t b = 0; b < r->batch; b++)
        for (size_t k = b * r->hidden; k < (b + 1) * r->hidden; k++) {
            if (ended[b]) state[k] = old[k];
            else if (of_in(r->c, 0)->dtype != OF_DOUBLE) state[k] = (double)(float)state[k];
        }
}

static of_status of_rnn_run_dir(of_rnn *r, size_t dir, of_tensor *y)
{
    const bool reverse = r->reverse || dir == 1;
    const size_t states = r->batch * r->hidden;
    double *old = (double *)of_tmp(r->c, states, 2 * sizeof *old);
    bool *ended = (bool *)of_tmp(r->c, r->batch, sizeof *ended);
    size_t t;

    if (!old || !ended) return of_nomem(r->c->err);
    for (size_t s = 0; s < r->seq && of_rnn_gather(r, reverse, s); s++) {
        memcpy(old, r->h, states * sizeof *old);
        if (r->in_c) memcpy(old + states, r->c_state, states * sizeof *old);
        of_rnn_mm(r, r->xs, r->w, r->gx, r->gates * r->hidden, r->input);
        OF_TRY(r->cell(r));
        for (size_t b = 0; b < r->batch; b++) ended[b] = !of_rnn_time(r, reverse, b, s, &t);
        of_rnn_settle(r, ended, old, r->h);
        if (r->in_c) of_rnn_settle(r, ended, old + states, r->c_state);
        if (!y) continue;
        for (size_t b = 0; b < r->batch; b++) {
            if (!of_rnn_time(r, reverse, b, s, &t)) continue;
            of_write_f64(y,
                         (r->layout ? (b * r->seq + t) * (size_t)r->dirs + dir
                                    : (t * (size_t)r->dirs + dir) * r->batch + b) *
                             r->hidden,
                         1, r->h + b * r->hidden, r->hidden);
        }
    }
    return OF_OK;
}

of_status of_rnn_eval(of_rnn *r)
{
    of_opctx *c = r->c;
    const of_tensor *x = of_in(c, 0), *rt = of_in(c, 2);
    of_tensor *y = NULL, *last[2] = {NULL, NULL};
    const double *w, *rec;
    int64_t size;
    size_t rows;

    OF_TRY(of_rnn_attrs(r, &size));
    r->seq = (size_t)x->dims[r->layout ? 1 : 0];
    r->batch = (size_t)x->dims[r->layout ? 0 : 1];
    r->input = (size_t)x->dims[2];
    r->hidden = (size_t)rt->dims[2];
    rows = r->gates * r->hidden;
    if (of_wants_out(c, 0)) OF_TRY(of_out(c, 0, &y));
    for (uint32_t i = 0; i < (r->in_c ? 2u : 1u); i++)
        if (of_wants_out(c, i + 1)) OF_TRY(of_out(c, i + 1, &last[i]));
    /* A product added up in twice the precision counts for eight, packed as it is for few rows; an
     * activation for a hundred. */
    OF_TRY(of_work(c, of_sat_mul(of_sat_mul((uint64_t)r->seq * (uint64_t)r->dirs, r->batch),
                                 of_sat_mul(rows, of_sat_mul(8, r->input + r->hidden) + 128))));
    OF_TRY(of_rnn_lengths(r));
    OF_TRY(of_rnn_scratch(r));
    OF_TRY(of_rnn_doubles(c, x, &r->x));
    OF_TRY(of_rnn_doubles(c, of_in(c, 1), &w));
    OF_TRY(of_rnn_doubles(c, rt, &rec));
    OF_TRY(of_mm_begin(c, r->batch, rows, r->input > r->hidden ? r->input : r->hidden, &r->job));
    for (size_t dir = 0; dir < (size_t)r->dirs; dir++) {
        r->w = w + dir * rows * r->input;
        r->r = rec + dir * rows * r->hidden;
        of_rnn_load_dir(r, dir);
        OF_TRY(of_rnn_run_dir(r, dir, y));
        for (uint32_t i = 0; i < 2; i++)
            for (size_t b = 0; last[i] && b < r->batch; b++)
                of_write_f64(last[i], of_rnn_state_at(r, dir, b), 1,
                             (i ? r->c_state : r->h) + b * r->hidden, r->hidden);
    }
    return OF_OK;
}

/* ---- RNN ---- */

static of_status of_rnn_step(of_rnn *r)
{
    const size_t n = r->hidden;

    of_rnn_mm(r, r->h, r->r, r->gh, n, n);
    for (size_t b = 0; b < r->batch; b++)
        for (size_t k = 0; k < n; k++) {
            const size_t at = b * n + k;
            r->h[at] = of_rnn_activate(r, &r->f[0], r->gx[at] + r->gh[at] + r->bw[k] + r->br[k]);
        }
    return OF_OK;
}

static const char *const of_rnn_defaults[] = {"Tanh"};

static of_rnn of_rnn_of(of_opctx *c)
{
    return (of_rnn){
        .c = c, .gates = 1, .acts = 1, .defaults = of_rnn_defaults, .cell = of_rnn_step};
}

of_status of_infer_RNN(of_opctx *c)
{
    of_rnn r = of_rnn_of(c);

    return of_rnn_infer(&r);
}

of_status of_eval_RNN(of_opctx *c)
{
    of_rnn r = of_rnn_of(c);

    return of_rnn_eval(&r);
}
