/* The call graph of model-local functions: no recursion, bounded depth.
 * ONNX IR, "Model-local Functions": a function may call others, never itself. */
#include "ir/scope.h"

enum { CALLS_MAX = 100 };

typedef struct call_frame {
    uint32_t func;
    uint32_t height; /* of the highest function called so far */
    of_walk walk;
} call_frame;

typedef struct call_check {
    of_model *m;
    uint32_t *height;  /* by function: 0 not seen, UINT32_MAX being looked at, else calls below + 1 */
    call_frame *stack; /* CALLS_MAX + 1 of them */
    size_t depth;
} call_check;

static of_status call_push(call_check *c, uint32_t func, of_err *e)
{
    call_frame *f = &c->stack[c->depth];
    *f = (call_frame){.func = func};
    of_status st = of_walk_init(&f->walk, c->m->alloc, c->m->funcs[func]->body, false);
    c->depth++;
    if (st != OF_OK) return of_fail(e, st, "out of memory");
    c->height[func] = UINT32_MAX;
    return OF_OK;
}

static of_status fail_func(const of_func *f, of_status code, const char *what, of_err *e)
{
    return of_fail_at(e, code, f->src.len ? f->src.off : OF_NO_OFFSET, "function '%.*s' %s",
                      of_clip(f->name->len), f->name->s, what);
}

static of_status call_step(call_check *c, of_err *e)
{
    call_frame *f = &c->stack[c->depth - 1];
    of_node *n;
    of_status st = of_walk_next(&f->walk, &n);
    if (st != OF_OK) return of_fail(e, st, "out of memory");
    if (!n) {
        uint32_t h = c->height[f->func] = f->height + 1;
        of_walk_free(&f->walk);
        c->depth--;
        if (c->depth && c->stack[c->depth - 1].height < h) c->stack[c->depth - 1].height = h;
        return OF_OK;
    }
    const of_func *callee = of_node_func(n);
    if (!callee || !callee->body) return OF_OK;
    uint32_t h = c->height[callee->index];
    if (h == UINT32_MAX) {
        st = fail_func(callee, OF_E_MODEL, "calls itself", e);
        of_err_at_node(e, n);
        return st;
    }
    if (h > f->height) f->height = h;
    if (c->depth + h > CALLS_MAX || c->depth >= CALLS_MAX)
        return fail_func(callee, OF_E_DEPTH, "is nested in more than 100 calls", e);
    return h ? OF_OK : call_push(c, callee->index, e);
}

const char *of_check_body(const of_node *n, const of_graph *body)
{
    /* If, Loop and Scan (ONNX operators of these names): a body's outputs are those of the
     * node, in a Loop behind the condition. A node may leave out trailing outputs. */
    size_t first = of_node_is(n, "Loop") ? 1 : 0;
    if (!first && !of_node_is(n, "If") && !of_node_is(n, "Scan")) return NULL;
    return body->n_outputs < first + n->n_out ? "a body has too few outputs" : NULL;
}

of_status of_check_calls(of_model *m, of_err *e)
{
    size_t cap = CALLS_MAX + 1;
    call_check c = {.m = m};
    of_status st = OF_OK;
    if (m->n_funcs == 0) return OF_OK;
    c.height = of_mem_array(m->alloc, m->n_funcs, sizeof *c.height);
    c.stack = of_mem_array(m->alloc, cap, sizeof *c.stack);
    if (!c.height || !c.stack) st = of_nomem(e);
    for (size_t i = 0; st == OF_OK && i < m->n_funcs; i++) c.height[i] = 0;
    for (uint32_t i = 0; st == OF_OK && i < m->n_funcs; i++) {
        if (c.height[i] || m->funcs[i]->drop || !m->funcs[i]->body) continue;
        st = call_push(&c, i, e);
        while (st == OF_OK && c.depth) st = call_step(&c, e);
    }
    while (c.depth) of_walk_free(&c.stack[--c.depth].walk);
    of_mem_free(m->alloc, c.stack, cap * sizeof *c.stack);
    of_mem_free(m->alloc, c.height, m->n_funcs * sizeof *c.height);
    return st;
}
