/* Which value a name stands for while nested graphs are gone through in the order
 * of the file. Shared by link and verify; not for other layers. */
#ifndef OF_IR_SCOPE_H
#define OF_IR_SCOPE_H

#include "ir/walk.h"

typedef struct of_scope_frame {
    of_graph *g;
    of_node *node;       /* being looked at; its bodies are walked from `bodies` */
    of_body_iter bodies;
    size_t mark;         /* length of the log when g was entered */
    size_t n_nodes;      /* gone through */
} of_scope_frame;

typedef struct of_scope {
    of_model *m;
    uint32_t *bind;      /* by name id: value id + 1; 0: not visible */
    size_t n_bind;
    struct of_scope_undo {
        uint32_t name, was;
    } *log;
    size_t n_log, cap_log;
    of_scope_frame *frame;
    size_t depth, cap_frame;
} of_scope;

of_status of_scope_init(of_scope *s, of_model *m, of_err *e);
void of_scope_free(of_scope *s);
of_status of_scope_enter(of_scope *s, of_graph *g, of_err *e);
void of_scope_leave(of_scope *s); /* the bindings are again as before */
of_status of_scope_bind(of_scope *s, of_value *v, of_err *e);

static inline of_value *of_scope_find(const of_scope *s, of_sym name)
{
    uint32_t b = name->id < s->n_bind ? s->bind[name->id] : 0;
    return b ? s->m->values[b - 1] : NULL;
}

/* Says why `name`, input or captured, is not visible at the innermost frame: made later,
 * part of a cycle, or nowhere. Records the error and returns its code. */
of_status of_scope_explain(of_scope *s, const of_node *n, uint32_t input, of_sym name, of_err *e);
/* Whether a body gives all that its node hands on; NULL or what is wrong. */
const char *of_check_body(const of_node *n, const of_graph *body);
/* No function calls itself, directly or through others or bodies, nor is nested deeper than 100 calls. */
of_status of_check_calls(of_model *m, of_err *e);

#endif
