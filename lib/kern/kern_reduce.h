#ifndef OF_KERN_REDUCE_H
#define OF_KERN_REDUCE_H

#include <stddef.h>
#include <stdint.h>

typedef struct of_kern_reduce {
    int unused; /* the owner of this family replaces this header */
} of_kern_reduce;

#endif
