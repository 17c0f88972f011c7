/* One element type's reductions. Included with
 *   T                element type
 *   NAME(op, kind)   name of a function
 *   SA, SF           accumulator type and its field in of_reduce_acc for sums and products
 *   MA, MF           the same for maximum and minimum
 *   SUM_0, MAX_0, MIN_0   neutral elements (magnitudes and squares start at 0, products at 1)
 *   ABS(v)           magnitude of a value of type SA
 *   LOADED(e)        an element as a number
 *   LANES            what the compiler is told about the loop over the lanes */

#define OF_STEP_SUM(a, v) ((a) + (v))
#define OF_STEP_ABS(a, v) ((a) + ABS(v))
#define OF_STEP_SQ(a, v) ((a) + (v) * (v))
#define OF_STEP_PROD(a, v) ((a) * (v))
#define OF_STEP_MAX(a, v) ((((v) > (a)) | ((v) != (v))) ? (v) : (a))
#define OF_STEP_MIN(a, v) ((((v) < (a)) | ((v) != (v))) ? (v) : (a))

/* Four rows at a time, so that accumulators are read and written a quarter as often. */
#define OF_REDUCE_PAIR(op, A, F, init, step, join, LOOP)                                           \
    static void NAME(op, run)(of_reduce_acc * acc, const void *xv, size_t n)                       \
    {                                                                                              \
        const T *x = (const T *)xv;                                                                \
        A lane[OF_REDUCE_LANES];                                                                   \
        size_t i = 0;                                                                              \
        for (size_t j = 0; j < OF_REDUCE_LANES; j++) lane[j] = (init);                             \
        for (; i + OF_REDUCE_LANES <= n; i += OF_REDUCE_LANES) {                                   \
            of_ahead(x + i);                                                                       \
            LOOP for (size_t j = 0; j < OF_REDUCE_LANES; j++) {                                   \
                const A v = (A)LOADED(x[i + j]);                                                   \
                lane[j] = (A)step(lane[j], v);                                                     \
            }                                                                                      \
        }                                                                                          \
        OF_NO_UNROLL for (size_t j = 0; i + j < n; j++) {                                          \
            const A v = (A)LOADED(x[i + j]);                                                       \
            lane[j] = (A)step(lane[j], v);                                                         \
        }                                                                                          \
        for (size_t half = OF_REDUCE_LANES / 2; half > 0; half /= 2)                               \
            for (size_t j = 0; j < half; j++) lane[j] = (A)join(lane[j], lane[j + half]);          \
        acc->F = join(acc->F, lane[0]);                                                            \
    }                                                                                              \
    static void NAME(op, rows)(of_reduce_acc * acc, const void *xv, size_t n, size_t stride,       \
                               size_t count)                                                       \
    {                                                                                              \
        const T *x = (const T *)xv;                                                                \
        for (; count >= 4; count -= 4, x += 4 * stride)                                            \
            for (size_t j = 0; j < n; j++) {                                                       \
                const A v0 = (A)LOADED(x[j]), v1 = (A)LOADED(x[j + stride]);                       \
                const A v2 = (A)LOADED(x[j + 2 * stride]), v3 = (A)LOADED(x[j + 3 * stride]);      \
                A a = (A)acc[j].F;                                                                 \
                a = (A)step(a, v0);                                                                \
                a = (A)step(a, v1);                                                                \
                a = (A)step(a, v2);                                                                \
                acc[j].F = step(a, v3);                                                            \
            }                                                                                      \
        for (; count > 0; count--, x += stride)                                                    \
            for (size_t j = 0; j < n; j++) {                                                       \
                const A v = (A)LOADED(x[j]), a = (A)acc[j].F;                                      \
                acc[j].F = step(a, v);                                                             \
            }                                                                                      \
    }

OF_REDUCE_PAIR(sum, SA, SF, SUM_0, OF_STEP_SUM, OF_STEP_SUM, LANES)
OF_REDUCE_PAIR(abs, SA, SF, 0, OF_STEP_ABS, OF_STEP_SUM, LANES)
OF_REDUCE_PAIR(sq, SA, SF, 0, OF_STEP_SQ, OF_STEP_SUM, LANES)
OF_REDUCE_PAIR(prod, SA, SF, 1, OF_STEP_PROD, OF_STEP_PROD, LANES)
OF_REDUCE_PAIR(max, MA, MF, MAX_0, OF_STEP_MAX, OF_STEP_MAX, OF_NO_UNROLL)
OF_REDUCE_PAIR(min, MA, MF, MIN_0, OF_STEP_MIN, OF_STEP_MIN, OF_NO_UNROLL)

#undef OF_REDUCE_PAIR
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
