/* Conversion between the C types of kern_arith.h over runs. */
#ifndef OF_KERN_CONVERT_H
#define OF_KERN_CONVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kern/kern_arith.h"

/* Integers to integers keep the low bits; integers to floats round to nearest; float to
 * double is exact, double to float rounds once; floats to integers truncate. Returns
 * n, or, before anything was written, the index of the first element that does not fit an
 * integer type (NaN, infinity, out of range). dst and src do not overlap. */
typedef size_t (*of_kern_cvt_fn)(void *dst, const void *src, size_t n);
/* Nonzero, NaN among it: 1; else 0. */
typedef void (*of_kern_tobool_fn)(uint8_t *dst, const void *src, size_t n);

typedef struct of_kern_convert {
    of_kern_cvt_fn cvt[OF_KT_COUNT][OF_KT_COUNT]; /* [from][to]; from == to copies */
    of_kern_tobool_fn tobool[OF_KT_COUNT];
} of_kern_convert;

void OF_KERN_NAME(of_kern_convert_init)(of_kern_convert *k);

#endif
