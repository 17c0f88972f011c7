/* An If gives way to the branch it takes, which a constant condition tells (or pass_refute.c): the branch's nodes,
 * initializers and value_info move to where the If stands. Names that would clash with
 * any other of the same name space are made fresh; values are pointers, so whatever
 * captures them follows. Every step leaves a valid model behind. */
#include <string.h>

#include "pass/pass_frame.h"

/* How output i of the If is given what the branch computes. */
typedef enum of_give { OF_GIVE_REPLACE, OF_GIVE_NAME, OF_GIVE_IDENTITY } of_give;

typedef struct of_plan {
    of_value *from;     /* the branch's output */
    of_node *identity;  /* OF_GIVE_IDENTITY: made beforehand */
    of_sym fresh;       /* OF_GIVE_NAME: what the If's own value is then called */
    const of_type *type;
    uint8_t give;
} of_plan;

/* A sparse initializer has one once it was made dense. */
static of_tensor *of_init_tensor(const of_init *it)
{
    return it->tensor ? it->tensor : it->value ? of_val_tensor(it->value->cval) : NULL;
}

/* Whether what the branch holds can stand in graph g. */
static bool of_can_move(const of_pass *p, const of_graph *g, const of_graph *take)
{
    bool inits = !g->func && (p->m->ir_version >= 4 || p->o->initializer_inputs_constant);

    /* Names that an annotation of the branch refers to cannot move without it. */
    if (take->n_inputs || take->n_pinned) return false;
    for (const of_init *it = take->init_first; it; it = it->next)
        if (!it->value || (!inits && !of_init_tensor(it))) return false;
    return true;
}

bool of_pass_branches(const of_node *n, of_graph **yes, of_graph **no)
{
    of_attr *t = of_node_attr(n, "then_branch"), *e = of_node_attr(n, "else_branch");

    if (!of_node_is(n, "If") || n->n_in != 1 || !t || !e || t->type != OF_A_GRAPH || e->type != OF_A_GRAPH)
        return false;
    *yes = t->u.g;
    *no = e->u.g;
    return *yes && *no;
}

/* The branch that the condition chooses; NULL when it is not known. */
static of_status of_choose(of_pass *p, of_node *n, of_graph **take)
{
    of_graph *t, *e;
    of_value *v = of_in_value(n, 0);
    of_tensor *cond = v ? of_val_tensor(v->cval) : NULL;
    of_status st;

    *take = NULL;
    if (!cond || cond->dtype != OF_BOOL || cond->count != 1 || !of_pass_branches(n, &t, &e)) return OF_OK;
    of_err_clear(&p->why);
    st = of_tensor_load(cond, &p->why);
    if (of_pass_fatal(p, st)) return of_fail(p->err, st, "%s", p->why.msg);
    if (st != OF_OK) return of_pass_kept(p, n, OF_WHY_EVAL_FAILED, 0, p->why.msg);
    *take = *(const uint8_t *)cond->data != 0 ? t : e;
    return OF_OK;
}

/* Whether the options, the budget and what the branch holds let it stand for n. */
static of_status of_may_take(of_pass *p, of_node *n, const of_graph *take, size_t by, bool *yes)
{
    of_verdict verdict;
    of_status st;

    OF_TRY(of_policy_excluded(p, n, &verdict));
    *yes = verdict.fold;
    if (!*yes) { /* a reason is given where the condition is constant */
        return by == OF_PASS_FOLD ? of_pass_kept(p, n, verdict.why, verdict.number, NULL) : OF_OK;
    }
    *yes = take->n_outputs == n->n_out && of_can_move(p, n->graph, take);
    if (!*yes) return OF_OK;
    of_err_clear(&p->why);
    st = of_budget_nodes(&p->budget, take->n_nodes, &p->why);
    if (st == OF_E_CANCELLED) return of_fail(p->err, st, "%s", p->why.msg);
    *yes = st == OF_OK;
    return !*yes && by == OF_PASS_FOLD ? of_pass_kept(p, n, OF_WHY_BUDGET, 0, p->why.msg) : OF_OK;
}

/* The discarded branch: its values leave the name space, its nodes are the report's. */
static of_status of_discard(of_pass *p, of_graph *g, bool names, size_t by)
{
    of_walk w;
    of_node *n;
    of_status st;

    for (of_init *it = g->init_first; names && it; it = it->next)
        if (it->value) of_pass_unnamed(p, it->value);
    OF_TRY(of_walk_init(&w, p->alloc, g, false));
    for (;;) {
        st = of_walk_next(&w, &n);
        if (st != OF_OK || !n) break;
        if (!names) {
            n->fate = OF_REMOVED;
            n->by = (uint16_t)(by + 1);
            n->why = OF_WHY_NONE;
            continue;
        }
        of_pass_node_unnamed(p, n);
        for (uint32_t i = 0; i < n->n_out; i++)
            if (n->out[i]) of_pass_unnamed(p, n->out[i]);
        of_body_iter it = of_bodies(n);
        for (of_graph *b = of_body_next(&it); b; b = of_body_next(&it)) {
            for (size_t i = 0; i < b->n_inputs; i++) of_pass_unnamed(p, b->inputs[i]);
            for (of_init *in = b->init_first; in; in = in->next)
                if (in->value) of_pass_unnamed(p, in->value);
        }
    }
    of_walk_free(&w);
    return st == OF_OK ? OF_OK : of_pass_nomem(p);
}

static of_status of_unclash(of_pass *p, of_value *v)
{
    uint32_t n;

    OF_TRY(of_pass_named(p, v, &n));
    return n > 1 ? of_pass_rename_fresh(p, v) : OF_OK;
}

/* Runtimes want node names unique within a graph as well. */
static of_status of_unclash_node(of_pass *p, of_node *n)
{
    of_sym name;
    uint32_t count;

    if (of_sym_empty(n->name)) return OF_OK;
    OF_TRY(of_pass_node_named(p, n, &count));
    if (count < 2) return OF_OK;
    name = of_fresh_name(p->m, n->name);
    if (!name) return of_pass_nomem(p);
    of_pass_node_unnamed(p, n);
    n->name = name;
    of_touch_node(n);
    return OF_OK;
}

static of_status of_rename_all(of_pass *p, of_graph *g)
{
    for (of_init *it = g->init_first; it; it = it->next)
        if (it->value) OF_TRY(of_unclash(p, it->value));
    for (of_node *n = g->first; n; n = n->next) {
        OF_TRY(of_unclash_node(p, n));
        for (uint32_t i = 0; i < n->n_out; i++)
            if (n->out[i]) OF_TRY(of_unclash(p, n->out[i]));
    }
    return OF_OK;
}

/* Decides on every output and gets all the memory that the change itself will need. */
static of_status of_make_plan(of_pass *p, of_node *n, of_graph *take, of_plan *plan, bool *able)
{
    bool oom = false, taken;

    *able = true;
    of_pass_unmark_all(p);
    for (uint32_t i = 0; i < n->n_out; i++) {
        of_value *to = n->out[i], *from = take->outputs[i].value;

        plan[i].from = from;
        if (!to) continue;
        plan[i].type = of_type_merge(p->m, from->type, to->type, &oom);
        if (oom) return of_pass_nomem(p);
        if (!of_value_is_output(to) && !(to->flags & OF_VALUE_PINNED)) {
            bool visible = true;
            if (from->graph != take) OF_TRY(of_pass_visible(p, from, to, &visible));
            if (visible) continue;
        }
        /* An outer value already has a name and a place, as has one that an earlier
         * output of the If has taken. */
        plan[i].give =
            from->graph == take && !(to->flags & OF_VALUE_PINNED) ? OF_GIVE_NAME : OF_GIVE_IDENTITY;
        if (plan[i].give == OF_GIVE_NAME) {
            OF_TRY(of_pass_mark(p, from, &taken));
            if (taken) plan[i].give = OF_GIVE_IDENTITY;
        }
        if (plan[i].give == OF_GIVE_IDENTITY) {
            *able = *able && of_pass_identity_takes(of_node_opset(n), plan[i].type);
            OF_TRY(of_pass_make_identity(p, &plan[i].identity));
        } else if (!(plan[i].fresh = of_fresh_name(p->m, to->name))) return of_pass_nomem(p);
    }
    return OF_OK;
}

/* The branch's initializers: into the destination's list, or as Constant nodes there. */
static of_status of_move_inits(of_pass *p, of_node *n, of_graph *take)
{
    of_graph *g = n->graph;

    if (!take->init_first) return OF_OK;
    if (of_pass_inits(p, g)) {
        for (of_init *it = take->init_first; it; it = it->next)
            if (it->value) it->value->graph = g;
        take->init_first->prev = g->init_last;
        if (g->init_last) g->init_last->next = take->init_first;
        else g->init_first = take->init_first;
        g->init_last = take->init_last;
        g->n_inits += take->n_inits;
        take->init_first = take->init_last = NULL;
        take->n_inits = 0;
        of_touch_graph(take);
        of_touch_graph(g);
        return OF_OK;
    }
    while (take->init_first) {
        of_value *v = take->init_first->value;
        of_tensor *t = of_tensor_ref(of_init_tensor(take->init_first));
        of_status st = of_make_constant_node(p->m, g, n, v, t, p->err);

        if (st == OF_OK) {
            v->graph = take; /* whose list the entry is in */
            (void)of_value_drop_init(p->m, v);
            v->graph = g;
            (void)of_value_set_const(v, &t->base);
        }
        of_tensor_unref(t);
        if (st != OF_OK) return st;
    }
    return OF_OK;
}

/* Takes the info out of a list; its value's chain is the caller's. */
static void of_info_move(of_vinfo **list, of_graph *g, bool retag)
{
    of_vinfo *next;

    for (of_vinfo *vi = *list; vi; vi = next) {
        next = vi->next;
        vi->next = NULL;
        if (vi->drop || !vi->value || vi->value->graph != g) {
            vi->drop = true;
            continue;
        }
        if (retag) vi->dirty = true;
        vi->next = g->value_infos;
        g->value_infos = vi;
    }
    *list = NULL;
}

/* What the branch declares of its values, as value_info of the destination. */
static void of_move_infos(of_graph *g, of_graph *take)
{
    bool keep = g->kind != OF_GRAPH_FUNCTION;

    if (!keep) {
        for (of_vinfo *vi = take->value_infos; vi; vi = vi->next) vi->drop = true;
        for (of_vinfo *vi = take->out_infos; vi; vi = vi->next) vi->drop = true;
    } else {
        /* a value listed twice keeps one entry */
        for (of_vinfo *vi = take->out_infos; vi; vi = vi->next)
            if (vi->value && vi->value->vinfo != vi) vi->drop = true;
    }
    of_info_move(&take->value_infos, g, false);
    of_info_move(&take->out_infos, g, true);
}

static void of_drop_chain(of_value *v)
{
    for (of_vinfo *vi = v->vinfo; vi; vi = vi->same) vi->drop = true;
    v->vinfo = NULL;
}

/* `from` takes the place, the name and the declared type of output `to`. */
static void of_give_name(of_pass *p, of_value *to, of_value *from, of_sym fresh)
{
    of_vinfo *infos = to->vinfo;
    of_sym name = to->name;

    to->vinfo = NULL;
    of_drop_chain(from);
    of_value_replace(to, from, true);
    of_value_rename(p->m, to, fresh);
    of_pass_unnamed(p, from);
    of_value_rename(p->m, from, name);
    from->vinfo = infos;
    for (of_vinfo *vi = infos; vi; vi = vi->same) vi->value = from;
}

static void of_give_all(of_pass *p, of_node *n, of_plan *plan)
{
    for (uint32_t i = 0; i < n->n_out; i++) {
        of_value *to = n->out[i], *from = plan[i].from;

        if (!to) continue;
        if (plan[i].give == OF_GIVE_IDENTITY) {
            of_pass_put_identity(n, i, plan[i].identity, from);
            to->type = plan[i].type;
            continue;
        }
        if (!from->cval) from->type = plan[i].type;
        if (plan[i].give == OF_GIVE_NAME) of_give_name(p, to, from, plan[i].fresh);
        else of_value_replace(to, from, true);
    }
}

of_status of_pass_take_branch(of_pass *p, of_node *n, of_graph *take, size_t by, bool *done)
{
    of_graph *yes, *no, *leave, *g = n->graph;
    of_arena_mark mark;
    size_t k = 0;
    of_node *before, *after, *first;
    of_plan *plan;
    of_status st;
    uint32_t any;
    bool able;

    *done = false;
    if (!of_pass_branches(n, &yes, &no)) return OF_OK;
    leave = take == yes ? no : yes;
    OF_TRY(of_may_take(p, n, take, by, &able));
    if (!able) return OF_OK;
    mark = of_arena_save(&p->ev.tmp);
    plan = OF_NEW_N(&p->ev.tmp, of_plan, n->n_out);
    if (!plan) {
        st = of_pass_nomem(p);
        goto out;
    }
    /* Outputs of the branch that come to stand elsewhere are counted with their names. */
    if (take->first || take->init_first) {
        of_value *v = take->init_first ? take->init_first->value : of_out_value(take->first, 0);
        if (v) OF_TRY_TO(out, st, of_pass_named(p, v, &any));
    }
    OF_TRY_TO(out, st, of_make_plan(p, n, take, plan, &able));
    if (!able) goto out;
    OF_TRY_TO(out, st, of_pass_scratch_in(p, 1));
    p->in_values[k++] = of_in_value(n, 0);
    OF_TRY_TO(out, st, of_pass_captures(p, n, &k));
    OF_TRY_TO(out, st, of_discard(p, leave, true, by));
    OF_TRY_TO(out, st, of_rename_all(p, take));
    OF_TRY_TO(out, st, of_discard(p, leave, false, by));
    before = n->prev;
    OF_TRY_TO(out, st, of_move_inits(p, n, take));
    while (take->first) of_node_move(take->first, g, n);
    of_move_infos(g, take);
    of_give_all(p, n, plan);
    after = n->next;
    of_pass_unlink(p, n, OF_REPLACED, by);
    first = before ? before->next : g->first;
    of_pass_applied(p, by, 1);
    *done = true;
    st = OF_OK;
    if (p->sweeping) p->next = first;
    else
        for (; st == OF_OK && first != after; first = first->next) st = of_pass_push(p, first);
    /* more may be known of what the branch gives than was of the If's outputs */
    for (uint32_t i = 0; st == OF_OK && i < n->n_out; i++) st = of_pass_push_users(p, plan[i].from);
    for (size_t i = 0; st == OF_OK && i < k; i++) st = of_pass_release(p, p->in_values[i]);
out:
    of_arena_restore(&p->ev.tmp, mark);
    return st;
}

of_status of_pass_if(of_pass *p, of_node *n, bool *done)
{
    of_graph *take;

    *done = false;
    OF_TRY(of_choose(p, n, &take));
    return take ? of_pass_take_branch(p, n, take, OF_PASS_FOLD, done) : OF_OK;
}
