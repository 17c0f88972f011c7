/* Inner loops behind a table of function pointers: the C reference is filled in
 * first and defines the result, each ISA overwrites in rising order. The bytes
 * out never depend on which one ran. Kernels know lengths and strides, no shapes
 * and no attributes; every family has a header of its own (kern_<family>.h) with
 * its function types and its part of the table. */
#ifndef OF_KERN_KERN_H
#define OF_KERN_KERN_H

#include "base/cpu.h"
#include "kern/kern_arith.h"
#include "kern/kern_convert.h"
#include "kern/kern_matmul.h"
#include "kern/kern_move.h"
#include "kern/kern_norm.h"
#include "kern/kern_reduce.h"
#include "kern/kern_small.h"

typedef struct of_kern {
    uint32_t flags; /* the CPU features that its functions use */
    of_kern_arith arith;
    of_kern_convert convert;
    of_kern_matmul matmul;
    of_kern_move move;
    of_kern_norm norm;
    of_kern_reduce reduce;
    of_kern_small small;
} of_kern;

/* flags: what the CPU has and the options let through. */
void of_kern_init(of_kern *k, uint32_t flags);

/* All of one instruction set; those after the first where the build has them (OF_KERN_X86,
 * OF_KERN_ARM). */
void of_kern_fill_c(of_kern *k);
void of_kern_fill_sse41(of_kern *k);
void of_kern_fill_avx2(of_kern *k);
void of_kern_fill_avx512(of_kern *k);
void of_kern_fill_neon(of_kern *k);

#endif
