/* Numbers of --set as elements of a tensor. */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t width_of(int32_t dtype)
{
    switch (dtype) {
    case ONNXFOLD_BOOL:
    case ONNXFOLD_INT8:
    case ONNXFOLD_UINT8: return 1;
    case ONNXFOLD_FLOAT16:
    case ONNXFOLD_BFLOAT16:
    case ONNXFOLD_INT16:
    case ONNXFOLD_UINT16: return 2;
    case ONNXFOLD_FLOAT:
    case ONNXFOLD_INT32:
    case ONNXFOLD_UINT32: return 4;
    case ONNXFOLD_DOUBLE:
    case ONNXFOLD_INT64:
    case ONNXFOLD_UINT64: return 8;
    default: return 0;
    }
}

/* The bits of d with `exp` exponent and `man` fraction bits, to nearest, ties to even. */
static uint16_t narrow(double d, int exp, int man)
{
    union { double d; uint64_t u; } x = {d};
    uint64_t sign = x.u >> 63, frac = x.u & ((UINT64_C(1) << 52) - 1);
    int bias = (1 << (exp - 1)) - 1, e = (int)(x.u >> 52 & 2047) - 1023 + bias, drop = 52 - man;
    uint64_t inf = (uint64_t)((1 << exp) - 1) << man, out;
    if ((x.u >> 52 & 2047) == 2047) {
        out = inf | (frac ? UINT64_C(1) << (man - 1) : 0);
    } else if (e < -man - 1 || (x.u << 1) == 0) {
        out = 0;
    } else {
        frac |= UINT64_C(1) << 52;
        if (e <= 0) drop += 1 - e, e = 1;
        uint64_t kept = frac >> drop, rest = frac & ((UINT64_C(1) << drop) - 1), half = UINT64_C(1) << (drop - 1);
        kept += rest > half || (rest == half && (kept & 1));
        out = ((uint64_t)(e - 1) << man) + kept; /* a carry moves on into the exponent */
        if (out > inf) out = inf;
    }
    return (uint16_t)(sign << (exp + man) | out);
}

static bool store_float(const char *s, char **end, int32_t dtype, void *to)
{
    double d = strtod(s, end);
    float f = (float)d;
    uint16_t h;
    switch (dtype) {
    case ONNXFOLD_DOUBLE: memcpy(to, &d, sizeof d); break;
    case ONNXFOLD_FLOAT: memcpy(to, &f, sizeof f); break;
    default:
        h = dtype == ONNXFOLD_FLOAT16 ? narrow(d, 5, 10) : narrow(d, 8, 7);
        memcpy(to, &h, sizeof h);
    }
    return *end != s;
}

static bool store_int(const char *s, char **end, int32_t dtype, size_t width, void *to)
{
    bool is_signed = dtype == ONNXFOLD_INT8 || dtype == ONNXFOLD_INT16 || dtype == ONNXFOLD_INT32 ||
                     dtype == ONNXFOLD_INT64;
    unsigned bits = (unsigned)width * 8;
    uint64_t v;
    errno = 0;
    if (*s == '-') {
        int64_t n = strtoll(s, end, 10);
        if (!is_signed || errno || (bits < 64 && n < INT64_MIN >> (64 - bits))) return false;
        v = (uint64_t)n;
    } else {
        v = strtoull(s, end, 10);
        if (errno || (is_signed && v > (uint64_t)INT64_MAX >> (64 - bits)) || (!is_signed && bits < 64 && v >> bits)) return false;
    }
    uint8_t v1 = (uint8_t)v;
    uint16_t v2 = (uint16_t)v;
    uint32_t v4 = (uint32_t)v;
    memcpy(to, width == 1 ? (void *)&v1 : width == 2 ? (void *)&v2 : width == 4 ? (void *)&v4 : (void *)&v, width);
    return *end != s;
}

static bool store(const char *s, char **end, int32_t dtype, size_t width, void *to)
{
    if (dtype == ONNXFOLD_BOOL) {
        bool yes = strncmp(s, "true", 4) == 0 || *s == '1';
        size_t n = strncmp(s, "true", 4) == 0 ? 4 : strncmp(s, "false", 5) == 0 ? 5 : *s == '1' || *s == '0';
        *end = (char *)(uintptr_t)(s + n);
        *(uint8_t *)to = yes;
        return n > 0;
    }
    if (dtype == ONNXFOLD_FLOAT || dtype == ONNXFOLD_DOUBLE || dtype == ONNXFOLD_FLOAT16 ||
        dtype == ONNXFOLD_BFLOAT16)
        return store_float(s, end, dtype, to);
    return store_int(s, end, dtype, width, to);
}

size_t cli_parse_values(const char *text, int32_t dtype, void **data, size_t *size)
{
    size_t width = width_of(dtype), count = 1, n = 0;
    *data = NULL;
    *size = 0;
    for (const char *p = text; *p; p++) count += *p == ',';
    char *out = width ? malloc(count * width) : NULL;
    if (!out) return 0;
    for (const char *p = text;; p++) {
        char *end;
        if (!store(p, &end, dtype, width, out + n * width)) break;
        n++;
        p = end;
        if (*p == '\0') {
            *data = out;
            *size = n * width;
            return n;
        }
        if (*p != ',') break;
    }
    free(out);
    return 0;
}
