/* Every node of a graph for itself: its values, and what inference says of them.
 *
 * Printed for each node that makes an output of the graph:
 *   = NODE<TAB>STATUS<TAB>message          how the evaluation ended
 *   ! NODE<TAB>LEVEL<TAB>OUTPUT<TAB>text   inference claims what is not so
 *   t NODE<TAB>LEVEL<TAB>OUTPUT<TAB>type   what inference says
 * A level is how much is known of the inputs; see levels[]. */
#include <stdio.h>
#include <string.h>

#include "ir/edit.h"
#include "ofeval.h"

/* How much is known of an input. */
enum know { K_DTYPE, K_RANK, K_SYMBOLS, K_SHAPE, K_VALUE };

static const struct level {
    const char *name;
    enum know first, others;
} levels[] = {
    {"types", K_DTYPE, K_DTYPE},
    {"ranks", K_RANK, K_RANK},
    {"symbols", K_SYMBOLS, K_SYMBOLS},
    {"shapes", K_SHAPE, K_SHAPE},
    {"values", K_VALUE, K_VALUE},
    {"symbols of the first", K_SYMBOLS, K_VALUE},
    {"shape of the first", K_SHAPE, K_VALUE},
    {"values but the last", K_VALUE, K_VALUE},
};
#define N_LEVELS (sizeof levels / sizeof levels[0])

enum { MAX_IN = 64, MAX_OUT = 64, MAX_SYMBOLS = 256 };

typedef struct symbols {
    of_sym name[MAX_SYMBOLS];
    int64_t value[MAX_SYMBOLS];
    size_t n;
} symbols;

typedef struct state {
    of_evaluator *ev;
    of_model *m;
    of_val **val; /* by value id */
    of_node *node;
    of_val *in[MAX_IN], *out[MAX_OUT];
    uint32_t n_in, n_out;
    symbols syms;
    const char *level;
} state;

static of_val *value_of(const state *s, const of_value *v)
{
    if (s->val[v->id]) return s->val[v->id];
    if (v->cval) return v->cval;
    return v->init && v->init->tensor ? &v->init->tensor->base : NULL;
}

static bool is_output(const of_node *n)
{
    for (uint32_t i = 0; i < n->n_out; i++)
        if (n->out[i] && of_value_is_output(n->out[i])) return true;
    return false;
}

/* The type of v with a tensor's dims reduced to what `know` leaves of them. */
static const of_type *known_type(state *s, uint32_t input, const of_val *v, enum know know)
{
    const of_type *t = of_type_of_val(s->m, v);
    of_type *r;

    if (!t || t->kind != OF_T_TENSOR || know >= K_SHAPE) return t;
    if (know == K_DTYPE) return of_type_tensor(s->m, (of_dtype)t->dtype, of_shape_unknown());
    r = of_type_tensor(s->m, (of_dtype)t->dtype, t->shape);
    if (!r) return NULL;
    r->shape.d = (of_dim *)of_arena_array(&s->m->arena, (size_t)t->shape.rank + 1, sizeof(of_dim));
    if (!r->shape.d) return NULL;
    for (int32_t k = 0; k < t->shape.rank; k++) {
        char name[32];
        symbols *y = &s->syms;
        r->shape.d[k] = of_dim_unknown();
        if (know != K_SYMBOLS || y->n == MAX_SYMBOLS) continue;
        snprintf(name, sizeof name, "s%u_%d", input, k);
        y->name[y->n] = of_names_get(&s->m->names, name, strlen(name));
        y->value[y->n] = t->shape.d[k].k;
        r->shape.d[k] = of_dim_symbol(s->m->dims, y->name[y->n++]);
    }
    return r;
}

static of_dim resolved(state *s, of_dim d)
{
    for (size_t i = 0; i < s->syms.n && of_dim_known(d) && !of_dim_is_num(d); i++)
        d = of_dim_subst(s->m->dims, d, s->syms.name[i], of_dim_num(s->syms.value[i]));
    return d;
}

static void complain(const state *s, uint32_t i, const char *what, int64_t said, int64_t is)
{
    printf("! %s\t%s\t%u\t%s: said %lld, is %lld\n", s->node->name->s, s->level, i, what, (long long)said,
           (long long)is);
}

static void check_tensor(state *s, uint32_t i, const of_type *t, const of_tensor *v)
{
    if (t->dtype && t->dtype != v->dtype) complain(s, i, "element type", t->dtype, v->dtype);
    if (t->shape.rank < 0) return;
    if (t->shape.rank != v->rank) {
        complain(s, i, "rank", t->shape.rank, v->rank);
        return;
    }
    for (int32_t k = 0; k < t->shape.rank; k++) {
        of_dim d = resolved(s, t->shape.d[k]);
        if (of_dim_is_num(d) && d.k != v->dims[k]) complain(s, i, "dimension", d.k, v->dims[k]);
    }
}

static void check_type(state *s, uint32_t i, const of_type *t, of_val *v)
{
    for (; t && v && t->kind != OF_T_UNKNOWN; t = t->elem) {
        enum of_type_kind is = v->kind == OF_VAL_TENSOR ? OF_T_TENSOR : v->kind == OF_VAL_SEQUENCE ? OF_T_SEQUENCE : OF_T_OPTIONAL;
        const of_seq *q = (const of_seq *)(const void *)v;
        if (t->kind != is) {
            complain(s, i, "kind", t->kind, is);
            return;
        }
        if (is == OF_T_TENSOR) {
            check_tensor(s, i, t, of_val_tensor(v));
            return;
        }
        for (size_t k = 1; k < q->n && t->elem && t->elem->kind == OF_T_TENSOR; k++)
            if (q->item[k]->kind == OF_VAL_TENSOR) check_tensor(s, i, t->elem, of_val_tensor(q->item[k]));
        v = q->n ? q->item[0] : NULL;
    }
}

static void check_known(state *s, uint32_t i, const of_dim *known, uint32_t n, of_val *v)
{
    const of_tensor *t = of_val_tensor(v);

    if (!known || !t) return;
    if ((int64_t)n != t->count) {
        complain(s, i, "known elements", n, t->count);
        return;
    }
    for (uint32_t k = 0; k < n; k++) {
        of_dim d = resolved(s, known[k]);
        int64_t is;
        if (of_dim_is_num(d) && of_tensor_get_i64(t, k, &is) && d.k != is) complain(s, i, "element", d.k, is);
    }
}

static void print_type(const of_type *t)
{
    for (; t && (t->kind == OF_T_SEQUENCE || t->kind == OF_T_OPTIONAL); t = t->elem)
        fputs(t->kind == OF_T_SEQUENCE ? "seq " : "opt ", stdout);
    if (!t || t->kind == OF_T_UNKNOWN) {
        puts("?");
        return;
    }
    printf("%d", t->dtype);
    if (t->shape.rank < 0) fputs(" *", stdout);
    for (int32_t k = 0; k < t->shape.rank; k++)
        if (of_dim_is_num(t->shape.d[k])) printf(" %lld", (long long)t->shape.d[k].k);
        else fputs(of_dim_known(t->shape.d[k]) ? " e" : " ?", stdout);
    putchar('\n');
}

static of_status infer_at(state *s, const struct level *l, bool evaluated, of_err *e)
{
    of_val *was_cval[MAX_IN];
    const of_type *was_type[MAX_IN], *type[MAX_OUT];
    of_dim *known[MAX_OUT];
    uint32_t known_n[MAX_OUT];
    bool last_open = l == &levels[N_LEVELS - 1];
    of_status st;

    s->syms.n = 0;
    s->level = l->name;
    for (uint32_t i = 0; i < s->n_in; i++) {
        of_value *v = of_in_value(s->node, i);
        if (!v) continue;
        was_cval[i] = v->cval;
        was_type[i] = v->type;
    }
    for (uint32_t i = s->n_in; i-- > 0;) { /* a value that is used twice is known as its first use is */
        of_value *v = of_in_value(s->node, i);
        enum know know = i == 0 ? l->first : l->others;
        if (!v || !s->in[i]) continue;
        if (last_open && i + 1 == s->n_in) know = K_SHAPE;
        v->type = known_type(s, i, s->in[i], know);
        v->cval = know == K_VALUE ? s->in[i] : NULL;
        if (!v->type) return of_fail(e, OF_E_NOMEM, "out of memory");
    }
    st = of_eval_infer(s->ev, s->node, type, known, known_n, e);
    for (uint32_t i = 0; i < s->n_in; i++) {
        of_value *v = of_in_value(s->node, i);
        if (!v) continue;
        v->cval = was_cval[i];
        v->type = was_type[i];
    }
    OF_TRY(st);
    for (uint32_t i = 0; i < s->n_out; i++) {
        if (!of_out_value(s->node, i)) continue;
        printf("t %s\t%s\t%u\t", s->node->name->s, l->name, i);
        print_type(type[i]);
        if (!evaluated) continue;
        check_type(s, i, type[i], s->out[i]);
        check_known(s, i, known[i], known_n[i], s->out[i]);
    }
    return OF_OK;
}

static of_status each_node(state *s, of_err *e)
{
    of_node *n = s->node;
    of_err local;
    of_status st = OF_OK;

    if (n->n_in > MAX_IN || n->n_out > MAX_OUT) return of_fail(e, OF_E_UNSUPPORTED, "too many inputs");
    s->n_in = n->n_in;
    s->n_out = n->n_out;
    of_err_clear(&local);
    for (uint32_t i = 0; i < s->n_in; i++) {
        of_value *v = of_in_value(n, i);
        s->in[i] = v ? value_of(s, v) : NULL;
        if (v && !s->in[i]) st = of_fail(&local, OF_E_EVAL, "an input has no value");
    }
    memset(s->out, 0, sizeof s->out);
    if (st == OF_OK) st = of_eval_node(s->ev, n, s->in, s->n_in, s->out, s->n_out, &local);
    if (is_output(n)) {
        for (char *c = local.msg; *c; c++)
            if (*c == '\n' || *c == '\t') *c = ' ';
        printf("= %s\t%d\t%s\n", n->name->s, (int)st, st == OF_OK ? "" : local.msg);
        for (size_t i = 0; i < N_LEVELS; i++) OF_TRY(infer_at(s, &levels[i], st == OF_OK, e));
    }
    for (uint32_t i = 0; i < s->n_out; i++) {
        of_value *v = of_out_value(n, i);
        if (v) s->val[v->id] = s->out[i];
        else of_val_unref(s->out[i]);
    }
    return OF_OK;
}

of_status ofeval_each(of_evaluator *ev, of_graph *g, of_val **out, of_err *e)
{
    static state s;
    size_t n_values = ev->m->n_values;
    of_status st = OF_OK;

    memset(&s, 0, sizeof s);
    s.ev = ev;
    s.m = ev->m;
    s.val = OF_NEW_N(&ev->m->arena, of_val *, n_values);
    if (!s.val) return of_fail(e, OF_E_NOMEM, "out of memory");
    for (s.node = g->first; s.node && st == OF_OK; s.node = s.node->next) st = each_node(&s, e);
    for (size_t i = 0; i < g->n_outputs; i++) {
        of_val *v = value_of(&s, g->outputs[i].value);
        out[i] = v ? of_val_ref(v) : NULL;
    }
    for (size_t i = 0; i < n_values; i++) of_val_unref(s.val[i]);
    return st;
}
