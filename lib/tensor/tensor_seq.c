#include "tensor/tensor.h"

of_val *of_val_ref(of_val *v)
{
    v->refs++;
    return v;
}

/* Drops one reference; a sequence that nobody holds any more goes on the stack. */
static void release(of_val *v, of_seq **stack)
{
    of_seq *s;
    if (!v) return;
    if (v->kind == OF_VAL_TENSOR) {
        of_tensor_unref((of_tensor *)(void *)v);
        return;
    }
    if (--v->refs != 0) return;
    s = (of_seq *)(void *)v;
    s->next = *stack;
    *stack = s;
}

void of_val_unref(of_val *v)
{
    of_seq *stack = NULL, *s;
    size_t i;
    release(v, &stack);
    while ((s = stack) != NULL) {
        stack = s->next;
        for (i = 0; i < s->n; i++) release(s->item[i], &stack);
        of_mem_free(s->alloc, s->item, s->cap * sizeof *s->item);
        of_mem_free(s->alloc, s, sizeof *s);
    }
}

of_status of_seq_new(of_alloc *a, of_val_kind kind, of_seq **out, of_err *e)
{
    of_seq *s = of_mem_zalloc(a, sizeof(of_seq));
    *out = NULL;
    if (!s) return of_nomem(e);
    s->base.refs = 1;
    s->base.kind = (uint8_t)kind;
    s->alloc = a;
    *out = s;
    return OF_OK;
}

of_status of_seq_push(of_seq *s, of_val *item, of_err *e)
{
    void *p = s->item;
    if (s->base.kind == OF_VAL_OPTIONAL && s->n != 0) {
        return of_fail(e, OF_E_ARGUMENT, "an optional holds one value");
    }
    if (of_vec_reserve(s->alloc, &p, &s->cap, s->n + 1, sizeof *s->item) != OF_OK) {
        return of_nomem(e);
    }
    s->item = p;
    s->item[s->n++] = of_val_ref(item);
    return OF_OK;
}
