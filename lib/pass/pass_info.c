/* value_info: what the model says of its values in between. Entries of values that are
 * gone go with them; one that inference proves wrong is replaced; and, when the model is
 * written anew anyway and the option says so, what has become known is added. */
#include "pass/pass_frame.h"

static bool of_gone(const of_value *v)
{
    return !(v->flags & OF_VALUE_INPUT) && !v->init && !v->producer;
}

void of_pass_infos_drop(of_pass *p)
{
    of_model *m = p->m;

    for (size_t i = 0; i < m->n_graphs; i++) {
        of_graph *g = m->graphs[i];
        bool any = false;

        if (!g || g->training) continue;
        for (of_vinfo *vi = g->value_infos; vi; vi = vi->next) {
            if (vi->drop || !vi->value || !of_gone(vi->value)) continue;
            vi->drop = true;
            any = true;
        }
        if (any) of_touch_graph(g);
    }
}

/* Element type, rank and as much else as there is. */
static bool of_worth_writing(const of_type *t)
{
    return t && t->kind == OF_T_TENSOR && t->dtype && t->shape.rank >= 0;
}

of_vinfo *of_pass_info_new(of_pass *p, of_value *v)
{
    of_vinfo *vi = OF_NEW(&p->m->arena, of_vinfo);

    if (!vi) return NULL;
    vi->name = v->name;
    vi->value = v;
    vi->type = v->type;
    vi->dirty = true;
    vi->same = v->vinfo;
    v->vinfo = vi;
    return vi;
}

static of_status of_correct_list(of_pass *p, of_graph *g, of_vinfo *list)
{
    bool more = p->o->value_info && p->m->dirty, oom = false;

    for (of_vinfo *vi = list; vi; vi = vi->next) {
        const of_value *v = vi->value;
        const of_type *t;

        if (vi->drop || !v || !v->type || v->type == vi->type) continue;
        if (of_type_conflict(v->type, vi->type)) {
            vi->type = v->type;
        } else {
            if (!more) continue;
            t = v->type;
            OF_TRY(of_type_shown(p, &t));
            t = of_type_merge(p->m, t, vi->type, &oom);
            if (oom) return of_pass_nomem(p);
            if (t == vi->type || !of_worth_writing(t) || (vi->type && of_type_same(t, vi->type))) continue;
            vi->type = t;
        }
        vi->dirty = true;
        of_touch_graph(g);
        of_pass_applied(p, OF_PASS_INFER, 1);
    }
    return OF_OK;
}

/* What a body gives is no part of the model's interface. */
static of_status of_correct(of_pass *p, of_graph *g)
{
    OF_TRY(of_correct_list(p, g, g->value_infos));
    return g->kind == OF_GRAPH_BODY ? of_correct_list(p, g, g->out_infos) : OF_OK;
}

static of_status of_add(of_pass *p, of_graph *g)
{
    of_vinfo **at = &g->value_infos;

    /* FunctionProto had no value_info before IR 10, and what is known inside of one is little. */
    if (g->func) return OF_OK;
    while (*at) at = &(*at)->next;
    for (of_node *n = g->first; n; n = n->next)
        for (uint32_t i = 0; i < n->n_out; i++) {
            of_value *v = n->out[i];
            if (!v || v->vinfo || !of_worth_writing(v->type)) continue;
            *at = of_pass_info_new(p, v);
            if (!*at) return of_pass_nomem(p);
            at = &(*at)->next;
            of_touch_graph(g);
            of_pass_applied(p, OF_PASS_INFER, 1);
        }
    return OF_OK;
}

of_status of_pass_infos_write(of_pass *p)
{
    if (!p->on[OF_PASS_INFER]) return OF_OK;
    OF_TRY(of_pass_each_graph(p, p->m->graph, of_correct));
    if (p->o->value_info && p->m->dirty) OF_TRY(of_pass_each_graph(p, p->m->graph, of_add));
    return OF_OK;
}
