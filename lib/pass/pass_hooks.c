/* The calls of the rewrite rules on the worklist: each leaves a valid model and puts
 * whatever it may concern on the list. */
#include "pass/pass_hooks.h"

static of_status of_push_use(of_pass *p, const of_value *v)
{
    return v->n_uses == 1 && v->uses->node ? of_pass_push(p, v->uses->node) : OF_OK;
}

/* Users, and theirs: patterns are up to three nodes deep. */
of_status of_pass_push_near(of_pass *p, const of_value *v)
{
    for (const of_use *u = v->uses; u; u = u->next) {
        const of_node *n = u->node;
        if (!n) continue;
        OF_TRY(of_pass_push(p, u->node));
        for (uint32_t i = 0; i < n->n_out; i++) {
            const of_value *x = n->out[i];
            if (!x || x->n_uses > 8) continue;
            for (const of_use *y = x->uses; y; y = y->next)
                if (y->node) OF_TRY(of_pass_push(p, y->node));
        }
    }
    return OF_OK;
}

static bool of_is_dead(const of_pass *p, const of_node *n)
{
    if (!n || !n->linked || !n->n_out || !p->on[OF_PASS_DEAD_CODE] || of_has_bodies(n) || of_pass_is_constant(n))
        return false;
    for (uint32_t i = 0; i < n->n_out; i++)
        if (n->out[i] && (n->out[i]->n_uses || (n->out[i]->flags & OF_VALUE_PINNED))) return false;
    return true;
}

/* Nodes that lose their last use go at once: what they used may be free for a pattern. */
static of_status of_release_all(of_pass *p, of_value **todo, size_t n, size_t cap, bool heap)
{
    of_status st = OF_OK;

    while (st == OF_OK && n) {
        of_value *v = todo[--n];
        of_node *dead = v->producer;
        void *grown = todo;

        if (v->cval || !of_is_dead(p, dead)) {
            st = of_pass_release(p, v);
            if (st == OF_OK) st = of_push_use(p, v);
            continue;
        }
        if (n + dead->n_in > cap) {
            size_t was = n;
            if (!heap) {
                of_value **copy = (of_value **)of_mem_array(p->alloc, n + dead->n_in, sizeof *todo);
                if (!copy) return of_pass_nomem(p);
                for (size_t i = 0; i < was; i++) copy[i] = todo[i];
                todo = copy;
                cap = n + dead->n_in;
                heap = true;
            } else if (of_vec_reserve(p->alloc, &grown, &cap, n + dead->n_in, sizeof *todo) == OF_OK) {
                todo = (of_value **)grown;
            } else {
                st = of_pass_nomem(p);
                break;
            }
        }
        for (uint32_t i = 0; i < dead->n_in; i++)
            if (dead->in[i].value) todo[n++] = dead->in[i].value;
        of_pass_unlink(p, dead, OF_REMOVED, OF_PASS_DEAD_CODE);
        of_pass_applied(p, OF_PASS_DEAD_CODE, 1);
    }
    if (heap) of_mem_free(p->alloc, todo, cap * sizeof *todo);
    return st;
}

static of_status of_hook_release(void *frame, of_value *v)
{
    of_value *todo[16];

    todo[0] = v;
    return of_release_all((of_pass *)frame, todo, 1, 16, false);
}

static of_status of_hook_made(void *frame, of_node *n)
{
    of_pass *p = (of_pass *)frame;

    OF_TRY(of_pass_infer_node(p, n));
    OF_TRY(of_pass_push(p, n));
    for (uint32_t i = 0; i < n->n_out; i++)
        if (n->out[i]) OF_TRY(of_pass_push_near(p, n->out[i]));
    return OF_OK;
}

static of_status of_hook_changed(void *frame, of_value *v)
{
    return of_pass_push_near((of_pass *)frame, v);
}

static of_status of_hook_drop(void *frame, of_node *n)
{
    of_pass *p = (of_pass *)frame;
    of_value *few[16], **todo = few;
    size_t k = 0, cap = 16;

    if (n->n_in > cap) {
        cap = n->n_in;
        todo = (of_value **)of_mem_array(p->alloc, cap, sizeof *todo);
        if (!todo) return of_pass_nomem(p);
    }
    for (uint32_t i = 0; i < n->n_in; i++)
        if (n->in[i].value) todo[k++] = n->in[i].value;
    of_pass_unlink(p, n, OF_REPLACED, (size_t)p->rw.by - 1);
    return of_release_all(p, todo, k, cap, todo != few);
}

static of_status of_hook_constant(void *frame, of_node *at, of_sym base, of_tensor *t, of_value **out)
{
    of_pass *p = (of_pass *)frame;
    of_sym name = of_fresh_name(p->m, base);
    of_value *v = name ? of_value_new(p->m, at->graph, name) : NULL;

    if (!v) return of_pass_nomem(p);
    if (of_pass_inits(p, at->graph)) OF_TRY(of_value_set_init(p->m, v, t, p->err));
    else OF_TRY(of_make_constant_node(p->m, at->graph, at, v, t, p->err));
    OF_TRY(of_value_set_const(v, &t->base));
    v->type = of_type_of_val(p->m, v->cval);
    if (!v->type) return of_pass_nomem(p);
    *out = v;
    return OF_OK;
}

/* `to` takes the name, the declared type and all uses of `out`, which a graph gives out. */
static of_status of_take_name(of_pass *p, of_value *out, of_value *to)
{
    of_sym fresh = of_fresh_name(p->m, out->name), name = out->name;
    of_vinfo *infos = out->vinfo;

    if (!fresh) return of_pass_nomem(p);
    out->vinfo = NULL;
    for (of_vinfo *vi = to->vinfo; vi; vi = vi->same) vi->drop = true;
    to->vinfo = NULL;
    of_value_replace(out, to, true);
    of_pass_unnamed(p, out);
    of_value_rename(p->m, out, fresh);
    of_pass_unnamed(p, to);
    of_value_rename(p->m, to, name);
    to->vinfo = infos;
    for (of_vinfo *vi = infos; vi; vi = vi->same) vi->value = to;
    return OF_OK;
}

static of_status of_may_forward(of_pass *p, const of_node *n, uint32_t i, const of_value *to, bool *renames, bool *yes)
{
    const of_value *out = of_out_value(n, i);
    uint32_t count;

    *yes = false;
    if (!out || !to || to == out || ((out->flags | to->flags) & OF_VALUE_PINNED)) return OF_OK;
    *renames = of_value_is_output(out);
    if (!*renames) return of_pass_visible(p, to, out, yes);
    /* An interface name stays: it passes to the value that is handed on, if that has none. */
    if (!to->producer || to->graph != n->graph || to->cval || of_value_is_output(to)) return OF_OK;
    for (const of_use *u = out->uses; u; u = u->next)
        if (!u->node && of_use_graph(u) != n->graph) return OF_OK;
    OF_TRY(of_pass_named(p, out, &count));
    *yes = count == 1;
    return OF_OK;
}

static of_status of_hook_forward(void *frame, of_node *n, uint32_t i, of_value *to, bool *done)
{
    of_pass *p = (of_pass *)frame;
    bool renames = false, oom = false;
    of_value *out = of_out_value(n, i);
    uint32_t had = to ? to->n_uses : 0;
    const of_type *t;

    OF_TRY(of_may_forward(p, n, i, to, &renames, done));
    if (!*done) return OF_OK;
    t = of_type_merge(p->m, to->type, out->type, &oom);
    if (oom) return of_pass_nomem(p);
    /* Those who now use `to`; those who did before are too many to be asked every time. */
    OF_TRY(of_pass_push_near(p, out));
    if (renames) OF_TRY(of_take_name(p, out, to));
    else of_value_replace(out, to, false);
    if (!to->cval) to->type = t;
    if (!to->known && out->known) {
        to->known = out->known;
        to->n_known = out->n_known;
    }
    if (had <= 8) OF_TRY(of_pass_push_near(p, to));
    /* What comes behind it may have stood in the way of a pattern that ends here. */
    if (to->producer && !to->cval) OF_TRY(of_pass_push(p, to->producer));
    for (uint32_t k = 0; k < n->n_out; k++)
        if (n->out[k] && n->out[k]->n_uses) return OF_OK;
    return of_hook_drop(p, n);
}

static of_status of_hook_may(void *frame, of_node *n, bool *yes)
{
    of_status st = of_pass_left_alone((of_pass *)frame, n, yes);

    *yes = !*yes;
    return st;
}

void of_pass_hooks(of_pass *p)
{
    p->rw = (of_rw){.m = p->m, .ev = &p->ev, .err = p->err, .exact = p->o->exact, .frame = p,
                    .made = of_hook_made, .drop = of_hook_drop, .changed = of_hook_changed,
                    .release = of_hook_release, .constant = of_hook_constant, .forward = of_hook_forward, .may = of_hook_may};
}
