/* The C reference of the reductions. */
#include "kern/kern_reduce.h"

#include <math.h>

/* Integer sums and products run in uint64_t, where wrapping is defined. */
#define U_ABS(v) ((v) >> 63 ? (uint64_t)0 - (v) : (v))

#define T float
#define NAME(op, kind) op##_##kind##_f32
#define SA double
#define SF f
#define MA double
#define MF f
#define SUM_0 (-0.0)
#define MAX_0 (-(double)INFINITY)
#define MIN_0 ((double)INFINITY)
#define ABS(v) fabs(v)
#include "kern/kern_reduce_tmpl.h"

#define T double
#define NAME(op, kind) op##_##kind##_f64
#define SA double
#define SF f
#define MA double
#define MF f
#define SUM_0 (-0.0)
#define MAX_0 (-(double)INFINITY)
#define MIN_0 ((double)INFINITY)
#define ABS(v) fabs(v)
#include "kern/kern_reduce_tmpl.h"

#define T int8_t
#define NAME(op, kind) op##_##kind##_i8
#define SA uint64_t
#define SF u
#define MA int64_t
#define MF i
#define SUM_0 0
#define MAX_0 INT8_MIN
#define MIN_0 INT8_MAX
#define ABS(v) U_ABS(v)
#include "kern/kern_reduce_tmpl.h"

#define T uint8_t
#define NAME(op, kind) op##_##kind##_u8
#define SA uint64_t
#define SF u
#define MA uint64_t
#define MF u
#define SUM_0 0
#define MAX_0 0
#define MIN_0 UINT8_MAX
#define ABS(v) (v)
#include "kern/kern_reduce_tmpl.h"

#define T int16_t
#define NAME(op, kind) op##_##kind##_i16
#define SA uint64_t
#define SF u
#define MA int64_t
#define MF i
#define SUM_0 0
#define MAX_0 INT16_MIN
#define MIN_0 INT16_MAX
#define ABS(v) U_ABS(v)
#include "kern/kern_reduce_tmpl.h"

#define T uint16_t
#define NAME(op, kind) op##_##kind##_u16
#define SA uint64_t
#define SF u
#define MA uint64_t
#define MF u
#define SUM_0 0
#define MAX_0 0
#define MIN_0 UINT16_MAX
#define ABS(v) (v)
#include "kern/kern_reduce_tmpl.h"

#define T int32_t
#define NAME(op, kind) op##_##kind##_i32
#define SA uint64_t
#define SF u
#define MA int64_t
#define MF i
#define SUM_0 0
#define MAX_0 INT32_MIN
#define MIN_0 INT32_MAX
#define ABS(v) U_ABS(v)
#include "kern/kern_reduce_tmpl.h"

#define T uint32_t
#define NAME(op, kind) op##_##kind##_u32
#define SA uint64_t
#define SF u
#define MA uint64_t
#define MF u
#define SUM_0 0
#define MAX_0 0
#define MIN_0 UINT32_MAX
#define ABS(v) (v)
#include "kern/kern_reduce_tmpl.h"

#define T int64_t
#define NAME(op, kind) op##_##kind##_i64
#define SA uint64_t
#define SF u
#define MA int64_t
#define MF i
#define SUM_0 0
#define MAX_0 INT64_MIN
#define MIN_0 INT64_MAX
#define ABS(v) U_ABS(v)
#include "kern/kern_reduce_tmpl.h"

#define T uint64_t
#define NAME(op, kind) op##_##kind##_u64
#define SA uint64_t
#define SF u
#define MA uint64_t
#define MF u
#define SUM_0 0
#define MAX_0 0
#define MIN_0 UINT64_MAX
#define ABS(v) (v)
#include "kern/kern_reduce_tmpl.h"

#define OF_FILL(tag, id)                                                                           \
    do {                                                                                           \
        k->run[OF_RED_SUM][id] = sum_run_##tag;                                                    \
        k->run[OF_RED_ABS][id] = abs_run_##tag;                                                    \
        k->run[OF_RED_SQ][id] = sq_run_##tag;                                                      \
        k->run[OF_RED_PROD][id] = prod_run_##tag;                                                  \
        k->run[OF_RED_MAX][id] = max_run_##tag;                                                    \
        k->run[OF_RED_MIN][id] = min_run_##tag;                                                    \
        k->rows[OF_RED_SUM][id] = sum_rows_##tag;                                                  \
        k->rows[OF_RED_ABS][id] = abs_rows_##tag;                                                  \
        k->rows[OF_RED_SQ][id] = sq_rows_##tag;                                                    \
        k->rows[OF_RED_PROD][id] = prod_rows_##tag;                                                \
        k->rows[OF_RED_MAX][id] = max_rows_##tag;                                                  \
        k->rows[OF_RED_MIN][id] = min_rows_##tag;                                                  \
    } while (0)

void of_kern_reduce_init_c(of_kern_reduce *k)
{
    OF_FILL(f32, OF_RED_F32);
    OF_FILL(f64, OF_RED_F64);
    OF_FILL(i8, OF_RED_I8);
    OF_FILL(u8, OF_RED_U8);
    OF_FILL(i16, OF_RED_I16);
    OF_FILL(u16, OF_RED_U16);
    OF_FILL(i32, OF_RED_I32);
    OF_FILL(u32, OF_RED_U32);
    OF_FILL(i64, OF_RED_I64);
    OF_FILL(u64, OF_RED_U64);
}

bool of_reduce_type_of(of_dtype t, of_reduce_type *r)
{
    switch (t) {
    case OF_FLOAT: *r = OF_RED_F32; return true;
    case OF_DOUBLE: *r = OF_RED_F64; return true;
    case OF_INT8: *r = OF_RED_I8; return true;
    case OF_BOOL: /* one byte, 0 or 1 */
    case OF_UINT8: *r = OF_RED_U8; return true;
    case OF_INT16: *r = OF_RED_I16; return true;
    case OF_UINT16: *r = OF_RED_U16; return true;
    case OF_INT32: *r = OF_RED_I32; return true;
    case OF_UINT32: *r = OF_RED_U32; return true;
    case OF_INT64: *r = OF_RED_I64; return true;
    case OF_UINT64: *r = OF_RED_U64; return true;
    default: return false;
    }
}

of_reduce_acc of_reduce_neutral(of_reduce_op op, of_reduce_type t)
{
    static const int64_t low[OF_RED_TYPES] = {0, 0,         INT8_MIN, 0,         INT16_MIN,
                                              0, INT32_MIN, 0,        INT64_MIN, 0};
    static const uint64_t high[OF_RED_TYPES] = {0,         0,          INT8_MAX,  UINT8_MAX,
                                                INT16_MAX, UINT16_MAX, INT32_MAX, UINT32_MAX,
                                                INT64_MAX, UINT64_MAX};
    of_reduce_acc a = {.u = 0};
    const bool is_float = t == OF_RED_F32 || t == OF_RED_F64;

    switch (op) {
    case OF_RED_SUM:
        if (is_float) a.f = -0.0;
        break;
    case OF_RED_PROD:
        if (is_float) a.f = 1;
        else a.u = 1;
        break;
    case OF_RED_MAX:
        if (is_float) a.f = -(double)INFINITY;
        else a.i = low[t];
        break;
    case OF_RED_MIN:
        if (is_float) a.f = (double)INFINITY;
        else a.u = high[t];
        break;
    default: break;
    }
    return a;
}
