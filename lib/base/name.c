#include "base/name.h"

#include <string.h>

static uint32_t name_hash(const of_names *t, const char *p, size_t n)
{
    uint64_t h = of_hash_bytes(t->seed, p, n);
    return (uint32_t)(h ^ (h >> 32));
}

/* A slot holds the hash, so that neither a search nor a larger table reads names that
 * are not meant, and in 32 bits where the name is: block and offset. */
#ifdef OF_ARENA_DEBUG
enum { OFFSET_BITS = 0 }; /* every name an arena item of its own */
#else
enum { OFFSET_BITS = 14 };
#endif
#define UNIT _Alignof(of_name)
#define BLOCK_MAX (UNIT << OFFSET_BITS)
#define BLOCK_MIN ((size_t)1024)

static of_name *name_at(const of_names *t, uint32_t at)
{
    size_t i = at - 1u;
    return (of_name *)(void *)(t->block[i >> OFFSET_BITS] + (i & ((1u << OFFSET_BITS) - 1)) * UNIT);
}

/* The slot where the name is or would be. */
static of_names_slot *find_slot(const of_names *t, uint32_t hash, const char *p, size_t n)
{
    size_t mask = t->cap - 1, i = hash & mask;
    for (; t->slot[i].at; i = (i + 1) & mask) {
        const of_name *s;
        if (t->slot[i].hash != hash) continue;
        s = name_at(t, t->slot[i].at);
        if (s->len == n && (n == 0 || memcmp(s->s, p, n) == 0)) break;
    }
    return &t->slot[i];
}

static bool names_rehash(of_names *t, size_t cap)
{
    size_t bytes, i;
    of_names_slot *slot;
    if (!of_mul_size(cap, sizeof *slot, &bytes)) return false;
    slot = of_mem_zalloc(t->alloc, bytes);
    if (!slot) return false;
    for (i = 0; i < t->cap; i++) {
        size_t at = t->slot[i].hash & (cap - 1);
        if (!t->slot[i].at) continue;
        while (slot[at].at) at = (at + 1) & (cap - 1);
        slot[at] = t->slot[i];
    }
    of_mem_free(t->alloc, t->slot, t->cap * sizeof *slot);
    t->slot = slot;
    t->cap = cap;
    return true;
}

/* Room for a name of so many bytes, and in *at where that is. */
static of_name *name_room(of_names *t, size_t bytes, uint32_t *at)
{
    unsigned char *p = t->cur;
    if (bytes > (size_t)(t->end - p)) {
        size_t size = t->bytes / 4;
        void *list = t->block;
        if (size < BLOCK_MIN) size = BLOCK_MIN;
        if (size > BLOCK_MAX) size = BLOCK_MAX;
        if (size < bytes || OFFSET_BITS == 0) size = bytes;
        if (t->n_blocks >= (UINT32_MAX >> OFFSET_BITS)) return NULL;
        if (of_vec_reserve(t->alloc, &list, &t->cap_blocks, t->n_blocks + 1, sizeof *t->block) != OF_OK)
            return NULL;
        t->block = list;
        p = of_arena_alloc(t->arena, size);
        if (!p) return NULL;
        t->block[t->n_blocks++] = p;
        t->end = p + size;
        t->bytes += size;
    }
    t->cur = p + ((bytes + (UNIT - 1)) & ~(UNIT - 1));
    if (t->cur > t->end) t->cur = t->end;
    *at = (uint32_t)((t->n_blocks - 1) << OFFSET_BITS) +
          (uint32_t)((size_t)(p - t->block[t->n_blocks - 1]) / UNIT) + 1;
    return (of_name *)(void *)p;
}

of_status of_names_init(of_names *t, of_alloc *a, of_arena *arena)
{
    memset(t, 0, sizeof *t);
    t->alloc = a;
    t->arena = arena;
    t->seed = of_hash_seed();
    if (!names_rehash(t, 64)) return OF_E_NOMEM;
    t->empty = of_names_get(t, "", 0);
    if (t->empty) return OF_OK;
    of_names_free(t);
    return OF_E_NOMEM;
}

void of_names_free(of_names *t)
{
    of_mem_free(t->alloc, t->slot, t->cap * sizeof *t->slot);
    of_mem_free(t->alloc, t->block, t->cap_blocks * sizeof *t->block);
    t->slot = NULL;
    t->block = NULL;
    t->cap = t->n_blocks = t->cap_blocks = t->bytes = 0;
    t->cur = t->end = NULL;
    t->count = 0;
    t->empty = NULL;
}

of_sym of_names_get(of_names *t, const char *p, size_t n)
{
    uint32_t hash, at;
    size_t bytes;
    of_names_slot *slot;
    of_name *s;
    if (n > UINT32_MAX || t->count == UINT32_MAX) return NULL;
    hash = name_hash(t, p, n);
    slot = find_slot(t, hash, p, n);
    if (slot->at) return name_at(t, slot->at);
    if ((size_t)t->count + 1 > t->cap / 4 * 3) {
        size_t cap;
        if (!of_mul_size(t->cap, 2, &cap) || !names_rehash(t, cap)) return NULL;
        slot = find_slot(t, hash, p, n);
    }
    if (!of_add_size(n, sizeof *s + 1, &bytes)) return NULL;
    s = name_room(t, bytes, &at);
    if (!s) return NULL;
    s->id = t->count++;
    s->len = (uint32_t)n;
    s->hash = hash;
    s->op = s->rop = 0;
    if (n) memcpy(s->s, p, n);
    s->s[n] = '\0';
    *slot = (of_names_slot){hash, at};
    return s;
}

void of_names_prefetch(const of_names *t, const char *p, size_t n)
{
#if defined(__GNUC__)
    __builtin_prefetch(&t->slot[name_hash(t, p, n) & (t->cap - 1)], 1);
#else
    (void)t, (void)p, (void)n;
#endif
}

of_sym of_names_find(const of_names *t, const char *p, size_t n)
{
    const of_names_slot *slot;
    if (n > UINT32_MAX) return NULL;
    slot = find_slot(t, name_hash(t, p, n), p, n);
    return slot->at ? name_at(t, slot->at) : NULL;
}

bool of_glob_match(const char *pat, size_t pn, const char *s, size_t n)
{
    /* Only the last star is ever returned to: an earlier one that matched less could
     * not help, since the last may take any number of bytes. */
    size_t p = 0, i = 0, star = SIZE_MAX, star_i = 0;
    while (i < n) {
        if (p < pn && pat[p] == '*') {
            star = p++;
            star_i = i;
        } else if (p < pn && (pat[p] == '?' || pat[p] == s[i])) {
            p++;
            i++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            i = ++star_i;
        } else {
            return false;
        }
    }
    while (p < pn && pat[p] == '*') p++;
    return p == pn;
}
