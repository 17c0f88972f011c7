/* What the numeric families share: type sets, lines along an axis, rounding to a type. */
#ifndef OF_OPS_OP_NUMERIC_H
#define OF_OPS_OP_NUMERIC_H

#include "ops/op_protos.h"
#include "tensor/convert.h"

/* Sets of element types. */
#define OF_TS(t) (UINT32_C(1) << (t))
#define OF_TS_F16 (OF_TS(OF_FLOAT16) | OF_TS(OF_BFLOAT16))
#define OF_TS_FLOAT (OF_TS_F16 | OF_TS(OF_FLOAT) | OF_TS(OF_DOUBLE))
#define OF_TS_INT8 (OF_TS(OF_INT8) | OF_TS(OF_UINT8))
#define OF_TS_INT                                                                                  \
    (OF_TS_INT8 | OF_TS(OF_INT16) | OF_TS(OF_UINT16) | OF_TS(OF_INT32) | OF_TS(OF_UINT32) |        \
     OF_TS(OF_INT64) | OF_TS(OF_UINT64))
#define OF_TS_FLOAT8                                                                               \
    (OF_TS(OF_FLOAT8E4M3FN) | OF_TS(OF_FLOAT8E4M3FNUZ) | OF_TS(OF_FLOAT8E5M2) |                    \
     OF_TS(OF_FLOAT8E5M2FNUZ))

/* Input i, if it is there, is a tensor of one of the types, as far as is known. */
of_status of_want_types(of_opctx *c, uint32_t i, uint32_t types);
/* Inputs i and j have the same type, as far as is known. */
of_status of_want_same(of_opctx *c, uint32_t i, uint32_t j);
/* Input i, if it is there, has that rank, as far as is known. */
of_status of_want_rank(of_opctx *c, uint32_t i, int32_t rank);
/* Input i, if it is there, has these dims, as far as is known. */
of_status of_want_dims(of_opctx *c, uint32_t i, int32_t rank, const of_dim *d);

/* A tensor as `outer` blocks of `inner` lines of n elements: element k of line (o, j) is at
 * (o * n + k) * inner + j. */
typedef struct of_lines {
    size_t outer, n, inner;
} of_lines;
of_lines of_lines_of(const of_tensor *t, size_t axis);
/* All dims before axis and all from it on. */
of_lines of_lines_2d(const of_tensor *t, size_t axis);

/* n elements of t from element `at`, `stride` apart, as double; exact but for 64-bit integers. */
void of_read_f64(const of_tensor *t, size_t at, size_t stride, double *to, size_t n);
/* Rounds to t's float type, once; NaN results are the one quiet NaN, equal on every CPU. */
void of_write_f64(of_tensor *t, size_t at, size_t stride, const double *from, size_t n);

/* The same of elements that lie beside each other, by the kernels. */
void of_read_run(const of_opctx *c, const of_tensor *t, size_t at, double *to, size_t n);
void of_write_run(const of_opctx *c, of_tensor *t, size_t at, const double *from, size_t n);

/* n results of float32 that belong at element `at` of y, a block at a time: where y is larger than the
 * caches they go through the stage, else they are computed in place. */
enum { OF_STAGE_BLOCK = 2048 };
typedef struct of_stage {
    const of_opctx *c;
    float *y, *room; /* OF_STAGE_BLOCK numbers of room; NULL: y is not far */
} of_stage;
of_status of_stage_make(of_opctx *c, of_tensor *y, of_stage *s);
/* (x - mean) * mul * scale + bias as of_kern_norm's affine has it. */
void of_stage_affine(const of_stage *t, size_t at, const float *x, double mean, double mul, const double *scale,
                     const double *bias, size_t step, size_t n);
/* Where n results from element `at` on are to be put, n at most a block, and when they are. */
static inline float *of_stage_at(const of_stage *t, size_t at) { return t->room ? t->room : t->y + at; }
void of_stage_out(const of_stage *t, size_t at, size_t n);
/* After the last one. */
void of_stage_end(const of_stage *t);

/* All of n doubles, in the order that every reduction of the library has. */
double of_reduce_f64(const of_opctx *c, of_reduce_op op, const double *v, size_t n);
double of_sum_f32(const of_opctx *c, const float *x, size_t n);

static inline bool of_is_f16(of_dtype t)
{
    return t == OF_FLOAT16 || t == OF_BFLOAT16;
}

/* Nearest integer, ties to even, whatever the rounding mode's cost: |v| < 2^51. */
static inline double of_round_even(double v)
{
    const double big = 6755399441055744.0; /* 1.5 * 2^52 */
    return (v + big) - big;
}

#endif
