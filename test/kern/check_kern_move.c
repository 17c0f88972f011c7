/* Moves of every element size against the plain loop that defines them. */
#include <stdlib.h>
#include <string.h>

#include "kern/kern.h"
#include "of_test.h"

static of_kern_move move;

/* A copy as the header defines it, byte by byte. */
static void plain(unsigned char *d, int64_t d1, int64_t d0, const unsigned char *s, int64_t s1,
                  int64_t s0, int64_t n1, int64_t n0, size_t mem)
{
    for (int64_t i = 0; i < n1; i++)
        for (int64_t j = 0; j < n0; j++)
            for (size_t b = 0; b < mem; b++)
                d[(i * d1 + j * d0) * (int64_t)mem + (int64_t)b] =
                    s[(i * s1 + j * s0) * (int64_t)mem + (int64_t)b];
}

START_TEST(copies)
{
    static const int64_t sizes[] = {1, 3, 4, 7, 8, 16, 33, 65, 67, 128};
    const size_t room = 131 * 131 * 16 + 256;
    unsigned char *src = malloc(room), *want = malloc(room), *got = aligned_alloc(64, (room + 63) / 64 * 64);
    of_kern_move_init_c(&move);
    for (size_t k = 0; k < room; k++) src[k] = (unsigned char)(k * 131 + k / 256);
    for (unsigned kind = 0; kind < OF_MOVE_KINDS; kind++) {
        const size_t mem = (size_t)1 << kind;
        for (size_t a = 0; a < 10; a++)
            for (size_t b = 0; b < 10; b++) {
                const int64_t n1 = sizes[a], n0 = sizes[b];
                const size_t shift = (a + b) % 5 * mem; /* into a line */
                const struct {
                    int64_t d1, d0, s1, s0, from;
                } way[] = {
                    {n0, 1, n0, 1, 0},         /* rows */
                    {n0 + 3, 1, n0, 1, 0},     /* rows apart */
                    {n0, 1, 1, n1, 0},         /* transpose */
                    {n0 + 1, 1, 1, n1 + 2, 0}, /* transpose of a part */
                    {n0, 1, 1, 0, 0},          /* one value a row */
                    {n0, 1, 0, 1, 0},          /* one row again and again */
                    {1, n1, n0, 1, 0},         /* transpose, written apart */
                    {n0, 1, n0, -1, n0 - 1},   /* rows backwards */
                    {n0, 1, -1, n1, n1 - 1},   /* columns backwards */
                    {128, 1, 1, n1, 0},        /* transpose, rows whole lines apart */
                };
                for (size_t w = 0; w < sizeof way / sizeof way[0]; w++) {
                    memset(want, 0xEE, room);
                    memset(got, 0xEE, room);
                    plain(want, way[w].d1, way[w].d0, src + (size_t)way[w].from * mem, way[w].s1,
                          way[w].s0, n1, n0, mem);
                    move.copy2[kind](got, way[w].d1, way[w].d0, src + (size_t)way[w].from * mem,
                                     way[w].s1, way[w].s0, n1, n0);
                    ck_assert_msg(memcmp(want, got, room) == 0, "%zu bytes, %d x %d, way %zu", mem,
                                  (int)n1, (int)n0, w);
                    memset(want, 0xEE, room);
                    memset(got, 0xEE, room);
                    plain(want + shift, way[w].d1, way[w].d0, src + (size_t)way[w].from * mem, way[w].s1, way[w].s0,
                          n1, n0, mem);
                    move.copy2_far[kind](got + shift, way[w].d1, way[w].d0, src + (size_t)way[w].from * mem, way[w].s1,
                                         way[w].s0, n1, n0);
                    move.far_done();
                    ck_assert_msg(memcmp(want, got, room) == 0, "%zu bytes, %d x %d, way %zu, far", mem, (int)n1,
                                  (int)n0, w);
                }
            }
    }
    free(src);
    free(want);
    free(got);
}
END_TEST

START_TEST(lists)
{
    of_kern_move_init_c(&move);
    for (unsigned kind = 0; kind < OF_MOVE_KINDS; kind++) {
        const size_t mem = (size_t)1 << kind;
        static const int64_t idx[5] = {4, 0, 2, 2, 1};
        _Alignas(16) unsigned char src[80], got[80];
        for (size_t k = 0; k < sizeof src; k++) src[k] = (unsigned char)(k * 7 + 1);
        move.gather[kind](got, src, idx, 5);
        for (size_t k = 0; k < 5; k++)
            ck_assert_int_eq(memcmp(got + k * mem, src + (size_t)idx[k] * mem, mem), 0);
        memset(got, 0, sizeof got);
        move.scatter[kind](got, src, idx, 5); /* of two for one place the later stays */
        ck_assert_int_eq(memcmp(got + 2 * mem, src + 3 * mem, mem), 0);
        ck_assert_int_eq(memcmp(got + 4 * mem, src, mem), 0);
        move.fill[kind](got, src + mem, 5);
        for (size_t k = 0; k < 5; k++) ck_assert_int_eq(memcmp(got + k * mem, src + mem, mem), 0);
    }
}
END_TEST

TEST_SUITE("kern: move", copies, lists)
