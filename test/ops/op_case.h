/* One operator on one line. Inputs and results are written as
 *   f[2,batch,?]        type and shape (f float, d double, H float16, B bfloat16, i int64, j int32,
 *                       h int16, u uint8, b bool, s string; f* when the rank is not known;
 *                       c int8, w uint16, v uint32, U uint64, n int4, N uint4, 4 float8e4m3fn,
 *                       5 float8e5m2, E float8e8m0, x float4e2m1, z float8e4m3fnuz,
 *                       y float8e5m2fnuz, q float6e2m3, r float6e3m2, t int2, T uint2)
 *   i[3]{batch,?,7}     the same with elements known symbolically
 *   i[3]=1,2,3          a constant
 *   -                   an absent input
 * separated by blanks; attributes as axis=1 perm=[0,2,1] mode='wrap' value=1.5f type=@f[1]=3
 * scales=[1f,2f] names=['a','b']. An operator of another domain is domain::Op.
 * A failure reads "!" and the status. The text of a result stays until the next call. */
#ifndef OP_CASE_H
#define OP_CASE_H

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "eval/eval.h"
#include "ir/edit.h"
#include "of_test.h"
#include "tensor/convert.h"

typedef struct op_case {
    of_alloc alloc;
    of_model *m;
    of_evaluator ev;
    of_budget budget;
    of_err err;
    of_node *node;
    of_val *in[16];
} op_case;

static char op_text[8192];

typedef struct op_starvation {
    size_t left; /* the allocation that fails, counted from 1; 0: none */
    bool forever, hit;
} op_starvation;
static op_starvation op_starving;

static void *op_allocate(void *user, size_t n)
{
    void *p;

    (void)user;
    if (op_starving.left && --op_starving.left == 0) {
        op_starving.left = op_starving.forever;
        op_starving.hit = true;
        return NULL;
    }
    p = malloc(n);
    if (p) memset(p, 0xA5, n); /* so that what an operator forgets to write is seen */
    return p;
}

static void op_release(void *user, void *p, size_t n)
{
    (void)user;
    (void)n;
    free(p);
}

static void op_say(const char *fmt, ...) OF_PRINTF(1, 2);
static void op_say(const char *fmt, ...)
{
    const size_t at = strlen(op_text);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(op_text + at, sizeof op_text - at, fmt, ap);
    va_end(ap);
}

static const char op_letters[] = "fdHBijhubscwvUnN45ExzyqrtT";
static const of_dtype op_dtypes[] = {
    OF_FLOAT, OF_DOUBLE, OF_FLOAT16,      OF_BFLOAT16,   OF_INT64,      OF_INT32,     OF_INT16,
    OF_UINT8, OF_BOOL,   OF_STRING,       OF_INT8,       OF_UINT16,     OF_UINT32,    OF_UINT64,
    OF_INT4,  OF_UINT4,  OF_FLOAT8E4M3FN, OF_FLOAT8E5M2, OF_FLOAT8E8M0, OF_FLOAT4E2M1,
    OF_FLOAT8E4M3FNUZ, OF_FLOAT8E5M2FNUZ, OF_FLOAT6E2M3, OF_FLOAT6E3M2, OF_INT2, OF_UINT2};

static of_sym op_name(op_case *c, const char *p, size_t n)
{
    return of_names_get(&c->m->names, p, n);
}

static of_dim op_dim(op_case *c, const char **p)
{
    const char *s = *p;
    if (*s == '?') {
        (*p)++;
        return of_dim_unknown();
    }
    if (*s == '-' || (*s >= '0' && *s <= '9')) {
        char *end;
        const long long v = strtoll(s, &end, 10);
        *p = end;
        return of_dim_num(v);
    }
    while (**p && !strchr(",]}", **p)) (*p)++;
    return of_dim_symbol(c->m->dims, op_name(c, s, (size_t)(*p - s)));
}

/* A list up to the closing character, which is passed. */
static size_t op_dims(op_case *c, const char **p, char close, of_dim *d)
{
    size_t n = 0;
    while (**p != close) {
        d[n++] = op_dim(c, p);
        if (**p == ',') (*p)++;
    }
    (*p)++;
    return n;
}

static of_tensor *op_values(op_case *c, of_dtype t, const of_dim *d, size_t rank, const char **p)
{
    int64_t dims[OF_MAX_RANK];
    of_tensor *x = NULL;
    for (size_t k = 0; k < rank; k++) dims[k] = d[k].k;
    ck_assert_int_eq(of_tensor_new_data(&c->alloc, NULL, t, dims, rank, true, &x, &c->err), OF_OK);
    for (int64_t k = 0; k < x->count; k++) {
        char *end = NULL;
        double v = 0;
        if (t == OF_STRING) {
            const char *s = *p;
            while (**p && !strchr(", ", **p)) (*p)++;
            ((of_str *)x->data)[k] = (of_str){s, (size_t)(*p - s)};
        } else if (t == OF_INT64) {
            ((int64_t *)x->data)[k] = strtoll(*p, &end, 10);
        } else if (t == OF_UINT64) {
            ((uint64_t *)x->data)[k] = strtoull(*p, &end, 10);
        } else {
            v = strtod(*p, &end);
        }
        if (end) *p = end;
        switch (t) {
        case OF_INT32:
            ((int32_t *)x->data)[k] = (int32_t)v;
            break;
        case OF_INT16:
            ((int16_t *)x->data)[k] = (int16_t)v;
            break;
        case OF_UINT8:
        case OF_BOOL:
            ((uint8_t *)x->data)[k] = (uint8_t)v;
            break;
        case OF_INT8:
        case OF_INT4:
            ((int8_t *)x->data)[k] = (int8_t)v;
            break;
        case OF_UINT4:
            ((uint8_t *)x->data)[k] = (uint8_t)v;
            break;
        case OF_UINT16:
            ((uint16_t *)x->data)[k] = (uint16_t)v;
            break;
        case OF_UINT32:
            ((uint32_t *)x->data)[k] = (uint32_t)v;
            break;
        case OF_INT64:
        case OF_UINT64:
        case OF_STRING:
            break;
        default:
            of_from_f64(t, &v, (char *)x->data + (size_t)k * of_dtypes[t].mem, 1);
            break;
        }
        if (**p == ',') (*p)++;
    }
    ck_assert_int_eq(of_tensor_own_strings(x, &c->err), OF_OK);
    return x;
}

static void op_input(op_case *c, const char **p, of_value *v, of_val **val)
{
    of_dim d[OF_MAX_RANK], known[1024];
    const char *l = strchr(op_letters, **p);
    of_shape s = {-1, NULL};
    of_dtype t;
    ck_assert(l != NULL);
    t = op_dtypes[l - op_letters];
    (*p)++;
    if (**p == '*') {
        (*p)++;
    } else {
        (*p)++;
        s.rank = (int32_t)op_dims(c, p, ']', d);
        s.d = (of_dim *)of_arena_dup(&c->m->arena, d, sizeof d);
    }
    v->type = of_type_tensor(c->m, t, s);
    if (**p == '{') {
        (*p)++;
        v->n_known = (uint16_t)op_dims(c, p, '}', known);
        v->known = (of_dim *)of_arena_dup(&c->m->arena, known, sizeof known);
    } else if (**p == '=') {
        of_tensor *x;
        (*p)++;
        x = op_values(c, t, d, (size_t)s.rank, p);
        ck_assert_int_eq(of_value_set_const(v, &x->base), OF_OK);
        *val = &x->base;
    }
}

static void op_attr(op_case *c, const char **p)
{
    const char *eq = strchr(*p, '='), *q = eq + 1;
    of_attr_type type = OF_A_INT;
    of_attr *a;
    char *end;
    if (*q == '[') type = OF_A_INTS;
    if (*q == '[' && q[1] == '\'') type = OF_A_STRINGS;
    else if (*q == '[' && q[1 + strcspn(q + 1, ",]f")] == 'f') type = OF_A_FLOATS;
    if (*q == '\'') type = OF_A_STRING;
    if (*q == '@') type = OF_A_TENSOR;
    if (type == OF_A_INT && q[strcspn(q, " f")] == 'f') type = OF_A_FLOAT;
    a = of_attr_new(c->m, op_name(c, *p, (size_t)(eq - *p)), type);
    ck_assert(a != NULL);
    a->n = 1;
    *p = q + (*q == '[' || type == OF_A_STRING || type == OF_A_TENSOR);
    if (type == OF_A_INT) {
        a->u.i = strtoll(q, &end, 10);
        *p = end;
    } else if (type == OF_A_FLOAT) {
        a->u.f = strtof(q, &end);
        *p = end + 1;
    } else if (type == OF_A_STRING) {
        a->u.s.p = *p;
        a->u.s.n = strcspn(*p, "'");
        *p += a->u.s.n + 1;
    } else if (type == OF_A_FLOATS) {
        a->u.floats = (float *)of_arena_array(&c->m->arena, 16, sizeof(float));
        for (a->n = 0; **p != ']'; a->n++) {
            a->u.floats[a->n] = strtof(*p, &end);
            *p = end + 1 + (end[1] == ',');
        }
        ++*p;
    } else if (type == OF_A_STRINGS) {
        a->u.strings = (of_str *)of_arena_array(&c->m->arena, 16, sizeof(of_str));
        for (a->n = 0; **p != ']'; a->n++) {
            const size_t len = strcspn(++*p, "'");
            a->u.strings[a->n] = (of_str){*p, len};
            *p += len + 1 + ((*p)[len + 1] == ',');
        }
        ++*p;
    } else if (type == OF_A_TENSOR) {
        of_value *v = of_value_new(c->m, c->m->graph, op_name(c, "attribute", 9));
        of_val *x = NULL;
        op_input(c, p, v, &x);
        a->u.t = of_val_tensor(x);
    } else {
        of_dim d[OF_MAX_RANK];
        a->n = op_dims(c, p, ']', d);
        a->u.ints = (int64_t *)of_arena_array(&c->m->arena, a->n + 1, sizeof(int64_t));
        for (size_t k = 0; k < a->n; k++) a->u.ints[k] = d[k].k;
    }
    of_node_add_attr(c->node, a);
}

static void op_open(op_case *c, const char *op, int64_t opset, const char *in, const char *attrs,
                    uint32_t n_out)
{
    uint32_t n_in = 0;
    const char *p, *dot;
    char name[16];
    memset(c, 0, sizeof *c);
    op_text[0] = 0;
    of_alloc_init_default(&c->alloc);
    c->alloc.allocate = op_allocate;
    c->alloc.release = op_release;
    of_err_clear(&c->err);
    ck_assert_int_eq(of_model_new(&c->alloc, &c->m, &c->err), OF_OK);
    if (!c->m->graph) c->m->graph = of_graph_new(c->m, OF_GRAPH_MAIN);
    c->m->opsets = OF_NEW(&c->m->arena, of_opset);
    dot = strstr(op, "::"); /* domain::Op */
    c->m->opsets[0].domain = op_name(c, op, dot ? (size_t)(dot - op) : 0);
    c->m->opsets[0].version = opset;
    c->m->n_opsets = 1;
    c->budget.bytes_max = c->budget.one_max = (uint64_t)1 << 28;
    c->budget.steps_max = (uint64_t)1 << 34;
    of_evaluator_init(&c->ev, c->m, &c->budget, UINT32_MAX);
    for (p = in; *p; p += strcspn(p, " "), p += *p == ' ') n_in++;
    c->node = of_node_new(c->m, n_in, n_out);
    c->node->domain = c->m->opsets[0].domain;
    if (dot) op = dot + 2;
    c->node->op_type = op_name(c, op, strlen(op));
    for (uint32_t i = 0; i < n_in; i++) {
        of_value *v;
        snprintf(name, sizeof name, "in%u", i);
        if (*in == '-') {
            in++;
        } else {
            v = of_value_new(c->m, c->m->graph, op_name(c, name, strlen(name)));
            op_input(c, &in, v, &c->in[i]);
            of_use_bind(&c->node->in[i], v);
        }
        if (*in == ' ') in++;
    }
    for (uint32_t i = 0; i < n_out; i++) {
        snprintf(name, sizeof name, "out%u", i);
        c->node->out[i] = of_value_new(c->m, c->m->graph, op_name(c, name, strlen(name)));
    }
    of_node_append(c->m->graph, c->node);
    while (*attrs) {
        op_attr(c, &attrs);
        if (*attrs == ' ') attrs++;
    }
}

/* Everything is given back: a leak fails the test. */
static const char *op_close(op_case *c)
{
    for (int i = 0; i < 16; i++) of_val_unref(c->in[i]);
    of_evaluator_free(&c->ev);
    of_model_free(c->m);
    ck_assert_uint_eq(c->alloc.live, 0);
    return op_text;
}

static void op_say_dim(op_case *c, of_dim d)
{
    of_sym s;
    if (!of_dim_known(d)) {
        op_say("?");
    } else if (of_dim_is_num(d)) {
        op_say("%lld", (long long)d.k);
    } else {
        s = of_dim_name(c->m->dims, &c->m->names, d);
        op_say("%s", s->s);
    }
}

static char op_letter(of_dtype t)
{
    for (size_t k = 0; k < sizeof op_dtypes / sizeof op_dtypes[0]; k++)
        if (op_dtypes[k] == t) return op_letters[k];
    return '?';
}

/* What is inferred of the outputs. */
OF_UNUSED static const char *op_infer(const char *op, int64_t opset, const char *in,
                                      const char *attrs, uint32_t n_out)
{
    static op_case c;
    const of_type *t[8];
    of_dim *known[8];
    uint32_t n[8];
    op_open(&c, op, opset, in, attrs, n_out);
    ck_assert_int_eq(of_eval_infer(&c.ev, c.node, t, known, n, &c.err), OF_OK);
    for (uint32_t i = 0; i < n_out; i++) {
        if (i) op_say(" ");
        if (!t[i]) {
            op_say("none");
            continue;
        }
        op_say("%c", op_letter((of_dtype)t[i]->dtype));
        if (t[i]->shape.rank < 0) op_say("*");
        else op_say("[");
        for (int32_t k = 0; k < t[i]->shape.rank; k++) {
            if (k) op_say(",");
            op_say_dim(&c, t[i]->shape.d[k]);
        }
        if (t[i]->shape.rank >= 0) op_say("]");
        if (!known[i]) continue;
        op_say("{");
        for (uint32_t k = 0; k < n[i]; k++) {
            if (k) op_say(",");
            op_say_dim(&c, known[i][k]);
        }
        op_say("}");
    }
    return op_close(&c);
}

static void op_say_element(const of_tensor *t, int64_t k)
{
    int64_t i;
    double d;
    if (t->dtype == OF_STRING) {
        op_say("%.*s", (int)((of_str *)t->data)[k].n, ((of_str *)t->data)[k].p);
    } else if (t->dtype == OF_UINT64) {
        op_say("%llu", (unsigned long long)((uint64_t *)t->data)[k]);
    } else if (of_tensor_get_i64(t, k, &i)) {
        op_say("%lld", (long long)i);
    } else {
        of_to_f64((of_dtype)t->dtype, (const char *)t->data + (size_t)k * of_dtypes[t->dtype].mem,
                  &d, 1);
        op_say("%g", d);
    }
}

/* Values of the outputs; all inputs are constants. */
OF_UNUSED static const char *op_eval(const char *op, int64_t opset, const char *in,
                                     const char *attrs, uint32_t n_out)
{
    static op_case c;
    of_val *out[8];
    of_status st;
    op_open(&c, op, opset, in, attrs, n_out);
    st = of_eval_node(&c.ev, c.node, c.in, c.node->n_in, out, n_out, &c.err);
    if (st != OF_OK) {
        ck_assert(c.err.msg[0] != 0);
        op_say("!%d", (int)st);
        return op_close(&c);
    }
    for (uint32_t i = 0; i < n_out; i++) {
        of_tensor *t = of_val_tensor(out[i]);
        ck_assert(t != NULL);
        ck_assert_int_eq(of_tensor_load(t, &c.err), OF_OK);
        ck_assert_int_eq(of_tensor_unpack(t, &t, &c.err), OF_OK);
        of_val_unref(out[i]);
        out[i] = &t->base;
        op_say("%s%c[", i ? " " : "", op_letter((of_dtype)t->dtype));
        for (int k = 0; k < t->rank; k++) op_say("%s%lld", k ? "," : "", (long long)t->dims[k]);
        op_say("]=");
        for (int64_t k = 0; k < t->count; k++) {
            if (k) op_say(",");
            op_say_element(t, k);
        }
        of_val_unref(out[i]);
    }
    return op_close(&c);
}

/* As op_eval, once for every allocation, which fails, alone or with all that follow: each is
 * reported as such and nothing leaks. */
OF_UNUSED static void op_starve(const char *op, int64_t opset, const char *in, const char *attrs,
                                uint32_t n_out)
{
    static op_case c;
    of_val *out[8];
    bool hit = true;
    for (size_t at = 0; hit; at++) {
        for (int forever = 0; forever < 2; forever++) {
            of_status st;
            op_open(&c, op, opset, in, attrs, n_out);
            op_starving = (op_starvation){at + 1, forever != 0, false};
            st = of_eval_node(&c.ev, c.node, c.in, c.node->n_in, out, n_out, &c.err);
            hit = op_starving.hit;
            op_starving = (op_starvation){0};
            /* packing a narrow result makes do with the memory it has */
            ck_assert_msg(!hit || st == OF_E_NOMEM ||
                              (st == OF_OK && of_dtype_packed((of_dtype)of_val_tensor(out[0])->dtype)),
                          "%s-%d (%s) %s: allocation %zu%s failed: %d", op, (int)opset, in, attrs, at,
                          forever ? " and on" : "", (int)st);
            for (uint32_t i = 0; i < n_out; i++) of_val_unref(out[i]);
            op_close(&c);
        }
    }
}

typedef struct op_row {
    const char *op;
    int opset;
    const char *in, *attrs, *want;
    uint32_t n_out; /* 0: one */
} op_row;

/* Each row on its own, named in the message. */
OF_UNUSED static void op_check(const op_row *rows, size_t n,
                               const char *(*fn)(const char *, int64_t, const char *, const char *,
                                                 uint32_t))
{
    for (size_t k = 0; k < n; k++) {
        const op_row *r = &rows[k];
        const char *got = fn(r->op, r->opset, r->in, r->attrs, r->n_out ? r->n_out : 1);
        ck_assert_msg(strcmp(got, r->want) == 0, "%s-%d (%s) %s: %s, not %s", r->op, r->opset,
                      r->in, r->attrs, got, r->want);
    }
}
/* Every row of a table of evaluations, starved. */
OF_UNUSED static void op_check_memory(const op_row *rows, size_t n)
{
    for (size_t k = 0; k < n; k++)
        op_starve(rows[k].op, rows[k].opset, rows[k].in, rows[k].attrs,
                  rows[k].n_out ? rows[k].n_out : 1);
}

#define OP_CHECK(rows, fn) op_check((rows), sizeof(rows) / sizeof((rows)[0]), (fn))
#define OP_OOM(rows) op_check_memory((rows), sizeof(rows) / sizeof((rows)[0]))

/* The tests that a program with two tables has: infer, eval and no_memory. */
#define OP_ROWS(infer_rows, eval_rows)                                                             \
    START_TEST(infer) { OP_CHECK(infer_rows, op_infer); }                                          \
    END_TEST                                                                                       \
    START_TEST(eval) { OP_CHECK(eval_rows, op_eval); }                                             \
    END_TEST                                                                                       \
    START_TEST(no_memory) { OP_OOM(eval_rows); }                                                   \
    END_TEST

#endif
