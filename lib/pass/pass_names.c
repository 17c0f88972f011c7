/* output-fix: every output of a body is a value of its own, made in the body. names:
 * node names are unique within the model, and within each function. (Names of values are
 * unique at all times: whoever moves or makes a value sees to it.) */
#include <string.h>

#include "pass/pass_frame.h"

/* ---- output-fix ---- */

/* An Identity at the end of g that makes output i from v. */
static of_status of_fix_output(of_pass *p, of_graph *g, size_t i, of_value *v)
{
    of_model *m = p->m;
    of_sym op = OF_NAME_LIT(&m->names, "Identity"), name = of_fresh_name(m, v->name);
    of_node *id = op && name ? of_node_new(m, 1, 1) : NULL;
    of_value *out = id ? of_value_new(m, g, name) : NULL;

    if (!out) return of_pass_nomem(p);
    id->op_type = op;
    id->domain = g->owner->domain;
    id->out[0] = out;
    out->type = v->type;
    of_use_bind(&id->in[0], v);
    of_node_append(g, id);
    of_use_set(&g->outputs[i], out);
    of_pass_applied(p, OF_PASS_OUTPUT_FIX, 1);
    return OF_OK;
}

/* The declaration of output i is of the new value now. */
static void of_fix_info(of_graph *g, size_t i)
{
    of_value *v = g->outputs[i].value;
    of_vinfo *vi = g->out_infos, **at;

    for (size_t k = 0; vi && k < i; k++) vi = vi->next;
    if (!vi || !vi->value) return;
    for (at = &vi->value->vinfo; *at && *at != vi; at = &(*at)->same) continue;
    if (*at == vi) *at = vi->same;
    vi->same = NULL;
    vi->value = v;
    vi->name = v->name;
    vi->dirty = true;
    v->vinfo = vi;
}

/* The default domain is the one of the operator that owns the body. */
static bool of_fixable(const of_graph *g, const of_value *v)
{
    const of_node *n = g->owner;

    if (!n || g->kind != OF_GRAPH_BODY || !of_domain_is_default(n->domain)) return false;
    if (v->type && v->type->kind == OF_T_SEQUENCE) return of_node_opset(n) >= 14;
    return !v->type || v->type->kind != OF_T_OPTIONAL || of_node_opset(n) >= 16;
}

static of_status of_fix_outputs_of(of_pass *p, of_graph *g)
{
    of_pass_unmark_all(p);
    for (size_t i = 0; i < g->n_outputs; i++) {
        of_value *v = g->outputs[i].value;
        bool seen;

        OF_TRY(of_pass_mark(p, v, &seen));
        if ((!seen && v->graph == g) || !of_fixable(g, v)) continue;
        OF_TRY(of_fix_output(p, g, i, v));
        of_fix_info(g, i);
    }
    return OF_OK;
}

of_status of_pass_output_fix(of_pass *p)
{
    of_model *m = p->m;

    OF_TRY(of_pass_each_graph(p, m->graph, of_fix_outputs_of));
    for (size_t i = 0; i < m->n_funcs; i++)
        if (!m->funcs[i]->drop) OF_TRY(of_pass_each_graph(p, m->funcs[i]->body, of_fix_outputs_of));
    return OF_OK;
}

/* ---- names ---- */

static of_status of_names_below(of_pass *p, of_graph *root, uint32_t *met, size_t n_met, uint32_t mark)
{
    of_walk w;
    of_node *n;
    of_status st;

    OF_TRY(of_walk_init(&w, p->alloc, root, false));
    for (;;) {
        of_sym name;

        st = of_walk_next(&w, &n);
        if (st != OF_OK || !n) break;
        if (of_sym_empty(n->name) || n->name->id >= n_met) continue; /* none, or fresh */
        if (met[n->name->id] != mark) {
            met[n->name->id] = mark;
            continue;
        }
        name = of_fresh_name(p->m, n->name);
        if (!name) {
            st = OF_E_NOMEM;
            break;
        }
        n->name = name;
        of_touch_node(n);
        of_pass_applied(p, OF_PASS_NAMES, 1);
    }
    of_walk_free(&w);
    return st == OF_OK ? OF_OK : of_pass_nomem(p);
}

of_status of_pass_names(of_pass *p)
{
    of_model *m = p->m;
    of_arena_mark mark = of_arena_save(&p->ev.tmp);
    size_t n = m->names.count;
    uint32_t *met = OF_NEW_N(&p->ev.tmp, uint32_t, n);
    of_status st = met ? of_names_below(p, m->graph, met, n, 1) : of_pass_nomem(p);

    for (size_t i = 0; st == OF_OK && i < m->n_funcs; i++)
        if (!m->funcs[i]->drop) st = of_names_below(p, m->funcs[i]->body, met, n, (uint32_t)i + 2);
    of_arena_restore(&p->ev.tmp, mark);
    return st;
}
