/* Every kernel on pseudo-random data full of extremes, all lengths around the vector widths
 * and all alignments: each result goes to a sink. The same calls serve the comparison of
 * variants and the hash that every build must reproduce. */
#ifndef KERN_CASES_H
#define KERN_CASES_H

#include "kern/kern.h"

/* bytes of a result; what: "family operation type" numbers for messages */
typedef void (*kern_sink)(void *user, const char *family, int op, int type, const void *bytes,
                          size_t n);
void kern_cases(const of_kern *k, kern_sink sink, void *user);

/* n elements of a type: extremes and random ones. */
void kern_fill(of_ktype t, void *to, size_t n, uint64_t seed);
extern const unsigned char kern_size[OF_KT_COUNT];

static inline uint64_t kern_hash(uint64_t h, const void *bytes, size_t n)
{
    const unsigned char *p = (const unsigned char *)bytes;
    for (size_t i = 0; i < n; i++) h = (h ^ p[i]) * UINT64_C(0x100000001B3);
    return h;
}

#endif
