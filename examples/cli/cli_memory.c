#include "cli.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)

/* One process, one model, short-lived: the heap grows in large steps, gives nothing back, and
 * stands in large pages from the start, where the system has a choice: one costs as much as
 * some sixty small ones, and even a small model touches more. Only advice: what fails is not
 * needed. */
void cli_memory(void)
{
#if defined(__GLIBC__) && defined(MADV_HUGEPAGE) && defined(MADV_POPULATE_WRITE)
    const long page = sysconf(_SC_PAGESIZE);
    const uintptr_t huge = 2 * MIB, room = 16 * MIB, head = page > 0 ? (uintptr_t)page : huge;
    const uintptr_t at = (uintptr_t)sbrk(0), edge = (at + 2 * head + huge - 1) & ~(huge - 1);
    static void *volatile rest;
    void *p;
    /* What malloc has at hand is in small pages and would be used first. */
    const size_t at_hand = mallinfo2().fordblks;
    if (at_hand > 4 * KIB) rest = malloc(at_hand - 4 * KIB);
    (void)rest;
    (void)mallopt(M_TOP_PAD, (int)MIB);
    (void)mallopt(M_MMAP_THRESHOLD, (int)(32 * MIB));
    (void)mallopt(M_TRIM_THRESHOLD, (int)(256 * MIB));
    /* The heap goes on right before a large page: the header that malloc writes there is not in it.
     * A whole page before: malloc takes a heap that cannot grow to the end of a page for damaged. */
    if (at == UINTPTR_MAX || sbrk((intptr_t)(edge - head - at)) == (void *)-1) return;
    p = malloc(room + 2 * head);
    if (!p) return;
    if ((uintptr_t)p < edge && edge - (uintptr_t)p <= head) {
        (void)madvise((void *)edge, room, MADV_HUGEPAGE);
        (void)madvise((void *)edge, 192 * KIB, MADV_POPULATE_WRITE); /* these at least, in pages of either kind */
    }
    free(p);
#endif
}
