/* Included once an element size: MOVE_T is the type, MOVE_FN(name) the function's name; where
 * the compiler has vectors, MOVE_V one of 16 bytes, MOVE_LANES its elements, MOVE_LOW(a, b) and
 * MOVE_HIGH(a, b) the lower and upper halves of a and b interleaved. */

/* d[i][j] = s[j][i] for a square of 64 bytes by as many rows. */
static inline void MOVE_FN(square)(MOVE_T *d, int64_t d1, const MOVE_T *s, int64_t s0)
{
    enum { LINE = 64 / sizeof(MOVE_T) };
#ifdef MOVE_LANES
    /* 16 bytes by as many rows at a time: interleaving rows i and i + half, log2 times. */
    for (int bi = 0; bi < LINE; bi += MOVE_LANES)
        for (int bj = 0; bj < LINE; bj += MOVE_LANES) {
            MOVE_V r[MOVE_LANES], t[MOVE_LANES];
            for (int k = 0; k < MOVE_LANES; k++) memcpy(&r[k], s + bi + (bj + k) * s0, 16);
            for (int stage = 1; stage < MOVE_LANES; stage *= 2) {
                for (int k = 0; k < MOVE_LANES / 2; k++) {
                    t[2 * k] = MOVE_LOW(r[k], r[k + MOVE_LANES / 2]);
                    t[2 * k + 1] = MOVE_HIGH(r[k], r[k + MOVE_LANES / 2]);
                }
                for (int k = 0; k < MOVE_LANES; k++) r[k] = t[k];
            }
            for (int k = 0; k < MOVE_LANES; k++) memcpy(d + (bi + k) * d1 + bj, &r[k], 16);
        }
#else
    for (int j = 0; j < LINE; j++)
        for (int i = 0; i < LINE; i++) d[i * d1 + j] = s[i + j * s0];
#endif
}

static void MOVE_FN(copy2)(void *dst, int64_t d1, int64_t d0, const void *src, int64_t s1,
                           int64_t s0, int64_t n1, int64_t n0)
{
    MOVE_T *d = (MOVE_T *)dst;
    const MOVE_T *s = (const MOVE_T *)src;
    if (d0 == 1 && s0 == 1) {
        for (int64_t i = 0; i < n1; i++, d += d1, s += s1) {
            if (n0 < 8)
                for (int64_t j = 0; j < n0; j++) d[j] = s[j];
            else memcpy(d, s, (size_t)n0 * sizeof(MOVE_T));
        }
        return;
    }
    if (d0 == 1 && s0 == 0) {
        for (int64_t i = 0; i < n1; i++, d += d1, s += s1) {
            const MOVE_T v = *s;
            for (int64_t j = 0; j < n0; j++) d[j] = v;
        }
        return;
    }
    if (d0 == 1 && s1 == 1 && n1 >= 4 && n0 >= 4) {
        /* Squares of a line of the cache each way, in larger squares that touch few pages. */
        enum { LINE = 64 / sizeof(MOVE_T), FAR = 4 * LINE > 64 ? 4 * LINE : 64 };
        for (int64_t i1 = 0; i1 < n1; i1 += FAR)
            for (int64_t j1 = 0; j1 < n0; j1 += FAR) {
                const int64_t ie = n1 - i1 < FAR ? n1 : i1 + FAR, je = n0 - j1 < FAR ? n0 : j1 + FAR;
                for (int64_t i0 = i1; i0 < ie; i0 += LINE)
                    for (int64_t j0 = j1; j0 < je; j0 += LINE) {
                        if (ie - i0 >= LINE && je - j0 >= LINE) {
                            MOVE_FN(square)(d + i0 * d1 + j0, d1, s + i0 + j0 * s0, s0);
                            continue;
                        }
                        for (int64_t i = i0; i < ie && i < i0 + LINE; i++)
                            for (int64_t j = j0; j < je && j < j0 + LINE; j++) d[i * d1 + j] = s[i + j * s0];
                    }
            }
        return;
    }
    for (int64_t i = 0; i < n1; i++)
        for (int64_t j = 0; j < n0; j++) d[i * d1 + j * d0] = s[i * s1 + j * s0];
}

static void MOVE_FN(fill)(void *dst, const void *elem, size_t n)
{
    MOVE_T *d = (MOVE_T *)dst;
    const MOVE_T v = *(const MOVE_T *)elem;
    for (size_t i = 0; i < n; i++) d[i] = v;
}

static void MOVE_FN(gather)(void *dst, const void *src, const int64_t *idx, size_t n)
{
    MOVE_T *d = (MOVE_T *)dst;
    const MOVE_T *s = (const MOVE_T *)src;
    for (size_t i = 0; i < n; i++) d[i] = s[idx[i]];
}

static void MOVE_FN(scatter)(void *dst, const void *src, const int64_t *idx, size_t n)
{
    MOVE_T *d = (MOVE_T *)dst;
    const MOVE_T *s = (const MOVE_T *)src;
    for (size_t i = 0; i < n; i++) d[idx[i]] = s[i];
}

#undef MOVE_T
#undef MOVE_FN
#undef MOVE_V
#undef MOVE_LANES
#undef MOVE_LOW
#undef MOVE_HIGH
