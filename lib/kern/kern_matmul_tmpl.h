/* Block product of one element type. Included with
 *   T            element type
 *   NAME(x)      name of a function
 *   MUL_ADD      (acc, vector, number): acc + vector * number
 *   TWICE        1: with what is rounded off beside; MUL_ADD is not asked for
 *   VL           doubles in a vector; MR rows and NV vectors make the register tile
 * OF_MM_ROWS and OF_MM_DEPTH need not be multiples of anything, OF_MM_COLS is one of VL * NV
 * and OF_MM_ROWS one of MR. */

#define NR (VL * NV)

typedef double NAME(vec) __attribute__((vector_size(VL * 8)));

/* Rows in panels of MR: panel after panel, k after k, MR elements each, zeros past the end. */
static void NAME(pack_a)(const of_mm *p, size_t i0, size_t ni, size_t k0, size_t nk, double *to)
{
    const T *a = (const T *)p->a;

    for (size_t i = 0; i < ni; i += MR, to += nk * MR) {
        for (size_t r = 0; r < MR; r++) {
            const T *from;
            if (i + r >= ni) {
                for (size_t k = 0; k < nk; k++) to[k * MR + r] = 0;
                continue;
            }
            from = a + (ptrdiff_t)(i0 + i + r) * p->a_row + (ptrdiff_t)k0 * p->a_col;
            for (size_t k = 0; k < nk; k++) to[k * MR + r] = (double)from[(ptrdiff_t)k * p->a_col];
        }
    }
}

/* Columns in panels of NR. */
static void NAME(pack_b)(const of_mm *p, size_t j0, size_t nj, size_t k0, size_t nk, double *to)
{
    const T *b = (const T *)p->b;

    for (size_t j = 0; j < nj; j += NR, to += nk * NR) {
        const size_t w = nj - j < NR ? nj - j : NR;
        const T *from = b + (ptrdiff_t)(j0 + j) * p->b_col + (ptrdiff_t)k0 * p->b_row;
        if (w == NR && p->b_col == 1) {
            for (size_t k = 0; k < nk; k++, from += p->b_row)
                for (size_t c = 0; c < NR; c++) to[k * NR + c] = (double)from[c];
            continue;
        }
        for (size_t c = 0; c < NR; c++) {
            const T *col = from + (ptrdiff_t)c * p->b_col;
            if (c < w)
                for (size_t k = 0; k < nk; k++)
                    to[k * NR + c] = (double)col[(ptrdiff_t)k * p->b_row];
            else
                for (size_t k = 0; k < nk; k++) to[k * NR + c] = 0;
        }
    }
}

/* acc[MR, NR] += panel of A times panel of B; low: what was rounded off so far; fuse: see calm. */
static inline __attribute__((always_inline)) void NAME(tile)(size_t nk, const double *a, const double *b, double *acc,
                                                             double *low, const bool fuse)
{
    NAME(vec) s[MR][NV], x;
#if TWICE
    NAME(vec) l[MR][NV];
#endif

    /* memory is aligned for doubles only: memcpy becomes the unaligned load or store */
    OF_UNROLL for (size_t r = 0; r < MR; r++)
        OF_UNROLL for (size_t v = 0; v < NV; v++) {
            memcpy(&s[r][v], acc + r * OF_MM_COLS + v * VL, sizeof x);
#if TWICE
            memcpy(&l[r][v], low + r * OF_MM_COLS + v * VL, sizeof x);
#endif
        }
    for (size_t k = 0; k < nk; k++, a += MR, b += NR) {
        OF_UNROLL for (size_t v = 0; v < NV; v++) {
            memcpy(&x, b + v * VL, sizeof x);
#if TWICE /* of_two_mul and of_two_sum */
            const NAME(vec) tb = 134217729.0 * x, bh = tb - (tb - x), bl = x - bh;
            OF_UNROLL for (size_t r = 0; r < MR; r++) {
                const double ta = 134217729.0 * a[r], ah = ta - (ta - a[r]), al = a[r] - ah;
                const NAME(vec) p = a[r] * x;
                const NAME(vec) e =
                    fuse ? (NAME(vec))FUSED(-p, x, a[r]) : ((ah * bh - p) + ah * bl + al * bh) + al * bl;
                const NAME(vec) h = s[r][v], sum = h + p, t = sum - h;
                l[r][v] += ((h - (sum - t)) + (p - t)) + e;
                s[r][v] = sum;
            }
#else
            OF_UNROLL for (size_t r = 0; r < MR; r++) s[r][v] = MUL_ADD(s[r][v], x, a[r]);
#endif
        }
    }
    OF_UNROLL for (size_t r = 0; r < MR; r++)
        OF_UNROLL for (size_t v = 0; v < NV; v++) {
            memcpy(acc + r * OF_MM_COLS + v * VL, &s[r][v], sizeof x);
#if TWICE
            memcpy(low + r * OF_MM_COLS + v * VL, &l[r][v], sizeof x);
#endif
        }
#if !TWICE
    (void)low;
    (void)fuse;
#endif
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
static void NAME(direct)(const of_mm *p, size_t i0, size_t ni, size_t j0, size_t nj, double *scratch, double *acc)
{
    const T *a = (const T *)p->a;
    const T *b = (const T *)p->b + (ptrdiff_t)j0 * p->b_col;

    (void)scratch;
    for (size_t i = 0; i < ni; i++) {
        double *row = acc + i * OF_MM_COLS;
        const T *ar = a + (ptrdiff_t)(i0 + i) * p->a_row;
        for (size_t j = 0; j < nj; j++) row[j] = 0;
        if (p->b_row == 1) { /* columns are contiguous: four dot products side by side */
            size_t j = 0;
            for (; j + 4 <= nj; j += 4) {
                const T *b0 = b + (ptrdiff_t)j * p->b_col, *b1 = b0 + p->b_col;
                const T *b2 = b1 + p->b_col, *b3 = b2 + p->b_col;
                double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
                for (size_t k = 0; k < p->k; k++) {
                    const double x = (double)ar[(ptrdiff_t)k * p->a_col];
                    s0 += x * (double)b0[k];
                    s1 += x * (double)b1[k];
                    s2 += x * (double)b2[k];
                    s3 += x * (double)b3[k];
                }
                row[j] = s0;
                row[j + 1] = s1;
                row[j + 2] = s2;
                row[j + 3] = s3;
            }
            for (; j < nj; j++) {
                const T *bj = b + (ptrdiff_t)j * p->b_col;
                for (size_t k = 0; k < p->k; k++)
                    row[j] += (double)ar[(ptrdiff_t)k * p->a_col] * (double)bj[k];
            }
            continue;
        }
        for (size_t k = 0; k < p->k; k++) {
            const double x = (double)ar[(ptrdiff_t)k * p->a_col];
            const T *bk = b + (ptrdiff_t)k * p->b_row;
            if (p->b_col == 1)
                for (size_t j = 0; j < nj; j++) row[j] += x * (double)bk[j];
            else
                for (size_t j = 0; j < nj; j++) row[j] += x * (double)bk[(ptrdiff_t)j * p->b_col];
        }
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
    if (ni < MR || nj < VL || p->k < 4) {
        NAME(direct)(p, i0, ni, j0, nj, scratch, acc);
        return;
    }
    for (size_t i = 0; i < (ni + MR - 1) / MR * MR; i++) {
        memset(acc + i * OF_MM_COLS, 0, (nj + NR - 1) / NR * NR * sizeof *acc);
        if (TWICE) memset(low + i * OF_MM_COLS, 0, (nj + NR - 1) / NR * NR * sizeof *low);
    }
    for (size_t k0 = 0; k0 < p->k; k0 += OF_MM_DEPTH) {
        const size_t nk = p->k - k0 < OF_MM_DEPTH ? p->k - k0 : OF_MM_DEPTH;
        NAME(pack_a)(p, i0, ni, k0, nk, pa);
        NAME(pack_b)(p, j0, nj, k0, nk, pb);
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
                if (fuse) NAME(tile)(nk, x, y, acc + at, low + at, true);
                else NAME(tile)(nk, x, y, acc + at, low + at, false);
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
