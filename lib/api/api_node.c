/* What a callback sees of one node. */
#include "api/api.h"

#include <errno.h>
#include <string.h>

static const char *text_of(of_sym s, size_t *length)
{
    if (length) *length = s ? s->len : 0;
    return s ? s->s : "";
}

const char *onnxfold_node_name(const onnxfold_node_context *n, size_t *length)
{
    return text_of(n ? n->c->node->name : NULL, length);
}

const char *onnxfold_node_domain(const onnxfold_node_context *n, size_t *length)
{
    return text_of(n ? n->c->node->domain : NULL, length);
}

const char *onnxfold_node_op_type(const onnxfold_node_context *n, size_t *length)
{
    return text_of(n ? n->c->node->op_type : NULL, length);
}

int64_t onnxfold_node_opset(const onnxfold_node_context *n) { return n ? n->c->opset : 0; }

size_t onnxfold_node_input_count(const onnxfold_node_context *n) { return n ? n->c->n_in : 0; }

size_t onnxfold_node_output_count(const onnxfold_node_context *n) { return n ? n->c->n_out : 0; }

const char *onnxfold_node_input_name(const onnxfold_node_context *n, size_t i, size_t *length)
{
    if (!n || i >= n->c->n_in || i >= n->c->node->n_in) return NULL;
    const of_value *v = n->c->node->in[i].value;
    return text_of(v ? v->name : NULL, length);
}

const char *onnxfold_node_output_name(const onnxfold_node_context *n, size_t i, size_t *length)
{
    if (!n || i >= n->c->n_out || i >= n->c->node->n_out) return NULL;
    const of_value *v = n->c->node->out[i];
    return text_of(v ? v->name : NULL, length);
}

onnxfold_status onnxfold_node_input_type(const onnxfold_node_context *n, size_t i, int32_t *dtype, int32_t *rank)
{
    if (!n || i >= n->c->n_in) return ONNXFOLD_E_ARGUMENT;
    if (dtype) *dtype = (int32_t)of_in_dtype(n->c, (uint32_t)i);
    if (rank) *rank = of_in_rank(n->c, (uint32_t)i);
    return ONNXFOLD_OK;
}

int64_t onnxfold_node_input_dim(const onnxfold_node_context *n, size_t i, int32_t axis)
{
    if (!n || i >= n->c->n_in) return -1;
    const of_shape *s = of_in_shape(n->c, (uint32_t)i);
    if (axis < 0 || axis >= s->rank || !of_dim_is_num(s->d[axis])) return -1;
    return s->d[axis].k;
}

int onnxfold_node_input_is_constant(const onnxfold_node_context *n, size_t i)
{
    return n && i < n->c->n_in && n->c->in_const && n->c->in_const[i] != NULL;
}

/* ---- attributes: looked up without leaving an error on the node ---- */

static onnxfold_status attr_of(const onnxfold_node_context *n, const char *name, of_attr_type type, const of_attr **out)
{
    if (!n || !name) return ONNXFOLD_E_ARGUMENT;
    const of_attr *a = of_node_attr(n->c->node, name);
    /* A reference to a function's attribute has no value of its own (onnx.proto, ref_attr_name). */
    if (!a || !of_sym_empty(a->ref)) return ONNXFOLD_E_NOT_FOUND;
    if (a->type != type) return ONNXFOLD_E_EVAL;
    *out = a;
    return ONNXFOLD_OK;
}

onnxfold_status onnxfold_node_attr_int(const onnxfold_node_context *n, const char *name, int64_t *v)
{
    const of_attr *a;
    if (!v) return ONNXFOLD_E_ARGUMENT;
    onnxfold_status st = attr_of(n, name, OF_A_INT, &a);
    if (st == ONNXFOLD_OK) *v = a->u.i;
    return st;
}

onnxfold_status onnxfold_node_attr_float(const onnxfold_node_context *n, const char *name, float *v)
{
    const of_attr *a;
    if (!v) return ONNXFOLD_E_ARGUMENT;
    onnxfold_status st = attr_of(n, name, OF_A_FLOAT, &a);
    if (st == ONNXFOLD_OK) *v = a->u.f;
    return st;
}

onnxfold_status onnxfold_node_attr_string(const onnxfold_node_context *n, const char *name, const char **v,
                                          size_t *length)
{
    const of_attr *a;
    if (!v || !length) return ONNXFOLD_E_ARGUMENT;
    onnxfold_status st = attr_of(n, name, OF_A_STRING, &a);
    if (st == ONNXFOLD_OK) {
        *v = a->u.s.p ? a->u.s.p : "";
        *length = a->u.s.n;
    }
    return st;
}

onnxfold_status onnxfold_node_attr_ints(const onnxfold_node_context *n, const char *name, const int64_t **v,
                                        size_t *count)
{
    const of_attr *a;
    if (!v || !count) return ONNXFOLD_E_ARGUMENT;
    onnxfold_status st = attr_of(n, name, OF_A_INTS, &a);
    if (st == ONNXFOLD_OK) {
        *v = a->u.ints;
        *count = a->n;
    }
    return st;
}

onnxfold_status onnxfold_node_attr_floats(const onnxfold_node_context *n, const char *name, const float **v,
                                          size_t *count)
{
    const of_attr *a;
    if (!v || !count) return ONNXFOLD_E_ARGUMENT;
    onnxfold_status st = attr_of(n, name, OF_A_FLOATS, &a);
    if (st == ONNXFOLD_OK) {
        *v = a->u.floats;
        *count = a->n;
    }
    return st;
}

/* ---- results ---- */

onnxfold_status onnxfold_node_set_output(onnxfold_node_context *n, size_t i, int32_t dtype, int32_t rank,
                                         const int64_t *dims)
{
    if (!n || i >= n->c->n_out || !of_dtype_valid(dtype) || rank < -1 || rank > OF_MAX_RANK || (rank > 0 && !dims))
        return ONNXFOLD_E_ARGUMENT;
    if (n->c->evaluating || !n->c->out_type) return ONNXFOLD_E_STATE;
    for (int32_t k = 0; k < rank; k++)
        if (dims[k] < -1) return ONNXFOLD_E_ARGUMENT;
    of_shape s = of_shape_unknown();
    if (rank >= 0) {
        s = of_shape_new(n->c, rank);
        if (s.rank < 0) return ONNXFOLD_E_NOMEM;
        for (int32_t k = 0; k < rank; k++)
            if (dims[k] >= 0) s.d[k] = of_dim_num(dims[k]);
    }
    return (onnxfold_status)of_set_out(n->c, (uint32_t)i, (of_dtype)dtype, s);
}

onnxfold_status onnxfold_node_input_data(const onnxfold_node_context *n, size_t i, const void **data, size_t *size)
{
    if (!n || i >= n->c->n_in || !data || !size) return ONNXFOLD_E_ARGUMENT;
    if (!n->c->evaluating) return ONNXFOLD_E_STATE;
    if (!n->c->in_const[i]) {
        *data = NULL;
        *size = 0;
        return ONNXFOLD_OK;
    }
    const of_tensor *t = of_val_tensor(n->c->in_const[i]);
    if (!t || t->dtype == OF_STRING) return ONNXFOLD_E_UNSUPPORTED;
    *data = t->data;
    *size = t->bytes;
    return ONNXFOLD_OK;
}

onnxfold_status onnxfold_node_output_data(onnxfold_node_context *n, size_t i, int32_t dtype, int32_t rank,
                                          const int64_t *dims, void **data, size_t *size)
{
    of_tensor *t;
    if (!n || i >= n->c->n_out || !of_dtype_valid(dtype) || rank < 0 || rank > OF_MAX_RANK || (rank && !dims) ||
        !data || !size)
        return ONNXFOLD_E_ARGUMENT;
    if (!n->c->evaluating || n->c->out[i]) return ONNXFOLD_E_STATE;
    if (dtype == ONNXFOLD_STRING) return ONNXFOLD_E_UNSUPPORTED;
    for (int32_t k = 0; k < rank; k++)
        if (dims[k] < 0) return ONNXFOLD_E_ARGUMENT;
    of_status st = of_out_shaped(n->c, (uint32_t)i, (of_dtype)dtype, dims, (size_t)rank, &t);
    if (st != OF_OK) return (onnxfold_status)st;
    *data = t->data;
    *size = t->bytes;
    return ONNXFOLD_OK;
}

void onnxfold_node_set_error(onnxfold_node_context *n, const char *message)
{
    if (!n || !message) return;
    int saved = errno;
    (void)of_op_fail(n->c, OF_E_EVAL, "%.255s", message);
    errno = saved;
}
