#include "cli.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)

/* One process, one model, short-lived: the heap grows in large steps, gives nothing back, and
 * gets the pages that a model of this size needs in one call instead of one fault each. */
void cli_memory(const char *in)
{
#if defined(__GLIBC__) && defined(MADV_POPULATE_WRITE)
    struct stat sb;
    size_t page = 4 * KIB, n;
    void *p;
    (void)mallopt(M_TOP_PAD, (int)MIB);
    (void)mallopt(M_MMAP_THRESHOLD, (int)(32 * MIB));
    (void)mallopt(M_TRIM_THRESHOLD, (int)(256 * MIB));
    if (stat(in, &sb) != 0 || !S_ISREG(sb.st_mode) || sb.st_size <= 0) return;
    n = 192 * KIB + ((uint64_t)sb.st_size < MIB ? (size_t)sb.st_size : MIB);
    p = malloc(n);
    if (!p) return;
    uintptr_t from = ((uintptr_t)p + page - 1) & ~(uintptr_t)(page - 1), to = ((uintptr_t)p + n) & ~(uintptr_t)(page - 1);
    (void)madvise((void *)from, to - from, MADV_POPULATE_WRITE); /* older systems fault them in */
    free(p);
#else
    (void)in;
#endif
}
