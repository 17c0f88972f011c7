/* A compiled pattern of RegexFullMatch. */
#ifndef OF_OPS_OP_REGEX_H
#define OF_OPS_OP_REGEX_H

#include "ops/op_text.h"

enum {
    OF_RE_MATCH,
    OF_RE_CHARS, /* one character of ranges [lo, hi), or, negated, none of them; then a */
    OF_RE_JUMP,
    OF_RE_SPLIT, /* a or b */
    OF_RE_BEGIN, /* from here on: a, where the place is right */
    OF_RE_END,
    OF_RE_LINE_BEGIN,
    OF_RE_LINE_END,
    OF_RE_WORD,
    OF_RE_NOT_WORD,
};

typedef struct of_re_inst {
    uint8_t op;
    bool negated;
    uint32_t a, b, lo, hi;
} of_re_inst;

typedef struct of_re_range {
    uint32_t lo, hi; /* inclusive */
} of_re_range;

typedef struct of_re_prog {
    of_re_inst *inst;
    uint32_t n, start;
    of_re_range *range;
    uint32_t n_range;
} of_re_prog;

/* Into c->tmp. */
of_status of_re_compile(of_opctx *c, of_str pattern, of_re_prog *p);

#endif
