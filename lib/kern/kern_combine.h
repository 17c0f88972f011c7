/* dst[i] = f(dst[i], src[i]): what the reductions of the Scatter family do. Every step
 * rounds to the element type, as the operators define it one update after the other. */
#ifndef OF_KERN_COMBINE_H
#define OF_KERN_COMBINE_H

#include <stddef.h>

#include "tensor/dtype.h"

typedef enum of_combine {
    OF_COMBINE_ADD,
    OF_COMBINE_MUL,
    OF_COMBINE_MIN,
    OF_COMBINE_MAX,
    OF_COMBINE_COUNT
} of_combine;
typedef void (*of_combine_fn)(void *dst, const void *src, size_t n);

/* NULL: not defined for this type (strings; order of complex numbers). Integers wrap, a
 * NaN stays, equal values keep dst, bool adds by or and multiplies by and. */
of_combine_fn of_combine_get(of_dtype t, of_combine op);

#endif
