/* One element type's reductions. Included with
 *   T                element type
 *   NAME(op, kind)   name of a function
 *   SA, SF           accumulator type and its field in of_reduce_acc for sums and products
 *   MA, MF           the same for maximum and minimum
 *   SUM_0, MAX_0, MIN_0   neutral elements (magnitudes and squares start at 0, products at 1)
 *   ABS(v)           magnitude of a value of type SA
 *   LOADED(e)        an element as a number
 *   STAGED(e, p)     declares e, OF_REDUCE_LANES elements from p on, of which LOADED(e[j]) is the
 *                    number; where this is not given, the elements themselves
 *   VECTOR           of float types whose lanes are vectors: those of sums of RVL, those of maxima of
 *                    MVL with elements of MVECTOR; LOADS(p) and LOADM(p) are what lies at p,
 *                    PAD(a) the element that stands for the neutral a, PART as above
 *   LANES            what the compiler is told about the loop over the lanes */

#define OF_STEP_SUM(a, v) ((a) + (v))
#define OF_STEP_ABS(a, v) ((a) + ABS(v))
#define OF_STEP_VABS(a, v) ((a) + (red_v)((red_i)(v) & INT64_MAX))
#define OF_STEP_SQ(a, v) ((a) + (v) * (v))
#define OF_STEP_PROD(a, v) ((a) * (v))
#define OF_STEP_LAST(a, v) ((void)(a), (v)) /* from the neutral one */
#define OF_STEP_MAX(a, v) ((((v) > (a)) | ((v) != (v))) ? (v) : (a))
#define OF_STEP_MIN(a, v) ((((v) < (a)) | ((v) != (v))) ? (v) : (a))

/* One element more for each lane. */
#define OF_REDUCE_STEP(A, lane, p, step) OF_REDUCE_EACH(A, lane, p, step, LANES)
#define OF_REDUCE_TOP(A, lane, p, step) OF_REDUCE_EACH(A, lane, p, step, OF_NO_UNROLL)
#define OF_REDUCE_EACH(A, lane, p, step, HOW)                                                      \
    do {                                                                                           \
        const T *const e = (p);                                                                    \
        of_ahead(p);                                                                               \
        HOW for (size_t j = 0; j < OF_REDUCE_LANES; j++) {                                         \
            const A v = (A)LOADED(e[j]);                                                            \
            (lane)[j] = (A)step((lane)[j], v);                                                     \
        }                                                                                          \
    } while (0)

#define OF_REDUCE_TREE(A, lane, join)                                                              \
    for (size_t half = OF_REDUCE_LANES / 2; half > 0; half /= 2)                                   \
        for (size_t j = 0; j < half; j++) (lane)[j] = (A)join((lane)[j], (lane)[j + half])

#define OF_REDUCE_TAIL(A, lane, x, i, n, step)                                                     \
    OF_NO_UNROLL for (size_t j = 0; (i) + j < (n); j++)                                            \
    {                                                                                              \
        const A v = (A)LOADED((x)[(i) + j]);                                                       \
        (lane)[j] = (A)step((lane)[j], v);                                                         \
    }

/* Short lines, eight at a time. */
#define OF_REDUCE_EIGHT(A, F, init, step, join)                                                    \
        for (; n < OF_REDUCE_SHORT && count >= 8; count -= 8, acc += 8, x += 8 * n) {             \
            A v[OF_REDUCE_SHORT][8];                                                               \
            for (size_t j = 0; j < n; j++)                                                         \
                for (size_t r = 0; r < 8; r++) {                                                   \
                    const A w = (A)LOADED(x[r * n + j]), first = (init);                           \
                    v[j][r] = (A)step(first, w);                                                   \
                }                                                                                  \
            /* lanes from n on hold what changes nothing */                                        \
            for (size_t half = OF_REDUCE_SHORT / 2; half > 0; half /= 2)                           \
                for (size_t j = 0; j < half && j + half < n; j++)                                  \
                    for (size_t r = 0; r < 8; r++) v[j][r] = (A)join(v[j][r], v[j + half][r]);     \
            for (size_t r = 0; r < 8 && n; r++) acc[r].F = join(acc[r].F, v[0][r]);                \
        }

/* Two lines at a time, since each waits for its last sum. */
#define OF_REDUCE_PAIR(op, A, F, init, step, join, LOOP)                                           \
    static void NAME(op, run)(of_reduce_acc * acc, const void *xv, size_t n)                       \
    {                                                                                              \
        const T *x = (const T *)xv;                                                                \
        OF_ALIGN A lane[OF_REDUCE_LANES];                                                                   \
        size_t i = 0;                                                                              \
        for (size_t j = 0; j < OF_REDUCE_LANES; j++) lane[j] = (init);                             \
        for (; i + OF_REDUCE_LANES <= n; i += OF_REDUCE_LANES) LOOP(A, lane, x + i, step);           \
        OF_REDUCE_TAIL(A, lane, x, i, n, step)                                                     \
        OF_REDUCE_TREE(A, lane, join);                                                            \
        acc->F = join(acc->F, lane[0]);                                                            \
    }                                                                                              \
    static void NAME(op, lines)(of_reduce_acc * acc, const void *xv, size_t n, size_t count)       \
    {                                                                                              \
        const T *x = (const T *)xv;                                                                \
        OF_REDUCE_EIGHT(A, F, init, step, join)                                                    \
        for (; n >= OF_REDUCE_SHORT && count >= 2; count -= 2, acc += 2, x += 2 * n) {              \
            const T *y = x + n;                                                                    \
            OF_ALIGN A lane[OF_REDUCE_LANES], other[OF_REDUCE_LANES];                                       \
            size_t i = 0;                                                                          \
            for (size_t j = 0; j < OF_REDUCE_LANES; j++) lane[j] = other[j] = (init);              \
            for (; i + OF_REDUCE_LANES <= n; i += OF_REDUCE_LANES) {                               \
                LOOP(A, lane, x + i, step);                                                        \
                LOOP(A, other, y + i, step);                                                       \
            }                                                                                      \
            OF_REDUCE_TAIL(A, lane, x, i, n, step)                                                 \
            OF_REDUCE_TAIL(A, other, y, i, n, step)                                                \
            OF_REDUCE_TREE(A, lane, join);                                                        \
            OF_REDUCE_TREE(A, other, join);                                                       \
            acc[0].F = join(acc[0].F, lane[0]);                                                    \
            acc[1].F = join(acc[1].F, other[0]);                                                   \
        }                                                                                          \
        for (; count > 0; count--, acc++, x += n) NAME(op, run)(acc, x, n);                        \
    }

#ifdef VECTOR
/* Lanes in vectors. What is missing of the last group changes nothing: it is neutral. */
#define OF_REDUCE_VECTORS(op, A, F, V, VL, LOAD, init, step, vstep, join, vjoin, eight)            \
    static inline A NAME(op, line)(const T *x, size_t n)                                           \
    {                                                                                              \
        V lane[OF_REDUCE_LANES / VL], v;                                                           \
        size_t i = 0;                                                                              \
        for (size_t k = 0; k < OF_REDUCE_LANES / VL; k++) lane[k] = (A)(init) - (V){0};            \
        for (; i + OF_REDUCE_LANES <= n; i += OF_REDUCE_LANES) {                                   \
            of_ahead(x + i);                                                                       \
            for (size_t k = 0; k < OF_REDUCE_LANES / VL; k++) {                                    \
                v = LOAD(x + i + k * VL);                                                          \
                lane[k] = vstep(lane[k], v);                                                       \
            }                                                                                      \
        }                                                                                          \
        if (i < n) {                                                                               \
            T last[OF_REDUCE_LANES];                                                               \
            for (size_t k = 0; k < OF_REDUCE_LANES; k++) last[k] = PAD(init);                      \
            PART(last, x + i, n - i);                                                              \
            for (size_t k = 0; k < OF_REDUCE_LANES / VL; k++) {                                    \
                v = LOAD(last + k * VL);                                                           \
                lane[k] = vstep(lane[k], v);                                                       \
            }                                                                                      \
        }                                                                                          \
        for (size_t half = OF_REDUCE_LANES / VL / 2; half > 0; half /= 2)                          \
            for (size_t k = 0; k < half; k++) lane[k] = vjoin(lane[k], lane[k + half]);            \
        v = lane[0];                                                                               \
        OF_FOLD(v, V, VL, vjoin);                                                                  \
        return v[0];                                                                               \
    }                                                                                              \
    static void NAME(op, run)(of_reduce_acc * acc, const void *xv, size_t n)                       \
    {                                                                                              \
        const A v = NAME(op, line)((const T *)xv, n);                                              \
        acc->F = join((A)acc->F, v);                                                                  \
    }                                                                                              \
    static void NAME(op, lines)(of_reduce_acc * acc, const void *xv, size_t n, size_t count)       \
    {                                                                                              \
        const T *x = (const T *)xv;                                                                \
        if (n == 0) return;                                                                        \
        for (; n <= 4 && count > 0; count--, acc++, x += n) {                                      \
            const A f = (init), v0 = (A)LOADED(x[0]), v1 = n > 1 ? (A)LOADED(x[1]) : f;            \
            const A v2 = n > 2 ? (A)LOADED(x[2]) : f, v3 = n > 3 ? (A)LOADED(x[3]) : f;            \
            const A s0 = (A)step(f, v0), s1 = (A)step(f, v1), s2 = (A)step(f, v2), s3 = (A)step(f, v3); \
            const A a = (A)join(s0, s2), b = (A)join(s1, s3), t = (A)join(a, b);                   \
            acc->F = join((A)acc->F, t);                                                              \
        }                                                                                          \
        OF_REDUCE_EIGHT(A, F, init, step, eight)                                                   \
        for (; count > 0; count--, acc++, x += n) {                                                \
            const A v = NAME(op, line)(x, n);                                                      \
            acc->F = join((A)acc->F, v);                                                              \
        }                                                                                          \
    }
/* Maxima down columns, MVL of them in a vector; MACC is as many accumulators. */
#define OF_REDUCE_VROWS(op, vstep, step)                                                           \
    static void NAME(op, rows)(of_reduce_acc * acc, const void *xv, size_t n, size_t stride,       \
                               size_t count)                                                       \
    {                                                                                              \
        const T *x = (const T *)xv;                                                                \
        for (size_t m; count > 0; count -= m, x += m * stride) {                                   \
            size_t j = 0;                                                                          \
            m = count < 8 ? count : 8;                                                             \
            for (; j + MVL <= n; j += MVL) {                                                       \
                MACC a;                                                                            \
                MVECTOR v, top;                                                                    \
                memcpy(&a, acc + j, sizeof a);                                                     \
                top = __builtin_convertvector(a, MVECTOR);                                         \
                for (size_t r = 0; r < m; r++) {                                                   \
                    v = LOADM(x + r * stride + j);                                                 \
                    top = vstep(top, v);                                                           \
                }                                                                                  \
                a = __builtin_convertvector(top, MACC);                                            \
                memcpy(acc + j, &a, sizeof a);                                                     \
            }                                                                                      \
            for (; j < n; j++)                                                                     \
                for (size_t r = 0; r < m; r++) {                                                   \
                    const MA v = (MA)LOADED(x[r * stride + j]), top = (MA)acc[j].MF;               \
                    acc[j].MF = step(top, v);                                                      \
                }                                                                                  \
        }                                                                                          \
    }
#endif

/* Eight rows at a time, so that accumulators are read and written an eighth as often. */
#define OF_REDUCE_ROWS(op, A, F, step)                                                              \
    static void NAME(op, rows)(of_reduce_acc * acc, const void *xv, size_t n, size_t stride,       \
                               size_t count)                                                       \
    {                                                                                              \
        const T *x = (const T *)xv;                                                                \
        for (; count >= 8; count -= 8, x += 8 * stride)                                            \
            for (size_t j = 0; j < n; j++) {                                                       \
                const A v0 = (A)LOADED(x[j]), v1 = (A)LOADED(x[j + stride]);                       \
                const A v2 = (A)LOADED(x[j + 2 * stride]), v3 = (A)LOADED(x[j + 3 * stride]);      \
                const A v4 = (A)LOADED(x[j + 4 * stride]), v5 = (A)LOADED(x[j + 5 * stride]);      \
                const A v6 = (A)LOADED(x[j + 6 * stride]), v7 = (A)LOADED(x[j + 7 * stride]);      \
                A a = (A)acc[j].F;                                                                 \
                a = (A)step(a, v0);                                                                \
                a = (A)step(a, v1);                                                                \
                a = (A)step(a, v2);                                                                \
                a = (A)step(a, v3);                                                                \
                a = (A)step(a, v4);                                                                \
                a = (A)step(a, v5);                                                                \
                a = (A)step(a, v6);                                                                \
                acc[j].F = step(a, v7);                                                            \
            }                                                                                      \
        for (; count > 0; count--, x += stride)                                                    \
            for (size_t j = 0; j < n; j++) {                                                       \
                const A v = (A)LOADED(x[j]), a = (A)acc[j].F;                                      \
                acc[j].F = step(a, v);                                                             \
            }                                                                                      \
    }

#ifdef VECTOR
#define OF_REDUCE_SUMS(op, init, step, vstep, join)                                                \
    OF_REDUCE_VECTORS(op, SA, SF, red_v, RVL, LOADS, init, step, vstep, join, join, join)
OF_REDUCE_SUMS(sum, SUM_0, OF_STEP_SUM, OF_STEP_SUM, OF_STEP_SUM)
OF_REDUCE_SUMS(abs, 0, OF_STEP_ABS, OF_STEP_VABS, OF_STEP_SUM)
OF_REDUCE_SUMS(sq, 0, OF_STEP_SQ, OF_STEP_SQ, OF_STEP_SUM)
OF_REDUCE_SUMS(prod, 1, OF_STEP_PROD, OF_STEP_PROD, OF_STEP_PROD)
OF_REDUCE_VECTORS(max, MA, MF, MVECTOR, MVL, LOADM, MAX_0, OF_STEP_LAST, MVECTOR_MAX, MSTEP_MAX, MVECTOR_MAX,
                  OF_STEP_MAX)
OF_REDUCE_VECTORS(min, MA, MF, MVECTOR, MVL, LOADM, MIN_0, OF_STEP_LAST, MVECTOR_MIN, MSTEP_MIN, MVECTOR_MIN,
                  OF_STEP_MIN)
#else
OF_REDUCE_PAIR(sum, SA, SF, SUM_0, OF_STEP_SUM, OF_STEP_SUM, OF_REDUCE_STEP)
OF_REDUCE_PAIR(abs, SA, SF, 0, OF_STEP_ABS, OF_STEP_SUM, OF_REDUCE_STEP)
OF_REDUCE_PAIR(sq, SA, SF, 0, OF_STEP_SQ, OF_STEP_SUM, OF_REDUCE_STEP)
OF_REDUCE_PAIR(prod, SA, SF, 1, OF_STEP_PROD, OF_STEP_PROD, OF_REDUCE_STEP)
OF_REDUCE_PAIR(max, MA, MF, MAX_0, OF_STEP_MAX, OF_STEP_MAX, OF_REDUCE_TOP)
OF_REDUCE_PAIR(min, MA, MF, MIN_0, OF_STEP_MIN, OF_STEP_MIN, OF_REDUCE_TOP)
#endif
OF_REDUCE_ROWS(sum, SA, SF, OF_STEP_SUM)
OF_REDUCE_ROWS(abs, SA, SF, OF_STEP_ABS)
OF_REDUCE_ROWS(sq, SA, SF, OF_STEP_SQ)
OF_REDUCE_ROWS(prod, SA, SF, OF_STEP_PROD)
#ifdef VECTOR
OF_REDUCE_VROWS(max, MVECTOR_MAX, OF_STEP_MAX)
OF_REDUCE_VROWS(min, MVECTOR_MIN, OF_STEP_MIN)
#else
OF_REDUCE_ROWS(max, MA, MF, OF_STEP_MAX)
OF_REDUCE_ROWS(min, MA, MF, OF_STEP_MIN)
#endif

#undef OF_REDUCE_SUMS
#undef OF_REDUCE_VECTORS
#undef OF_REDUCE_VROWS
#undef OF_REDUCE_ROWS
#undef OF_REDUCE_STEP
#undef OF_REDUCE_TOP
#undef OF_REDUCE_EACH
#undef VECTOR
#undef LOADS
#undef LOADM
#undef PART
#undef PAD
#undef MVECTOR
#undef MVL
#undef MVECTOR_MAX
#undef MVECTOR_MIN
#undef MACC
#undef OF_REDUCE_PAIR
#undef OF_REDUCE_EIGHT
#undef OF_REDUCE_TREE
#undef OF_REDUCE_TAIL
#undef OF_STEP_SUM
#undef OF_STEP_ABS
#undef OF_STEP_SQ
#undef OF_STEP_VABS
#undef OF_STEP_PROD
#undef OF_STEP_MAX
#undef OF_STEP_LAST
#undef MSTEP_MAX
#undef MSTEP_MIN
#undef OF_STEP_MIN
#undef T
#undef NAME
#undef SA
#undef SF
#undef MA
#undef MF
#undef SUM_0
#undef MAX_0
#undef MIN_0
#undef ABS
#undef LANES
#undef LOADED
