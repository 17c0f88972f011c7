#include "kern/kern_move.h"

#include <stdbool.h>
#include <string.h>

#include "kern/kern_far.h"

/* The elements are of any type, so the loops go through types that may alias. */
typedef struct __attribute__((may_alias)) move16 {
    uint64_t a, b;
} move16;
typedef uint8_t __attribute__((may_alias)) move1;
typedef uint16_t __attribute__((may_alias)) move2;
typedef uint32_t __attribute__((may_alias)) move4;
typedef uint64_t __attribute__((may_alias)) move8;

/* Vectors in C as both compilers write them. */
#ifdef __has_builtin
#if __has_builtin(__builtin_shufflevector)
#define OF_MOVE_VECTORS
#endif
#endif

#define MOVE_T move1
#ifdef OF_MOVE_VECTORS
typedef move1 move_v1 __attribute__((vector_size(16)));
#define MOVE_V move_v1
#define MOVE_LANES 16
#define MOVE_LOW(a, b) __builtin_shufflevector((a), (b), 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, \
    21, 6, 22, 7, 23)
#define MOVE_HIGH(a, b) __builtin_shufflevector((a), (b), 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, \
    13, 29, 14, 30, 15, 31)
#endif
#define MOVE_FN(name) name##_1
#include "kern/kern_move_tmpl.h"

#define MOVE_T move2
#ifdef OF_MOVE_VECTORS
typedef move2 move_v2 __attribute__((vector_size(16)));
#define MOVE_V move_v2
#define MOVE_LANES 8
#define MOVE_LOW(a, b) __builtin_shufflevector((a), (b), 0, 8, 1, 9, 2, 10, 3, 11)
#define MOVE_HIGH(a, b) __builtin_shufflevector((a), (b), 4, 12, 5, 13, 6, 14, 7, 15)
#endif
#define MOVE_FN(name) name##_2
#include "kern/kern_move_tmpl.h"

#define MOVE_T move4
#ifdef OF_MOVE_VECTORS
typedef move4 move_v4 __attribute__((vector_size(16)));
#define MOVE_V move_v4
#define MOVE_LANES 4
#define MOVE_LOW(a, b) __builtin_shufflevector((a), (b), 0, 4, 1, 5)
#define MOVE_HIGH(a, b) __builtin_shufflevector((a), (b), 2, 6, 3, 7)
#endif
#define MOVE_FN(name) name##_4
#include "kern/kern_move_tmpl.h"

#define MOVE_T move8
#ifdef OF_MOVE_VECTORS
typedef move8 move_v8 __attribute__((vector_size(16)));
#define MOVE_V move_v8
#define MOVE_LANES 2
#define MOVE_LOW(a, b) __builtin_shufflevector((a), (b), 0, 2)
#define MOVE_HIGH(a, b) __builtin_shufflevector((a), (b), 1, 3)
#endif
#define MOVE_FN(name) name##_8
#include "kern/kern_move_tmpl.h"

#define MOVE_T move16
#define MOVE_FN(name) name##_16
#include "kern/kern_move_tmpl.h"

static void far_run(void *dst, const void *src, size_t n)
{
    of_far_run((char *)dst, (const char *)src, n);
}

static void far_done(void)
{
    of_far_done();
}

#define MOVE_SET(field)                                                                            \
    k->field[0] = field##_1, k->field[1] = field##_2, k->field[2] = field##_4,                     \
    k->field[3] = field##_8, k->field[4] = field##_16

void OF_KERN_NAME(of_kern_move_init)(of_kern_move *k)
{
    MOVE_SET(copy2);
    MOVE_SET(copy2_far);
    MOVE_SET(fill);
    MOVE_SET(gather);
    MOVE_SET(scatter);
    k->far_min = OF_FAR_MIN;
    k->far_run = far_run;
    k->far_done = far_done;
}
