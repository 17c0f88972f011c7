/* Looking things up from a node: attributes, operator sets, functions. */
#include "ir/ir.h"

#include <stdio.h>
#include <string.h>

of_attr *of_node_attr(const of_node *n, const char *name)
{
    for (of_attr *a = n->attrs; a; a = a->next)
        if (of_sym_is(a->name, name)) return a;
    return NULL;
}

bool of_node_bound(const of_node *n)
{
    for (const of_attr *a = n->attrs; a; a = a->next)
        if (!of_sym_empty(a->ref)) return true;
    return false;
}

/* Lists up to this long are searched as they are; a longer one has its rows in a table,
 * so that a file with very many imports costs no more a node than others. */
enum { SHORT_LIST = 8 };

typedef struct opset_row {
    const of_func *func; /* NULL: the model's */
    of_sym domain;
    int64_t version;
} opset_row;

static bool same_domain(of_sym a, of_sym b)
{
    return a == b || (of_domain_is_default(a) && of_domain_is_default(b));
}

static uint64_t domain_hash(of_sym d)
{
    return of_domain_is_default(d) ? 0 : d->hash;
}

static uint64_t opset_hash(const of_func *f, of_sym d)
{
    return (domain_hash(d) + (f ? f->index + UINT64_C(1) : 0)) * UINT64_C(0x9E3779B97F4A7C15);
}

static bool opset_eq(const void *a, const void *b, void *user)
{
    const opset_row *x = a, *y = b;
    (void)user;
    return x->func == y->func && same_domain(x->domain, y->domain);
}

static bool sym_same(of_sym a, of_sym b)
{
    return a == b || (of_sym_empty(a) && of_sym_empty(b));
}

static uint64_t func_hash(const of_func *f)
{
    uint64_t h = domain_hash(f->domain);
    h = h * 31 + (of_sym_empty(f->name) ? 0 : f->name->hash);
    h = h * 31 + (of_sym_empty(f->overload) ? 0 : f->overload->hash);
    return h * UINT64_C(0x9E3779B97F4A7C15);
}

static bool func_eq(const void *a, const void *b, void *user)
{
    const of_func *x = a, *y = b;
    (void)user;
    return sym_same(x->name, y->name) && same_domain(x->domain, y->domain) &&
           sym_same(x->overload, y->overload);
}

/* One version a domain; where a file names a domain twice, the last entry counts, as it
 * does for the checker and the runtimes. */
static of_status index_opsets(of_model *m, const of_func *f, of_opset *o, size_t n, of_err *e)
{
    for (size_t i = 0; i < n; i++) {
        opset_row key = {f, o[i].domain, o[i].version};
        uint64_t h = opset_hash(f, o[i].domain);
        opset_row *old = of_htab_find(&m->opset_tab, h, &key);
        if (old) {
            old->version = o[i].version;
            continue;
        }
        opset_row *row = of_arena_dup(&m->arena, &key, sizeof key);
        if (!row || of_htab_put(&m->opset_tab, h, row) != OF_OK)
            return of_nomem(e);
    }
    return OF_OK;
}

of_status of_model_index(of_model *m, of_err *e)
{
    if (m->func_tab.alloc) of_htab_free(&m->func_tab);
    if (m->opset_tab.alloc) of_htab_free(&m->opset_tab);
    of_htab_init(&m->func_tab, m->alloc, func_eq, NULL);
    of_htab_init(&m->opset_tab, m->alloc, opset_eq, NULL);
    if (m->n_opsets > SHORT_LIST) OF_TRY(index_opsets(m, NULL, m->opsets, m->n_opsets, e));
    for (size_t i = 0; i < m->n_funcs; i++) {
        of_func *f = m->funcs[i];
        f->index = (uint32_t)i;
        if (f->drop) continue;
        if (of_htab_find(&m->func_tab, func_hash(f), f))
            return of_fail_at(e, OF_E_MODEL, f->src.len ? f->src.off : OF_NO_OFFSET,
                              "function '%.*s' is defined twice", of_clip(f->name->len), f->name->s);
        if (of_htab_put(&m->func_tab, func_hash(f), f) != OF_OK)
            return of_nomem(e);
        if (f->n_opsets > SHORT_LIST) OF_TRY(index_opsets(m, f, f->opsets, f->n_opsets, e));
    }
    return OF_OK;
}

int64_t of_graph_opset(const of_graph *g, of_sym domain)
{
    const of_model *m = g->model;
    const of_func *f = g->func;
    const of_opset *o = f ? f->opsets : m->opsets;
    size_t n = f ? f->n_opsets : m->n_opsets;
    if (n > SHORT_LIST) {
        opset_row key = {f, domain, 0};
        opset_row *row = of_htab_find(&m->opset_tab, opset_hash(f, domain), &key);
        return row ? row->version : 0;
    }
    while (n-- > 0)
        if (same_domain(o[n].domain, domain)) return o[n].version;
    return 0;
}

int64_t of_node_opset(const of_node *n)
{
    return n->graph ? of_graph_opset(n->graph, n->domain) : 0;
}

of_func *of_node_func(const of_node *n)
{
    const of_model *m = n->graph ? n->graph->model : NULL;
    if (!m || m->func_tab.count == 0) return NULL;
    of_func key = {.domain = n->domain, .name = n->op_type, .overload = n->rest ? n->rest->overload : NULL};
    of_func *f = of_htab_find(&m->func_tab, func_hash(&key), &key);
    return f && !f->drop ? f : NULL;
}

void of_err_at_node(of_err *e, const of_node *n)
{
    char text[OF_ERR_NODE];
    if (!e) return;
    if (!of_sym_empty(n->name)) {
        of_err_set_node(e, n->name->s, n->name->len);
        return;
    }
    of_sym op = n->op_type;
    int k = snprintf(text, sizeof text, "%.*s #%u", op ? of_clip(op->len) : 0, op ? op->s : "",
                     (unsigned)n->id);
    if (k < 0) return;
    of_err_set_node(e, text, (size_t)k < sizeof text ? (size_t)k : sizeof text - 1);
}
