#include "cli.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define HUGE_PAGE (2 * MIB)

#if defined(__GLIBC__) && defined(MADV_POPULATE_WRITE)
static uintptr_t line_up(uintptr_t at, size_t to)
{
    return (at + to - 1) & ~(uintptr_t)(to - 1);
}

/* The pages of [p, p + n), at once. Older systems fault them in. */
static void populate(uintptr_t from, size_t n)
{
    uintptr_t to = (from + n) & ~(uintptr_t)(4 * KIB - 1);
    from = line_up(from, 4 * KIB);
    if (from < to) (void)madvise((void *)from, to - from, MADV_POPULATE_WRITE);
}

/* The heap goes on in a huge page, where the system has them: the addresses up to there are
 * taken and never touched. */
static void *huge_heap(size_t n)
{
    uintptr_t top = (uintptr_t)sbrk(0), line = line_up(top, HUGE_PAGE);
    void *before = line - top > KIB ? malloc(line - top - KIB) : NULL, *p = malloc(HUGE_PAGE + MIB);
    if (p && (uintptr_t)p < line) {
        (void)madvise((void *)line, HUGE_PAGE, MADV_HUGEPAGE);
        populate(line, n);
    }
    free(p);
    return before;
}
#endif

/* One process, one model, short-lived: the heap grows in large steps, gives nothing back, and
 * gets the pages that a model of this size needs in one call instead of one fault each. */
void *cli_memory(const char *in)
{
#if defined(__GLIBC__) && defined(MADV_POPULATE_WRITE)
    struct stat sb;
    size_t n;
    void *p;
    (void)mallopt(M_TOP_PAD, (int)MIB);
    (void)mallopt(M_MMAP_THRESHOLD, (int)(32 * MIB));
    (void)mallopt(M_TRIM_THRESHOLD, (int)(256 * MIB));
    if (stat(in, &sb) != 0 || !S_ISREG(sb.st_mode) || sb.st_size <= 0) return NULL;
    n = 192 * KIB + ((uint64_t)sb.st_size < MIB ? (size_t)sb.st_size : MIB);
    if (n > MIB) return huge_heap(n); /* to clear one takes no longer than so many small ones */
    p = malloc(n);
    if (p) populate((uintptr_t)p, n);
    free(p);
#else
    (void)in;
#endif
    return NULL;
}
