/* Evaluates rows with the Nth allocation failing, N = 1, 2, ... until one goes through: each
 * failure is OF_E_NOMEM, and nothing leaks. */
#ifndef OP_OOM_H
#define OP_OOM_H

#include "op_case.h"

typedef struct op_oom {
    void *(*allocate)(void *user, size_t bytes);
    void (*release)(void *user, void *ptr, size_t bytes);
    void *user;
    size_t left;
    bool failed;
} op_oom;

static void *op_oom_allocate(void *user, size_t bytes)
{
    op_oom *o = (op_oom *)user;
    if (o->left == 0) {
        o->failed = true;
        return NULL;
    }
    o->left--;
    return o->allocate(o->user, bytes);
}

static void op_oom_release(void *user, void *ptr, size_t bytes)
{
    op_oom *o = (op_oom *)user;
    o->release(o->user, ptr, bytes);
}

OF_UNUSED static void op_oom_check(const op_row *rows, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        const op_row *r = &rows[k];
        for (size_t at = 0;; at++) {
            static op_case c;
            const uint32_t n_out = r->n_out ? r->n_out : 1;
            of_val *out[8];
            of_status st;
            bool packed;
            op_oom o;
            op_open(&c, r->op, r->opset, r->in, r->attrs, n_out);
            o = (op_oom){c.alloc.allocate, c.alloc.release, c.alloc.user, at, false};
            c.alloc.allocate = op_oom_allocate;
            c.alloc.release = op_oom_release;
            c.alloc.user = &o;
            st = of_eval_node(&c.ev, c.node, c.in, c.node->n_in, out, n_out, &c.err);
            /* packing a narrow result makes do with the memory it has */
            packed = st == OF_OK && of_dtype_packed((of_dtype)of_val_tensor(out[0])->dtype);
            ck_assert_msg(!o.failed || st == OF_E_NOMEM || packed, "%s-%d (%s): status %d", r->op, r->opset,
                          r->in, (int)st);
            for (uint32_t i = 0; i < n_out; i++) of_val_unref(out[i]);
            op_close(&c);
            if (!o.failed) break;
        }
    }
}
#define OP_OOM(rows) op_oom_check((rows), sizeof(rows) / sizeof((rows)[0]))

#endif
