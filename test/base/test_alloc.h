/* An allocator for tests: counts what is out, checks the sizes that come back, and can
 * fail the Nth request. */
#ifndef OF_TEST_ALLOC_H
#define OF_TEST_ALLOC_H

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

typedef struct test_heap {
    size_t out, calls, fail_at; /* fail_at: 1 fails the first; 0 none */
    bool fail_on;               /* and all that follow */
    bool wrong_size;
} test_heap;

static inline void *test_heap_get(void *user, size_t n)
{
    test_heap *h = user;
    size_t *p;
    h->calls++;
    if (h->fail_at && (h->calls == h->fail_at || (h->fail_on && h->calls > h->fail_at))) return NULL;
    if (n > PTRDIFF_MAX / 2) return NULL; /* sanitizers end the program for such a request */
    p = malloc(n + 16);
    if (!p) return NULL;
    p[0] = n;
    memset(p + 2, 0xA5, n);
    h->out += n;
    return (char *)p + 16;
}

static inline void test_heap_put(void *user, void *ptr, size_t n)
{
    test_heap *h = user;
    size_t *p = (size_t *)(void *)((char *)ptr - 16);
    if (p[0] != n) h->wrong_size = true;
    h->out -= p[0];
    free(p);
}

static inline void test_heap_init(test_heap *h, of_alloc *a)
{
    memset(h, 0, sizeof *h);
    memset(a, 0, sizeof *a);
    a->allocate = test_heap_get;
    a->release = test_heap_put;
    a->user = h;
}

#endif
