/* Operands of op_case.h's notation that have no constant: made, and filled with numbers. */
#ifndef OP_FILL_H
#define OP_FILL_H

#include "op_case.h"

static uint32_t op_random(uint32_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 17;
    *s ^= *s << 5;
    return *s;
}

/* Numbers of every sign, or above 0 alone: integers up to 100, floats up to 4. */
static void op_fill(of_tensor *t, bool positive, uint32_t seed)
{
    const of_dtype dt = (of_dtype)t->dtype;
    const size_t mem = of_dtypes[dt].mem, n = (size_t)t->count;
    unsigned char *p = (unsigned char *)t->data;
    uint32_t s = seed * 2654435761U + 1;
    float f[256];

    if (of_dtype_packed(dt)) { /* any bits are numbers; they are held packed */
        for (size_t i = 0; i < t->bytes; i++) p[i] = (unsigned char)(op_random(&s) >> 9);
        return;
    }
    for (size_t i = 0; i < n; i += 256) {
        const size_t w = n - i < 256 ? n - i : 256;
        for (size_t k = 0; k < w; k++) {
            const float u = (float)(op_random(&s) >> 8) * 0x1p-24f;
            f[k] = positive ? 0.1f + 3.9f * u : 8 * u - 4;
            if (dt == OF_BOOL) p[i + k] = u > 0.5f;
            else if (of_dtype_is_int(dt)) {
                const bool negative = of_dtypes[dt].kind == OF_K_SINT && !positive && f[k] < 0;
                const int64_t v = (1 + (int64_t)(u * 99)) * (negative ? -1 : 1);
                for (size_t b = 0; b < mem; b++) p[(i + k) * mem + b] = (unsigned char)((uint64_t)v >> 8 * b);
            }
        }
        if (of_dtype_is_float(dt)) of_from_f32(dt, f, p + i * mem, w);
    }
}

/* Operands are filled when `fill` has a letter for them: n any sign, p above 0, 0 zeros. One
 * past its end counts like the last. */
static void op_fill_in(op_case *c, const char *fill)
{
    for (uint32_t i = 0; i < c->node->n_in; i++) {
        of_value *v = of_in_value(c->node, i);
        int64_t dims[OF_MAX_RANK];
        of_tensor *t;
        if (!v || c->in[i]) continue;
        for (int32_t k = 0; k < v->type->shape.rank; k++) dims[k] = v->type->shape.d[k].k;
        ck_assert_int_eq(of_tensor_new_data(&c->alloc, NULL, (of_dtype)v->type->dtype, dims,
                                            (size_t)v->type->shape.rank, false, &t, &c->err),
                         OF_OK);
        c->in[i] = &t->base;
        if (*fill && *fill != '0') op_fill(t, *fill == 'p', i + 1);
        if (*fill && fill[1]) fill++;
    }
}

#endif
