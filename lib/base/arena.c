#include "base/alloc.h"

#include <string.h>

#define ALIGN ((size_t)16)
#define CHUNK_FIRST ((size_t)4096)
#define CHUNK_MAX ((size_t)16 << 20)

struct of_arena_chunk {
    of_arena_chunk *next; /* the one before */
    size_t size;          /* as allocated, header and slack included */
};

static unsigned char *chunk_data(of_arena_chunk *c)
{
    /* The hook aligns for max_align_t only, which may be 8. */
    unsigned char *p = (unsigned char *)(c + 1);
    return p + ((ALIGN - ((uintptr_t)p & (ALIGN - 1))) & (ALIGN - 1));
}

/* What a chunk costs beside its data. Where the hook's alignment is enough there is no
 * slack, so that in debug builds an item ends where its allocation ends. */
static size_t overhead(void)
{
    bool tight = sizeof(of_arena_chunk) % ALIGN == 0 && _Alignof(max_align_t) % ALIGN == 0;
    return sizeof(of_arena_chunk) + (tight ? 0 : ALIGN - 1);
}

/* Bytes for data in c, whole units: it may have been made for an odd size. */
OF_UNUSED static size_t chunk_room(const of_arena_chunk *c)
{
    return (c->size - overhead()) & ~(ALIGN - 1);
}

/* A new head chunk with room for n bytes behind its data pointer. */
static of_arena_chunk *push_chunk(of_arena *ar, size_t n)
{
    of_arena_chunk *c = ar->spare;
    size_t size;
    if (!of_add_size(n, overhead(), &size)) return NULL;
    if (c && c->size >= size) {
        ar->spare = NULL;
    } else {
        c = of_mem_alloc(ar->alloc, size);
        if (!c) return NULL;
        c->size = size;
    }
    c->next = ar->head;
    ar->head = c;
    ar->total += c->size;
    return c;
}

void of_arena_init(of_arena *ar, of_alloc *a)
{
    ar->alloc = a;
    ar->head = NULL;
    ar->cur = ar->end = NULL;
    ar->total = 0;
    ar->spare = NULL;
}

static void drop_spare(of_arena *ar)
{
    if (ar->spare) of_mem_free(ar->alloc, ar->spare, ar->spare->size);
    ar->spare = NULL;
}

/* One chunk is kept: whoever comes back to a mark again and again, as an evaluation
 * does for every node, would else have a chunk made and freed each time. */
static void pop_to(of_arena *ar, of_arena_chunk *keep)
{
    while (ar->head != keep) {
        of_arena_chunk *c = ar->head;
        ar->head = c->next;
        ar->total -= c->size;
#ifndef OF_ARENA_DEBUG
        if (c->size <= CHUNK_MAX && (!ar->spare || ar->spare->size < c->size)) {
            drop_spare(ar);
            ar->spare = c;
            continue;
        }
#endif
        of_mem_free(ar->alloc, c, c->size);
    }
}

void of_arena_free(of_arena *ar)
{
    pop_to(ar, NULL);
    drop_spare(ar);
    ar->cur = ar->end = NULL;
}

#ifdef OF_ARENA_DEBUG

void *of_arena_alloc(of_arena *ar, size_t n)
{
    of_arena_chunk *c = push_chunk(ar, n ? n : 1);
    unsigned char *p;
    if (!c) return NULL;
    p = chunk_data(c);
    ar->cur = ar->end = p + n;
    return p;
}

#else

/* A third of what there is: few chunks, and little of them in vain. */
static size_t next_room(const of_arena *ar)
{
    size_t size = ar->total / 3;
    if (size < CHUNK_FIRST) size = CHUNK_FIRST;
    if (size > CHUNK_MAX) size = CHUNK_MAX;
    return (size - overhead()) & ~(ALIGN - 1);
}

void *of_arena_more(of_arena *ar, size_t n)
{
    unsigned char *p;
    size_t room = (size_t)(ar->end - ar->cur), want;
    if (n == 0) n = 1;
    if (!of_add_size(n, ALIGN - 1, &want)) return NULL;
    want &= ~(ALIGN - 1);
    if (want > room) {
        const of_arena_chunk *spare = ar->spare;
        size_t data = next_room(ar);
        if (data < want || (spare && chunk_room(spare) >= want)) data = want;
        if (!push_chunk(ar, data)) return NULL;
        ar->cur = chunk_data(ar->head);
        ar->end = ar->cur + chunk_room(ar->head);
    }
    p = ar->cur;
    ar->cur = p + want;
    return p;
}

#endif

void *of_arena_dup(of_arena *ar, const void *p, size_t n)
{
    void *q = of_arena_alloc(ar, n);
    if (q && n) memcpy(q, p, n);
    return q;
}

of_arena_mark of_arena_save(of_arena *ar)
{
    of_arena_mark m = {ar->head, ar->cur};
    return m;
}

void of_arena_restore(of_arena *ar, of_arena_mark m)
{
    pop_to(ar, m.head);
    ar->cur = m.cur;
#ifdef OF_ARENA_DEBUG
    ar->end = m.cur;
#else
    if (m.head) {
        ar->end = chunk_data(m.head) + chunk_room(m.head);
    } else {
        ar->end = m.cur;
    }
#endif
}
