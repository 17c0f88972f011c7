/* Iterative walks over nested graphs. */
#include "ir/walk.h"

struct of_walk_frame {
    of_node *next; /* not yet handed out */
    of_node *node; /* its bodies are being walked */
    of_body_iter bodies;
};

of_graph *of_body_next(of_body_iter *it)
{
    for (; it->attr; it->attr = it->attr->next, it->i = 0) {
        const of_attr *a = it->attr;
        if (a->type == OF_A_GRAPH && it->i == 0) {
            it->i = 1;
            if (a->u.g) return a->u.g;
        } else if (a->type == OF_A_GRAPHS && a->u.graphs) {
            while (it->i < a->n) {
                of_graph *g = a->u.graphs[it->i++];
                if (g) return g;
            }
        }
    }
    return NULL;
}

static of_status push(of_walk *w, of_graph *g)
{
    void *p = w->stack;
    of_status st = of_vec_reserve(w->alloc, &p, &w->cap, w->depth + 1, sizeof *w->stack);
    w->stack = p;
    if (st != OF_OK) return st;
    w->stack[w->depth++] = (struct of_walk_frame){g->first, NULL, {NULL, 0}};
    w->model = g->model;
    return OF_OK;
}

of_status of_walk_init(of_walk *w, of_alloc *a, of_graph *g, bool post)
{
    *w = (of_walk){.alloc = a, .post = post};
    return push(w, g);
}

of_status of_walk_next(of_walk *w, of_node **out)
{
    *out = NULL;
    while (w->depth) {
        struct of_walk_frame *f = &w->stack[w->depth - 1];
        if (f->node) {
            /* a node that was unlinked when handed out takes its bodies along */
            of_graph *g = w->post || f->node->linked ? of_body_next(&f->bodies) : NULL;
            if (g) {
                if (g->first) OF_TRY(push(w, g));
                continue;
            }
            of_node *n = f->node;
            f->node = NULL;
            if (w->post) {
                *out = n;
                return OF_OK;
            }
            continue;
        }
        if (!f->next) {
            w->depth--;
            continue;
        }
        of_node *next = f->next;
        f->next = next->next;
        of_prefetch_node(w->model, next->id);
        if (!next->bodies) { /* most: nothing to come back to */
            *out = next;
            return OF_OK;
        }
        f->node = next;
        f->bodies = of_bodies(next);
        if (!w->post) {
            *out = f->node;
            return OF_OK;
        }
    }
    return OF_OK;
}

void of_walk_free(of_walk *w)
{
    of_mem_free(w->alloc, w->stack, w->cap * sizeof *w->stack);
    *w = (of_walk){0};
}
