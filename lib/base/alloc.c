#include "base/alloc.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

/* Large blocks are asked for in large pages, where the system has a choice: a first write
 * then costs a fraction of it. Only advice: what fails is not needed. */
static void advise(void *p, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    const uintptr_t page = (uintptr_t)2 << 20, at = ((uintptr_t)p + page - 1) & ~(page - 1);
    const uintptr_t end = ((uintptr_t)p + bytes) & ~(page - 1);
    const int saved = errno;

    if (bytes < 2 * page || at >= end) return;
    (void)madvise((void *)at, end - at, MADV_HUGEPAGE);
    errno = saved;
#else
    (void)p;
    (void)bytes;
#endif
}

static void *default_allocate(void *user, size_t bytes)
{
    void *p;

    (void)user;
#ifdef __linux__
    /* Data that begins with a line of the cache: no vector of it lies across two. */
    if (bytes >= 4096) {
        if (posix_memalign(&p, 64, bytes) != 0) return NULL;
    } else
#endif
        p = malloc(bytes);
    if (p) advise(p, bytes);
    return p;
}

static void default_release(void *user, void *ptr, size_t bytes)
{
    (void)user;
    (void)bytes;
    free(ptr);
}

void of_alloc_init_default(of_alloc *a)
{
    a->allocate = default_allocate;
    a->release = default_release;
    a->user = NULL;
    a->live = a->peak = a->count = 0;
}

/* The hook is the system's own, so calloc and realloc may be used behind it. */
static bool is_default(const of_alloc *a)
{
    return a->allocate == default_allocate && a->release == default_release;
}

static void count_add(of_alloc *a, size_t n)
{
    a->live += n;
    a->count++;
    if (a->live > a->peak) a->peak = a->live;
}

void *of_mem_alloc(of_alloc *a, size_t n)
{
    void *p;
    /* No object may be larger: pointer differences within it would overflow. */
    if (n == 0 || n > PTRDIFF_MAX) return NULL;
    p = a->allocate(a->user, n);
    if (p) count_add(a, n);
    return p;
}

void *of_mem_zalloc(of_alloc *a, size_t n)
{
    void *p;
    if (is_default(a) && n > 1024) {
        /* Large blocks come zeroed from the system, untouched. */
        if (n > PTRDIFF_MAX) return NULL;
        p = calloc(1, n);
        if (p) {
            advise(p, n);
            count_add(a, n);
        }
        return p;
    }
    p = of_mem_alloc(a, n);
    if (p) memset(p, 0, n);
    return p;
}

void *of_mem_array(of_alloc *a, size_t n, size_t elem)
{
    size_t bytes;
    return of_mul_size(n, elem, &bytes) ? of_mem_alloc(a, bytes) : NULL;
}

void *of_mem_grow(of_alloc *a, void *p, size_t old_n, size_t new_n)
{
    void *q;
    if (!p) return of_mem_alloc(a, new_n);
    if (new_n == 0 || new_n > PTRDIFF_MAX) return NULL;
    if (is_default(a)) {
        q = realloc(p, new_n);
        if (q) {
            a->live -= old_n;
            count_add(a, new_n);
        }
        return q;
    }
    q = of_mem_alloc(a, new_n);
    if (!q) return NULL;
    memcpy(q, p, old_n < new_n ? old_n : new_n);
    of_mem_free(a, p, old_n);
    return q;
}

void of_mem_free(of_alloc *a, void *p, size_t n)
{
    if (!p) return;
    a->live -= n;
    a->release(a->user, p, n);
}

of_status of_vec_reserve(of_alloc *a, void **p, size_t *cap, size_t need, size_t elem)
{
    size_t n = *cap, bytes;
    void *q;
    if (need <= n) return OF_OK;
    if (n == 0) n = elem < 64 ? 8 : 2;
    while (n < need) {
        if (!of_mul_size(n, 2, &n)) return OF_E_NOMEM;
    }
    if (!of_mul_size(n, elem, &bytes)) return OF_E_NOMEM;
    q = of_mem_grow(a, *p, *cap * elem, bytes);
    if (!q) return OF_E_NOMEM;
    *p = q;
    *cap = n;
    return OF_OK;
}
