/* Windows that slide over the spatial axes (all past batch and channel): what convolutions
 * and pools share. */
#ifndef OF_OPS_OP_WINDOW_H
#define OF_OPS_OP_WINDOW_H

#include "ops/op_numeric.h"

enum {
    OF_WIN_DILATED = 1 << 0, /* has the attribute dilations */
    OF_WIN_CEIL = 1 << 1,    /* has the attribute ceil_mode */
};

typedef enum of_auto_pad { OF_PAD_NOTSET, OF_PAD_VALID, OF_PAD_SAME_UPPER, OF_PAD_SAME_LOWER } of_auto_pad;

/* Arrays of n, in tmp. kernel is -1 where not known. begin and end are settled wherever the
 * input is a number. */
typedef struct of_window {
    size_t n;
    of_auto_pad auto_pad;
    int64_t *kernel, *stride, *dilation, *begin, *end;
    int64_t ceil_mode;
} of_window;

/* Attributes for n spatial axes. weights: where the kernel's shape is taken from or checked
 * against (NULL: the attribute kernel_shape is required). */
of_status of_window_attrs(of_opctx *c, size_t n, const of_shape *weights, uint32_t flags,
                          of_window *w);
/* A list attribute of n numbers in [lo, 2^31); absent or empty: def each. */
of_status of_window_ints(of_opctx *c, const char *name, size_t n, int64_t lo, int64_t def,
                         int64_t *to);
/* Spatial dims of the result into y->d[2...] for those of x, and the padding. */
of_status of_window_slide(of_opctx *c, of_window *w, const of_shape *x, of_shape *y);
/* total elements of padding, to both sides as auto_pad says. */
void of_window_split(of_window *w, size_t axis, int64_t total);

/* (kernel - 1) * dilation + 1; kernel known */
static inline int64_t of_window_extent(const of_window *w, size_t axis)
{
    return (w->kernel[axis] - 1) * w->dilation[axis] + 1;
}
/* Steps an odometer of n digits; false once it is back at its start. */
static inline bool of_window_next(int64_t *at, const int64_t *dims, size_t n)
{
    for (size_t k = n; k-- > 0;) {
        if (++at[k] < dims[k]) return true;
        at[k] = 0;
    }
    return false;
}

#endif
