/* Every kernel on pseudo-random data full of extremes, all lengths around the vector widths
 * and all alignments: each result goes to a sink. The same calls serve the comparison of
 * variants and the hash that every build must reproduce. */
#ifndef KERN_CASES_H
#define KERN_CASES_H

#include "kern/kern.h"

#define KERN_HOST_BE (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

/* n bytes of a result, elements of width bytes; family, op and type: for messages */
typedef void (*kern_sink)(void *user, const char *family, int op, int type, const void *bytes,
                          size_t n, size_t width);
void kern_cases(const of_kern *k, kern_sink sink, void *user);

/* n elements of a type: extremes and random ones. */
void kern_fill(of_ktype t, void *to, size_t n, uint64_t seed);
extern const unsigned char kern_size[OF_KT_COUNT];

/* Elements of width bytes between the host's order and little-endian. */
void kern_order(void *p, size_t n, size_t width);

/* Of the little-endian bytes, whatever the host. */
static inline uint64_t kern_hash(uint64_t h, const void *bytes, size_t n, size_t width)
{
    const unsigned char *p = (const unsigned char *)bytes;
    const size_t flip = KERN_HOST_BE ? width - 1 : 0;
    for (size_t i = 0; i < n; i++) h = (h ^ p[i ^ flip]) * UINT64_C(0x100000001B3);
    return h;
}

#endif
