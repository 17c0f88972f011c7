/* What the accumulators of the reductions are. */
#include <math.h>

#include "kern/kern_reduce.h"

bool of_reduce_type_of(of_dtype t, of_reduce_type *r)
{
    switch (t) {
    case OF_FLOAT: *r = OF_RED_F32; return true;
    case OF_DOUBLE: *r = OF_RED_F64; return true;
    case OF_FLOAT16: *r = OF_RED_F16; return true;
    case OF_BFLOAT16: *r = OF_RED_BF16; return true;
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
    const bool is_float = t == OF_RED_F32 || t == OF_RED_F64 || t == OF_RED_F16 || t == OF_RED_BF16;

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
