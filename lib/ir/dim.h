/* Dimensions and shapes.
 *
 * A dimension (or an element of a small integer tensor that is known only
 * symbolically) is k + E, where E is nothing (sym 0), or an interned canonical
 * expression over symbols. Expressions are interned, so equal ones have equal
 * numbers and of_dim_same is a comparison of two fields. */
#ifndef OF_IR_DIM_H
#define OF_IR_DIM_H

#include "base/name.h"
#include "tensor/tensor.h"

typedef struct of_dim {
    int64_t k;
    uint32_t sym; /* 0: the number k; OF_SYM_UNKNOWN: nothing is known; else expression id */
} of_dim;
#define OF_SYM_UNKNOWN UINT32_MAX

static inline of_dim of_dim_num(int64_t k) { return (of_dim){k, 0}; }
static inline of_dim of_dim_unknown(void) { return (of_dim){0, OF_SYM_UNKNOWN}; }
static inline bool of_dim_is_num(of_dim d) { return d.sym == 0; }
static inline bool of_dim_known(of_dim d) { return d.sym != OF_SYM_UNKNOWN; }
/* Proved equal. Two unknowns are not. */
static inline bool of_dim_same(of_dim a, of_dim b)
{
    return a.sym == b.sym && a.k == b.k && a.sym != OF_SYM_UNKNOWN;
}
static inline bool of_dim_is(of_dim d, int64_t k) { return d.sym == 0 && d.k == k; }

typedef struct of_shape {
    int32_t rank; /* -1: unknown */
    of_dim *d;    /* in the model's arena; immutable once part of a type */
} of_shape;

static inline of_shape of_shape_unknown(void) { return (of_shape){-1, NULL}; }
bool of_shape_is_static(const of_shape *s);                 /* rank and every dim a number */
bool of_shape_same(const of_shape *a, const of_shape *b);   /* proved equal */
bool of_shape_numel(const of_shape *s, int64_t *n);         /* static only, checked product */

/* The table of expressions of one model. */
typedef struct of_dimtab of_dimtab;
of_dimtab *of_dimtab_new(of_arena *ar, of_alloc *a); /* NULL: no memory */
void of_dimtab_free(of_dimtab *t);
/* Out of memory in the arithmetic degrades to unknown and is remembered until this asks: the
 * call at hand then fails, and the next one starts afresh. */
bool of_dimtab_oom(of_dimtab *t);
/* A dim_param. Text exactly as of_dim_name writes an expression is that expression; any
 * other text is an opaque symbol, so "a - b" or "batch-size" claim nothing. Unknown is
 * what has no letter ("?", "-1"), and "None". */
of_dim of_dim_symbol(of_dimtab *t, of_sym name);
/* A symbol that nothing else is yet, for a dimension of which no more is known than that it
 * is one: what is computed from it can still be compared. It has no name; nothing that
 * holds one is ever written. */
of_dim of_dim_anon(of_dimtab *t);
bool of_dim_hidden(const of_dimtab *t, of_dim d); /* holds such a symbol */
/* The text a dim_param is written with ("batch", "2*seq+1"); NULL for numbers, unknown
 * and hidden ones. */
of_sym of_dim_name(of_dimtab *t, of_names *names, of_dim d);
of_dim of_dim_add(of_dimtab *t, of_dim a, of_dim b);
of_dim of_dim_sub(of_dimtab *t, of_dim a, of_dim b);
of_dim of_dim_mul(of_dimtab *t, of_dim a, of_dim b);
of_dim of_dim_floordiv(of_dimtab *t, of_dim a, of_dim b); /* toward minus infinity; unknown when b may be 0 */
of_dim of_dim_ceildiv(of_dimtab *t, of_dim a, of_dim b);
of_dim of_dim_min(of_dimtab *t, of_dim a, of_dim b);
of_dim of_dim_max(of_dimtab *t, of_dim a, of_dim b);
/* a = q * b as polynomials, so q is a / b wherever b is not 0. false: not so. */
bool of_dim_div_exact(of_dimtab *t, of_dim a, of_dim b, of_dim *q);
/* d with every occurrence of the symbol replaced. Cheap when repeated for one symbol. */
of_dim of_dim_subst(of_dimtab *t, of_dim d, of_sym name, of_dim to);
/* Proved bounds, inclusive; INT64_MIN and INT64_MAX where there is none. Symbols are >= 0. */
void of_dim_range(const of_dimtab *t, of_dim d, int64_t *lo, int64_t *hi);
/* Whether d is 1 or more wherever every symbol that has a name is. */
bool of_dim_never_zero(const of_dimtab *t, of_dim d);
/* The text of d ("?" for unknown and hidden) into buf, cut at cap - 1 bytes and ended by NUL; its full length. */
size_t of_dim_text(const of_dimtab *t, of_dim d, char *buf, size_t cap);
/* Result of numpy broadcasting of two dims; unknown when it cannot be proved. false: never compatible. */
bool of_dim_broadcast(of_dimtab *t, of_dim a, of_dim b, of_dim *out);

/* TypeProto. Immutable, in the model's arena, shared freely. */
typedef enum of_type_kind {
    OF_T_UNKNOWN = 0, OF_T_TENSOR, OF_T_SPARSE, OF_T_SEQUENCE, OF_T_OPTIONAL, OF_T_MAP, OF_T_OPAQUE
} of_type_kind;
typedef struct of_type {
    uint8_t kind;    /* of_type_kind */
    uint8_t dtype;   /* element type (tensor, sparse) or key type (map); OF_UNDEFINED: not known */
    of_shape shape;  /* tensor, sparse */
    const struct of_type *elem; /* sequence, optional: element; map: value */
    of_sym opaque_domain, opaque_name;
} of_type;
bool of_type_same(const of_type *a, const of_type *b); /* all proved equal */

#endif
