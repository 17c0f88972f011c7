/* GraphProto and NodeProto. */
#include "ir/edit.h"
#include "wire/dec.h"

#include <string.h>

#define FIELDS(t) t, (uint32_t)(sizeof(t) / sizeof((t)[0]))

/* ---- NodeProto ---- */
static of_status node_input(of_dec *d, of_dec_frame *f)
{
    of_sym s;
    OF_TRY(of_dec_sym(d, &f->s, &s));
    return of_dec_push_vec(d, &d->ins, &s, sizeof s);
}

static of_status node_output(of_dec *d, of_dec_frame *f)
{
    of_sym s;
    OF_TRY(of_dec_sym(d, &f->s, &s));
    OF_TRY(of_dec_count(d, 1));
    return of_dec_push_vec(d, &d->outs, &s, sizeof s);
}

static of_status node_text(of_dec *d, of_dec_frame *f)
{
    of_node *n = ((of_dec_node *)f->obj)->n;
    switch (d->field) {
    case 3:
        return of_dec_sym(d, &f->s, &n->name);
    case 4:
        return of_dec_sym(d, &f->s, &n->op_type);
    case 7:
        return of_dec_sym(d, &f->s, &n->domain);
    default:
        if (!of_node_more(d->m, n)) return of_dec_nomem(d);
        return of_dec_sym(d, &f->s, &n->rest->overload);
    }
}

static of_status node_attribute(of_dec *d, of_dec_frame *f)
{
    of_dec_node *ns = f->obj;
    return of_dec_attr_open(d, f, &ns->n->attrs, &ns->attr_last, ns->n, ns->n->graph);
}

static of_status node_prop(of_dec *d, of_dec_frame *f)
{
    /* Exporters put stack traces here, most of a file's text: nothing here reads them. */
    return of_dec_prop_range(d, f, &((of_dec_node *)f->obj)->props);
}

static of_status node_leave(of_dec *d, void *obj)
{
    of_dec_node *ns = obj;
    of_node *n = ns->n;
    size_t n_in = d->ins.n - ns->in0, n_out = d->outs.n - ns->out0;
    unsigned char *at;
    size_t in_bytes, out_bytes, bytes;
    if (n_in > UINT32_MAX / 2 || n_out > UINT32_MAX / 2 || !of_mul_size(n_in, sizeof *n->in, &in_bytes) ||
        !of_mul_size(n_out, sizeof *n->out, &out_bytes) || !of_add_size(in_bytes, out_bytes, &bytes))
        return of_fail_at(d->e, OF_E_LIMIT, n->src.off, "a node with too many inputs or outputs");
    if (ns->raws.first || ns->props.first) {
        if (!of_node_more(d->m, n)) return of_dec_nomem(d);
        n->rest->raw = ns->raws.first;
        n->rest->props = ns->props.first;
    }
    n->was = of_arena_array(d->until_link, n_in + n_out, sizeof *n->was);
    at = of_arena_alloc(&d->m->arena, bytes);
    if (!n->was || !at) return of_dec_nomem(d);
    n->in = (of_use *)(void *)at;
    n->out = (of_value **)(void *)(at + in_bytes);
    if (n_in) memcpy(n->was, (of_sym *)d->ins.p + ns->in0, n_in * sizeof *n->was);
    if (n_out) memcpy(n->was + n_in, (of_sym *)d->outs.p + ns->out0, n_out * sizeof *n->was);
    for (size_t i = 0; i < n_in; i++) n->in[i] = (of_use){.node = n, .index = (uint32_t)i};
    for (size_t i = 0; i < n_out; i++) n->out[i] = NULL;
    n->n_in = (uint32_t)n_in;
    n->n_out = (uint32_t)n_out;
    d->ins.n = ns->in0;
    d->outs.n = ns->out0;
    of_dec_state_free(d, OF_DEC_NODE, ns);
    return OF_OK;
}

static const of_dec_field fields_node[] = {
    [1] = {node_input, PB_WT_STRING, false},     [2] = {node_output, PB_WT_STRING, false},
    [3] = {node_text, PB_WT_STRING, false},      [4] = {node_text, PB_WT_STRING, false},
    [5] = {node_attribute, PB_WT_STRING, false}, [7] = {node_text, PB_WT_STRING, false},
    [8] = {node_text, PB_WT_STRING, false},      [9] = {node_prop, PB_WT_STRING, false},
};
static const of_dec_msg msg_node = {"NodeProto", FIELDS(fields_node), node_leave};

of_status of_dec_node_open(of_dec *d, of_dec_frame *f, of_dec_graph *gs)
{
    of_dec_node *ns = of_dec_state(d, OF_DEC_NODE);
    of_node *n;
    if (!ns) return of_dec_nomem(d);
    OF_TRY(of_dec_count(d, 1));
    n = of_node_new(d->m, 0, 0);
    if (!n) return of_dec_nomem(d);
    of_node_append(gs->g, n);
    ns->n = n;
    ns->in0 = d->ins.n;
    ns->out0 = d->outs.n;
    return of_dec_push(d, f, &msg_node, ns, &ns->raws, &n->src, NULL);
}

/* ---- GraphProto ---- */

/* In a large table of names nearly every new one misses the cache: those of the node
 * behind this one, which begins after `len` bytes, are called for while this one is read.
 * Only a hint: bytes that are not as expected end it. */
static void dec_ahead(const of_dec *d, size_t len)
{
    enum { NODE = 1 << 3 | PB_WT_STRING, INPUT = NODE, OUTPUT = 2 << 3 | PB_WT_STRING, NAME = 3 << 3 | PB_WT_STRING };
    const uint8_t *p = d->in.cur, *end = d->in.end;
    if ((size_t)(end - p) <= len || p[len] != NODE) return;
    p += len + 1;
    while (p < end && *p++ & 0x80) {} /* its length */
    while (end - p >= 2 && (p[0] == INPUT || p[0] == OUTPUT || p[0] == NAME) && p[1] < 0x80) {
        size_t n = p[1];
        p += 2;
        if (n > (size_t)(end - p)) return;
        of_names_prefetch(&d->m->names, (const char *)p, n);
        p += n;
    }
}

static of_status graph_node(of_dec *d, of_dec_frame *f)
{
    OF_TRY(of_dec_node_open(d, f, f->obj));
    if (of_names_far(&d->m->names)) dec_ahead(d, d->stack[d->depth - 1].s.bytes_left);
    return OF_OK;
}

static of_status graph_name(of_dec *d, of_dec_frame *f)
{
    return of_dec_sym(d, &f->s, &((of_dec_graph *)f->obj)->g->name);
}

static of_status graph_initializer(of_dec *d, of_dec_frame *f)
{
    of_init *it;
    OF_TRY(of_dec_count(d, 1));
    it = of_init_new(d->m, ((of_dec_graph *)f->obj)->g);
    if (!it) return of_dec_nomem(d);
    it->name = d->m->names.empty;
    if (d->field == 15) return of_dec_sparse_open(d, f, NULL, it, false);
    return of_dec_tensor_open(d, f, NULL, OF_DEC_TO_INIT, it);
}

static of_status graph_vinfo(of_dec *d, of_dec_frame *f)
{
    of_dec_graph *gs = f->obj;
    of_graph *g = gs->g;
    if (d->field == 11) return of_dec_vinfo_open(d, f, &g->in_infos, &gs->in_last);
    if (d->field == 12) return of_dec_vinfo_open(d, f, &g->out_infos, &gs->out_last);
    return of_dec_vinfo_open(d, f, &g->value_infos, &gs->val_last);
}

static of_status graph_pin(of_dec *d, pb_istream_t *s)
{
    of_sym name;
    OF_TRY(of_dec_sym(d, s, &name));
    if (of_sym_empty(name)) return OF_OK;
    return of_dec_push_vec(d, &d->pins, &name, sizeof name);
}

/* TensorAnnotation: kept as it is; the names in it must go on existing. */
static of_status graph_annotation(of_dec *d, of_dec_frame *f)
{
    pb_istream_t sub, entry;
    uint64_t off = d->tag_off;
    OF_TRY(of_dec_inline(d, f, 2, &sub));
    while (sub.bytes_left > 0) {
        uint32_t field;
        pb_wire_type_t wt;
        OF_TRY(of_in_tag(&d->in, &sub, &field, &wt));
        if (wt == PB_WT_STRING && field == 1) {
            OF_TRY(graph_pin(d, &sub));
        } else if (wt == PB_WT_STRING && field == 2) {
            OF_TRY(of_in_sub(&d->in, &sub, &entry));
            while (entry.bytes_left > 0) {
                OF_TRY(of_in_tag(&d->in, &entry, &field, &wt));
                if (wt == PB_WT_STRING && field == 2) OF_TRY(graph_pin(d, &entry));
                else OF_TRY(of_in_skip_field(&d->in, &entry, wt));
            }
        } else {
            OF_TRY(of_in_skip_field(&d->in, &sub, wt));
        }
    }
    return f->raws ? of_dec_raw_add(d, f->raws, 14, (of_range){off, of_in_pos(&d->in) - off})
                   : OF_OK;
}

static of_status graph_prop(of_dec *d, of_dec_frame *f)
{
    of_dec_graph *gs = f->obj;
    return of_dec_prop(d, f, &gs->g->props, &gs->props_last);
}

static of_status graph_leave(of_dec *d, void *obj)
{
    of_dec_graph *gs = obj;
    return gs->listed ? of_dec_graph_done(d, gs) : OF_OK;
}

static const of_dec_field fields_graph[] = {
    [1] = {graph_node, PB_WT_STRING, false},        [2] = {graph_name, PB_WT_STRING, false},
    [5] = {graph_initializer, PB_WT_STRING, false}, [11] = {graph_vinfo, PB_WT_STRING, false},
    [12] = {graph_vinfo, PB_WT_STRING, false},      [13] = {graph_vinfo, PB_WT_STRING, false},
    [14] = {graph_annotation, PB_WT_STRING, false}, [15] = {graph_initializer, PB_WT_STRING, false},
    [16] = {graph_prop, PB_WT_STRING, false},
};
static const of_dec_msg msg_graph = {"GraphProto", FIELDS(fields_graph), graph_leave};

of_dec_graph *of_dec_graph_new(of_dec *d, of_graph_kind kind)
{
    of_dec_graph *gs = of_dec_state(d, OF_DEC_GRAPH);
    of_graph *g = gs ? of_graph_new(d->m, kind) : NULL;
    if (!g) return NULL;
    if (!g->name) g->name = d->m->names.empty;
    gs->g = g;
    gs->pins0 = d->pins.n;
    return gs;
}

of_status of_dec_graph_open(of_dec *d, of_dec_frame *f, of_dec_graph *gs, of_range *src)
{
    if (gs->g->depth > d->lim->graph_depth)
        return of_fail_at(d->e, OF_E_DEPTH, d->tag_off, "subgraphs nested deeper than %u",
                          (unsigned)d->lim->graph_depth);
    return of_dec_push(d, f, &msg_graph, gs, &gs->raws, src, NULL);
}

of_status of_dec_graph_done(of_dec *d, of_dec_graph *gs)
{
    of_graph *g = gs->g;
    size_t n = d->pins.n - gs->pins0;
    g->raw = gs->raws.first;
    if (gs->again) g->src = (of_range){0, 0};
    if (n > 0) {
        g->pinned_names =
            of_arena_dup(&d->m->arena, (of_sym *)d->pins.p + gs->pins0, n * sizeof(of_sym));
        if (!g->pinned_names) return of_dec_nomem(d);
        g->n_pinned = n;
    }
    d->pins.n = gs->pins0;
    of_dec_state_free(d, OF_DEC_GRAPH, gs);
    return OF_OK;
}
