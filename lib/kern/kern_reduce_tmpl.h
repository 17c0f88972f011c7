/* One element type's reductions. Included with
 *   T                element type
 *   NAME(op, kind)   name of a function
 *   SA, SF           accumulator type and its field in of_reduce_acc for sums and products
 *   MA, MF           the same for maximum and minimum
 *   SUM_0, MAX_0, MIN_0   neutral elements (magnitudes and squares start at 0, products at 1)
 *   ABS(v)           magnitude of a value of type SA
 *   LOADED(e)        an element as a number
 *   STAGED(e, p)     declares e, OF_REDUCE_LANES elements from p on, of which VALUE(e[j]) is the
 *                    number; where this is not given, the elements themselves
 *   VECTOR           of float types, where the compiler converts vectors: RVL elements, staged
 *   LANES            what the compiler is told about the loop over the lanes */

#define OF_STEP_SUM(a, v) ((a) + (v))
#define OF_STEP_ABS(a, v) ((a) + ABS(v))
#define OF_STEP_SQ(a, v) ((a) + (v) * (v))
#define OF_STEP_PROD(a, v) ((a) * (v))
#define OF_STEP_MAX(a, v) ((((v) > (a)) | ((v) != (v))) ? (v) : (a))
#define OF_STEP_MIN(a, v) ((((v) < (a)) | ((v) != (v))) ? (v) : (a))

/* One element more for each lane: as the compiler has it, and in vectors. */
#define OF_REDUCE_STEP(A, lane, p, step) OF_REDUCE_EACH(A, lane, p, step, LANES)
#define OF_REDUCE_TOP(A, lane, p, step) OF_REDUCE_EACH(A, lane, p, step, OF_NO_UNROLL)
#define OF_REDUCE_EACH(A, lane, p, step, HOW)                                                      \
    do {                                                                                           \
        STAGED(e, p);                                                                              \
        of_ahead(p);                                                                               \
        HOW for (size_t j = 0; j < OF_REDUCE_LANES; j++) {                                         \
            const A v = (A)VALUE(e[j]);                                                            \
            (lane)[j] = (A)step((lane)[j], v);                                                     \
        }                                                                                          \
    } while (0)
#define OF_REDUCE_STEPV(A, lane, p, step)                                                          \
    do {                                                                                           \
        STAGED(e, p);                                                                              \
        of_ahead(p);                                                                               \
        for (size_t j = 0; j < OF_REDUCE_LANES; j += RVL) {                                        \
            VECTOR q;                                                                              \
            red_v w, a;                                                                            \
            memcpy(&q, e + j, sizeof q);                                                           \
            memcpy(&a, (lane) + j, sizeof a);                                                      \
            w = __builtin_convertvector(q, red_v);                                                 \
            a = step(a, w);                                                                        \
            memcpy((lane) + j, &a, sizeof a);                                                      \
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

/* Two lines at a time, since each waits for its last sum, and eight of the short ones; eight rows
 * at a time, so that accumulators are read and written an eighth as often. */
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
        }                                                                                          \
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
    }                                                                                              \
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

#ifndef STAGED
#define STAGED(e, p) const T *const e = (p)
#define VALUE(e) LOADED(e)
#endif

#ifdef VECTOR
#define OF_REDUCE_SUM OF_REDUCE_STEPV
#else
#define OF_REDUCE_SUM OF_REDUCE_STEP
#endif
OF_REDUCE_PAIR(sum, SA, SF, SUM_0, OF_STEP_SUM, OF_STEP_SUM, OF_REDUCE_SUM)
OF_REDUCE_PAIR(abs, SA, SF, 0, OF_STEP_ABS, OF_STEP_SUM, OF_REDUCE_STEP)
OF_REDUCE_PAIR(sq, SA, SF, 0, OF_STEP_SQ, OF_STEP_SUM, OF_REDUCE_SUM)
OF_REDUCE_PAIR(prod, SA, SF, 1, OF_STEP_PROD, OF_STEP_PROD, OF_REDUCE_SUM)
OF_REDUCE_PAIR(max, MA, MF, MAX_0, OF_STEP_MAX, OF_STEP_MAX, OF_REDUCE_TOP)
OF_REDUCE_PAIR(min, MA, MF, MIN_0, OF_STEP_MIN, OF_STEP_MIN, OF_REDUCE_TOP)

#undef OF_REDUCE_SUM
#undef OF_REDUCE_STEP
#undef OF_REDUCE_TOP
#undef OF_REDUCE_EACH
#undef OF_REDUCE_STEPV
#undef VECTOR
#undef OF_REDUCE_PAIR
#undef OF_REDUCE_TREE
#undef OF_REDUCE_TAIL
#undef OF_STEP_SUM
#undef OF_STEP_ABS
#undef OF_STEP_SQ
#undef OF_STEP_PROD
#undef OF_STEP_MAX
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
#undef STAGED
#undef VALUE
