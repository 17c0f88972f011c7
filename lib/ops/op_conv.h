/* The convolution itself, of floats and of widened integers. */
#ifndef OF_OPS_OP_CONV_H
#define OF_OPS_OP_CONV_H

#include "ops/op_mm.h"
#include "ops/op_window.h"

/* Sizes of one convolution whose shapes are all numbers. */
typedef struct of_conv {
    of_window w;
    const int64_t *in_dims, *out_dims; /* spatial */
    size_t batch, group;
    size_t c_in, c_out; /* channels of one group */
    size_t taps, in, out; /* elements of the kernel, of a channel before and after */
} of_conv;

/* Takes n results of channel `row` (batch * all channels + channel) from element `col` on:
 * double sums, or int32 sums. Called from several threads at once for floats. */
typedef struct of_conv_sink {
    of_mm_finish floats;
    void (*ints)(void *user, size_t row, size_t col, const int32_t *sum, size_t n);
    void *user;
} of_conv_sink;

/* Shape of the result of X and W (inputs ix, iw), with n_bias the index of B or UINT32_MAX. */
of_status of_conv_infer(of_opctx *c, uint32_t ix, uint32_t iw, uint32_t ib, of_shape *y);
/* After the result exists: attributes and sizes, and the work is charged. */
of_status of_conv_plan(of_opctx *c, uint32_t ix, uint32_t iw, const of_tensor *y, of_conv *p);
typedef enum of_conv_elem { OF_CONV_F32, OF_CONV_F64, OF_CONV_I32 } of_conv_elem;
/* Every result once; x and w hold elements of that type. */
of_status of_conv_run(of_opctx *c, const of_conv *p, of_conv_elem t, const void *x, const void *w,
                      const of_conv_sink *sink);

#endif
