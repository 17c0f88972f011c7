/* Inside of the table of expressions; only for ir_dim*.c.
 *
 * An expression is a polynomial without constant part: terms in falling order, each a
 * coefficient and a monomial, a sorted product of atoms. An atom is a symbol, a floor of
 * a quotient, a min or a max. Atoms are ordered and told apart by their text, never by
 * when they were made, so that what is printed does not depend on history. */
#ifndef OF_IR_DIMTAB_H
#define OF_IR_DIMTAB_H

#include "ir/dim.h"

enum {
    OF_DIM_TERMS = 16,  /* of one polynomial; more is unknown */
    OF_DIM_DEGREE = 8,  /* of one monomial */
    OF_DIM_ARGS = 8,    /* of one min or max */
    OF_DIM_TEXT = 255,  /* bytes of text of one atom; so nesting is bounded too */
};

typedef enum of_atom_kind { OF_ATOM_SYMBOL, OF_ATOM_FLOOR, OF_ATOM_MIN, OF_ATOM_MAX } of_atom_kind;

/* Proved bounds; INT64_MIN and INT64_MAX where there is none. lo1 is the lower one where every symbol
 * that has a name is 1 or more. */
typedef struct of_bounds {
    int64_t lo, hi, lo1;
} of_bounds;

typedef struct of_mono {
    uint32_t n;
    uint32_t atom[]; /* sorted by text; repeated for powers */
} of_mono;

typedef struct of_term {
    int64_t c; /* not 0 */
    const of_mono *m;
} of_term;

typedef struct of_atom {
    const char *text;
    uint32_t len;
    uint32_t id;
    uint32_t expr;   /* the expression that is this atom alone */
    uint8_t kind;
    bool hidden;     /* it is, or holds, a symbol without a name */
    bool solid;      /* a symbol with so long a name that nothing is computed with it */
    uint8_t n_arg;
    of_sym name;     /* symbols: NULL when only met inside of a text */
    of_dim *arg;     /* floor: numerator, divisor; min, max: sorted */
    of_mono *mono;
    of_bounds r;
} of_atom;

typedef struct of_expr {
    uint32_t id, n;
    of_bounds r;
    bool hidden;
    of_term t[];
} of_expr;

struct of_dimtab {
    of_arena *arena;
    of_alloc *alloc;
    of_atom **atom; /* by id */
    size_t n_atoms, cap_atoms;
    of_expr **expr; /* by id; 0 is not used */
    size_t n_exprs, cap_exprs;
    of_htab atoms, monos, exprs;
    uint64_t seed;
    uint64_t n_anon;
    bool oom;
    /* of_dim_subst */
    struct of_dim_memo {
        of_dim d;
        uint32_t round; /* valid when it is the table's */
    } *memo; /* by atom id */
    size_t n_memo, cap_memo;
    uint32_t *todo; /* atom ids */
    size_t cap_todo;
    uint32_t round;
    of_sym memo_name;
    of_dim memo_to;
};

/* Working form. */
typedef struct of_poly {
    int64_t k;
    uint32_t n;
    of_term t[OF_DIM_TERMS];
} of_poly;

of_dim of_dim_fail(of_dimtab *t); /* out of memory: unknown, remembered */
int of_atom_cmp(const of_dimtab *t, uint32_t a, uint32_t b);
int of_mono_cmp(const of_dimtab *t, const of_mono *a, const of_mono *b); /* > 0: a stands before b */
/* NULL: too high a degree, or no memory (then t->oom). */
const of_mono *of_mono_mul(of_dimtab *t, const of_mono *a, const of_mono *b);
/* a without the atoms of b; *out NULL when nothing is left. false: not divisible, or no memory. */
bool of_mono_div(of_dimtab *t, const of_mono *a, const of_mono *b, const of_mono **out);
bool of_poly_load(const of_dimtab *t, of_dim d, of_poly *p); /* false: unknown */
bool of_poly_add(const of_dimtab *t, of_poly *p, int64_t c, const of_mono *m); /* m NULL: constant */
of_dim of_poly_dim(of_dimtab *t, const of_poly *p);
/* The one atom of d = k + atom; NULL: d is something else. */
const of_atom *of_dim_atom(const of_dimtab *t, of_dim d);
int of_dim_cmp(const of_dimtab *t, of_dim a, of_dim b); /* any fixed order; numbers first */

/* The atom with this text, made when new. arg is copied. */
of_dim of_atom_get(of_dimtab *t, of_atom_kind kind, const char *text, size_t len, const of_dim *arg,
                   uint8_t n_arg, of_bounds r);
of_bounds of_dim_bounds(const of_dimtab *t, of_dim d);
of_atom *of_atom_find(const of_dimtab *t, const char *text, size_t len);
/* Atoms from their arguments, which are as ir_dim_math.c leaves them. */
of_dim of_atom_floor(of_dimtab *t, of_dim a, of_dim b);
of_dim of_atom_minmax(of_dimtab *t, of_atom_kind kind, const of_dim *arg, uint8_t n);
/* min or max of n >= 1 dims. */
of_dim of_dim_minmax(of_dimtab *t, of_atom_kind kind, const of_dim *d, size_t n);

#endif
