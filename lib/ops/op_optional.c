/* Optional, OptionalHasElement, OptionalGetElement. From 18 on the latter two take tensors
 * and sequences too, which have an element: themselves. Runtimes do so at 15 already, and
 * a Loop may carry an optional that its body gives as a sequence. */
#include "ops/op_protos.h"
#include "ops/op_seq.h"

static const of_seq *as_optional(const of_val *v)
{
    return v && v->kind == OF_VAL_OPTIONAL ? (const of_seq *)(const void *)v : NULL;
}

static of_status element_type(of_opctx *c, const of_type **t)
{
    of_attr *a;

    OF_TRY(of_find_attr(c, "type", &a));
    if (a && a->type != OF_A_TYPE_PROTO) return OF_INVALID(c, "attribute type is of the wrong kind");
    *t = a ? a->u.tp : NULL;
    if (of_has_in(c, 0)) *t = of_in_type(c, 0);
    else if (!*t) return OF_INVALID(c, "neither an input nor a type");
    return OF_OK;
}

of_status of_infer_Optional(of_opctx *c)
{
    const of_type *t;

    OF_TRY(element_type(c, &t));
    if (c->evaluating) return OF_OK;
    t = of_type_of_many(c, OF_T_OPTIONAL, t);
    return t ? of_set_out_type(c, 0, t) : OF_E_NOMEM;
}

of_status of_eval_Optional(of_opctx *c)
{
    const of_type *t;
    of_seq *s;

    OF_TRY(element_type(c, &t));
    OF_TRY(of_seq_new(c->alloc, OF_VAL_OPTIONAL, &s, c->err));
    OF_TRY(of_out_val(c, 0, &s->base));
    if (t && t->kind == OF_T_TENSOR) s->elem_dtype = t->dtype;
    return of_has_in(c, 0) ? of_seq_push(s, c->in_const[0], c->err) : OF_OK;
}

of_status of_infer_OptionalHasElement(of_opctx *c)
{
    const of_type *t = of_in_type(c, 0);
    const of_dim yes = of_dim_num(1);
    of_shape s;

    OF_TRY(of_new_shape(c, 0, &s));
    OF_TRY(of_set_out(c, 0, OF_BOOL, s));
    if (of_has_in(c, 0) && t && (t->kind == OF_T_TENSOR || t->kind == OF_T_SEQUENCE))
        return of_set_known(c, 0, &yes, 1);
    return OF_OK;
}

of_status of_eval_OptionalHasElement(of_opctx *c)
{
    const of_val *v = c->n_in ? c->in_const[0] : NULL;
    const of_seq *s = as_optional(v);
    of_tensor *t;

    OF_TRY(of_out(c, 0, &t));
    *(uint8_t *)t->data = s ? s->n != 0 : v != NULL;
    return OF_OK;
}

of_status of_infer_OptionalGetElement(of_opctx *c)
{
    const of_type *t = of_in_type(c, 0);

    if (c->evaluating || !t) return OF_OK;
    if (t->kind == OF_T_OPTIONAL) t = t->elem;
    return t ? of_set_out_type(c, 0, t) : OF_OK;
}

of_status of_eval_OptionalGetElement(of_opctx *c)
{
    const of_seq *s = as_optional(c->in_const[0]);

    if (!s) return of_out_val(c, 0, of_val_ref(c->in_const[0]));
    if (!s->n) return OF_INVALID(c, "the optional is empty");
    return of_out_val(c, 0, of_val_ref(s->item[0]));
}
