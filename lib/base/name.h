/* Interned strings. Equal names of one table are the same pointer, so names are
 * compared by address; `id` indexes side tables. Length-counted: a name may hold
 * NUL bytes; a NUL stands behind it for convenience. */
#ifndef OF_BASE_NAME_H
#define OF_BASE_NAME_H

#include "base/alloc.h"

#include <stdint.h>

typedef struct of_name {
    uint32_t id; /* dense, from 0 in order of interning; 0 is the empty name */
    uint32_t len;
    uint32_t hash;
    /* Which operator of the default domain it names, to lib/ops and to lib/rewrite, + 1; 0: nobody has asked. */
    uint16_t op, rop;
    char s[];
} of_name;
typedef const of_name *of_sym;

/* A view of bytes that are not interned. */
typedef struct of_str {
    const char *p;
    size_t n;
} of_str;

typedef struct of_names_slot {
    uint32_t hash;
    uint32_t at; /* where the name is, + 1; 0: free */
} of_names_slot;

typedef struct of_names {
    of_alloc *alloc;
    of_arena *arena;      /* where the text lives, in blocks */
    of_names_slot *slot;
    size_t cap;           /* power of two */
    unsigned char **block;
    size_t n_blocks, cap_blocks;
    unsigned char *cur, *end; /* of the last block */
    size_t bytes;             /* in all blocks */
    uint32_t count;
    uint64_t seed;   /* against chosen collisions; results never depend on it */
    of_sym empty;
} of_names;

of_status of_names_init(of_names *t, of_alloc *a, of_arena *arena);
void of_names_free(of_names *t);
of_sym of_names_get(of_names *t, const char *p, size_t n); /* interns; NULL: no memory */
/* Calls the place of a name into the cache, where the table is larger than that. */
void of_names_prefetch(const of_names *t, const char *p, size_t n);
static inline bool of_names_far(const of_names *t)
{
#ifdef OF_ARENA_DEBUG
    return t->cap > 0; /* under sanitizers every model comes by */
#else
    return t->cap > 32768;
#endif
}
of_sym of_names_find(const of_names *t, const char *p, size_t n); /* NULL: never seen */
#define OF_NAME_LIT(t, lit) of_names_get((t), "" lit, sizeof(lit) - 1)

static inline bool of_sym_empty(of_sym s) { return !s || s->len == 0; }
/* Equal to a C string; inline, so that a literal's length is known. */
static inline bool of_str_is(of_str s, const char *text)
{
    size_t n = strlen(text);
    return s.n == n && (n == 0 || memcmp(s.p, text, n) == 0);
}
static inline bool of_sym_is(of_sym s, const char *text)
{
    size_t n = strlen(text);
    return s ? s->len == n && memcmp(s->s, text, n) == 0 : n == 0;
}
/* The names of a table are its own to write to. */
static inline of_name *of_name_of(of_sym s) { return (of_name *)(uintptr_t)s; }
/* Glob with * and ? over bytes, linear in practice (no exponential backtracking). */
bool of_glob_match(const char *pat, size_t pn, const char *s, size_t n);

uint64_t of_hash_bytes(uint64_t seed, const void *p, size_t n);
uint64_t of_hash_seed(void); /* unpredictable where the system offers it, without a system call */

/* Open-addressing table of pointers, for dedupe, CSE, function lookup. */
typedef struct of_htab {
    of_alloc *alloc;
    void **slot;
    uint64_t *hash;
    size_t cap, count;
    bool (*eq)(const void *a, const void *b, void *user);
    void *user;
} of_htab;
void of_htab_init(of_htab *h, of_alloc *a, bool (*eq)(const void *, const void *, void *), void *user);
void of_htab_free(of_htab *h);
void *of_htab_find(const of_htab *h, uint64_t hash, const void *key);
of_status of_htab_put(of_htab *h, uint64_t hash, void *item); /* no check for an equal one */

#endif
