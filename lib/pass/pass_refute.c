/* An If whose condition is not known, but one of whose branches no run can take and
 * succeed: with the rank that this branch gives, an operator that every run comes to is
 * handed what it does not take. Whenever the model computes anything, the other branch
 * was taken, so that one stands for the If.
 *
 * Found out by supposing: the outputs get the branch's types, inference is carried on
 * from there over what uses them, and everything is put back. Only ranks that ONNX and
 * every runtime insist on count as a contradiction, and only where inference, not a
 * declaration, has them from. */
#include "pass/pass_frame.h"

#define OF_GUESS_NODES 512

typedef struct of_guess {
    const of_node *root;  /* the If */
    of_node **queue;      /* OF_GUESS_NODES at most in all */
    size_t at, n_queue;
    bool full, refuted;
} of_guess;

static int32_t of_rank(const of_value *v)
{
    return v && v->type && v->type->kind == OF_T_TENSOR ? v->type->shape.rank : -1;
}

/* Whether n cannot run on inputs of these ranks. */
static bool of_rank_misfit(const of_node *n)
{
    const int32_t x = of_rank(of_in_value(n, 0)), w = of_rank(of_in_value(n, 1));

    if (x < 0) return false;
    if (of_node_is(n, "LSTM") || of_node_is(n, "GRU") || of_node_is(n, "RNN")) return x != 3;
    if (of_node_is(n, "Conv") || of_node_is(n, "ConvTranspose")) return w >= 0 && x != w;
    if (of_node_is(n, "Transpose")) {
        const of_attr *a = of_node_attr(n, "perm");
        return a && a->type == OF_A_INTS && of_sym_empty(a->ref) && (int64_t)a->n != (int64_t)x;
    }
    if (of_node_is(n, "Concat")) {
        for (uint32_t i = 1; i < n->n_in; i++)
            if (of_rank(of_in_value(n, i)) >= 0 && of_rank(of_in_value(n, i)) != x) return true;
    }
    return false;
}

/* The branch of owner that is taken, as far as it is known. */
static const of_graph *of_taken(const of_node *owner)
{
    const of_value *cond = of_in_value(owner, 0);
    of_graph *yes, *no;

    if (!of_pass_branches(owner, &yes, &no) || !cond || !cond->known || cond->n_known != 1 ||
        !of_dim_is_num(cond->known[0]))
        return NULL;
    return cond->known[0].k ? yes : no;
}

/* Whether every run of the root's graph runs n, and for a result. */
static bool of_certain(const of_guess *s, const of_node *n)
{
    bool used = false;

    for (uint32_t i = 0; i < n->n_out; i++) used = used || (n->out[i] && n->out[i]->n_uses);
    if (!used) return false;
    for (const of_graph *g = n->graph; g != s->root->graph; g = g->owner->graph)
        if (!g->owner || of_taken(g->owner) != g) return false;
    return true;
}

static void of_refute_push(of_guess *s, of_node *n)
{
    if (s->n_queue == OF_GUESS_NODES) s->full = true;
    else s->queue[s->n_queue++] = n;
}

/* v is of type t, with these elements; what uses it is to be looked at. */
static of_status of_spread(of_pass *p, of_guess *s, of_value *v, const of_type *t, of_dim *known, uint32_t n_known)
{
    if (v->cval) return OF_OK;
    OF_TRY(of_pass_suppose(p, v, t, known, n_known));
    for (const of_use *u = v->uses; u; u = u->next) {
        if (u->node) of_refute_push(s, u->node);
        else if (of_use_graph(u)->owner) of_refute_push(s, of_use_graph(u)->owner);
    }
    return OF_OK;
}

/* What inference makes of n, supposed of its outputs. */
static of_status of_refute_node(of_pass *p, of_guess *s, of_node *n)
{
    if (n == s->root) return OF_OK;
    if (of_rank_misfit(n) && of_certain(s, n)) {
        s->refuted = true;
        return OF_OK;
    }
    OF_TRY(of_pass_scratch_out(p, n->n_out));
    OF_TRY(of_eval_infer(&p->ev, n, p->out_type, p->out_known, p->out_known_n, p->err));
    for (uint32_t i = 0; i < n->n_out && !s->full; i++)
        if (n->out[i])
            OF_TRY(of_spread(p, s, n->out[i], p->out_type[i], p->out_known[i], p->out_known_n[i]));
    return OF_OK;
}

static of_status of_try_branch(of_pass *p, of_guess *s, of_graph *g, bool *refuted)
{
    bool all = false;
    of_status st;

    s->at = s->n_queue = 0;
    s->refuted = false;
    /* All of the branch anew: what it declares of its values is left out. */
    st = of_pass_infer_body(p, g, &all);
    s->full = !all;
    for (uint32_t i = 0; st == OF_OK && all && i < s->root->n_out; i++)
        if (s->root->out[i]) st = of_spread(p, s, s->root->out[i], g->outputs[i].value->type, NULL, 0);
    while (st == OF_OK && !s->full && !s->refuted && s->at < s->n_queue)
        if (of_pass_guess(p)) st = of_refute_node(p, s, s->queue[s->at++]);
        else s->full = true;
    of_pass_unsuppose(p);
    *refuted = s->refuted;
    return st;
}

/* Whether the branches give something of different ranks: else there is nothing to tell
 * them apart by. */
static bool of_ranks_differ(const of_node *n, const of_graph *yes, const of_graph *no)
{
    if (yes->n_outputs < n->n_out || no->n_outputs < n->n_out) return false;
    for (uint32_t i = 0; i < n->n_out; i++) {
        const int32_t a = of_rank(yes->outputs[i].value), b = of_rank(no->outputs[i].value);
        if (a >= 0 && b >= 0 && a != b) return true;
    }
    return false;
}

of_status of_pass_refute(of_pass *p, of_node *n, bool *done)
{
    of_graph *yes, *no;
    of_guess s = {.root = n};
    of_arena_mark mark;
    bool not_yes = false, not_no = false;
    of_status st = OF_OK;

    *done = false;
    if (!of_pass_branches(n, &yes, &no)) return OF_OK;
    if (p->sweeping) { /* the types of what comes after n are not known yet */
        p->saw_if = true;
        return OF_OK;
    }
    if (!n->in[0].value || n->in[0].value->cval || !of_ranks_differ(n, yes, no)) return OF_OK;
    mark = of_arena_save(&p->ev.tmp);
    s.queue = OF_NEW_N(&p->ev.tmp, of_node *, OF_GUESS_NODES);
    if (!s.queue) st = of_pass_nomem(p);
    if (st == OF_OK) st = of_try_branch(p, &s, yes, &not_yes);
    if (st == OF_OK) st = of_try_branch(p, &s, no, &not_no);
    of_arena_restore(&p->ev.tmp, mark);
    if (st != OF_OK || not_yes == not_no) return st;
    return of_pass_take_branch(p, n, not_yes ? no : yes, OF_PASS_PARTIAL, done);
}
