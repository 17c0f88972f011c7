#include "base/name.h"

#include <string.h>

static uint32_t name_hash(const of_names *t, const char *p, size_t n)
{
    uint64_t h = of_hash_bytes(t->seed, p, n);
    return (uint32_t)(h ^ (h >> 32));
}

/* The slot where the name is or would be. */
static size_t find_slot(const of_names *t, uint32_t hash, const char *p, size_t n)
{
    size_t mask = t->cap - 1, i = hash & mask;
    const of_name *s;
    while ((s = t->slot[i]) != NULL) {
        if (s->hash == hash && s->len == n && (n == 0 || memcmp(s->s, p, n) == 0)) break;
        i = (i + 1) & mask;
    }
    return i;
}

static bool names_rehash(of_names *t, size_t cap)
{
    size_t bytes, i;
    of_name **slot;
    if (!of_mul_size(cap, sizeof *slot, &bytes)) return false;
    slot = of_mem_zalloc(t->alloc, bytes);
    if (!slot) return false;
    for (i = 0; i < t->cap; i++) {
        of_name *s = t->slot[i];
        size_t at;
        if (!s) continue;
        at = s->hash & (cap - 1);
        while (slot[at]) at = (at + 1) & (cap - 1);
        slot[at] = s;
    }
    of_mem_free(t->alloc, t->slot, t->cap * sizeof *slot);
    t->slot = slot;
    t->cap = cap;
    return true;
}

of_status of_names_init(of_names *t, of_alloc *a, of_arena *arena)
{
    t->alloc = a;
    t->arena = arena;
    t->slot = NULL;
    t->cap = 0;
    t->count = 0;
    t->seed = of_hash_seed();
    t->empty = NULL;
    if (!names_rehash(t, 64)) return OF_E_NOMEM;
    t->empty = of_names_get(t, "", 0);
    if (t->empty) return OF_OK;
    of_names_free(t);
    return OF_E_NOMEM;
}

void of_names_free(of_names *t)
{
    of_mem_free(t->alloc, t->slot, t->cap * sizeof *t->slot);
    t->slot = NULL;
    t->cap = 0;
    t->count = 0;
    t->empty = NULL;
}

of_sym of_names_get(of_names *t, const char *p, size_t n)
{
    uint32_t hash;
    size_t i, bytes;
    of_name *s;
    if (n > UINT32_MAX || t->count == UINT32_MAX) return NULL;
    hash = name_hash(t, p, n);
    i = find_slot(t, hash, p, n);
    if (t->slot[i]) return t->slot[i];
    if ((size_t)t->count + 1 > t->cap / 2) {
        size_t cap;
        if (!of_mul_size(t->cap, 2, &cap) || !names_rehash(t, cap)) return NULL;
        i = find_slot(t, hash, p, n);
    }
    if (!of_add_size(n, sizeof *s + 1, &bytes)) return NULL;
    s = of_arena_alloc(t->arena, bytes);
    if (!s) return NULL;
    s->id = t->count++;
    s->len = (uint32_t)n;
    s->hash = hash;
    if (n) memcpy(s->s, p, n);
    s->s[n] = '\0';
    t->slot[i] = s;
    return s;
}

of_sym of_names_find(const of_names *t, const char *p, size_t n)
{
    if (n > UINT32_MAX) return NULL;
    return t->slot[find_slot(t, name_hash(t, p, n), p, n)];
}

bool of_sym_is(of_sym s, const char *text)
{
    of_str v = {s ? s->s : "", s ? s->len : 0};
    return of_str_is(v, text);
}

bool of_str_is(of_str s, const char *text)
{
    size_t n = strlen(text);
    return s.n == n && (n == 0 || memcmp(s.p, text, n) == 0);
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
