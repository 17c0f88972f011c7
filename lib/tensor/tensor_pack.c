#include "tensor/tensor.h"

#include <string.h>

/* The packed forms are one bit stream, low bits first: two, four or four elements to
 * one, one or three bytes (onnx.numpy_helper; onnx.proto, TensorProto.raw_data). */

static void pack4(const uint8_t *src, uint8_t *dst, size_t n)
{
    size_t i;
    for (i = 0; i < n / 2; i++) dst[i] = (uint8_t)((src[2 * i] & 0xF) | src[2 * i + 1] << 4);
    if (n & 1) dst[i] = src[2 * i] & 0xF;
}

/* Sign bits are turned around and subtracted: of unsigned types sign is 0. */
static void unpack4(const uint8_t *restrict src, uint8_t *restrict dst, size_t n, uint8_t sign)
{
    size_t i;
    for (i = 0; i < n / 2; i++) {
        dst[2 * i] = (uint8_t)(((src[i] & 0xF) ^ sign) - sign);
        dst[2 * i + 1] = (uint8_t)((src[i] >> 4 ^ sign) - sign);
    }
    if (n & 1) dst[2 * i] = (uint8_t)(((src[i] & 0xF) ^ sign) - sign);
}

/* Eight elements, a byte each, onto 8 * bits bits and back: pairs, then pairs of those, close up.
 * Masks are of the lower of two neighbours, in fields of 16, 32 and 64 bits. */
#define PAIRS(bits) (UINT64_C(0x0001000100010001) * ((UINT64_C(1) << (bits)) - 1))
#define FOURS(bits) (UINT64_C(0x0000000100000001) * ((UINT64_C(1) << 2 * (bits)) - 1))
#define EIGHT(bits) ((UINT64_C(1) << 4 * (bits)) - 1)

static inline uint64_t join8(uint64_t x, unsigned bits)
{
    x = (x & PAIRS(bits)) | (x >> (8 - bits) & PAIRS(bits) << bits);
    x = (x & FOURS(bits)) | (x >> 2 * (8 - bits) & FOURS(bits) << 2 * bits);
    return (x & EIGHT(bits)) | (x >> 4 * (8 - bits) & EIGHT(bits) << 4 * bits);
}

static inline uint64_t split8(uint64_t x, unsigned bits)
{
    x = (x & EIGHT(bits)) | (x & EIGHT(bits) << 4 * bits) << 4 * (8 - bits);
    x = (x & FOURS(bits)) | (x & FOURS(bits) << 2 * bits) << 2 * (8 - bits);
    return (x & PAIRS(bits)) | (x & PAIRS(bits) << bits) << (8 - bits);
}

/* n bytes, the first the lowest. */
static inline uint64_t bytes_in(const uint8_t *p, unsigned n)
{
    uint64_t x = 0;
    for (unsigned k = 0; k < n; k++) x |= (uint64_t)p[k] << 8 * k;
    return x;
}

static inline void bytes_out(uint8_t *p, uint64_t x, unsigned n)
{
    for (unsigned k = 0; k < n; k++) p[k] = (uint8_t)(x >> 8 * k);
}

/* In place, too: what is written was read. */
static inline void pack8(const uint8_t *src, uint8_t *dst, size_t n, unsigned bits)
{
    uint8_t last[8] = {0};
    size_t i;

    for (i = 0; i + 8 <= n; i += 8) bytes_out(dst + i / 8 * bits, join8(bytes_in(src + i, 8), bits), bits);
    if (i == n) return;
    memcpy(last, src + i, n - i);
    bytes_out(dst + i / 8 * bits, join8(bytes_in(last, 8), bits), (unsigned)(((n - i) * bits + 7) / 8));
}

static inline void unpack8(const uint8_t *restrict src, uint8_t *restrict dst, size_t n, unsigned bits, uint8_t sign)
{
    /* sign bits turned around and subtracted, each byte's top bit lent so that none borrows */
    const uint64_t s = UINT64_C(0x0101010101010101) * sign, top = UINT64_C(0x8080808080808080);
    uint8_t last[8];
    size_t i;

    for (i = 0; i + 8 <= n; i += 8)
        bytes_out(dst + i, (((split8(bytes_in(src + i / 8 * bits, bits), bits) ^ s) | top) - s) ^ top, 8);
    if (i == n) return;
    bytes_out(last,
              (((split8(bytes_in(src + i / 8 * bits, (unsigned)(((n - i) * bits + 7) / 8)), bits) ^ s) | top) - s) ^ top, 8);
    memcpy(dst + i, last, n - i);
}

void of_pack(of_dtype t, const void *src, void *dst, size_t n)
{
    switch (of_dtypes[t].bits) {
    case 2: pack8(src, dst, n, 2); break;
    case 4: pack4(src, dst, n); break;
    case 6: pack8(src, dst, n, 6); break;
    default: break;
    }
}

void of_unpack(of_dtype t, const void *src, void *dst, size_t n)
{
    switch (of_dtypes[t].bits) {
    case 2: unpack8(src, dst, n, 2, t == OF_INT2 ? 2 : 0); break;
    case 4: unpack4(src, dst, n, t == OF_INT4 ? 8 : 0); break;
    case 6: unpack8(src, dst, n, 6, 0); break;
    default: break;
    }
}

of_status of_tensor_unpack(of_tensor *t, of_tensor **out, of_err *e)
{
    of_tensor *x = NULL;
    *out = NULL;
    OF_TRY(of_tensor_load(t, e));
    if (t->unpacked || !of_dtype_packed((of_dtype)t->dtype)) {
        *out = of_tensor_ref(t);
        return OF_OK;
    }
    OF_TRY(of_tensor_new_raw(t->alloc, NULL, (of_dtype)t->dtype, t->dims, t->rank, true, &x, e));
    if (x->bytes) of_unpack((of_dtype)t->dtype, t->data, x->data, (size_t)x->count);
    *out = x;
    return OF_OK;
}

bool of_tensor_get_i64(const of_tensor *t, int64_t index, int64_t *v)
{
    const unsigned char *p = t->data;
    of_dtype dt = (of_dtype)t->dtype;
    size_t i = (size_t)index;
    if (index < 0 || index >= t->count || !p) return false;
    if (of_dtype_packed(dt) && !t->unpacked && of_dtypes[dt].kind != OF_K_FLOAT) {
        unsigned bits = of_dtypes[dt].bits, sign = 1u << (bits - 1);
        unsigned per = 8 / bits; /* 2 or 4 bits: never across bytes */
        unsigned x = (unsigned)p[i / per] >> (i % per * bits) & ((1u << bits) - 1);
        *v = of_dtypes[dt].kind == OF_K_SINT ? (int64_t)(x ^ sign) - (int64_t)sign : (int64_t)x;
        return true;
    }
    switch (dt) {
    case OF_BOOL: *v = p[i] != 0; return true;
    case OF_UINT8:
    case OF_UINT4:
    case OF_UINT2: *v = p[i]; return true;
    case OF_INT8:
    case OF_INT4:
    case OF_INT2: *v = ((const int8_t *)t->data)[i]; return true;
    case OF_UINT16: *v = ((const uint16_t *)t->data)[i]; return true;
    case OF_INT16: *v = ((const int16_t *)t->data)[i]; return true;
    case OF_UINT32: *v = ((const uint32_t *)t->data)[i]; return true;
    case OF_INT32: *v = ((const int32_t *)t->data)[i]; return true;
    case OF_UINT64:
    case OF_INT64: *v = ((const int64_t *)t->data)[i]; return true;
    default: return false;
    }
}
