/* Included once an element size: MOVE_T is the type, MOVE_FN(name) the function's name; where
 * the compiler has vectors, MOVE_V one of 16 bytes, MOVE_LANES its elements, MOVE_LOW(a, b) and
 * MOVE_HIGH(a, b) the lower and upper halves of a and b interleaved. */

static inline void MOVE_FN(fill_near)(MOVE_T *d, MOVE_T v, size_t n)
{
    for (size_t i = 0; i < n; i++) d[i] = v;
}

static void MOVE_FN(fill_far)(MOVE_T *d, MOVE_T v, size_t n)
{
    MOVE_T line[OF_LINE / sizeof(MOVE_T)];
    size_t head = (size_t)(0 - (uintptr_t)d) % OF_LINE / sizeof(MOVE_T);

    /* elements of 16 bytes may lie across lines */
    if (head > n || (uintptr_t)d % sizeof(MOVE_T)) head = n;
    for (size_t i = 0; i < OF_LINE / sizeof(MOVE_T); i++) line[i] = v;
    for (size_t i = 0; i < head; i++) d[i] = v;
    for (d += head, n -= head; n >= OF_LINE / sizeof(MOVE_T); d += OF_LINE / sizeof(MOVE_T), n -= OF_LINE / sizeof(MOVE_T))
        of_far_line(d, line);
    for (size_t i = 0; i < n; i++) d[i] = v;
}

enum { MOVE_FN(LINE) = OF_LINE / sizeof(MOVE_T) };

/* d[i][j] = s[j][i] for i < ni and j < LINE; ni is a multiple of MOVE_LANES. */
static inline void MOVE_FN(square)(MOVE_T *d, int64_t d1, const MOVE_T *s, int64_t s0, int ni)
{
#ifdef MOVE_LANES
    /* 16 bytes by as many rows at a time: interleaving rows i and i + half, log2 times. */
    for (int bj = 0; bj < MOVE_FN(LINE); bj += MOVE_LANES)
        for (int bi = 0; bi < ni; bi += MOVE_LANES) {
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
    for (int j = 0; j < MOVE_FN(LINE); j++)
        for (int i = 0; i < ni; i++) d[i * d1 + j] = s[i + j * s0];
#endif
}

/* A matrix transpose near the caches: squares of a line each way, in larger squares that touch
 * few pages. */
static void MOVE_FN(turn)(MOVE_T *d, int64_t d1, const MOVE_T *s, int64_t s0, int64_t n1, int64_t n0)
{
    enum { LINE = MOVE_FN(LINE), FAR = 4 * LINE > 64 ? 4 * LINE : 64 };

    for (int64_t i1 = 0; i1 < n1; i1 += FAR)
        for (int64_t j1 = 0; j1 < n0; j1 += FAR) {
            const int64_t ie = n1 - i1 < FAR ? n1 : i1 + FAR, je = n0 - j1 < FAR ? n0 : j1 + FAR;
            for (int64_t i0 = i1; i0 < ie; i0 += LINE)
                for (int64_t j0 = j1; j0 < je; j0 += LINE) {
                    if (ie - i0 >= LINE && je - j0 >= LINE) {
                        MOVE_FN(square)(d + i0 * d1 + j0, d1, s + i0 + j0 * s0, s0, LINE);
                        continue;
                    }
                    for (int64_t i = i0; i < ie && i < i0 + LINE; i++)
                        for (int64_t j = j0; j < je && j < j0 + LINE; j++) d[i * d1 + j] = s[i + j * s0];
                }
        }
}

/* The same for what is larger than the caches: a line of d at a time, written whole, along a run
 * of s that the hardware sees coming. FAR lines of d lie in as many pages, which must not be more
 * than the CPU holds addresses of. d's rows are whole lines apart. */
static void MOVE_FN(turn_far)(MOVE_T *d, int64_t d1, const MOVE_T *s, int64_t s0, int64_t n1, int64_t n0)
{
    enum { LINE = MOVE_FN(LINE), WIDE = LINE < 32 ? LINE : 32, FAR = 1024 };
    const int64_t head = (int64_t)((size_t)(0 - (uintptr_t)d) % OF_LINE / sizeof(MOVE_T));
    const int64_t left = head < n0 ? head : n0, right = left + (n0 - left) / LINE * LINE;

    for (int64_t i1 = 0; i1 < n1; i1 += FAR) {
        const int64_t ie = n1 - i1 < FAR ? n1 : i1 + FAR, is = i1 + (ie - i1) / WIDE * WIDE;
        MOVE_FN(turn)(d + i1 * d1, d1, s + i1, s0, ie - i1, left);
        for (int64_t j = left; j < right; j += LINE) {
            MOVE_T t[WIDE * LINE];
            for (int64_t i = i1; i < is; i += WIDE) {
                MOVE_FN(square)(t, LINE, s + i + j * s0, s0, WIDE);
                for (int k = 0; k < WIDE; k++) of_far_line(d + (i + k) * d1 + j, t + k * LINE);
            }
            for (int64_t i = is; i < ie; i++)
                for (int k = 0; k < LINE; k++) d[i * d1 + j + k] = s[i + (j + k) * s0];
        }
        MOVE_FN(turn)(d + i1 * d1 + right, d1, s + i1 + right * s0, s0, ie - i1, n0 - right);
    }
}

static inline void MOVE_FN(copy)(void *dst, int64_t d1, int64_t d0, const void *src, int64_t s1, int64_t s0,
                                 int64_t n1, int64_t n0, bool far)
{
    MOVE_T *d = (MOVE_T *)dst;
    const MOVE_T *s = (const MOVE_T *)src;
    const size_t row = (size_t)n0 * sizeof(MOVE_T);

    if (d0 == 1 && s0 == 1) {
        for (int64_t i = 0; i < n1; i++, d += d1, s += s1) {
            if (n0 < 8)
                for (int64_t j = 0; j < n0; j++) d[j] = s[j];
            else if (far && row >= 8 * OF_LINE) of_far_run((char *)d, (const char *)s, row);
            else memcpy(d, s, row);
        }
        return;
    }
    if (d0 == 1 && s0 == 0) {
        for (int64_t i = 0; i < n1; i++, d += d1, s += s1) {
            if (far && row >= 8 * OF_LINE) MOVE_FN(fill_far)(d, *s, (size_t)n0);
            else MOVE_FN(fill_near)(d, *s, (size_t)n0);
        }
        return;
    }
    if (d0 == 1 && s1 == 1 && n1 >= 4 && n0 >= 4) {
        if (far && n0 >= 2 * MOVE_FN(LINE) && (((uint64_t)d1 * sizeof(MOVE_T)) % OF_LINE | (uintptr_t)d % sizeof(MOVE_T)) == 0)
            MOVE_FN(turn_far)(d, d1, s, s0, n1, n0);
        else MOVE_FN(turn)(d, d1, s, s0, n1, n0);
        return;
    }
    for (int64_t i = 0; i < n1; i++)
        for (int64_t j = 0; j < n0; j++) d[i * d1 + j * d0] = s[i * s1 + j * s0];
}

static void MOVE_FN(copy2)(void *dst, int64_t d1, int64_t d0, const void *src, int64_t s1,
                           int64_t s0, int64_t n1, int64_t n0)
{
    MOVE_FN(copy)(dst, d1, d0, src, s1, s0, n1, n0, false);
}

static void MOVE_FN(copy2_far)(void *dst, int64_t d1, int64_t d0, const void *src, int64_t s1,
                               int64_t s0, int64_t n1, int64_t n0)
{
    MOVE_FN(copy)(dst, d1, d0, src, s1, s0, n1, n0, true);
}

static void MOVE_FN(fill)(void *dst, const void *elem, size_t n)
{
    MOVE_T *d = (MOVE_T *)dst;
    const MOVE_T v = *(const MOVE_T *)elem;

    if (n < OF_FAR_MIN / sizeof(MOVE_T)) {
        MOVE_FN(fill_near)(d, v, n);
    } else {
        MOVE_FN(fill_far)(d, v, n);
        of_far_done();
    }
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
