/* Initializers of one type, shape and content become one. Most differ in type or shape, or
 * in a few bytes here and there: nothing is read of those that are alone in the first, and
 * whole contents are read of those alone that agree in all of it, once to hash and once to
 * compare. */
#include <string.h>

#include "pass/pass_frame.h"
#include "wire/data.h"

#define OF_SAMPLE 512u
#define OF_CHUNK 32768u

/* What a hash is of: each tells apart what the one before could not, and reads more. */
enum { OF_BY_SHAPE, OF_BY_MIDDLE, OF_BY_SAMPLE, OF_BY_CONTENT };

typedef struct of_twin {
    of_value *v;
    of_tensor *t;
    uint64_t hash;
    uint32_t order; /* in the model */
    uint8_t by;     /* what hash is of, small contents being their own sample */
} of_twin;

typedef struct of_dedupe {
    of_pass *p;
    uint64_t seed;
    of_twin *twin;
    size_t n, cap;
    unsigned char *buf; /* two chunks */
} of_dedupe;

/* Where t's bytes stand as they are in memory, without being there. *src is counted. */
static bool of_range_of(const of_tensor *t, of_source **src, uint64_t *off)
{
    of_err e;

    *src = NULL;
    if (t->data || (OF_HOST_BE && of_wire_word((of_dtype)t->dtype) > 1)) return false;
    if (t->loader == &of_wire_load_raw && t->src && t->src_len == t->bytes) {
        *src = of_source_ref(t->src);
        *off = t->src_off;
        return true;
    }
    if (t->loader != &of_wire_load_ext) return false;
    of_err_clear(&e);
    if (of_wire_ext_range(t, src, off, &e) != OF_OK) {
        *src = NULL;
        return false;
    }
    (void)of_source_ref(*src);
    return true;
}

static uint64_t of_hash_strings(uint64_t h, const of_tensor *t)
{
    const of_str *s = (const of_str *)t->data;

    for (int64_t i = 0; i < t->count; i++) h = of_hash_bytes(h ^ s[i].n, s[i].p, s[i].n);
    return h;
}

/* Where the sample of a content is: in the middle, at the beginning, at the end. */
static size_t of_sample_at(const of_tensor *t, size_t i)
{
    return i == 0 ? (t->bytes - OF_SAMPLE) / 2 : i == 1 ? 0 : t->bytes - OF_SAMPLE;
}

static of_status of_hash_range(of_dedupe *d, of_source *src, uint64_t off, const of_tensor *t, size_t parts, uint64_t *h)
{
    for (size_t i = 0; i < parts; i++) {
        OF_TRY(of_source_read_alone(src, off + of_sample_at(t, i), d->buf, OF_SAMPLE, &d->p->why));
        *h = of_hash_bytes(*h, d->buf, OF_SAMPLE);
    }
    return OF_OK;
}

static of_status of_hash_all(of_dedupe *d, of_source *src, uint64_t off, const of_tensor *t, uint64_t *h)
{
    for (size_t at = 0; at < t->bytes;) {
        size_t n = t->bytes - at < OF_CHUNK ? t->bytes - at : OF_CHUNK;
        OF_TRY(of_source_read(src, off + at, d->buf, n, &d->p->why));
        *h = of_hash_bytes(*h, d->buf, n);
        at += n;
    }
    return OF_OK;
}

static void of_hash_memory(const of_tensor *t, bool whole, size_t parts, uint64_t *h)
{
    const unsigned char *p = (const unsigned char *)t->data;

    if (t->dtype == OF_STRING) {
        *h = of_hash_strings(*h, t);
    } else if (whole) {
        for (size_t at = 0; at < t->bytes;) {
            size_t n = t->bytes - at < OF_CHUNK ? t->bytes - at : OF_CHUNK;
            *h = of_hash_bytes(*h, p + at, n);
            at += n;
        }
    } else {
        for (size_t i = 0; i < parts; i++) *h = of_hash_bytes(*h, p + of_sample_at(t, i), OF_SAMPLE);
    }
}

static void of_hash_shape(const of_dedupe *d, of_twin *w)
{
    w->hash = of_hash_bytes(d->seed ^ w->t->dtype, w->t->dims, w->t->rank * sizeof *w->t->dims);
    w->by = OF_BY_SHAPE;
}

/* The hash of type, shape and (a sample of) the content. Small contents are hashed whole. */
static of_status of_hash_twin(of_dedupe *d, of_twin *w, uint8_t by)
{
    of_tensor *t = w->t;
    of_source *src;
    uint64_t off, h;
    of_status st = OF_OK;
    const size_t parts = by == OF_BY_MIDDLE ? 1 : 3;
    bool loaded = false, whole = by == OF_BY_CONTENT || t->bytes <= 3 * OF_SAMPLE || t->dtype == OF_STRING;

    of_hash_shape(d, w);
    h = w->hash;
    of_err_clear(&d->p->why);
    if (t->bytes && !t->data && !of_range_of(t, &src, &off)) {
        OF_TRY(of_tensor_load(t, &d->p->why));
        loaded = true;
    }
    if (t->data) of_hash_memory(t, whole, parts, &h);
    else if (t->bytes) {
        st = whole ? of_hash_all(d, src, off, t, &h) : of_hash_range(d, src, off, t, parts, &h);
        of_source_unref(src);
    }
    if (loaded) of_tensor_unload(t);
    w->hash = h;
    w->by = whole ? OF_BY_CONTENT : by;
    return st;
}

/* By hash, then by order in the model. */
static bool of_twin_less(const of_twin *a, const of_twin *b)
{
    return a->hash != b->hash ? a->hash < b->hash : a->order < b->order;
}

static void of_twin_sift(of_twin *w, size_t at, size_t n)
{
    for (;;) {
        size_t c = 2 * at + 1;
        of_twin t = w[at];

        if (c >= n) return;
        if (c + 1 < n && of_twin_less(&w[c], &w[c + 1])) c++;
        if (!of_twin_less(&t, &w[c])) return;
        w[at] = w[c];
        w[c] = t;
        at = c;
    }
}

static void of_twin_sort(of_twin *w, size_t n)
{
    for (size_t i = n / 2; i-- > 0;) of_twin_sift(w, i, n);
    for (size_t end = n; end-- > 1;) {
        of_twin t = w[0];
        w[0] = w[end];
        w[end] = t;
        of_twin_sift(w, 0, end);
    }
}

static of_status of_same_ranges(of_dedupe *d, const of_tensor *a, of_source *sa, uint64_t oa, of_source *sb,
                                uint64_t ob, bool *same)
{
    *same = true;
    if (sa == sb && oa == ob) return OF_OK;
    for (size_t at = 0; *same && at < a->bytes;) {
        size_t n = a->bytes - at < OF_CHUNK ? a->bytes - at : OF_CHUNK;
        OF_TRY(of_source_read(sa, oa + at, d->buf, n, &d->p->why));
        OF_TRY(of_source_read(sb, ob + at, d->buf + OF_CHUNK, n, &d->p->why));
        *same = memcmp(d->buf, d->buf + OF_CHUNK, n) == 0;
        at += n;
    }
    return OF_OK;
}

static of_status of_same_content(of_dedupe *d, of_tensor *a, of_tensor *b, bool *same)
{
    of_source *sa = NULL, *sb = NULL;
    uint64_t oa, ob;
    of_status st;
    bool la, lb;

    *same = a == b;
    if (*same || a->dtype != b->dtype || a->rank != b->rank || a->bytes != b->bytes ||
        (a->rank && memcmp(a->dims, b->dims, a->rank * sizeof *a->dims) != 0))
        return OF_OK;
    of_err_clear(&d->p->why);
    if (of_range_of(a, &sa, &oa) && of_range_of(b, &sb, &ob)) {
        st = of_same_ranges(d, a, sa, oa, sb, ob, same);
        goto out;
    }
    la = !a->data;
    lb = !b->data;
    st = of_tensor_load(a, &d->p->why);
    if (st == OF_OK) st = of_tensor_load(b, &d->p->why);
    if (st == OF_OK) *same = of_tensor_equal(a, b);
    if (la) of_tensor_unload(a);
    if (lb) of_tensor_unload(b);
out:
    of_source_unref(sa);
    of_source_unref(sb);
    return st;
}

/* The users of w's value get `keep`, unless a name in between would hide it. */
static of_status of_merge(of_dedupe *d, of_value *keep, of_value *v)
{
    of_pass *p = d->p;
    bool visible;

    OF_TRY(of_pass_visible(p, keep, v, &visible));
    if (!visible) {
        if (of_value_is_output(keep)) return OF_OK;
        OF_TRY(of_pass_rename_fresh(p, keep));
    }
    of_value_replace(v, keep, false);
    of_pass_unnamed(p, v);
    OF_TRY(of_value_drop_init(p->m, v));
    OF_TRY(of_value_set_const(v, NULL));
    of_pass_applied(p, OF_PASS_DEDUPE_INITIALIZERS, 1);
    return OF_OK;
}

/* Twins that agree in their hash: the first that differs from all before stays for itself. */
static of_status of_merge_run(of_dedupe *d, of_twin *w, size_t n)
{
    size_t keep = 0;

    /* An output keeps its name, so it is the one to keep. */
    while (keep < n && !of_value_is_output(w[keep].v)) keep++;
    if (keep == n) keep = 0;
    for (size_t i = 0; i < n; i++) {
        of_status st;
        bool same;

        if (i == keep || of_value_is_output(w[i].v)) continue;
        st = of_same_content(d, w[keep].t, w[i].t, &same);
        if (of_pass_fatal(d->p, st)) return of_fail(d->p->err, st, "%s", d->p->why.msg);
        if (st == OF_OK && same) OF_TRY(of_merge(d, w[keep].v, w[i].v));
    }
    return OF_OK;
}

/* Runs of one hash are told apart by the next better one, in place. *n: fewer where some
 * cannot be read, which are left alone. */
static of_status of_refine(of_dedupe *d, of_twin *w, size_t *n, uint8_t by)
{
    size_t left = 0;

    for (size_t k = 0; k < *n; k++) {
        of_status st = of_hash_twin(d, &w[k], by);
        if (of_pass_fatal(d->p, st)) return of_fail(d->p->err, st, "%s", d->p->why.msg);
        if (st == OF_OK) w[left++] = w[k];
    }
    *n = left;
    of_twin_sort(w, left);
    return OF_OK;
}

/* Where the run that begins at w[i] ends. */
static size_t of_run_end(const of_twin *w, size_t i, size_t n)
{
    size_t end = i + 1;

    while (end < n && w[end].hash == w[i].hash) end++;
    return end;
}

typedef of_status of_run_fn(of_dedupe *d, of_twin *w, size_t n);

static of_status of_each_run(of_dedupe *d, of_twin *w, size_t n, of_run_fn *fn)
{
    for (size_t i = 0, end; i < n; i = end) {
        end = of_run_end(w, i, n);
        if (end - i > 1) OF_TRY(fn(d, w + i, end - i));
    }
    return OF_OK;
}

/* Of one shape, and so all read whole or none. */
static of_status of_each_sample(of_dedupe *d, of_twin *w, size_t n)
{
    if (w->by != OF_BY_CONTENT) OF_TRY(of_refine(d, w, &n, OF_BY_CONTENT));
    return of_each_run(d, w, n, of_merge_run);
}

static of_status of_each_middle(of_dedupe *d, of_twin *w, size_t n)
{
    if (w->by != OF_BY_CONTENT) OF_TRY(of_refine(d, w, &n, OF_BY_SAMPLE));
    return of_each_run(d, w, n, of_each_sample);
}

static of_status of_each_shape(of_dedupe *d, of_twin *w, size_t n)
{
    OF_TRY(of_refine(d, w, &n, OF_BY_MIDDLE));
    return of_each_run(d, w, n, of_each_middle);
}

static void of_gather_twins(of_dedupe *d, const of_graph *g)
{
    uint32_t order = 0;

    for (const of_init *it = g->init_first; it; it = it->next) {
        of_value *v = it->value;
        of_twin *w = &d->twin[d->n];

        *w = (of_twin){.v = v, .t = it->tensor, .order = order++};
        if (!v || !it->tensor || !v->n_uses || (v->flags & (OF_VALUE_INPUT | OF_VALUE_PINNED))) continue;
        /* Weights that stay outside of the model are not read for this: nothing shrinks by it. */
        if (!it->tensor->data && it->tensor->loader == &of_wire_load_ext) continue;
        of_hash_shape(d, w);
        d->n++;
    }
}

of_status of_pass_dedupe(of_pass *p)
{
    of_graph *g = p->m->graph;
    of_dedupe d = {.p = p, .seed = p->m->names.seed, .cap = g->n_inits};
    of_status st = OF_OK;

    if (g->n_inits < 2) return OF_OK;
    d.twin = (of_twin *)of_mem_array(p->alloc, d.cap, sizeof *d.twin);
    d.buf = (unsigned char *)of_mem_array(p->alloc, 2, OF_CHUNK);
    if (!d.twin || !d.buf) st = of_pass_nomem(p);
    if (st == OF_OK) {
        of_gather_twins(&d, g);
        of_twin_sort(d.twin, d.n);
        st = of_each_run(&d, d.twin, d.n, of_each_shape);
    }
    of_mem_free(p->alloc, d.twin, d.cap * sizeof *d.twin);
    of_mem_free(p->alloc, d.buf, 2 * OF_CHUNK);
    return st;
}
