/* Writing past the caches, for results that are larger than they are: a line that is written
 * whole need not be read first. Where the CPU has no such stores these are plain copies. */
#ifndef OF_KERN_FAR_H
#define OF_KERN_FAR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kern/kern_move.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

/* One line; d begins a line. */
static inline void of_far_line(void *d, const void *s)
{
#if defined(__AVX512F__)
    _mm512_stream_si512((__m512i *)d, _mm512_loadu_si512(s));
#elif defined(__AVX__)
    const __m256i a = _mm256_loadu_si256((const __m256i *)s), b = _mm256_loadu_si256((const __m256i *)s + 1);
    _mm256_stream_si256((__m256i *)d, a);
    _mm256_stream_si256((__m256i *)d + 1, b);
#elif defined(__SSE2__)
    for (int k = 0; k < 4; k++) _mm_stream_si128((__m128i *)d + k, _mm_loadu_si128((const __m128i *)s + k));
#else
    memcpy(d, s, OF_LINE);
#endif
}

/* After such stores and before another thread reads. */
static inline void of_far_done(void)
{
#if defined(__SSE2__)
    _mm_sfence();
#endif
}

static inline void of_far_run(char *d, const char *s, size_t n)
{
    const size_t head = (size_t)(0 - (uintptr_t)d) % OF_LINE;

    if (n < head + OF_LINE) {
        if (n) memcpy(d, s, n);
        return;
    }
    memcpy(d, s, head);
    for (d += head, s += head, n -= head; n >= OF_LINE; d += OF_LINE, s += OF_LINE, n -= OF_LINE) {
        of_ahead(s);
        of_far_line(d, s);
    }
    memcpy(d, s, n);
}

#endif
