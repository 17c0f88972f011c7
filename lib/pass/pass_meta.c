/* Provenance: each folded value that is left says in metadata_props which names went
 * into it, sorted, in Python's list notation. Computed at the end, for survivors only. */
#include <string.h>

#include "pass/pass_frame.h"

#define OF_FOLDED_FROM "pkg.onnxscript.optimizer.folded_from"
/* A value that more names than this went into lists its direct inputs alone: the sum of
 * all lists stays linear in the model. */
#define OF_MAX_FROM 1024

typedef struct of_from {
    const of_value **v; /* found, each once; those not yet looked into are behind `at` */
    size_t n, at;
} of_from;

/* All values that v was computed from, v itself left out. *fits: no more than the limit. */
static of_status of_collect(of_pass *p, const of_value *v, of_from *f, bool deep, bool *fits)
{
    bool seen;

    f->n = f->at = 0;
    *fits = true;
    of_pass_unmark_all(p);
    OF_TRY(of_pass_mark(p, v, &seen));
    for (;;) {
        const of_node *o = v->origin;
        for (uint32_t i = 0; o && o->was_in && i < o->n_in; i++) {
            if (!o->was_in[i]) continue;
            OF_TRY(of_pass_mark(p, o->was_in[i], &seen));
            if (seen) continue;
            if (f->n == OF_MAX_FROM) {
                *fits = false;
                if (deep) return OF_OK;
                continue;
            }
            f->v[f->n++] = o->was_in[i];
        }
        if (!deep || f->at == f->n) return OF_OK;
        v = f->v[f->at++];
    }
}

static int of_name_cmp(const of_value *a, const of_value *b)
{
    size_t n = a->name->len < b->name->len ? a->name->len : b->name->len;
    int c = n ? memcmp(a->name->s, b->name->s, n) : 0;
    return c ? c : a->name->len < b->name->len ? -1 : a->name->len > b->name->len;
}

/* Heap sort: no recursion, no bad case. UTF-8 sorts by bytes as by code points. */
static void of_sift(const of_value **v, size_t at, size_t n)
{
    for (;;) {
        size_t c = 2 * at + 1;
        const of_value *t = v[at];

        if (c >= n) return;
        if (c + 1 < n && of_name_cmp(v[c], v[c + 1]) < 0) c++;
        if (of_name_cmp(t, v[c]) >= 0) return;
        v[at] = v[c];
        v[c] = t;
        at = c;
    }
}

static void of_sort(const of_value **v, size_t n)
{
    for (size_t i = n / 2; i-- > 0;) of_sift(v, i, n);
    for (size_t end = n; end-- > 1;) {
        const of_value *t = v[0];
        v[0] = v[end];
        v[end] = t;
        of_sift(v, 0, end);
    }
}

static of_status of_list_text(of_pass *p, of_from *f, of_text *b)
{
    const of_value *last = NULL;

    b->n = 0;
    of_sort(f->v, f->n);
    OF_TRY(of_text_put(p, b, "[", 1));
    for (size_t i = 0; i < f->n; i++) {
        /* two scopes may know two values by one name */
        if (last && last->name == f->v[i]->name) continue;
        if (last) OF_TRY(of_text_put(p, b, ", ", 2));
        last = f->v[i];
        OF_TRY(of_text_repr(p, b, last->name->s, last->name->len));
    }
    return of_text_put(p, b, "]", 1);
}

static of_status of_set_prop(of_pass *p, of_vinfo *vi, const of_text *b)
{
    of_prop **at = &vi->props;
    char *text = (char *)of_arena_dup(&p->m->arena, b->p, b->n);

    if (!text) return of_pass_nomem(p);
    while (*at && !of_str_is((*at)->key, OF_FOLDED_FROM)) at = &(*at)->next;
    if (!*at) {
        *at = OF_NEW(&p->m->arena, of_prop);
        if (!*at) return of_pass_nomem(p);
        (*at)->key = (of_str){OF_FOLDED_FROM, sizeof OF_FOLDED_FROM - 1};
    }
    (*at)->value = (of_str){text, b->n};
    vi->dirty = true;
    return OF_OK;
}

static bool of_survives(const of_value *v)
{
    return (v->flags & OF_VALUE_FOLDED) && v->origin && v->origin->was_in && v->n_uses && v->graph &&
           !v->graph->func && (v->init || v->producer);
}

/* The entry is always one of value_info, for an output too: its declaration stays as it is. */
static of_status of_tell(of_pass *p, of_value *v, of_vinfo **infos, of_from *f, of_text *b)
{
    bool fits;

    OF_TRY(of_collect(p, v, f, true, &fits));
    if (!fits) OF_TRY(of_collect(p, v, f, false, &fits));
    if (!f->n) return OF_OK;
    OF_TRY(of_list_text(p, f, b));
    if (!infos[v->id]) {
        of_vinfo *vi = of_pass_info_new(p, v);
        if (!vi) return of_pass_nomem(p);
        vi->next = v->graph->value_infos;
        v->graph->value_infos = vi;
        infos[v->id] = vi;
    }
    of_touch_graph(v->graph);
    return of_set_prop(p, infos[v->id], b);
}

of_status of_pass_metadata(of_pass *p)
{
    of_model *m = p->m;
    of_arena_mark mark = of_arena_save(&p->ev.tmp);
    of_vinfo **infos = OF_NEW_N(&p->ev.tmp, of_vinfo *, m->n_values);
    of_from f = {OF_NEW_N(&p->ev.tmp, const of_value *, OF_MAX_FROM), 0, 0};
    of_text b = {NULL, 0, 0};
    of_status st = infos && f.v ? OF_OK : of_pass_nomem(p);

    for (size_t i = 0; st == OF_OK && i < m->n_graphs; i++)
        for (of_vinfo *vi = m->graphs[i] ? m->graphs[i]->value_infos : NULL; vi; vi = vi->next)
            if (vi->value && !vi->drop) infos[vi->value->id] = vi;
    for (size_t i = 0; st == OF_OK && i < m->n_values; i++)
        if (m->values[i] && of_survives(m->values[i])) st = of_tell(p, m->values[i], infos, &f, &b);
    of_mem_free(p->alloc, b.p, b.cap);
    of_arena_restore(&p->ev.tmp, mark);
    return st;
}
