#ifndef OF_KERN_MATMUL_H
#define OF_KERN_MATMUL_H

#include <stddef.h>
#include <stdint.h>

typedef struct of_kern_matmul {
    int unused; /* the owner of this family replaces this header */
} of_kern_matmul;

#endif
