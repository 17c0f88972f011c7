/* Block product of one element type. Included with
 *   T            element type
 *   NAME(x)      name of a function
 *   MUL_ADD      (acc, vector, number): acc + vector * number
 *   TURN         optional, (from, lane, to, wide): to[k * wide + r] = from[r * lane + k], both
 *                below 4
 *   TWICE        1: with what is rounded off beside; MUL_ADD is not asked for
 *   VL           doubles in a vector; MR rows and NV vectors make the register tile
 * OF_MM_ROWS and OF_MM_DEPTH need not be multiples of anything, OF_MM_COLS is one of VL * NV
 * and OF_MM_ROWS one of MR. */

#define NR (VL * NV)

typedef double NAME(vec) __attribute__((vector_size(VL * 8)));

/* `lanes` lanes (rows of A, columns of B) in panels of `wide`: panel after panel, k after k, an
 * element of each lane, zeros past the last. */
static inline __attribute__((always_inline)) void NAME(pack)(const T *from, ptrdiff_t lane, ptrdiff_t step, size_t lanes,
                                                             size_t nk, const size_t wide, double *to)
{
    for (size_t i = 0; i < lanes; i += wide, to += nk * wide) {
        const size_t w = lanes - i < wide ? lanes - i : wide;
        const T *at = from + (ptrdiff_t)i * lane;
        size_t c = 0;
        if (lane == 1 && w == wide) {
            for (size_t k = 0; k < nk; k++)
                for (c = 0; c < wide; c++) to[k * wide + c] = (double)at[(ptrdiff_t)k * step + (ptrdiff_t)c];
            continue;
        }
        if (lane == 1) {
            for (size_t k = 0; k < nk; k++)
                for (c = 0; c < w; c++) to[k * wide + c] = (double)at[(ptrdiff_t)k * step + (ptrdiff_t)c];
        }
#ifdef TURN /* of each lane one line of the cache at a time, of all lanes */
        for (size_t k = 0, run; step == 1 && lane != 1 && k < nk; k += run) {
            run = nk - k < 16 ? nk - k : 16;
            for (c = 0; c + 4 <= w; c += 4) {
                const T *four = at + (ptrdiff_t)c * lane;
                size_t j = k;
                for (; j + 4 <= k + run; j += 4) TURN(four + j, lane, to + j * wide + c, wide);
                for (; j < k + run; j++)
                    for (size_t r = 0; r < 4; r++) to[j * wide + c + r] = (double)four[(ptrdiff_t)r * lane + (ptrdiff_t)j];
            }
        }
#endif
        for (; c < w; c++)
            for (size_t k = 0; k < nk; k++)
                to[k * wide + c] = (double)at[(ptrdiff_t)c * lane + (ptrdiff_t)k * step];
        for (; c < wide; c++)
            for (size_t k = 0; k < nk; k++) to[k * wide + c] = 0;
    }
}

/* acc[rows, nv vectors] = or, after the first, += panel of A times panel of B; low: what was rounded off
 * so far; fuse: see calm. Row after row, so that of A one number at a time is in a register. */
static inline __attribute__((always_inline)) void NAME(tile)(const size_t rows, const size_t nv, bool first, size_t nk, const double *a,
                                                             const double *b, double *acc, double *low,
                                                             const bool fuse)
{
    NAME(vec) s[MR][NV], x[NV];
#if TWICE
    NAME(vec) l[MR][NV];
#endif

    /* memory is aligned for doubles only: memcpy becomes the unaligned load or store */
    OF_UNROLL for (size_t r = 0; r < rows; r++)
        OF_UNROLL for (size_t v = 0; v < nv; v++) {
            s[r][v] = (NAME(vec)){0};
            if (!first) memcpy(&s[r][v], acc + r * OF_MM_COLS + v * VL, sizeof *x);
#if TWICE
            l[r][v] = (NAME(vec)){0};
            if (!first) memcpy(&l[r][v], low + r * OF_MM_COLS + v * VL, sizeof *x);
#endif
        }
    for (size_t k = 0; k < nk; k++, a += MR, b += NR) {
        OF_UNROLL for (size_t v = 0; v < nv; v++) memcpy(&x[v], b + v * VL, sizeof *x);
#if TWICE /* of_two_mul and of_two_sum */
        OF_UNROLL for (size_t v = 0; v < nv; v++) {
            const NAME(vec) tb = 134217729.0 * x[v], bh = tb - (tb - x[v]), bl = x[v] - bh;
            OF_UNROLL for (size_t r = 0; r < rows; r++) {
                const double ta = 134217729.0 * a[r], ah = ta - (ta - a[r]), al = a[r] - ah;
                const NAME(vec) p = a[r] * x[v];
                const NAME(vec) e =
                    fuse ? (NAME(vec))FUSED(-p, x[v], a[r]) : ((ah * bh - p) + ah * bl + al * bh) + al * bl;
                const NAME(vec) h = s[r][v], sum = h + p, t = sum - h;
                l[r][v] += ((h - (sum - t)) + (p - t)) + e;
                s[r][v] = sum;
            }
        }
#else
        OF_UNROLL for (size_t r = 0; r < rows; r++)
            OF_UNROLL for (size_t v = 0; v < nv; v++) s[r][v] = MUL_ADD(s[r][v], x[v], a[r]);
#endif
    }
    OF_UNROLL for (size_t r = 0; r < rows; r++)
        OF_UNROLL for (size_t v = 0; v < nv; v++) {
            memcpy(acc + r * OF_MM_COLS + v * VL, &s[r][v], sizeof *x);
#if TWICE
            memcpy(low + r * OF_MM_COLS + v * VL, &l[r][v], sizeof *x);
#endif
        }
#if !TWICE
    (void)low;
    (void)fuse;
#endif
}

/* The tile of panels with n rows and w columns in them: the last ones may have few. */
static inline __attribute__((always_inline)) void NAME(tiles)(size_t n, size_t w, bool first, size_t nk, const double *a,
                                                              const double *b, double *acc, double *low,
                                                              const bool fuse)
{
    if (n == 1) NAME(tile)(1, NV, first, nk, a, b, acc, low, fuse);
    else if (n == 2) NAME(tile)(2, NV, first, nk, a, b, acc, low, fuse);
    else if (MR > 4 && n <= 4) NAME(tile)(4, NV, first, nk, a, b, acc, low, fuse);
    else if (NV > 2 && w <= 2 * VL) NAME(tile)(MR, 2, first, nk, a, b, acc, low, fuse);
    else NAME(tile)(MR, NV, first, nk, a, b, acc, low, fuse);
}

#if TWICE
/* Of magnitudes such that what a product rounds off is a double, by halves and fused alike. */
static bool NAME(calm)(const double *v, size_t n)
{
    uint64_t bad = 0;

    for (size_t i = 0; i < n; i++) {
        const uint64_t u = of_bits(v[i]) << 1 >> 1;
        bad |= (uint64_t)(u - ((uint64_t)(1023 - 400) << 52) > (uint64_t)800 << 52) & (uint64_t)(u != 0);
    }
    return !bad;
}

/* sum + low rounded once, in sum; the sum as it is where that is no number. */
static void NAME(round)(double *sum, const double *low, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        const double r = sum[j] + low[j];
        sum[j] = r - r == 0 ? r : sum[j];
    }
}

/* Without packing, where that would cost more than the product: few rows, small k. */
static void NAME(direct)(const of_mm *p, size_t i0, size_t ni, size_t j0, size_t nj, double *scratch, double *acc)
{
    const T *b = (const T *)p->b + (ptrdiff_t)j0 * p->b_col;

    for (size_t i = 0; i < ni; i++) {
        double *row = acc + i * OF_MM_COLS, *low = scratch;
        const T *ar = (const T *)p->a + (ptrdiff_t)(i0 + i) * p->a_row;
        for (size_t j = 0; j < nj; j++) row[j] = low[j] = 0;
        for (size_t k = 0; k < p->k; k++) {
            const double x = (double)ar[(ptrdiff_t)k * p->a_col];
            const T *bk = b + (ptrdiff_t)k * p->b_row;
            for (size_t j = 0; j < nj; j++) {
                const of_dd q = of_two_mul(x, bk[(ptrdiff_t)j * p->b_col]), t = of_two_sum(row[j], q.h);
                row[j] = t.h;
                low[j] += t.l + q.l;
            }
        }
        NAME(round)(row, low, nj);
    }
}
#else
/* Rows of B as they lie, four at a time, against `rows` rows of A. */
static inline __attribute__((always_inline)) void NAME(beside)(const of_mm *p, size_t i0, size_t j0, size_t nj,
                                                               double *acc, const size_t rows)
{
    typedef T part __attribute__((vector_size(VL * sizeof(T))));
    const T *a = (const T *)p->a + (ptrdiff_t)i0 * p->a_row, *b = (const T *)p->b + (ptrdiff_t)j0;
    double x[4][4];
    size_t nk;

    for (size_t r = 0; r < rows; r++) memset(acc + r * OF_MM_COLS, 0, nj * sizeof *acc);
    for (size_t k = 0; k < p->k; k += nk) {
        const T *bk = b + (ptrdiff_t)k * p->b_row;
        size_t j = 0;
        nk = p->k - k < 4 ? 1 : 4;
        for (size_t r = 0; r < rows; r++)
            for (size_t u = 0; u < nk; u++)
                x[r][u] = (double)a[(ptrdiff_t)r * p->a_row + (ptrdiff_t)(k + u) * p->a_col];
        for (; nk == 4 && j + VL <= nj; j += VL) {
            NAME(vec) y[4], s;
            OF_UNROLL for (size_t u = 0; u < 4; u++) {
                part t;
                memcpy(&t, bk + (ptrdiff_t)u * p->b_row + (ptrdiff_t)j, sizeof t);
                y[u] = __builtin_convertvector(t, NAME(vec));
            }
            OF_UNROLL for (size_t r = 0; r < rows; r++) {
                memcpy(&s, acc + r * OF_MM_COLS + j, sizeof s);
                OF_UNROLL for (size_t u = 0; u < 4; u++) s = MUL_ADD(s, y[u], x[r][u]);
                memcpy(acc + r * OF_MM_COLS + j, &s, sizeof s);
            }
        }
        for (size_t r = 0; r < rows; r++)
            for (size_t u = 0; u < nk; u++) {
                const T *bu = bk + (ptrdiff_t)u * p->b_row;
                for (size_t c = j; c < nj; c++) acc[r * OF_MM_COLS + c] += x[r][u] * (double)bu[c];
            }
    }
}

static void NAME(direct)(const of_mm *p, size_t i0, size_t ni, size_t j0, size_t nj, double *scratch, double *acc)
{
    (void)scratch;
    for (size_t i = 0, n; i < ni; i += n, acc += n * OF_MM_COLS) {
        n = p->b_col != 1 || ni - i < 2 ? 1 : ni - i < 4 ? 2 : 4;
        if (p->b_col != 1) {
            const T *ar = (const T *)p->a + (ptrdiff_t)(i0 + i) * p->a_row;
            for (size_t j = 0; j < nj; j++) {
                const T *b = (const T *)p->b + (ptrdiff_t)(j0 + j) * p->b_col;
                double s = 0;
                for (size_t k = 0; k < p->k; k++)
                    s += (double)ar[(ptrdiff_t)k * p->a_col] * (double)b[(ptrdiff_t)k * p->b_row];
                acc[j] = s;
            }
        } else if (n == 1) NAME(beside)(p, i0 + i, j0, nj, acc, 1);
        else if (n == 2) NAME(beside)(p, i0 + i, j0, nj, acc, 2);
        else NAME(beside)(p, i0 + i, j0, nj, acc, 4);
    }
}
#endif

static void NAME(block)(const of_mm *p, size_t i0, size_t ni, size_t j0, size_t nj,
                        double *scratch, double *acc)
{
    double *pa = scratch, *pb = pa + OF_MM_ROWS * OF_MM_DEPTH, *low = pb + OF_MM_COLS * OF_MM_DEPTH;

    if (p->k == 0) { /* there may be no data to point at */
        for (size_t i = 0; i < ni; i++) memset(acc + i * OF_MM_COLS, 0, nj * sizeof *acc);
        return;
    }
    if (nj < VL && ni >= VL) { /* few columns: the product of the transposes, whose rows they are */
        const of_mm q = {.m = p->n, .n = p->m, .k = p->k, .a = p->b, .b = p->a, .a_row = p->b_col,
                         .a_col = p->b_row, .b_row = p->a_col, .b_col = p->a_row};
        double *turned = low + MR * OF_MM_COLS; /* its own `low` ends before it */
        NAME(block)(&q, j0, nj, i0, ni, scratch, turned);
        for (size_t i = 0; i < ni; i++)
            for (size_t j = 0; j < nj; j++) acc[i * OF_MM_COLS + j] = turned[j * OF_MM_COLS + i];
        return;
    }
    /* where packing would cost more than the product */
    if (nj < VL || p->k < 4 || (p->b_col == 1 && ni <= (TWICE ? 1 : 4))) {
        NAME(direct)(p, i0, ni, j0, nj, scratch, acc);
        return;
    }
    for (size_t k0 = 0; k0 < p->k; k0 += OF_MM_DEPTH) {
        const size_t nk = p->k - k0 < OF_MM_DEPTH ? p->k - k0 : OF_MM_DEPTH;
        NAME(pack)((const T *)p->a + (ptrdiff_t)i0 * p->a_row + (ptrdiff_t)k0 * p->a_col, p->a_row, p->a_col, ni, nk,
                   MR, pa);
        NAME(pack)((const T *)p->b + (ptrdiff_t)j0 * p->b_col + (ptrdiff_t)k0 * p->b_row, p->b_col, p->b_row, nj, nk,
                   NR, pb);
#if TWICE
        const size_t na = (ni + MR - 1) / MR * MR * nk, nb = (nj + NR - 1) / NR * NR * nk;
        const bool fuse = FUSES && NAME(calm)(pa, na) && NAME(calm)(pb, nb);
#else
        const bool fuse = false;
#endif
        for (size_t j = 0; j < nj; j += NR)
            for (size_t i = 0; i < ni; i += MR) {
                const double *x = pa + i * nk, *y = pb + j * nk;
                const size_t at = i * OF_MM_COLS + j;
                if (fuse) NAME(tiles)(ni - i, nj - j, k0 == 0, nk, x, y, acc + at, low + at, true);
                else NAME(tiles)(ni - i, nj - j, k0 == 0, nk, x, y, acc + at, low + at, false);
            }
    }
#if TWICE
    for (size_t i = 0; i < ni; i++) NAME(round)(acc + i * OF_MM_COLS, low + i * OF_MM_COLS, nj);
#endif
}

#undef NR
#undef T
#undef NAME
#undef MUL_ADD
#undef TWICE
#undef TURN
