/* Einsum: sums of products over labelled axes. An equation of two operands that is a batch of
 * matrix products goes to the matrix kernel; every other one is a nest of loops over the
 * result's labels and then the summed ones, in the order in which they first appear. */
#include "ops/op_mm.h"
#include "ops/op_numeric.h"

#include <string.h>

#define OF_ES_LETTERS 52
#define OF_ES_LABELS (OF_ES_LETTERS + OF_MAX_RANK) /* behind the letters: axes of the ellipsis */

typedef struct of_es_term {
    size_t n;
    uint8_t label[OF_MAX_RANK];
} of_es_term;

typedef struct of_es {
    size_t n_in;
    of_es_term *in, out;
    size_t ellipsis;             /* most axes that one stands for */
    uint8_t order[OF_ES_LABELS]; /* labels: the result's, then the summed ones */
    size_t n_labels;
} of_es;

static int of_es_letter(char ch)
{
    if (ch >= 'A' && ch <= 'Z') return ch - 'A';
    if (ch >= 'a' && ch <= 'z') return ch - 'a' + 26;
    return -1;
}

/* One term, text[0, n). dots: axes its ellipsis stands for. */
static of_status of_es_term_parse(of_opctx *c, const char *text, size_t n, size_t dots, size_t most,
                                  of_es_term *t, bool *has_dots)
{
    t->n = 0;
    *has_dots = false;
    for (size_t i = 0; i < n; i++) {
        const int letter = of_es_letter(text[i]);
        if (text[i] == ' ') continue;
        if (text[i] == '.') {
            if (*has_dots || i + 2 >= n || text[i + 1] != '.' || text[i + 2] != '.')
                return OF_INVALID(c, "the equation has a stray dot");
            *has_dots = true;
            i += 2;
            if (t->n + dots > OF_MAX_RANK) return OF_INVALID(c, "a term has too many axes");
            for (size_t k = 0; k < dots; k++)
                t->label[t->n++] = (uint8_t)(OF_ES_LETTERS + most - dots + k);
            continue;
        }
        if (letter < 0) return OF_INVALID(c, "the equation has a byte %d", text[i]);
        if (t->n == OF_MAX_RANK) return OF_INVALID(c, "a term has too many axes");
        t->label[t->n++] = (uint8_t)letter;
    }
    return OF_OK;
}

static size_t of_es_letters(const char *text, size_t n)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) k += of_es_letter(text[i]) >= 0;
    return k;
}

/* The result when the equation does not name it: the ellipsis, then every letter that appears once.
 */
static of_status of_es_implicit(of_opctx *c, of_es *e)
{
    size_t seen[OF_ES_LABELS] = {0};

    for (size_t i = 0; i < e->n_in; i++)
        for (size_t k = 0; k < e->in[i].n; k++) seen[e->in[i].label[k]]++;
    e->out.n = 0;
    for (size_t l = 0; l < OF_ES_LABELS; l++) {
        const size_t label = (l + OF_ES_LETTERS) % OF_ES_LABELS;
        if (label < OF_ES_LETTERS ? seen[label] != 1 : seen[label] == 0) continue;
        if (e->out.n == OF_MAX_RANK) return OF_INVALID(c, "the result has too many axes");
        e->out.label[e->out.n++] = (uint8_t)label;
    }
    return OF_OK;
}

static of_status of_es_order(of_opctx *c, of_es *e)
{
    bool given[OF_ES_LABELS] = {0}, done[OF_ES_LABELS] = {0};

    for (size_t i = 0; i < e->n_in; i++)
        for (size_t k = 0; k < e->in[i].n; k++) given[e->in[i].label[k]] = true;
    e->n_labels = 0;
    for (size_t k = 0; k < e->out.n; k++) {
        const uint8_t l = e->out.label[k];
        if (!given[l] || done[l])
            return OF_INVALID(c, "the result has a label that is not given once");
        done[l] = true;
        e->order[e->n_labels++] = l;
    }
    for (size_t i = 0; i < e->n_in; i++)
        for (size_t k = 0; k < e->in[i].n; k++) {
            const uint8_t l = e->in[i].label[k];
            if (done[l]) continue;
            done[l] = true;
            e->order[e->n_labels++] = l;
        }
    return OF_OK;
}

/* e->in NULL: some rank is not known. */
static of_status of_es_parse(of_opctx *c, of_es **out)
{
    of_es *e = OF_NEW(c->tmp, of_es);
    const char *p, *end, *arrow = NULL;
    of_str eq;
    bool dots, any = false;

    *out = e;
    if (!e) return of_nomem(c->err);
    OF_TRY(of_get_str(c, "equation", "", &eq));
    if (!eq.n) return OF_INVALID(c, "the equation is missing");
    e->n_in = c->n_in;
    p = eq.p;
    end = eq.p + eq.n;
    for (size_t i = 0; i + 1 < eq.n && !arrow; i++)
        if (p[i] == '-' && p[i + 1] == '>') arrow = p + i;
    for (uint32_t i = 0; i < c->n_in; i++)
        if (of_in_rank(c, i) < 0) return OF_OK;
    e->in = OF_NEW_N(c->tmp, of_es_term, e->n_in);
    if (!e->in) return of_nomem(c->err);
    for (int pass = 0; pass < 2; pass++) { /* the longest ellipsis is known after the first */
        const char *at = p;
        for (size_t i = 0; i < e->n_in; i++) {
            const char *stop = arrow ? arrow : end,
                       *comma = (const char *)memchr(at, ',', (size_t)(stop - at));
            const size_t n = (size_t)((comma ? comma : stop) - at), letters = of_es_letters(at, n);
            const size_t rank = (size_t)of_in_rank(c, (uint32_t)i),
                         rest = rank > letters ? rank - letters : 0;
            if ((comma != NULL) != (i + 1 < e->n_in))
                return OF_INVALID(c, "the equation has another number of terms");
            if (rank > OF_MAX_RANK) return OF_INVALID(c, "input %zu has rank %zu", i, rank);
            OF_TRY(of_es_term_parse(c, at, n, pass ? rest : 0, e->ellipsis, &e->in[i], &dots));
            if (dots && rest > e->ellipsis) e->ellipsis = rest;
            if (letters > rank || (rest && !dots))
                return OF_INVALID(c, "term %zu does not fit rank %zu", i, rank);
            any = any || dots;
            at = comma ? comma + 1 : stop;
        }
    }
    if (arrow)
        OF_TRY(of_es_term_parse(c, arrow + 2, (size_t)(end - arrow - 2), e->ellipsis, e->ellipsis,
                                &e->out, &dots));
    else OF_TRY(of_es_implicit(c, e));
    if (arrow && any && !dots && e->ellipsis)
        return OF_INVALID(c, "the result leaves the ellipsis out");
    return of_es_order(c, e);
}

of_status of_infer_Einsum(of_opctx *c)
{
    of_dtype t = OF_UNDEFINED;
    of_shape s;
    of_dim *dim;
    of_es *e;

    for (uint32_t i = 0; i < c->n_in; i++) {
        OF_TRY(of_want_types(c, i, OF_TS_FLOAT | OF_TS_INT));
        if (!of_has_in(c, i)) return OF_INVALID(c, "input %u is absent", i);
        if (t == OF_UNDEFINED) t = of_in_dtype(c, i);
        else if (of_in_dtype(c, i) != OF_UNDEFINED && of_in_dtype(c, i) != t)
            return OF_INVALID(c, "inputs have different types");
    }
    OF_TRY(of_es_parse(c, &e));
    if (!e->in) return of_set_out(c, 0, t, of_shape_unknown());
    dim = (of_dim *)of_tmp(c, OF_ES_LABELS, sizeof *dim);
    if (!dim) return of_nomem(c->err);
    for (size_t l = 0; l < OF_ES_LABELS; l++) dim[l] = of_dim_num(1);
    for (uint32_t i = 0; i < c->n_in; i++)
        for (size_t k = 0; k < e->in[i].n; k++) {
            of_dim *d = &dim[e->in[i].label[k]];
            if (!of_dim_broadcast(c->m->dims, *d, of_in_shape(c, i)->d[k], d))
                return OF_INVALID(c, "dimension %zu of input %u does not fit its label", k, i);
        }
    s = of_shape_new(c, (int32_t)e->out.n);
    for (int32_t k = 0; k < s.rank; k++) s.d[k] = dim[e->out.label[k]];
    return of_set_out(c, 0, t, s);
}

/* ---- evaluation ---- */

/* Loops: label i of the order has dim[i] steps, operand o moves step[o][i] elements. */
typedef struct of_es_nest {
    size_t n, n_out; /* labels; those of the result come first */
    size_t dim[OF_ES_LABELS], at[OF_ES_LABELS];
    size_t *step;   /* operand * n + label */
    size_t *offset; /* of each operand */
    const void **data;
} of_es_nest;

/* Neighbours that every operand walks as one. The result's stay dense, and the order of a
 * sum does not change. */
static void of_es_merge(of_es_nest *w, size_t n_in)
{
    const size_t labels = w->n; /* width of the rows of step */
    size_t n = 0, n_out = 0;

    for (size_t i = 0; i < labels; i++) {
        bool join = n > 0 && i != w->n_out;
        for (size_t k = 0; k < n_in && join; k++)
            join = w->step[k * labels + n - 1] == w->step[k * labels + i] * w->dim[i];
        if (!join) n++;
        w->dim[n - 1] = join ? w->dim[n - 1] * w->dim[i] : w->dim[i];
        for (size_t k = 0; k < n_in; k++) w->step[k * labels + n - 1] = w->step[k * labels + i];
        if (i < w->n_out) n_out = n;
    }
    for (size_t k = 1; k < n_in; k++)
        memmove(w->step + k * n, w->step + k * labels, n * sizeof *w->step);
    w->n = n;
    w->n_out = n_out;
}

static of_status of_es_nest_make(of_opctx *c, const of_es *e, of_es_nest **out)
{
    of_es_nest *w = OF_NEW(c->tmp, of_es_nest);
    size_t place[OF_ES_LABELS];

    *out = w;
    if (!w) return of_nomem(c->err);
    w->n = e->n_labels;
    w->n_out = e->out.n;
    w->step = OF_NEW_N(c->tmp, size_t, e->n_in * w->n);
    w->offset = OF_NEW_N(c->tmp, size_t, e->n_in);
    w->data = (const void **)of_tmp(c, e->n_in, sizeof *w->data);
    if (!w->step || !w->offset || !w->data) return of_nomem(c->err);
    for (size_t i = 0; i < w->n; i++) {
        place[e->order[i]] = i;
        w->dim[i] = 1;
    }
    for (size_t i = 0; i < e->n_in; i++) {
        const of_tensor *t = of_in(c, (uint32_t)i);
        size_t stride = 1;
        for (size_t k = t->rank; k-- > 0;) {
            const size_t at = place[e->in[i].label[k]];
            if (t->dims[k] != 1) {
                w->step[i * w->n + at] += stride; /* a label named twice walks the diagonal */
                w->dim[at] = (size_t)t->dims[k];
            }
            stride *= (size_t)t->dims[k];
        }
        w->data[i] = t->data;
        if (of_dtype_is_float((of_dtype)t->dtype)) OF_TRY(of_mm_floats(c, t, &w->data[i]));
    }
    of_es_merge(w, e->n_in);
    return OF_OK;
}

/* To the next place of labels [from, to); false after the last. */
static bool of_es_next(of_es_nest *w, size_t n_in, size_t from, size_t to)
{
    for (size_t k = to; k-- > from;) {
        const bool more = ++w->at[k] < w->dim[k];
        for (size_t i = 0; i < n_in; i++) {
            const size_t step = w->step[i * w->n + k];
            if (more) w->offset[i] += step;
            else w->offset[i] -= step * (w->at[k] - 1);
        }
        if (more) return true;
        w->at[k] = 0;
    }
    return false;
}

static uint64_t of_es_bits(const void *data, size_t mem, size_t i)
{
    switch (mem) {
    case 1: return ((const uint8_t *)data)[i];
    case 2: return ((const uint16_t *)data)[i];
    case 4: return ((const uint32_t *)data)[i];
    default: return ((const uint64_t *)data)[i];
    }
}

static void of_es_loops(of_es_nest *w, size_t n_in, of_tensor *y)
{
    const size_t mem = of_dtypes[y->dtype].mem;
    const bool is_float = of_dtype_is_float((of_dtype)y->dtype), wide = y->dtype == OF_DOUBLE;

    for (size_t at = 0; at < (size_t)y->count; at++) {
        double sum = 0;
        uint64_t bits = 0;
        do {
            double v = 1;
            uint64_t u = 1;
            for (size_t i = 0; i < n_in; i++) {
                if (!is_float) u *= of_es_bits(w->data[i], mem, w->offset[i]);
                else if (wide) v *= ((const double *)w->data[i])[w->offset[i]];
                else v *= (double)((const float *)w->data[i])[w->offset[i]];
            }
            sum += v;
            bits += u;
        } while (of_es_next(w, n_in, w->n_out, w->n));
        if (is_float) of_write_f64(y, at, 1, &sum, 1);
        else if (mem == 1) ((uint8_t *)y->data)[at] = (uint8_t)bits;
        else if (mem == 2) ((uint16_t *)y->data)[at] = (uint16_t)bits;
        else if (mem == 4) ((uint32_t *)y->data)[at] = (uint32_t)bits;
        else ((uint64_t *)y->data)[at] = bits;
        (void)of_es_next(w, n_in, 0, w->n_out);
    }
}

/* Which label is the rows, columns and depth of a matrix product; the rest is the batch. */
typedef struct of_es_mm {
    size_t m, n, k; /* places in the order; w->n: none */
    size_t *out_step;
} of_es_mm;

static bool of_es_is_mm(const of_es_nest *w, of_es_mm *q)
{
    q->m = q->n = q->k = w->n;
    for (size_t i = 0; i < w->n; i++) {
        const bool a = w->step[i] != 0, b = w->step[w->n + i] != 0;
        size_t *kind;
        if (w->dim[i] == 1 || (a && b && i < w->n_out)) continue;
        kind = a && b ? &q->k : i >= w->n_out ? NULL : a ? &q->m : &q->n;
        if (!kind || *kind != w->n) return false;
        *kind = i;
    }
    return q->k != w->n;
}

typedef struct of_es_dest {
    of_tensor *y;
    size_t base, row, col;
} of_es_dest;

static void of_es_store(void *user, size_t row, size_t col, const double *acc, size_t n)
{
    const of_es_dest *d = (const of_es_dest *)user;

    of_write_f64(d->y, d->base + row * d->row + col * d->col, d->col, acc, n);
}

static of_status of_es_products(of_opctx *c, of_es_nest *w, const of_es_mm *q, of_tensor *y)
{
    const bool wide = y->dtype == OF_DOUBLE;
    const size_t mem = wide ? 8 : 4, none = w->n;
    size_t *out_step = OF_NEW_N(c->tmp, size_t, w->n + 1),
           *dim = (size_t *)of_tmp(c, w->n, sizeof *dim);
    of_es_dest d = {.y = y};
    of_mm_job job;
    of_mm mm;

    if (!out_step || !dim) return of_nomem(c->err);
    for (size_t k = w->n_out, stride = 1; k-- > 0;) {
        out_step[k] = stride;
        stride *= w->dim[k];
    }
    memcpy(dim, w->dim, w->n * sizeof *dim);
    mm.m = q->m == none ? 1 : dim[q->m];
    mm.n = q->n == none ? 1 : dim[q->n];
    mm.k = dim[q->k];
    mm.a_row = q->m == none ? 0 : (ptrdiff_t)w->step[q->m];
    mm.a_col = (ptrdiff_t)w->step[q->k];
    mm.b_row = (ptrdiff_t)w->step[w->n + q->k];
    mm.b_col = q->n == none ? 0 : (ptrdiff_t)w->step[w->n + q->n];
    d.row = out_step[q->m];
    d.col = q->n == none ? 1 : out_step[q->n];
    if (q->m != none) w->dim[q->m] = 1; /* what is left is the batch */
    if (q->n != none) w->dim[q->n] = 1;
    OF_TRY(of_mm_begin(c, mm.m, mm.n, mm.k, &job));
    do {
        d.base = 0;
        for (size_t k = 0; k < w->n_out; k++) d.base += w->at[k] * out_step[k];
        mm.a = (const unsigned char *)w->data[0] + w->offset[0] * mem;
        mm.b = (const unsigned char *)w->data[1] + w->offset[1] * mem;
        of_mm_run(&job, &mm, wide, of_es_store, &d);
    } while (of_es_next(w, 2, 0, w->n_out));
    return OF_OK;
}

of_status of_eval_Einsum(of_opctx *c)
{
    of_es_nest *w;
    of_es_mm q;
    of_tensor *y;
    of_es *e;
    uint64_t work = 1;

    OF_TRY(of_es_parse(c, &e));
    if (!e->in) return OF_INVALID(c, "a rank is not known");
    OF_TRY(of_out(c, 0, &y));
    for (uint32_t i = 0; i < c->n_in; i++)
        if (of_in(c, i)->count == 0) return OF_OK; /* an empty sum is 0 */
    OF_TRY(of_es_nest_make(c, e, &w));
    for (size_t i = 0; i < w->n; i++) work = of_sat_mul(work, w->dim[i]);
    OF_TRY(of_work(c, of_sat_mul(work, e->n_in)));
    if (e->n_in == 2 && of_dtype_is_float((of_dtype)y->dtype) && of_es_is_mm(w, &q))
        return of_es_products(c, w, &q, y);
    of_es_loops(w, e->n_in, y);
    return OF_OK;
}
