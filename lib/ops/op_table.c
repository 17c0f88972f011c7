/* The table of operators and its lookup. */
#include <string.h>

#include "ops/op_protos.h"

#define OF_DOMAIN_ai_onnx ""
#define OF_DOMAIN_ai_onnx_ml "ai.onnx.ml"
#define OF_DOMAIN_ai_onnx_preview "ai.onnx.preview"
#define OF_DOMAIN_ai_onnx_preview_training "ai.onnx.preview.training"
#define OF_DOMAIN_com_microsoft "com.microsoft"
#define N 255

static const of_op of_ops[] = {
#define OP(domain, name, since, min_in, max_in, min_out, max_out, infer, eval, flags)              \
    {OF_DOMAIN_##domain, #name, since, min_in, max_in, min_out, max_out, of_infer_##infer,         \
     of_eval_##eval, flags},
#include "ops/ops.def"
#undef OP
};
#undef N
#define OF_OPS_N (sizeof of_ops / sizeof of_ops[0])

of_status of_infer_unknown(of_opctx *c)
{
    (void)c;
    return OF_OK;
}

of_status of_eval_none(of_opctx *c)
{
    return of_op_fail(c, OF_E_UNSUPPORTED, "no evaluator for this operator");
}

static int of_op_compare(const of_op *op, const char *domain, const char *name)
{
    int d = strcmp(op->domain, domain);
    return d ? d : strcmp(op->name, name);
}

/* Index of the first row of (domain, name), or OF_OPS_N. Rows are sorted: test/lint holds
 * them to it. */
static size_t of_op_first(of_sym domain, of_sym op_type)
{
    const char *dom = of_domain_is_default(domain) ? "" : domain->s;
    size_t lo = 0, hi = OF_OPS_N;

    if (of_sym_empty(op_type) || memchr(op_type->s, 0, op_type->len)) return OF_OPS_N;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (of_op_compare(&of_ops[mid], dom, op_type->s) < 0) lo = mid + 1;
        else hi = mid;
    }
    return lo < OF_OPS_N && of_op_compare(&of_ops[lo], dom, op_type->s) == 0 ? lo : OF_OPS_N;
}

/* From the first row of an operator to the newest one with since <= version. */
static const of_op *of_op_version(size_t first, int64_t version)
{
    const of_op *found = NULL;

    for (size_t i = first; i < OF_OPS_N; i++) {
        if (of_ops[i].name != of_ops[first].name && /* compilers keep one copy of equal texts */
            of_op_compare(&of_ops[i], of_ops[first].domain, of_ops[first].name) != 0)
            break;
        if (of_ops[i].since > version) break;
        found = &of_ops[i];
    }
    return found;
}

const of_op *of_op_find(of_sym domain, of_sym op_type, int64_t version)
{
    return of_op_version(of_op_first(domain, op_type), version);
}

_Static_assert(OF_OPS_N < UINT16_MAX - 1, "rows fit the marks of a name and of a node");

/* A model has many nodes of few operators: their names remember the row. */
static const of_op *of_op_seen(const of_node *n, int64_t version)
{
    if (!of_domain_is_default(n->domain) || of_sym_empty(n->op_type))
        return of_op_find(n->domain, n->op_type, version);
    if (!n->op_type->op) of_name_of(n->op_type)->op = (uint16_t)(of_op_first(n->domain, n->op_type) + 1);
    return of_op_version(n->op_type->op - 1u, version);
}

enum { OF_OP_ABSENT = UINT16_MAX }; /* looked up, not there */

const of_op *of_op_of_node(of_node *n)
{
    if (!n->op) {
        const of_op *op = NULL;
        if (!of_node_func(n)) op = of_op_seen(n, of_node_opset(n));
        n->op = op ? (uint16_t)(op - of_ops + 1) : OF_OP_ABSENT;
    }
    return n->op == OF_OP_ABSENT ? NULL : &of_ops[n->op - 1u];
}
