/* The model as text, for golden tests and for people. One line a node; bodies are
 * indented below the node they belong to. Long tensors are cut. */
#include "ir/link.h"
#include "ir/walk.h"
#include "tensor/convert.h"

#include <stdio.h>
#include <string.h>

enum { SHORT_TENSOR = 8 };

typedef struct dumper {
    of_model *m;
    char **buf;
    size_t *len, *cap;
    of_err *e;
    of_status st; /* the first failure; nothing is written after it */
} dumper;

static void put(dumper *d, const char *s, size_t n)
{
    size_t need;
    if (d->st != OF_OK || n == 0) return;
    if (!of_add_size(*d->len, n, &need)) {
        d->st = OF_E_NOMEM;
        return;
    }
    void *p = *d->buf;
    d->st = of_vec_reserve(d->m->alloc, &p, d->cap, need, 1);
    *d->buf = p;
    if (d->st != OF_OK) return;
    memcpy(*d->buf + *d->len, s, n);
    *d->len = need;
}

static void text(dumper *d, const char *s)
{
    put(d, s, strlen(s));
}

/* Bytes that are not printable ASCII are written as \xNN, a backslash as \\. */
static void name(dumper *d, const char *s, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    size_t from = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c >= 0x20 && c < 0x7F && c != '\\') continue;
        char esc[4] = {'\\', 'x', hex[c >> 4], hex[c & 15]};
        put(d, s + from, i - from);
        put(d, c == '\\' ? "\\\\" : esc, c == '\\' ? 2 : 4);
        from = i + 1;
    }
    put(d, s + from, n - from);
}

static void sym(dumper *d, of_sym s)
{
    if (s) name(d, s->s, s->len);
}

static void quoted(dumper *d, const char *s, size_t n)
{
    text(d, "\"");
    name(d, s, n < 64 ? n : 64);
    text(d, n <= 64 ? "\"" : "\"...");
}

static void integer(dumper *d, int64_t x)
{
    char s[24];
    int n = snprintf(s, sizeof s, "%lld", (long long)x);
    if (n > 0) put(d, s, (size_t)n);
}

/* %g with whatever the locale has for a decimal point made a point. */
static void real(dumper *d, double x)
{
    char s[48], out[48];
    size_t k = 0;
    int n = snprintf(s, sizeof s, "%.9g", x);
    for (int i = 0; i < n; i++) {
        bool plain = s[i] && strchr("0123456789+-einfa", s[i]);
        if (plain)
            out[k++] = s[i];
        else if (k == 0 || out[k - 1] != '.')
            out[k++] = '.';
    }
    put(d, out, k);
}

static void indent(dumper *d, uint32_t depth)
{
    for (uint32_t i = 0; i <= depth && i < 32; i++) text(d, "  ");
}

/* ---- types and constants ---- */

static void dtype_name(dumper *d, uint8_t t)
{
    text(d, of_dtype_valid(t) ? of_dtypes[t].type : "?");
}

static void shape(dumper *d, const of_shape *s)
{
    char dim[OF_ERR_MSG];
    if (s->rank < 0) {
        text(d, "[...]");
        return;
    }
    text(d, "[");
    for (int32_t i = 0; i < s->rank; i++) {
        if (i) text(d, ",");
        size_t n = of_dim_text(d->m->dims, s->d[i], dim, sizeof dim);
        name(d, dim, n < sizeof dim ? n : sizeof dim - 1);
    }
    text(d, "]");
}

static void type(dumper *d, const of_type *t)
{
    size_t close = 0;
    for (; t; t = t->elem) {
        switch ((of_type_kind)t->kind) {
        case OF_T_TENSOR:
        case OF_T_SPARSE:
            if (t->kind == OF_T_SPARSE) text(d, "sparse ");
            dtype_name(d, t->dtype);
            shape(d, &t->shape);
            break;
        case OF_T_OPAQUE:
            text(d, "opaque ");
            sym(d, t->opaque_domain);
            text(d, "::");
            sym(d, t->opaque_name);
            break;
        case OF_T_UNKNOWN:
            text(d, "?");
            break;
        default:
            text(d, t->kind == OF_T_SEQUENCE ? "seq(" : t->kind == OF_T_OPTIONAL ? "optional(" : "map(");
            if (t->kind == OF_T_MAP) {
                dtype_name(d, t->dtype);
                text(d, ",");
            }
            if (!t->elem) text(d, "?");
            close++;
            continue;
        }
        break;
    }
    while (close--) text(d, ")");
}

static void tensor(dumper *d, of_tensor *t)
{
    if (!t) {
        text(d, "none");
        return;
    }
    dtype_name(d, t->dtype);
    text(d, "[");
    for (size_t i = 0; i < t->rank; i++) {
        if (i) text(d, ",");
        integer(d, t->dims[i]);
    }
    text(d, "]");
    if (t->count > SHORT_TENSOR || (!t->data && t->count) || of_dtype_packed((of_dtype)t->dtype)) return;
    text(d, "{");
    for (int64_t i = 0; i < t->count; i++) {
        int64_t k;
        double f;
        size_t size = of_dtypes[t->dtype].mem;
        const unsigned char *p = (const unsigned char *)t->data + (size_t)i * size;
        if (i) text(d, ",");
        if (t->dtype == OF_STRING) {
            const of_str *s = (const of_str *)(const void *)p;
            quoted(d, s->p, s->n);
        } else if (of_tensor_get_i64(t, i, &k)) {
            integer(d, k);
        } else if (of_dtype_is_float((of_dtype)t->dtype)) {
            of_to_f64((of_dtype)t->dtype, p, &f, 1);
            real(d, f);
        } else {
            text(d, "?");
        }
    }
    text(d, "}");
}

static void value_def(dumper *d, const of_value *v)
{
    if (!v) {
        text(d, "_");
        return;
    }
    sym(d, v->name);
    if (v->type) {
        text(d, ": ");
        type(d, v->type);
    }
}

/* ---- attributes ---- */

static void attr_item(dumper *d, const of_attr *a, size_t i)
{
    switch ((of_attr_type)a->type) {
    case OF_A_FLOAT:
        real(d, (double)a->u.f);
        break;
    case OF_A_FLOATS:
        real(d, (double)a->u.floats[i]);
        break;
    case OF_A_INT:
        integer(d, a->u.i);
        break;
    case OF_A_INTS:
        integer(d, a->u.ints[i]);
        break;
    case OF_A_STRING:
        quoted(d, a->u.s.p, a->u.s.n);
        break;
    case OF_A_STRINGS:
        quoted(d, a->u.strings[i].p, a->u.strings[i].n);
        break;
    case OF_A_TENSOR:
        tensor(d, a->u.t);
        break;
    case OF_A_TENSORS:
        tensor(d, a->u.tensors[i]);
        break;
    case OF_A_TYPE_PROTO:
        type(d, a->u.tp);
        break;
    case OF_A_TYPE_PROTOS:
        type(d, a->u.types[i]);
        break;
    case OF_A_GRAPH:
    case OF_A_GRAPHS:
        text(d, "graph");
        break;
    case OF_A_SPARSE_TENSOR:
    case OF_A_SPARSE_TENSORS:
        text(d, "sparse");
        break;
    default:
        text(d, "?");
        break;
    }
}

static bool is_list(const of_attr *a)
{
    return (a->type >= OF_A_FLOATS && a->type <= OF_A_GRAPHS) || a->type == OF_A_SPARSE_TENSORS ||
           a->type == OF_A_TYPE_PROTOS;
}

static void attrs(dumper *d, const of_attr *a)
{
    const char *sep = " {";
    for (; a; a = a->next) {
        text(d, sep);
        sep = ", ";
        sym(d, a->name);
        text(d, "=");
        if (!of_sym_empty(a->ref)) {
            text(d, "@");
            sym(d, a->ref);
        } else if (is_list(a)) {
            text(d, "[");
            for (size_t i = 0; i < a->n && i < 4 * SHORT_TENSOR; i++) {
                if (i) text(d, ",");
                attr_item(d, a, i);
            }
            text(d, a->n > 4 * SHORT_TENSOR ? ",...]" : "]");
        } else {
            attr_item(d, a, 0);
        }
    }
    if (sep[0] == ',') text(d, "}");
}

/* ---- nodes and graphs ---- */

static void node(dumper *d, const of_node *n, uint32_t depth)
{
    indent(d, depth);
    for (uint32_t i = 0; i < n->n_out; i++) {
        if (i) text(d, ", ");
        value_def(d, n->out[i]);
    }
    text(d, " = ");
    if (!of_domain_is_default(n->domain)) {
        sym(d, n->domain);
        text(d, "::");
    }
    sym(d, n->op_type);
    if (n->rest && !of_sym_empty(n->rest->overload)) {
        text(d, ":");
        sym(d, n->rest->overload);
    }
    text(d, "(");
    for (uint32_t i = 0; i < n->n_in; i++) {
        if (i) text(d, ", ");
        if (n->in[i].value)
            sym(d, n->in[i].value->name);
        else
            text(d, "_");
    }
    text(d, ")");
    attrs(d, n->attrs);
    text(d, "\n");
}

static void graph_head(dumper *d, const of_graph *g, of_sym attr)
{
    uint32_t at = g->depth * 2; /* bodies stand two steps in: below their node */
    indent(d, at);
    if (attr) {
        sym(d, attr);
        text(d, " ");
    }
    text(d, "graph (");
    for (size_t i = 0; i < g->n_inputs; i++) {
        if (i) text(d, ", ");
        value_def(d, g->inputs[i]);
    }
    text(d, ") {\n");
    for (const of_init *it = g->init_first; it; it = it->next) {
        indent(d, at + 1);
        text(d, "init ");
        sym(d, it->value ? it->value->name : it->name);
        text(d, " = ");
        if (it->tensor)
            tensor(d, it->tensor);
        else
            text(d, "sparse");
        text(d, "\n");
    }
}

static void graph_tail(dumper *d, const of_graph *g)
{
    uint32_t at = g->depth * 2;
    indent(d, at + 1);
    text(d, "return (");
    for (size_t i = 0; i < g->n_outputs; i++) {
        if (i) text(d, ", ");
        if (g->outputs[i].value)
            sym(d, g->outputs[i].value->name);
        else
            text(d, "_");
    }
    text(d, ")\n");
    indent(d, at);
    text(d, "}\n");
}

typedef struct dump_frame {
    const of_graph *g;
    const of_node *node; /* its bodies are being written */
    of_body_iter bodies;
} dump_frame;

typedef struct dump_stack {
    dump_frame *frame;
    size_t depth, cap;
} dump_stack;

static void open_graph(dumper *d, dump_stack *s, const of_graph *g, of_sym attr)
{
    void *p = s->frame;
    if (d->st == OF_OK) d->st = of_vec_reserve(d->m->alloc, &p, &s->cap, s->depth + 1, sizeof *s->frame);
    s->frame = p;
    if (d->st != OF_OK) return;
    s->frame[s->depth++] = (dump_frame){g, NULL, {NULL, 0}};
    graph_head(d, g, attr);
}

static void top_graph(dumper *d, const of_graph *top)
{
    dump_stack s = {NULL, 0, 0};
    open_graph(d, &s, top, NULL);
    while (d->st == OF_OK && s.depth) {
        dump_frame *f = &s.frame[s.depth - 1];
        const of_graph *body = f->node ? of_body_next(&f->bodies) : NULL;
        if (body) {
            open_graph(d, &s, body, f->bodies.attr->name);
            continue;
        }
        f->node = f->node ? f->node->next : f->g->first;
        if (!f->node) {
            graph_tail(d, f->g);
            s.depth--;
            continue;
        }
        node(d, f->node, f->g->depth * 2 + 1);
        f->bodies = of_bodies(f->node);
    }
    of_mem_free(d->m->alloc, s.frame, s.cap * sizeof *s.frame);
}

static void opsets(dumper *d, const of_opset *o, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (o[i].drop) continue;
        text(d, " ");
        if (of_domain_is_default(o[i].domain))
            text(d, "ai.onnx");
        else
            sym(d, o[i].domain);
        text(d, "=");
        integer(d, o[i].version);
    }
    text(d, "\n");
}

of_status of_dump(of_model *m, char **buf, size_t *len, size_t *cap, of_err *e)
{
    dumper d = {.m = m, .buf = buf, .len = len, .cap = cap, .e = e, .st = OF_OK};
    text(&d, "model ir=");
    integer(&d, m->ir_version);
    opsets(&d, m->opsets, m->n_opsets);
    if (m->graph) top_graph(&d, m->graph);
    for (size_t i = 0; i < m->n_funcs; i++) {
        const of_func *f = m->funcs[i];
        if (f->drop || !f->body) continue;
        text(&d, "function ");
        sym(&d, f->domain);
        text(&d, "::");
        sym(&d, f->name);
        attrs(&d, f->attr_defaults);
        opsets(&d, f->opsets, f->n_opsets);
        top_graph(&d, f->body);
    }
    return d.st == OF_OK ? OF_OK : of_fail(e, d.st, "out of memory");
}
