#include "kern/kern_move.h"

#include <string.h>

/* The elements are of any type, so the loops go through types that may alias. */
typedef struct __attribute__((may_alias)) move16 {
    uint64_t a, b;
} move16;
typedef uint8_t __attribute__((may_alias)) move1;
typedef uint16_t __attribute__((may_alias)) move2;
typedef uint32_t __attribute__((may_alias)) move4;
typedef uint64_t __attribute__((may_alias)) move8;

#define MOVE_T move1
#define MOVE_FN(name) name##_1
#include "kern/kern_move_tmpl.h"

#define MOVE_T move2
#define MOVE_FN(name) name##_2
#include "kern/kern_move_tmpl.h"

#define MOVE_T move4
#define MOVE_FN(name) name##_4
#include "kern/kern_move_tmpl.h"

#define MOVE_T move8
#define MOVE_FN(name) name##_8
#include "kern/kern_move_tmpl.h"

#define MOVE_T move16
#define MOVE_FN(name) name##_16
#include "kern/kern_move_tmpl.h"

#define MOVE_SET(field)                                                                            \
    k->field[0] = field##_1, k->field[1] = field##_2, k->field[2] = field##_4,                     \
    k->field[3] = field##_8, k->field[4] = field##_16

void OF_KERN_NAME(of_kern_move_init)(of_kern_move *k)
{
    MOVE_SET(copy2);
    MOVE_SET(fill);
    MOVE_SET(gather);
    MOVE_SET(scatter);
}
