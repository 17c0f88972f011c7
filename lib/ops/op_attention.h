/* What the attention operators share: queries, keys and values as heads of rows. */
#ifndef OF_OPS_OP_ATTENTION_H
#define OF_OPS_OP_ATTENTION_H

#include "ops/op_steps.h"

/* A tensor (batch, heads, rows, width), or (batch, rows, heads * width). */
typedef struct of_heads {
    const of_tensor *t;
    size_t heads, rows, width;
    bool flat; /* the second of the two */
} of_heads;

static inline size_t of_heads_at(const of_heads *h, size_t b, size_t head, size_t row)
{
    return h->flat ? ((b * h->rows + row) * h->heads + head) * h->width
                   : ((b * h->heads + head) * h->rows + row) * h->width;
}

/* Rows [from, from + n) of one head, each element times scale and rounded to t. */
void of_heads_read(const of_heads *h, of_dtype t, size_t b, size_t head, size_t from, size_t n,
                   double scale, double *to);

/* How many queries are taken at once. */
enum { OF_ATT_ROWS = 64 };

/* sqrt(scale), as a number of type t; scale 0: 1 / sqrt(width). Steps in float, as the
 * function body has them. */
double of_att_scale(of_dtype t, size_t width, bool given, float scale);

#endif
