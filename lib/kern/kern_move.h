/* Moving elements by size alone: what they mean does not matter here. Tables are
 * indexed by of_move_kind(bytes of one element). Strides are in elements. */
#ifndef OF_KERN_MOVE_H
#define OF_KERN_MOVE_H

#include <stddef.h>
#include <stdint.h>

#include "kern/kern_isa.h"

enum { OF_MOVE_KINDS = 5 }; /* 1, 2, 4, 8, 16 bytes */

/* Bytes from which on a result is written past the caches: it will not be found there, and to
 * write to a line through them is to read it first. */
#define OF_FAR_MIN ((size_t)4 << 20)

#define OF_LINE 64 /* bytes of a cache line */

/* Asks for what lies 4 KiB behind p: past the page that the hardware looks ahead in. */
static inline void of_ahead(const void *p)
{
    __builtin_prefetch((const void *)((uintptr_t)p + 4096));
}

static inline unsigned of_move_kind(size_t bytes)
{
    return bytes >= 16 ? 4U : bytes >= 8 ? 3U : bytes >= 4 ? 2U : bytes >= 2 ? 1U : 0U;
}

typedef struct of_kern_move {
    /* dst[i * d1 + j * d0] = src[i * s1 + j * s0] for i < n1, j < n0. No overlap.
     * d0 1 with s1 1 is a matrix transpose and is walked in blocks. */
    void (*copy2[OF_MOVE_KINDS])(void *dst, int64_t d1, int64_t d0, const void *src, int64_t s1,
                                 int64_t s0, int64_t n1, int64_t n0);
    /* From so many bytes on results are larger than the caches: OF_FAR_MIN; tests set another. */
    size_t far_min;
    /* copy2 for such a result: written past them. */
    void (*copy2_far[OF_MOVE_KINDS])(void *dst, int64_t d1, int64_t d0, const void *src, int64_t s1,
                                     int64_t s0, int64_t n1, int64_t n0);
    /* dst = src, n bytes, likewise. */
    void (*far_run)(void *dst, const void *src, size_t n);
    /* Due after the last of these two and before another thread reads. */
    void (*far_done)(void);
    /* dst[i] = *elem */
    void (*fill[OF_MOVE_KINDS])(void *dst, const void *elem, size_t n);
    /* dst[i] = src[idx[i]]; the indices were checked */
    void (*gather[OF_MOVE_KINDS])(void *dst, const void *src, const int64_t *idx, size_t n);
    /* dst[idx[i]] = src[i], in this order */
    void (*scatter[OF_MOVE_KINDS])(void *dst, const void *src, const int64_t *idx, size_t n);
} of_kern_move;

void OF_KERN_NAME(of_kern_move_init)(of_kern_move *k);

#endif
