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
        enum { B = sizeof(MOVE_T) >= 8 ? 16 : 32 };
        for (int64_t i0 = 0; i0 < n1; i0 += B) {
            const int64_t i1 = n1 - i0 < B ? n1 : i0 + B;
            for (int64_t j0 = 0; j0 < n0; j0 += B) {
                const int64_t j1 = n0 - j0 < B ? n0 : j0 + B;
                for (int64_t i = i0; i < i1; i++) {
                    MOVE_T *row = d + i * d1;
                    const MOVE_T *col = s + i;
                    for (int64_t j = j0; j < j1; j++) row[j] = col[j * s0];
                }
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
