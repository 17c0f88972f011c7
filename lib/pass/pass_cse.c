/* Common subexpressions: of two nodes of one graph that apply one operator with the same
 * attributes to the same values, the later gives way. Never nodes whose result is not
 * determined, nor operators that are not known to be. */
#include <string.h>

#include "pass/pass_frame.h"
#include "tensor/tensor.h"

/* Attributes that carry more than this are no reason to compare. */
#define OF_MAX_ATTR_BYTES 4096

static bool of_attr_plain(const of_attr *a)
{
    switch ((of_attr_type)a->type) {
    case OF_A_FLOAT:
    case OF_A_INT:
    case OF_A_STRING:
    case OF_A_FLOATS:
    case OF_A_INTS: return true;
    case OF_A_TENSOR: return a->u.t && a->u.t->bytes <= OF_MAX_ATTR_BYTES && (a->u.t->data || !a->u.t->bytes);
    default: return false;
    }
}

static bool of_candidate(const of_pass *p, of_node *n)
{
    const of_op *op = of_op_of_node(n);
    bool used = false;

    if (!op || (op->flags & (OF_OP_RANDOM | OF_OP_CONTROL)) || of_pass_is_constant(n)) return false;
    /* Dropout draws numbers in training mode, which an input may decide. */
    if (of_node_is(n, "Dropout") || !n->n_out) return false;
    for (size_t i = 0; i < p->o->n_custom; i++)
        if (p->o->custom[i].name.n == n->op_type->len &&
            !memcmp(p->o->custom[i].name.p, n->op_type->s, n->op_type->len))
            return false;
    for (const of_attr *a = n->attrs; a; a = a->next)
        if (of_sym_empty(a->ref) && !of_attr_plain(a)) return false;
    for (uint32_t i = 0; i < n->n_out; i++) used = used || (n->out[i] && n->out[i]->n_uses);
    return used;
}

static uint64_t of_mix(uint64_t h, uint64_t x)
{
    h ^= x + UINT64_C(0x9e3779b97f4a7c15) + (h << 6) + (h >> 2);
    return h * UINT64_C(0xff51afd7ed558ccd);
}

static uint64_t of_attr_hash(uint64_t h, const of_attr *a)
{
    h = of_mix(h, a->name->id);
    if (!of_sym_empty(a->ref)) return of_mix(h, a->ref->id);
    switch ((of_attr_type)a->type) {
    case OF_A_FLOAT: return of_hash_bytes(h, &a->u.f, sizeof a->u.f);
    case OF_A_INT: return of_mix(h, (uint64_t)a->u.i);
    case OF_A_STRING: return of_hash_bytes(h, a->u.s.p, a->u.s.n);
    case OF_A_FLOATS: return of_hash_bytes(h, a->u.floats, a->n * sizeof *a->u.floats);
    case OF_A_INTS: return of_hash_bytes(h, a->u.ints, a->n * sizeof *a->u.ints);
    default: return of_mix(h, (uint64_t)a->u.t->count);
    }
}

static uint64_t of_node_hash(const of_pass *p, const of_node *n)
{
    uint64_t h = of_mix(p->m->names.seed, n->op_type->id), attrs = 0;

    h = of_mix(h, n->graph->id);
    h = of_mix(h, n->domain ? n->domain->id : 0);
    for (uint32_t i = 0; i < n->n_in; i++) h = of_mix(h, n->in[i].value ? n->in[i].value->id + UINT64_C(1) : 0);
    for (const of_attr *a = n->attrs; a; a = a->next) attrs += of_attr_hash(0, a); /* in any order */
    return of_mix(h, attrs);
}

static bool of_attr_equal(const of_attr *a, const of_attr *b)
{
    if (a->type != b->type || a->n != b->n || of_sym_empty(a->ref) != of_sym_empty(b->ref)) return false;
    if (!of_sym_empty(a->ref)) return a->ref == b->ref;
    switch ((of_attr_type)a->type) {
    case OF_A_FLOAT: return memcmp(&a->u.f, &b->u.f, sizeof a->u.f) == 0;
    case OF_A_INT: return a->u.i == b->u.i;
    case OF_A_STRING: return a->u.s.n == b->u.s.n && (!a->u.s.n || !memcmp(a->u.s.p, b->u.s.p, a->u.s.n));
    case OF_A_FLOATS: return !a->n || !memcmp(a->u.floats, b->u.floats, a->n * sizeof *a->u.floats);
    case OF_A_INTS: return !a->n || !memcmp(a->u.ints, b->u.ints, a->n * sizeof *a->u.ints);
    default: return of_tensor_equal(a->u.t, b->u.t);
    }
}

static bool of_attrs_equal(const of_node *a, const of_node *b)
{
    size_t na = 0, nb = 0;

    for (const of_attr *x = b->attrs; x; x = x->next) nb++;
    for (const of_attr *x = a->attrs; x; x = x->next) {
        const of_attr *y = b->attrs;
        na++;
        while (y && y->name != x->name) y = y->next;
        if (!y || !of_attr_equal(x, y)) return false;
    }
    return na == nb;
}

static bool of_node_equal(const void *pa, const void *pb, void *user)
{
    const of_node *a = (const of_node *)pa, *b = (const of_node *)pb;

    (void)user;
    if (a->graph != b->graph || a->op_type != b->op_type || a->n_in != b->n_in || a->n_out != b->n_out) return false;
    if (a->domain != b->domain && !(of_domain_is_default(a->domain) && of_domain_is_default(b->domain))) return false;
    for (uint32_t i = 0; i < a->n_in; i++)
        if (a->in[i].value != b->in[i].value) return false;
    return of_attrs_equal(a, b);
}

/* Whether each output of `later` may be had from `first` instead. */
static of_status of_may_stand(of_pass *p, const of_node *first, const of_node *later, bool *yes)
{
    *yes = true;
    for (uint32_t i = 0; *yes && i < later->n_out; i++) {
        const of_value *v = later->out[i];

        if (!v || !v->n_uses) continue;
        *yes = first->out[i] && !of_value_is_output(v) && !(v->flags & OF_VALUE_PINNED);
        if (*yes) OF_TRY(of_pass_visible(p, first->out[i], v, yes));
    }
    return OF_OK;
}

/* A pattern may want its parts to be one value, or no second node beside the first. Those that
 * use the later's outputs are looked at again, and where they are not too many for any pattern
 * the others as well: what is looked at stays in proportion to what is replaced. */
static of_status of_look_again(of_pass *p, of_node *first, const of_node *later)
{
    if (!p->any_rule) return OF_OK;
    OF_TRY(of_pass_push(p, first));
    for (uint32_t i = 0; i < later->n_out; i++) {
        if (!later->out[i] || !first->out[i]) continue;
        OF_TRY(of_pass_push_users(p, later->out[i]));
        if (first->out[i]->n_uses <= OF_PIECES) OF_TRY(of_pass_push_users(p, first->out[i]));
    }
    return OF_OK;
}

static of_status of_drop_later(of_pass *p, of_node *first, of_node *later)
{
    size_t k = 0;

    OF_TRY(of_look_again(p, first, later));

    OF_TRY(of_pass_scratch_in(p, later->n_in));
    for (uint32_t i = 0; i < later->n_in; i++)
        if (later->in[i].value) p->in_values[k++] = later->in[i].value;
    for (uint32_t i = 0; i < later->n_out; i++) {
        const of_value *v = later->out[i], *to = first->out[i];
        if (!v || !to) continue;
        if (p->any_rule && v->type && to->type && !of_type_same(v->type, to->type)) p->resweep = true;
        of_value_replace(later->out[i], first->out[i], false);
    }
    of_pass_unlink(p, later, OF_REPLACED, OF_PASS_CSE);
    of_pass_applied(p, OF_PASS_CSE, 1);
    /* what the two shared may now have one user */
    for (size_t i = 0; i < k; i++) OF_TRY(of_pass_release(p, p->in_values[i]));
    return OF_OK;
}

static of_status of_cse_graph(of_pass *p, of_htab *h, of_graph *g)
{
    of_node *next;

    for (of_node *n = g->first; n; n = next) {
        of_node *first;
        uint64_t hash;
        bool yes = false;

        next = n->next;
        if (!of_candidate(p, n)) continue;
        hash = of_node_hash(p, n);
        first = (of_node *)of_htab_find(h, hash, n);
        if (first) OF_TRY(of_may_stand(p, first, n, &yes));
        if (yes) OF_TRY(of_drop_later(p, first, n));
        else if (!first && of_htab_put(h, hash, n) != OF_OK) return of_pass_nomem(p);
    }
    return OF_OK;
}

static of_status of_cse_fn(of_pass *p, of_graph *g)
{
    of_htab h;
    of_status st;

    if (g->n_nodes < 2) return OF_OK;
    of_htab_init(&h, p->alloc, of_node_equal, NULL);
    st = of_cse_graph(p, &h, g);
    of_htab_free(&h);
    return st;
}

/* The passes' walk stands on a node while its bodies are given out; nodes with bodies
 * stay, so taking others away does not disturb it. */
of_status of_pass_cse(of_pass *p)
{
    of_model *m = p->m;

    OF_TRY(of_pass_each_graph(p, m->graph, of_cse_fn));
    for (size_t i = 0; i < m->n_funcs; i++)
        if (!m->funcs[i]->drop) OF_TRY(of_pass_each_graph(p, m->funcs[i]->body, of_cse_fn));
    return OF_OK;
}
