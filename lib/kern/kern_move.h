#ifndef OF_KERN_MOVE_H
#define OF_KERN_MOVE_H

#include <stddef.h>
#include <stdint.h>

typedef struct of_kern_move {
    int unused; /* the owner of this family replaces this header */
} of_kern_move;

#endif
