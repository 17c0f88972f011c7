/* Tensors of 8-bit codes with one scale and one zero point. */
#ifndef OF_OPS_OP_QLINEAR_H
#define OF_OPS_OP_QLINEAR_H

#include "ops/op_numeric.h"

typedef struct of_q8 {
    float scale;
    int32_t zero;
} of_q8;

/* Codes at input x, a scale at input `scale`: both are there; the zero point behind it may not be. */
of_status of_q8_types(of_opctx *c, uint32_t x, uint32_t scale);
/* Evaluation: the scale at input i and the zero point behind it (absent: 0). */
of_status of_q8_read(of_opctx *c, uint32_t i, of_q8 *q);
/* The nearest integer, ties to even, plus the zero point, within the type. v is not NaN. */
uint8_t of_q8_code(const of_q8 *q, of_dtype t, double v);
uint8_t of_q8_clamp(of_dtype t, double v); /* an integer to the type's range */
double of_q8_real(const of_q8 *q, of_dtype t, uint8_t code);

#endif
