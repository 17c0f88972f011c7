#include "base/name.h"

#include <string.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif

/* Odd constants with 32 bits set, from the fractional parts of square roots. */
#define K0 UINT64_C(0x6a09e667f3bcc909)
#define K1 UINT64_C(0xbb67ae8584caa73b)
#define K2 UINT64_C(0x3c6ef372fe94f82b)
#define K3 UINT64_C(0xa54ff53a5f1d36f1)

/* Both halves of the 128-bit product, folded: every bit of a and b reaches the result. */
static inline uint64_t fold_mul(uint64_t a, uint64_t b)
{
#if defined(__SIZEOF_INT128__)
    __extension__ typedef unsigned __int128 u128;
    u128 r = (u128)a * b;
    return (uint64_t)r ^ (uint64_t)(r >> 64);
#else
    uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
    uint64_t ll = al * bl, lh = al * bh, hl = ah * bl, hh = ah * bh;
    uint64_t mid = (ll >> 32) + (uint32_t)lh + (uint32_t)hl;
    uint64_t lo = (mid << 32) | (uint32_t)ll;
    uint64_t hi = hh + (lh >> 32) + (hl >> 32) + (mid >> 32);
    return lo ^ hi;
#endif
}

static inline uint64_t load8(const unsigned char *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

static inline uint64_t load4(const unsigned char *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

uint64_t of_hash_bytes(uint64_t seed, const void *ptr, size_t n)
{
    const unsigned char *p = ptr;
    size_t left = n;
    uint64_t a, b, h = fold_mul(seed ^ K0, K1) ^ seed, key = h ^ K2;
    if (left > 64) {
        /* Four lanes, so that the multiplier is never waited for. */
        uint64_t h1 = h ^ K1, h2 = h ^ K2, h3 = h ^ K3;
        do {
            h = fold_mul(load8(p) ^ key, load8(p + 8) ^ h);
            h1 = fold_mul(load8(p + 16) ^ key, load8(p + 24) ^ h1);
            h2 = fold_mul(load8(p + 32) ^ key, load8(p + 40) ^ h2);
            h3 = fold_mul(load8(p + 48) ^ key, load8(p + 56) ^ h3);
            p += 64;
            left -= 64;
        } while (left > 64);
        h = fold_mul(h ^ h1, K3 ^ h2) ^ fold_mul(h2 ^ K0, h3 ^ h);
    }
    while (left > 16) {
        h = fold_mul(load8(p) ^ key, load8(p + 8) ^ h);
        p += 16;
        left -= 16;
    }
    /* 0 to 16 bytes: two words that overlap where they must. */
    if (left >= 8) {
        a = load8(p);
        b = load8(p + left - 8);
    } else if (left >= 4) {
        a = load4(p);
        b = load4(p + left - 4);
    } else if (left > 0) {
        a = (uint64_t)p[0] << 16 | (uint64_t)p[left / 2] << 8 | p[left - 1];
        b = 0;
    } else {
        a = b = 0;
    }
    h = fold_mul(a ^ key, b ^ h);
    return fold_mul(h ^ K3, key ^ (uint64_t)n);
}

uint64_t of_hash_seed(void)
{
    /* The kernel hands 16 random bytes to every process; where there are none, the
     * layout of the address space has to do. */
    uint64_t lo = (uint64_t)(uintptr_t)&of_hash_bytes, hi = (uint64_t)(uintptr_t)&of_hash_seed;
#if defined(__linux__)
    const unsigned char *r = (const unsigned char *)(uintptr_t)getauxval(AT_RANDOM);
    if (r) {
        lo ^= load8(r);
        hi ^= load8(r + 8);
    }
#endif
    return fold_mul(lo ^ K0, hi ^ K1) ^ K2;
}

/* ---- pointer table ---- */

void of_htab_init(of_htab *h, of_alloc *a, bool (*eq)(const void *, const void *, void *), void *user)
{
    h->alloc = a;
    h->slot = NULL;
    h->hash = NULL;
    h->cap = h->count = 0;
    h->eq = eq;
    h->user = user;
}

void of_htab_free(of_htab *h)
{
    of_mem_free(h->alloc, h->slot, h->cap * sizeof *h->slot);
    of_mem_free(h->alloc, h->hash, h->cap * sizeof *h->hash);
    h->slot = NULL;
    h->hash = NULL;
    h->cap = h->count = 0;
}

/* Callers' hashes need not be good in their low bits. */
static size_t htab_home(uint64_t hash, size_t cap)
{
    return (size_t)(hash ^ (hash >> 29)) & (cap - 1);
}

void *of_htab_find(const of_htab *h, uint64_t hash, const void *key)
{
    size_t i;
    if (h->cap == 0) return NULL;
    for (i = htab_home(hash, h->cap); h->slot[i]; i = (i + 1) & (h->cap - 1)) {
        if (h->hash[i] == hash && h->eq(h->slot[i], key, h->user)) return h->slot[i];
    }
    return NULL;
}

static void htab_place(void **slot, uint64_t *hashes, size_t cap, uint64_t hash, void *item)
{
    size_t i = htab_home(hash, cap);
    while (slot[i]) i = (i + 1) & (cap - 1);
    slot[i] = item;
    hashes[i] = hash;
}

of_status of_htab_put(of_htab *h, uint64_t hash, void *item)
{
    if (h->count + 1 > h->cap / 2) {
        size_t cap = h->cap ? h->cap : 8, bytes, i;
        void **slot;
        uint64_t *hashes;
        if (!of_mul_size(cap, 2, &cap) || !of_mul_size(cap, sizeof *slot, &bytes)) return OF_E_NOMEM;
        slot = of_mem_zalloc(h->alloc, bytes);
        if (!slot) return OF_E_NOMEM;
        hashes = of_mem_array(h->alloc, cap, sizeof *hashes);
        if (!hashes) {
            of_mem_free(h->alloc, slot, bytes);
            return OF_E_NOMEM;
        }
        for (i = 0; i < h->cap; i++) {
            if (h->slot[i]) htab_place(slot, hashes, cap, h->hash[i], h->slot[i]);
        }
        of_mem_free(h->alloc, h->slot, h->cap * sizeof *h->slot);
        of_mem_free(h->alloc, h->hash, h->cap * sizeof *h->hash);
        h->slot = slot;
        h->hash = hashes;
        h->cap = cap;
    }
    htab_place(h->slot, h->hash, h->cap, hash, item);
    h->count++;
    return OF_OK;
}
