/* Operators that are made of others. */
#include "ops/op_sub.h"

#include "ops/op_moves.h"

of_status of_sub_as(of_opctx *c, int64_t opset, of_status (*fn)(of_opctx *c))
{
    const int64_t own = c->opset;
    of_status st;

    c->opset = opset;
    st = fn(c);
    c->opset = own;
    return st;
}

of_status of_sub_run(of_opctx *c, int64_t opset, of_infer_fn infer, of_eval_fn eval, const of_tensor *const *in,
                     uint32_t n_in, of_tensor **out, uint32_t n_out)
{
    of_type *type = OF_NEW_N(c->tmp, of_type, n_in);
    of_op op = *c->op;
    of_opctx s = *c;
    of_status st;

    op.since = (int)opset; /* what some families tell old semantics by */
    s.op = &op;
    s.opset = opset;
    s.n_in = n_in;
    s.n_out = n_out;
    s.in_type = OF_NEW_N(c->tmp, const of_type *, n_in);
    s.in_const = OF_NEW_N(c->tmp, of_val *, n_in);
    s.in_known = OF_NEW_N(c->tmp, of_dim *, n_in);
    s.in_known_n = OF_NEW_N(c->tmp, uint32_t, n_in);
    s.out_type = OF_NEW_N(c->tmp, const of_type *, n_out);
    s.out = OF_NEW_N(c->tmp, of_val *, n_out);
    if (!type || !s.in_type || !s.in_const || !s.in_known || !s.in_known_n || !s.out_type || !s.out)
        return of_nomem(c->err);
    for (uint32_t i = 0; i < n_in; i++) {
        if (!in[i]) continue;
        type[i].kind = OF_T_TENSOR;
        type[i].dtype = in[i]->dtype;
        type[i].shape = of_shape_from(c, in[i]->dims, in[i]->rank);
        if (type[i].shape.rank < 0) return of_nomem(c->err);
        s.in_type[i] = &type[i];
        s.in_const[i] = (of_val *)(uintptr_t)&in[i]->base; /* only read */
    }
    st = infer(&s);
    if (st == OF_OK) st = eval(&s);
    for (uint32_t i = 0; i < n_out; i++) {
        out[i] = st == OF_OK ? of_val_tensor(s.out[i]) : NULL;
        if (!out[i]) of_val_unref(s.out[i]);
    }
    return st;
}
