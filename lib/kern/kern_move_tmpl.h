/* Included once an element size: MOVE_T is the type, MOVE_FN(name) the function's name. */

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
        /* Through a tile of its own: lines of source and destination are then touched whole,
         * which matters where their distance is a power of two. */
        enum { LINE = 32, BI = LINE / sizeof(MOVE_T) > 8 ? LINE / sizeof(MOVE_T) : 8, BJ = BI };
        MOVE_T tile[BI][BJ];
        for (int64_t i0 = 0; i0 < n1; i0 += BI) {
            const int64_t ni = n1 - i0 < BI ? n1 - i0 : BI;
            for (int64_t j0 = 0; j0 < n0; j0 += BJ) {
                const int64_t nj = n0 - j0 < BJ ? n0 - j0 : BJ;
                if (ni == BI && nj == BJ) {
                    for (int j = 0; j < BJ; j++)
                        for (int i = 0; i < BI; i++) tile[i][j] = s[i0 + i + (j0 + j) * s0];
                    for (int i = 0; i < BI; i++)
                        memcpy(d + (i0 + i) * d1 + j0, tile[i], sizeof tile[i]);
                    continue;
                }
                for (int64_t i = i0; i < i0 + ni; i++)
                    for (int64_t j = j0; j < j0 + nj; j++) d[i * d1 + j] = s[i + j * s0];
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
