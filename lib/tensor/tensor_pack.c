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

static void pack2(const uint8_t *src, uint8_t *dst, size_t n)
{
    size_t i, k;
    for (i = 0; i < n / 4; i++) {
        const uint8_t *s = src + 4 * i;
        dst[i] = (uint8_t)((s[0] & 3) | (s[1] & 3) << 2 | (s[2] & 3) << 4 | (s[3] & 3) << 6);
    }
    if (n % 4) {
        unsigned v = 0;
        for (k = 0; k < n % 4; k++) v |= (src[4 * i + k] & 3u) << (2 * k);
        dst[i] = (uint8_t)v;
    }
}

static void unpack2(const uint8_t *restrict src, uint8_t *restrict dst, size_t n, uint8_t sign)
{
    size_t i, k;
    for (i = 0; i < n / 4; i++) {
        dst[4 * i] = (uint8_t)(((src[i] & 3) ^ sign) - sign);
        dst[4 * i + 1] = (uint8_t)(((src[i] >> 2 & 3) ^ sign) - sign);
        dst[4 * i + 2] = (uint8_t)(((src[i] >> 4 & 3) ^ sign) - sign);
        dst[4 * i + 3] = (uint8_t)((src[i] >> 6 ^ sign) - sign);
    }
    for (k = 0; k < n % 4; k++) dst[4 * i + k] = (uint8_t)(((src[i] >> (2 * k) & 3) ^ sign) - sign);
}

static void pack6(const uint8_t *src, uint8_t *dst, size_t n)
{
    size_t i;
    uint8_t s[4] = {0}, d[3];
    for (i = 0; i + 4 <= n; i += 4) { /* in place, too: three bytes where four were read */
        const uint32_t v = (src[i] & 0x3FU) | (src[i + 1] & 0x3FU) << 6 | (src[i + 2] & 0x3FU) << 12 |
                           (src[i + 3] & 0x3FU) << 18;
        uint8_t *to = dst + i / 4 * 3;
        to[0] = (uint8_t)v;
        to[1] = (uint8_t)(v >> 8);
        to[2] = (uint8_t)(v >> 16);
    }
    for (; i < n; i += 4) {
        size_t k = n - i < 4 ? n - i : 4, bytes = (k * 6 + 7) / 8;
        memset(s, 0, sizeof s);
        memcpy(s, src + i, k);
        d[0] = (uint8_t)((s[0] & 0x3F) | s[1] << 6);
        d[1] = (uint8_t)((s[1] & 0x3F) >> 2 | s[2] << 4);
        d[2] = (uint8_t)((s[2] & 0x3F) >> 4 | s[3] << 2);
        memcpy(dst + i / 4 * 3, d, bytes);
    }
}

static void unpack6(const uint8_t *src, uint8_t *dst, size_t n)
{
    size_t i;
    uint8_t s[3], d[4];
    for (i = 0; i + 4 <= n; i += 4) {
        const uint8_t *p = src + i / 4 * 3;
        const uint32_t v = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
        dst[i] = v & 0x3F;
        dst[i + 1] = v >> 6 & 0x3F;
        dst[i + 2] = v >> 12 & 0x3F;
        dst[i + 3] = (uint8_t)(v >> 18);
    }
    for (; i < n; i += 4) {
        size_t k = n - i < 4 ? n - i : 4, bytes = (k * 6 + 7) / 8;
        memset(s, 0, sizeof s);
        memcpy(s, src + i / 4 * 3, bytes);
        d[0] = s[0] & 0x3F;
        d[1] = (uint8_t)(s[0] >> 6 | (s[1] & 0xF) << 2);
        d[2] = (uint8_t)(s[1] >> 4 | (s[2] & 0x3) << 4);
        d[3] = s[2] >> 2;
        memcpy(dst + i, d, k);
    }
}

void of_pack(of_dtype t, const void *src, void *dst, size_t n)
{
    switch (of_dtypes[t].bits) {
    case 2: pack2(src, dst, n); break;
    case 4: pack4(src, dst, n); break;
    case 6: pack6(src, dst, n); break;
    default: break;
    }
}

void of_unpack(of_dtype t, const void *src, void *dst, size_t n)
{
    switch (of_dtypes[t].bits) {
    case 2: unpack2(src, dst, n, t == OF_INT2 ? 2 : 0); break;
    case 4: unpack4(src, dst, n, t == OF_INT4 ? 8 : 0); break;
    case 6: unpack6(src, dst, n); break;
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
