/* Making and freeing a model, and the objects in it. */
#include "ir/ir.h"

#include <string.h>

of_status of_model_new(of_alloc *a, of_model **out, of_err *e)
{
    *out = NULL;
    of_model *m = of_mem_zalloc(a, sizeof(of_model));
    if (!m) return of_nomem(e);
    m->alloc = a;
    of_arena_init(&m->arena, a);
    of_status st = of_names_init(&m->names, a, &m->arena);
    if (st == OF_OK) {
        m->dims = of_dimtab_new(&m->arena, a);
        if (!m->dims) st = OF_E_NOMEM;
    }
    if (st != OF_OK) {
        of_model_free(m);
        return of_fail(e, st, "out of memory");
    }
    *out = m;
    return OF_OK;
}

void of_sparse_release(of_sparse *sp)
{
    if (!sp) return;
    of_tensor_unref(sp->values);
    of_tensor_unref(sp->indices);
    sp->values = NULL;
    sp->indices = NULL;
}

void of_attr_release(of_attr *a)
{
    switch (a->type) {
    case OF_A_TENSOR:
        of_tensor_unref(a->u.t);
        a->u.t = NULL;
        break;
    case OF_A_TENSORS:
        for (size_t i = 0; a->u.tensors && i < a->n; i++) of_tensor_unref(a->u.tensors[i]);
        a->u.tensors = NULL;
        a->n = 0;
        break;
    case OF_A_SPARSE_TENSOR:
        of_sparse_release(a->u.sp);
        a->u.sp = NULL;
        break;
    case OF_A_SPARSE_TENSORS:
        for (size_t i = 0; a->u.sparses && i < a->n; i++) of_sparse_release(a->u.sparses[i]);
        a->u.sparses = NULL;
        a->n = 0;
        break;
    default:
        break;
    }
}

/* Everything counted hangs on a value, an initializer or an attribute, and each of
 * these is found by id whether or not it is still part of a graph. */
static void release_tensors(of_model *m)
{
    for (size_t i = 0; i < m->n_values; i++) {
        of_val_unref(m->values[i]->cval);
        m->values[i]->cval = NULL;
    }
    for (size_t i = 0; i < m->n_graphs; i++)
        for (of_init *it = m->graphs[i]->init_first; it; it = it->next) {
            of_tensor_unref(it->tensor);
            it->tensor = NULL;
            of_sparse_release(it->sparse);
        }
    for (size_t i = 0; i < m->n_nodes; i++)
        for (of_attr *a = m->nodes[i]->attrs; a; a = a->next) of_attr_release(a);
    for (size_t i = 0; i < m->n_funcs; i++) {
        if (!m->funcs || !m->funcs[i]) continue;
        for (of_attr *a = m->funcs[i]->attr_defaults; a; a = a->next) of_attr_release(a);
    }
}

void of_model_free(of_model *m)
{
    if (!m) return;
    of_alloc *a = m->alloc;
    release_tensors(m);
    if (m->wire_free) m->wire_free(m);
    of_source_unref(m->src);
    of_mem_free(a, m->nodes, m->cap_nodes * sizeof *m->nodes);
    of_mem_free(a, m->values, m->cap_values * sizeof *m->values);
    of_mem_free(a, m->graphs, m->cap_graphs * sizeof *m->graphs);
    of_mem_free(a, m->fresh, m->cap_fresh * sizeof *m->fresh);
    if (m->func_tab.alloc) of_htab_free(&m->func_tab);
    if (m->opset_tab.alloc) of_htab_free(&m->opset_tab);
    if (m->dims) of_dimtab_free(m->dims);
    if (m->names.alloc) of_names_free(&m->names);
    of_arena_free(&m->arena);
    of_mem_free(a, m, sizeof *m);
}

/* Room for one more pointer in a table by id; ids stop short of the marks at UINT32_MAX. */
static bool table_room(of_model *m, void **table, size_t *cap, size_t n)
{
    if (n >= UINT32_MAX - 1) return false;
    return of_vec_reserve(m->alloc, table, cap, n + 1, sizeof(void *)) == OF_OK;
}

#define NODE_ALIGN ((size_t)64) /* a line of the cache */
_Static_assert(sizeof(void *) != 8 || sizeof(of_node) == 2 * NODE_ALIGN, "a node is two lines");

/* Many at once, side by side and each in lines of its own: walks meet little else. */
static of_node *node_room(of_model *m)
{
#ifdef OF_ARENA_DEBUG
    return OF_NEW(&m->arena, of_node);
#else
    if (!m->n_node_room) {
        const size_t n = m->n_nodes < 32 ? 7 : m->n_nodes < 2048 ? m->n_nodes / 4 : 511;
        unsigned char *p = of_arena_zarray(&m->arena, n + 1, sizeof(of_node)); /* one more, to begin at a line */
        if (!p) return NULL;
        p += (NODE_ALIGN - ((uintptr_t)p & (NODE_ALIGN - 1))) & (NODE_ALIGN - 1);
        m->node_room = (of_node *)(void *)p;
        m->n_node_room = n;
    }
    m->n_node_room--;
    return m->node_room++;
#endif
}

of_node *of_node_new(of_model *m, uint32_t n_in, uint32_t n_out)
{
    size_t in_bytes, out_bytes, size = 0;
    if (!of_mul_size(n_in, sizeof(of_use), &in_bytes) ||
        !of_mul_size(n_out, sizeof(of_value *), &out_bytes) || !of_add_size(in_bytes, out_bytes, &size))
        return NULL;
    void *table = m->nodes;
    bool ok = table_room(m, &table, &m->cap_nodes, m->n_nodes);
    m->nodes = table;
    if (!ok) return NULL;
    unsigned char *p = size ? of_arena_zalloc(&m->arena, size) : NULL;
    of_node *n = p || !size ? node_room(m) : NULL;
    if (!n) return NULL;
    n->id = (uint32_t)m->n_nodes;
    n->n_in = n_in;
    n->n_out = n_out;
    n->name = n->op_type = n->domain = m->names.empty;
    if (n_in) n->in = (of_use *)(void *)p;
    if (n_out) n->out = (of_value **)(void *)(p + in_bytes);
    for (uint32_t i = 0; i < n_in; i++) {
        n->in[i].node = n;
        n->in[i].index = i;
    }
    m->nodes[m->n_nodes++] = n;
    return n;
}

of_node_rest *of_node_more(of_model *m, of_node *n)
{
    if (!n->rest) n->rest = OF_NEW(&m->arena, of_node_rest);
    return n->rest;
}

of_value *of_value_new(of_model *m, of_graph *g, of_sym name)
{
    void *table = m->values;
    bool ok = table_room(m, &table, &m->cap_values, m->n_values);
    m->values = table;
    of_value *v = ok ? OF_NEW(&m->arena, of_value) : NULL;
    if (!v) return NULL;
    v->id = (uint32_t)m->n_values;
    v->name = name ? name : m->names.empty;
    v->graph = g;
    m->values[m->n_values++] = v;
    return v;
}

of_graph *of_graph_new(of_model *m, of_graph_kind kind)
{
    void *table = m->graphs;
    bool ok = table_room(m, &table, &m->cap_graphs, m->n_graphs);
    m->graphs = table;
    of_graph *g = ok ? OF_NEW(&m->arena, of_graph) : NULL;
    if (!g) return NULL;
    g->id = (uint32_t)m->n_graphs;
    g->kind = (uint8_t)kind;
    g->model = m;
    g->name = m->names.empty;
    m->graphs[m->n_graphs++] = g;
    return g;
}

of_attr *of_attr_new(of_model *m, of_sym name, of_attr_type type)
{
    of_attr *a = OF_NEW(&m->arena, of_attr);
    if (!a) return NULL;
    a->name = name ? name : m->names.empty;
    a->type = (uint8_t)type;
    return a;
}

void of_init_append(of_graph *g, of_init *it)
{
    it->prev = g->init_last;
    if (g->init_last)
        g->init_last->next = it;
    else
        g->init_first = it;
    g->init_last = it;
    g->n_inits++;
}

of_init *of_init_new(of_model *m, of_graph *g)
{
    of_init *it = OF_NEW(&m->arena, of_init);
    if (!it) return NULL;
    it->name = m->names.empty;
    of_init_append(g, it);
    return it;
}

bool of_graph_alive(const of_graph *g)
{
    while (g && g->owner && g->owner->linked) g = g->owner->graph;
    return g && !g->owner && !(g->func && g->func->drop) && g->kind != OF_GRAPH_BODY;
}

bool of_model_nested(const of_model *m)
{
    for (size_t i = 0; i < m->n_graphs; i++)
        if (m->graphs[i] && m->graphs[i] != m->graph && of_graph_alive(m->graphs[i])) return true;
    return false;
}
