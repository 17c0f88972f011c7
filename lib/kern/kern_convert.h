#ifndef OF_KERN_CONVERT_H
#define OF_KERN_CONVERT_H

#include <stddef.h>
#include <stdint.h>

typedef struct of_kern_convert {
    int unused; /* the owner of this family replaces this header */
} of_kern_convert;

#endif
