/* Resampling along axes. */
#ifndef OF_OPS_OP_RESIZE_H
#define OF_OPS_OP_RESIZE_H

#include "ops/op_numeric.h"

typedef enum of_resize_mode { OF_RESIZE_NEAREST, OF_RESIZE_LINEAR, OF_RESIZE_CUBIC } of_resize_mode;
typedef enum of_resize_coord {
    OF_COORD_HALF, OF_COORD_HALF_SYMMETRIC, OF_COORD_PYTORCH, OF_COORD_ALIGN, OF_COORD_ASYMMETRIC, OF_COORD_CROP,
    OF_COORD_TF_HALF /* version 11 alone */
} of_resize_coord;
typedef enum of_resize_round {
    OF_ROUND_PREFER_FLOOR, OF_ROUND_PREFER_CEIL, OF_ROUND_FLOOR, OF_ROUND_CEIL
} of_resize_round;

/* One axis. scale: what was given, or the quotient of the lengths; nearest float and double. */
typedef struct of_resize_axis {
    int64_t in, out;
    double scale, start, end; /* of the region of interest */
    float scale32;
    bool same; /* passed through unchanged */
} of_resize_axis;

typedef struct of_resize {
    of_resize_mode mode;
    of_resize_coord coord;
    of_resize_round round;
    bool exclude_outside, antialias;
    double extrapolation, cubic_a;
    bool floor_or_ceil; /* version 10: which of both is nearest was not written down */
    int64_t policy;     /* 0 stretch, 1 not_larger, 2 not_smaller */
    size_t rank;
    of_resize_axis *axis;
} of_resize;

/* y from x (input 0), as r says. */
of_status of_resample(of_opctx *c, const of_resize *r, of_tensor *y);

#endif
