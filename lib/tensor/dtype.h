/* Element types: the numbers are those of TensorProto.DataType (onnx.proto). */
#ifndef OF_TENSOR_DTYPE_H
#define OF_TENSOR_DTYPE_H

#include "base/err.h"

typedef enum of_dtype {
    OF_UNDEFINED = 0,
    OF_FLOAT = 1,
    OF_UINT8 = 2,
    OF_INT8 = 3,
    OF_UINT16 = 4,
    OF_INT16 = 5,
    OF_INT32 = 6,
    OF_INT64 = 7,
    OF_STRING = 8,
    OF_BOOL = 9,
    OF_FLOAT16 = 10,
    OF_DOUBLE = 11,
    OF_UINT32 = 12,
    OF_UINT64 = 13,
    OF_COMPLEX64 = 14,
    OF_COMPLEX128 = 15,
    OF_BFLOAT16 = 16,
    OF_FLOAT8E4M3FN = 17,
    OF_FLOAT8E4M3FNUZ = 18,
    OF_FLOAT8E5M2 = 19,
    OF_FLOAT8E5M2FNUZ = 20,
    OF_UINT4 = 21,
    OF_INT4 = 22,
    OF_FLOAT4E2M1 = 23,
    OF_FLOAT8E8M0 = 24,
    OF_UINT2 = 25,
    OF_INT2 = 26,
    OF_FLOAT6E2M3 = 27,
    OF_FLOAT6E3M2 = 28,
    OF_DTYPE_COUNT
} of_dtype;

typedef enum of_dkind { OF_K_NONE, OF_K_UINT, OF_K_SINT, OF_K_FLOAT, OF_K_BOOL, OF_K_COMPLEX, OF_K_STRING } of_dkind;

typedef struct of_dtype_info {
    const char *name;   /* as in ONNX, upper case: "FLOAT16" */
    const char *type;   /* as in type strings: "float16" */
    uint8_t bits;       /* stored bits of one element; strings: 0 */
    uint8_t kind;       /* of_dkind */
    uint8_t mem;        /* bytes of one element in memory once unpacked (strings: sizeof(of_str)) */
    uint8_t typed_field; /* TensorProto field that holds it when raw_data does not: 4,5,6,7,10,11 */
} of_dtype_info;

extern const of_dtype_info of_dtypes[OF_DTYPE_COUNT];

static inline bool of_dtype_valid(int64_t t)
{
    return t > 0 && t < OF_DTYPE_COUNT;
}
static inline bool of_dtype_packed(of_dtype t) /* several elements in one byte in storage */
{
    return of_dtypes[t].bits != 0 && of_dtypes[t].bits < 8;
}
static inline bool of_dtype_is_float(of_dtype t) { return of_dtypes[t].kind == OF_K_FLOAT; }
static inline bool of_dtype_is_int(of_dtype t)
{
    return of_dtypes[t].kind == OF_K_UINT || of_dtypes[t].kind == OF_K_SINT;
}
/* float16, bfloat16, float8*, float6*, float4: computed in float32, rounded once */
static inline bool of_dtype_small_float(of_dtype t)
{
    return of_dtypes[t].kind == OF_K_FLOAT && t != OF_FLOAT && t != OF_DOUBLE;
}

#endif
