#ifndef OF_KERN_ARITH_H
#define OF_KERN_ARITH_H

#include <stddef.h>
#include <stdint.h>

typedef struct of_kern_arith {
    int unused; /* the owner of this family replaces this header */
} of_kern_arith;

#endif
