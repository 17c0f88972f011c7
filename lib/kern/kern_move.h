/* Moving elements by size alone: what they mean does not matter here. Tables are
 * indexed by of_move_kind(bytes of one element). Strides are in elements. */
#ifndef OF_KERN_MOVE_H
#define OF_KERN_MOVE_H

#include <stddef.h>
#include <stdint.h>

#include "kern/kern_isa.h"

enum { OF_MOVE_KINDS = 5 }; /* 1, 2, 4, 8, 16 bytes */

static inline unsigned of_move_kind(size_t bytes)
{
    return bytes >= 16 ? 4U : bytes >= 8 ? 3U : bytes >= 4 ? 2U : bytes >= 2 ? 1U : 0U;
}

typedef struct of_kern_move {
    /* dst[i * d1 + j * d0] = src[i * s1 + j * s0] for i < n1, j < n0. No overlap.
     * d0 1 with s1 1 is a matrix transpose and is walked in blocks. */
    void (*copy2[OF_MOVE_KINDS])(void *dst, int64_t d1, int64_t d0, const void *src, int64_t s1,
                                 int64_t s0, int64_t n1, int64_t n0);
    /* dst[i] = *elem */
    void (*fill[OF_MOVE_KINDS])(void *dst, const void *elem, size_t n);
    /* dst[i] = src[idx[i]]; the indices were checked */
    void (*gather[OF_MOVE_KINDS])(void *dst, const void *src, const int64_t *idx, size_t n);
    /* dst[idx[i]] = src[i], in this order */
    void (*scatter[OF_MOVE_KINDS])(void *dst, const void *src, const int64_t *idx, size_t n);
} of_kern_move;

void OF_KERN_NAME(of_kern_move_init)(of_kern_move *k);

#endif
