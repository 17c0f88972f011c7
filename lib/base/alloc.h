/* The allocator hook and the arena. Nothing else in lib/ calls malloc. */
#ifndef OF_BASE_ALLOC_H
#define OF_BASE_ALLOC_H

#include <string.h>

#include "base/checked.h"
#include "base/err.h"

/* One per model handle; its address is stable for the handle's life. */
typedef struct of_alloc {
    void *(*allocate)(void *user, size_t bytes);            /* aligned for max_align_t, or NULL */
    void (*release)(void *user, void *ptr, size_t bytes);   /* bytes as allocated; ptr not NULL */
    void *user;
    size_t live, peak, count; /* bytes now, most bytes at once, allocations so far */
} of_alloc;

void of_alloc_init_default(of_alloc *a); /* malloc and free */

void *of_mem_alloc(of_alloc *a, size_t n);              /* NULL when n is 0 or memory is out */
void *of_mem_zalloc(of_alloc *a, size_t n);             /* zeroed */
void *of_mem_array(of_alloc *a, size_t n, size_t elem); /* checked product; NULL on overflow */
void *of_mem_grow(of_alloc *a, void *p, size_t old_n, size_t new_n); /* like realloc; p kept on failure */
void of_mem_free(of_alloc *a, void *p, size_t n);       /* p may be NULL */

/* Grows array *p of `elem`-byte items, *cap long, to hold at least `need`;
 * doubles. OF_E_NOMEM leaves all as it was. */
of_status of_vec_reserve(of_alloc *a, void **p, size_t *cap, size_t need, size_t elem);

/* Bump allocator; freed as a whole. Built with OF_ARENA_DEBUG every item is an
 * allocation of its own, so that sanitizers see overruns. */
typedef struct of_arena_chunk of_arena_chunk;
typedef struct of_arena {
    of_alloc *alloc;
    of_arena_chunk *head;
    unsigned char *cur, *end;
    size_t total; /* bytes in chunks, the spare one left out */
    of_arena_chunk *spare; /* the last one given back, for the next that is needed */
} of_arena;
/* A place to come back to: everything allocated after it is released. */
typedef struct of_arena_mark {
    of_arena_chunk *head;
    unsigned char *cur;
} of_arena_mark;

void of_arena_init(of_arena *ar, of_alloc *a);
void of_arena_free(of_arena *ar);
/* 16-byte aligned, uninitialised; n 0 gives a valid pointer; NULL: no memory. */
#ifdef OF_ARENA_DEBUG
void *of_arena_alloc(of_arena *ar, size_t n);
#else
void *of_arena_more(of_arena *ar, size_t n); /* where the chunk at hand does not do */
static inline void *of_arena_alloc(of_arena *ar, size_t n)
{
    /* cur and end are aligned, so what n is rounded up to fits where n does */
    if (OF_LIKELY(n - 1 < (size_t)(ar->end - ar->cur))) {
        void *p = ar->cur;
        ar->cur += (n + 15) & ~(size_t)15;
        return p;
    }
    return of_arena_more(ar, n);
}
#endif
static inline void *of_arena_zalloc(of_arena *ar, size_t n) /* zeroed */
{
    void *p = of_arena_alloc(ar, n);
    return OF_LIKELY(p && n) ? memset(p, 0, n) : p;
}
static inline void *of_arena_array(of_arena *ar, size_t n, size_t elem) /* checked, uninitialised */
{
    size_t bytes;
    return of_mul_size(n, elem, &bytes) ? of_arena_alloc(ar, bytes) : NULL;
}
static inline void *of_arena_zarray(of_arena *ar, size_t n, size_t elem)
{
    size_t bytes;
    return of_mul_size(n, elem, &bytes) ? of_arena_zalloc(ar, bytes) : NULL;
}
void *of_arena_dup(of_arena *ar, const void *p, size_t n);
of_arena_mark of_arena_save(of_arena *ar);
void of_arena_restore(of_arena *ar, of_arena_mark m);

/* Typed forms. */
#define OF_NEW(ar, T) ((T *)of_arena_zalloc((ar), sizeof(T)))
#define OF_NEW_N(ar, T, n) ((T *)of_arena_zarray((ar), (n), sizeof(T)))

#endif
