/* Which foldable nodes the options let be folded, and why the others stay
 * (docs: options of the library; the order of the questions is the order below). */
#include <string.h>

#include "pass/pass_frame.h"

/* ---- names ---- */

static int of_str_cmp(of_str a, of_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : a.n < b.n ? -1 : a.n > b.n;
}

/* Compares an entry with "domain::op" without building it. */
static int of_entry_cmp(of_str entry, of_sym domain, of_sym op)
{
    of_str head = entry;
    int c;

    if (of_domain_is_default(domain)) return of_str_cmp(entry, (of_str){op->s, op->len});
    head.n = entry.n < domain->len ? entry.n : domain->len;
    c = of_str_cmp(head, (of_str){domain->s, domain->len});
    if (c) return c;
    head = (of_str){entry.p + domain->len, entry.n - domain->len};
    if (head.n < 2) return of_str_cmp(head, (of_str){"::", 2});
    c = of_str_cmp((of_str){head.p, 2}, (of_str){"::", 2});
    return c ? c : of_str_cmp((of_str){head.p + 2, head.n - 2}, (of_str){op->s, op->len});
}

static bool of_op_listed(const of_pass_opts *o, const of_node *n)
{
    size_t lo = 0, hi = o->n_excluded_ops;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = of_entry_cmp(o->excluded_ops[mid], n->domain, n->op_type);
        if (c == 0) return true;
        if (c < 0) lo = mid + 1;
        else hi = mid;
    }
    return false;
}

static bool of_node_listed(const of_str *list, size_t k, const of_node *n)
{
    if (of_sym_empty(n->name)) return false;
    for (size_t i = 0; i < k; i++)
        if (of_glob_match(list[i].p, list[i].n, n->name->s, n->name->len)) return true;
    return false;
}

/* ---- quantization islands ---- */

enum {
    OF_ISLAND_CONST = 1, /* constant, were the quantization operators folded like any other */
    OF_ISLAND_OPEN = 2,  /* a quantizing operator follows inside of the constant part */
    OF_ISLAND_FOLD = 4,  /* a quantization operator that may fold */
};

static bool of_is_quantizer(const of_node *n)
{
    return of_node_is(n, "QuantizeLinear") || of_node_is(n, "DynamicQuantizeLinear");
}

static of_status of_island_forward(of_pass *p, of_graph *root)
{
    of_walk w;
    of_node *n;
    of_status st;

    OF_TRY(of_walk_init(&w, p->alloc, root, true));
    for (;;) {
        const of_op *op;
        bool is;

        st = of_walk_next(&w, &n);
        if (st != OF_OK || !n) break;
        op = of_op_of_node(n);
        is = of_pass_is_constant(n) || (op && !(op->flags & (OF_OP_RANDOM | OF_OP_CONTROL)) && n->n_in);
        for (uint32_t i = 0; is && i < n->n_in; i++) {
            const of_value *v = n->in[i].value;
            if (!v || v->cval) continue;
            is = v->producer && v->producer->id < p->n_island && (p->island[v->producer->id] & OF_ISLAND_CONST);
        }
        if (is && n->id < p->n_island) p->island[n->id] = OF_ISLAND_CONST;
    }
    of_walk_free(&w);
    return st == OF_OK ? OF_OK : of_pass_nomem(p);
}

/* Every use of n's outputs is a constant node; *open: one of them quantizes or is open. */
static bool of_island_uses(const of_pass *p, const of_node *n, bool *open)
{
    bool inside = true;

    *open = false;
    for (uint32_t i = 0; i < n->n_out; i++) {
        if (!n->out[i]) continue;
        for (const of_use *u = n->out[i]->uses; u; u = u->next) {
            uint8_t f = u->node && u->node->id < p->n_island ? p->island[u->node->id] : 0;
            if (!(f & OF_ISLAND_CONST)) inside = false;
            else if (of_is_quantizer(u->node) || (f & OF_ISLAND_OPEN)) *open = true;
        }
    }
    return inside;
}

/* Whether every user of n is a DequantizeLinear that folds: n is then the first half of a pair. */
static bool of_island_pair(const of_pass *p, const of_node *n)
{
    bool any = false;

    for (uint32_t i = 0; i < n->n_out; i++) {
        if (!n->out[i]) continue;
        for (const of_use *u = n->out[i]->uses; u; u = u->next) {
            if (!u->node || !of_node_is(u->node, "DequantizeLinear") || u->node->id >= p->n_island ||
                !(p->island[u->node->id] & OF_ISLAND_FOLD))
                return false;
            any = true;
        }
    }
    return any;
}

of_status of_policy_islands(of_pass *p)
{
    of_model *m = p->m;

    p->island = (uint8_t *)of_mem_zalloc(p->alloc, m->n_nodes);
    if (!p->island) return m->n_nodes ? of_pass_nomem(p) : OF_OK;
    p->n_island = m->n_nodes;
    OF_TRY(of_island_forward(p, m->graph));
    for (size_t i = 0; i < m->n_funcs; i++)
        if (!m->funcs[i]->drop) OF_TRY(of_island_forward(p, m->funcs[i]->body));
    /* A user has the greater place in the order of its graph, and a body's node is
     * reached after its owner's users: ids do not follow that order, graphs do. */
    for (size_t gi = m->n_graphs; gi-- > 0;) {
        of_graph *g = m->graphs[gi];
        if (!g || g->training) continue;
        for (of_node *n = g->last; n; n = n->prev) {
            bool open, inside;

            if (n->id >= p->n_island || !(p->island[n->id] & OF_ISLAND_CONST)) continue;
            inside = of_island_uses(p, n, &open);
            if (open) p->island[n->id] |= OF_ISLAND_OPEN;
            if (of_node_is(n, "DequantizeLinear") ? inside && !open : of_is_quantizer(n) && of_island_pair(p, n))
                p->island[n->id] |= OF_ISLAND_FOLD;
        }
    }
    return OF_OK;
}

static bool of_quant_allowed(const of_pass *p, const of_node *n)
{
    switch (p->o->quant) {
    case OF_QUANT_FOLD: return true;
    case OF_QUANT_ISLANDS: return n->id < p->n_island && (p->island[n->id] & OF_ISLAND_FOLD);
    case OF_QUANT_PRESERVE: break;
    }
    return false;
}

/* ---- the questions ---- */

static of_status of_ask(of_pass *p, of_node *n, of_choice *choice)
{
    of_arena_mark mark;
    of_opctx c;
    of_status st;

    *choice = OF_CHOICE_DEFAULT;
    if (!p->o->should_fold) return OF_OK;
    mark = of_arena_save(&p->ev.tmp);
    st = of_eval_ctx(&p->ev, &c, n, p->err);
    if (st == OF_OK) *choice = p->o->should_fold(p->o->should_fold_user, &c);
    of_arena_restore(&p->ev.tmp, mark);
    return st;
}

static void of_refuse(of_verdict *v, of_reason why, int64_t number)
{
    v->fold = false;
    v->why = why;
    v->number = number;
}

/* Callback, then exclusion by node, force, quantization, exclusion by operator. *input:
 * the input size limit holds. */
static of_status of_excluded(of_pass *p, of_node *n, of_verdict *v, bool *input)
{
    const of_op *op = of_op_of_node(n);
    of_choice choice;

    *v = (of_verdict){.fold = true};
    *input = true;
    if (op && (op->flags & OF_OP_RANDOM)) {
        of_refuse(v, OF_WHY_RANDOM, 0);
        return OF_OK;
    }
    OF_TRY(of_ask(p, n, &choice));
    if (choice == OF_CHOICE_KEEP) {
        of_refuse(v, OF_WHY_CALLBACK, 0);
        return OF_OK;
    }
    if (choice == OF_CHOICE_FOLD) {
        *input = false;
        return OF_OK;
    }
    if (of_node_listed(p->o->keep_nodes, p->o->n_keep_nodes, n)) {
        of_refuse(v, OF_WHY_EXCLUDED_NODE, 0);
        return OF_OK;
    }
    if (of_node_listed(p->o->force_nodes, p->o->n_force_nodes, n)) {
        v->any_size = true;
        *input = false;
        return OF_OK;
    }
    if (op && (op->flags & OF_OP_QUANT) && of_domain_is_default(n->domain)) {
        if (!of_quant_allowed(p, n)) of_refuse(v, OF_WHY_QUANTIZATION, 0);
        return OF_OK; /* the mode decides over these, not the list */
    }
    if (of_op_listed(p->o, n)) of_refuse(v, OF_WHY_EXCLUDED_OP, 0);
    return OF_OK;
}

of_status of_policy_excluded(of_pass *p, of_node *n, of_verdict *v)
{
    bool input;
    return of_excluded(p, n, v, &input);
}

/* All uses of v are inputs of n. */
static bool of_only_user(const of_value *v, const of_node *n)
{
    for (const of_use *u = v->uses; u; u = u->next)
        if (u->node != n) return false;
    return true;
}

static bool of_is_reshape(const of_node *n)
{
    return of_node_is(n, "Reshape") || of_node_is(n, "Squeeze") || of_node_is(n, "Unsqueeze") ||
           of_node_is(n, "Flatten") || of_node_is(n, "Identity");
}

/* Bytes that a constant takes in the file, 0 for what is not stored by itself. */
static uint64_t of_stored(const of_value *v)
{
    const of_tensor *t = of_val_tensor(v->cval);

    if (v->flags & (OF_VALUE_INPUT | OF_VALUE_PINNED)) return 0;
    if (v->init && v->init->sparse) {
        const of_sparse *sp = v->init->sparse;
        return (sp->values ? sp->values->bytes : 0) + (uint64_t)(sp->indices ? sp->indices->bytes : 0);
    }
    if (!t || (!v->init && !(v->producer && of_pass_is_constant(v->producer)))) return 0;
    return t->bytes;
}

uint64_t of_policy_freed(const of_node *n)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < n->n_in; i++) {
        const of_value *v = n->in[i].value;

        /* A value that is several inputs counts once: at the use its list begins with. */
        if (v && v->cval && v->uses == &n->in[i] && of_only_user(v, n)) sum = of_sat_add(sum, of_stored(v));
    }
    return sum;
}

bool of_policy_static_size(const of_node *n, uint64_t *bytes, uint64_t *largest)
{
    *bytes = 0;
    *largest = 0;
    for (uint32_t i = 0; i < n->n_out; i++) {
        const of_value *v = n->out[i];
        int64_t dims[OF_MAX_RANK], count;
        size_t size;

        if (!v || !v->n_uses) continue;
        if (!v->type || v->type->kind != OF_T_TENSOR || !v->type->dtype || !of_shape_is_static(&v->type->shape) ||
            v->type->shape.rank > OF_MAX_RANK)
            return false;
        for (int32_t k = 0; k < v->type->shape.rank; k++) dims[k] = v->type->shape.d[k].k;
        if (!of_tensor_size((of_dtype)v->type->dtype, dims, (size_t)v->type->shape.rank, &count, &size)) {
            *bytes = *largest = UINT64_MAX;
            return true;
        }
        *bytes = of_sat_add(*bytes, size);
        if ((uint64_t)count > *largest) *largest = (uint64_t)count;
    }
    return true;
}

static bool of_moves(of_node *n)
{
    const of_op *op = of_op_of_node(n);
    return op && (op->flags & OF_OP_MOVES);
}

/* Whether v is the result of a fold that has computed something, not a weight in another form. */
static bool of_computed(const of_value *v)
{
    return v->origin && !of_moves(v->origin) && !of_node_is(v->origin, "Cast");
}

/* Whether v is handed out in pieces: only nodes that move bytes use it, all of them over
 * constants, and what they give takes no more than v does. Folding them all lets v go. */
static bool of_handed_out(const of_pass *p, const of_value *v)
{
    uint64_t sum = 0, bytes, largest;
    size_t k = 0;

    for (const of_use *u = v->uses; u; u = u->next) {
        if (!u->node || ++k > OF_PIECES || u->index != 0 || !of_moves(u->node) || of_op_listed(p->o, u->node) ||
            of_node_listed(p->o->keep_nodes, p->o->n_keep_nodes, u->node) ||
            !of_policy_static_size(u->node, &bytes, &largest))
            return false;
        for (uint32_t i = 1; i < u->node->n_in; i++)
            if (u->node->in[i].value && !u->node->in[i].value->cval) return false;
        sum = of_sat_add(sum, bytes);
    }
    return k > 1 && sum <= of_stored(v);
}

/* Whether n may read a constant of any size: it moves it, makes it smaller, makes little of
 * what is then no longer there, or goes on from what a fold has computed and takes its place. */
static bool of_large_input_ok(const of_pass *p, of_node *n, const of_value *v)
{
    const of_tensor *t = (const of_tensor *)(const void *)v->cval;
    uint64_t bytes, largest;

    if (of_node_is(n, "Transpose")) return true;
    if (of_is_reshape(n)) return of_only_user(v, n);
    if (of_node_is(n, "Cast")) {
        const of_attr *to = of_node_attr(n, "to");
        return to && to->type == OF_A_INT && of_dtype_valid(to->u.i) && t->dtype != OF_STRING &&
               to->u.i != OF_STRING && of_dtypes[to->u.i].bits <= of_dtypes[t->dtype].bits;
    }
    if (!of_policy_static_size(n, &bytes, &largest)) return false;
    if (of_only_user(v, n))
        return bytes <= of_policy_freed(n) &&
               (of_moves(n) || of_computed(v) || largest <= (uint64_t)p->o->input_size_limit);
    return of_handed_out(p, v);
}

static bool of_is_float(const of_type *t)
{
    unsigned kind = t && t->kind == OF_T_TENSOR && of_dtype_valid(t->dtype) ? of_dtypes[t->dtype].kind : OF_K_FLOAT;
    return kind == OF_K_FLOAT || kind == OF_K_COMPLEX;
}

/* Whether runtimes pack u's value ahead of time when it is constant, and then sum in another
 * order: W and R of the recurrent operators; of products in floating point the second operand,
 * where it is the last bits alone that come out otherwise (`products`: these count too). */
static bool of_is_packed(const of_use *u, bool products)
{
    const of_node *n = u->node;

    if (!n) return false;
    if ((u->index == 1 || u->index == 2) && (of_node_is(n, "LSTM") || of_node_is(n, "GRU") || of_node_is(n, "RNN")))
        return true;
    return products && u->index == 1 && (of_node_is(n, "MatMul") || of_node_is(n, "Gemm")) && of_is_float(u->value->type);
}

/* Whether such a value is what n computes. */
static bool of_packed_weight(const of_node *n, bool products)
{
    for (uint32_t i = 0; i < n->n_out; i++)
        for (const of_use *u = n->out[i] ? n->out[i]->uses : NULL; u; u = u->next)
            if (of_is_packed(u, products)) return true;
    return false;
}

/* Whether runtimes may differ in what n gives: IEEE 754 fixes sums of two and quotients, not
 * functions and longer sums. */
static bool of_loose(of_node *n)
{
    const of_op *op = of_op_of_node(n);
    if (!op || op->flags & OF_OP_CONTROL) return true;
    if (!(op->flags & OF_OP_LOOSE)) return false;
    for (uint32_t i = 0; i < n->n_in; i++)
        if (n->in[i].value && of_is_float(n->in[i].value->type)) return true;
    for (uint32_t i = 0; i < n->n_out; i++)
        if (n->out[i] && of_is_float(n->out[i]->type)) return true;
    return false;
}

of_status of_policy_judge(of_pass *p, of_node *n, of_verdict *v)
{
    bool input, weight;

    OF_TRY(of_excluded(p, n, v, &input));
    if (!v->fold || !input) return OF_OK;
    weight = of_packed_weight(n, p->o->exact);
    if (p->o->exact && (weight || of_loose(n))) {
        of_refuse(v, OF_WHY_EXACT, 0);
        return OF_OK;
    }
    for (uint32_t i = 0; i < n->n_in; i++) {
        const of_value *x = n->in[i].value;
        const of_tensor *t = x ? of_val_tensor(x->cval) : NULL;
        if (!t || t->count <= p->o->input_size_limit || (!weight && of_large_input_ok(p, n, x))) continue;
        of_refuse(v, OF_WHY_INPUT_SIZE, t->count);
        return OF_OK;
    }
    return OF_OK;
}

void of_policy_size(of_pass *p, const of_node *n, uint64_t bytes, uint64_t largest, of_verdict *v)
{
    const of_pass_opts *o = p->o;
    uint64_t freed = of_policy_freed(n);
    int64_t sum;

    /* one of the pieces that take their source's place */
    if (bytes > freed && n->n_in && n->in[0].value && n->in[0].value->cval && of_handed_out(p, n->in[0].value)) return;

    if (!v->any_size && o->output_size_limit != INT64_MAX && largest > (uint64_t)o->output_size_limit &&
        bytes > freed) {
        of_refuse(v, OF_WHY_OUTPUT_SIZE, largest > INT64_MAX ? INT64_MAX : (int64_t)largest);
        return;
    }
    if (o->growth_budget == INT64_MAX || bytes <= freed) return;
    if (bytes - freed > INT64_MAX || !of_add_i64(p->growth, (int64_t)(bytes - freed), &sum) ||
        sum > o->growth_budget)
        of_refuse(v, OF_WHY_GROWTH, bytes - freed > INT64_MAX ? INT64_MAX : (int64_t)(bytes - freed));
}
