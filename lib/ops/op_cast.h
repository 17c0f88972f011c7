/* Conversion of elements between types, as ONNX Cast has it. */
#ifndef OF_OPS_OP_CAST_H
#define OF_OPS_OP_CAST_H

#include "ops/op_elementwise.h"

typedef struct of_cast_how {
    bool saturate;   /* float8 kinds */
    char round_mode; /* float8e8m0: 'u' up, 'd' down, 'n' nearest */
} of_cast_how;

/* d (exact, or itself rounded to odd) to one element of a float type, rounded once. Sets
 * bits; false: ONNX leaves the result open (a negative number to float8e8m0). */
bool of_cast_float(of_dtype t, double d, const of_cast_how *how, uint64_t *bits);

/* ---- decimal text ---- */

#define OF_DEC_DIGITS 800 /* enough for every midpoint of two doubles; the rest is one sticky bit */
#define OF_DEC_TEXT 40    /* room for any number's text */
/* Steps charged for one conversion. */
#define OF_DEC_WORK 2000

/* 0.d[0]d[1]... * 10^point */
typedef struct of_dec {
    int32_t n, point;
    bool more; /* nonzero digits were cut off */
    uint8_t d[OF_DEC_DIGITS];
} of_dec;

/* Number in plain or scientific form, INF, NaN (any case), spaces around it allowed. *v is
 * rounded to odd, so that one more rounding to any narrower type is right; *nearest, for
 * double itself, to nearest even. false: not a number. */
bool of_text_to_float(of_str s, of_dec *scratch, double *odd, double *nearest);
/* Decimal integer: sign and magnitude. false: not an integer, or past 64 bits. */
bool of_text_to_int(of_str s, bool *negative, uint64_t *magnitude);
/* Shortest text that reads back as v: as a float64 (wide), else as a float32. scratch: two
 * of them. Returns its length. */
size_t of_float_to_text(bool wide, double v, char *text, of_dec *scratch);
size_t of_int_to_text(bool negative, uint64_t magnitude, char *text);

#endif
