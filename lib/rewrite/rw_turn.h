/* Turning values: what the files of `cancel_transposes` share. */
#ifndef OF_REWRITE_RW_TURN_H
#define OF_REWRITE_RW_TURN_H

#include "rewrite/rw.h"

enum { OF_TURN_INS = 64 }; /* inputs of a node that is turned */

typedef enum of_turn_kind {
    OF_TURN_NO,
    OF_TURN_EACH,   /* element by element, inputs broadcast */
    OF_TURN_NEAR,   /* such a one that runtimes may compute otherwise at another place */
    OF_TURN_FIRST,  /* element by element of the first input */
    OF_TURN_FAR,    /* the same, as OF_TURN_NEAR */
    OF_TURN_SCALED, /* of the first input with one scale */
    OF_TURN_CONCAT,
    OF_TURN_SPLIT,
    OF_TURN_REDUCE,
    OF_TURN_SUM, /* a reduction whose order of sums shows */
    OF_TURN_SLICE,
    OF_TURN_PAD,
} of_turn_kind;

typedef struct of_turn_item {
    of_node *n;
    bool turned;
    of_attr *attr;   /* what it gets in place of its own, when it is turned; may be NULL */
    of_value *param; /* input `at`, likewise */
    uint32_t at;
} of_turn_item;

typedef struct of_turn_node {
    uint32_t set; /* of which set of nodes it is, or has been kept out */
    uint32_t item;
    uint8_t kind;
    bool ends; /* its outputs stay as they are */
} of_turn_node;

typedef struct of_turn_value {
    uint32_t set; /* the rest belongs to that one; 0: to none */
    uint32_t straight, turned; /* uses that take it as it is, that take it turned */
    bool asked;     /* a Transpose makes of it what it is turned */
    bool counted;
    bool free;      /* a constant that is turned without moving an element */
    of_value *from; /* it is made by a Transpose of what it is turned; else NULL */
    of_value *alt;  /* it, turned */
    of_node *node;  /* the Transpose that has to be put in */
} of_turn_value;

typedef struct of_turn_transpose {
    of_node *n;
    uint8_t perm, inverse; /* which of those that are tried; 255: none */
} of_turn_transpose;

typedef struct of_turn_list {
    void **p;
    size_t n, cap;
} of_turn_list;

typedef struct of_turn {
    of_rw *rw;
    of_graph *g;
    int32_t rank;
    int64_t p[OF_RW_RANK]; /* axis i of a turned value is axis p[i] of the value */
    int64_t q[OF_RW_RANK]; /* and the other way round */
    bool involution;
    bool nested;         /* of_model_nested: an output's name may be in use further in */
    uint32_t set, first; /* sets from `first` on are of this permutation */
    uint32_t *node_at, *value_at; /* by id: where below it is; 0: nowhere yet */
    size_t n_node_at, n_value_at;
    of_turn_node *nodes; /* the first of each stands for what is nowhere */
    size_t n_nodes, cap_nodes;
    of_turn_value *values;
    size_t n_values, cap_values;
    of_turn_transpose *all;
    size_t n_all, cap_all;
    of_turn_item *items;
    size_t n, cap;
    of_turn_list gone;   /* values that lose a use */
    of_turn_list asking; /* uses by Transposes that become Identities */
    of_turn_list fresh;  /* Transposes that are put in */
} of_turn;

static inline of_turn_node *of_turn_node_of(const of_turn *t, const of_node *n)
{
    return &t->nodes[n->id < t->n_node_at ? t->node_at[n->id] : 0];
}
static inline of_turn_value *of_turn_value_of(const of_turn *t, const of_value *v)
{
    return &t->values[v->id < t->n_value_at ? t->value_at[v->id] : 0];
}

of_turn_kind of_turn_kind_of(const of_node *n, bool exact);
/* Which inputs carry what is turned: all of them, or the first. */
static inline bool of_turn_is_data(of_turn_kind kind, uint32_t i)
{
    return i == 0 || kind == OF_TURN_EACH || kind == OF_TURN_NEAR || kind == OF_TURN_CONCAT;
}
/* Input v has one element and no axes to turn. */
bool of_turn_stays(const of_turn *t, const of_value *v);
/* Its elements are in the same order, turned. */
bool of_turn_keeps_order(const of_turn *t, const of_value *v);
/* Whether n does to turned inputs what it does to its own. *ends: its output is then the same. */
of_status of_turn_takes(of_turn *t, of_node *n, of_turn_kind kind, bool *ends, bool *yes);
/* The axes that n names, turned. */
of_status of_turn_params(of_turn *t, of_turn_item *it, of_turn_kind kind);
/* n's place in the set; NULL: it is not in it. */
of_turn_item *of_turn_member(const of_turn *t, const of_node *n);
/* The k-th of the values that n, in the set, takes or makes turned; NULL: none there. Those it
 * takes come first, and one that it takes twice is there once. */
of_value *of_turn_around(const of_turn *t, const of_node *n, uint32_t k);
/* Whether use u is one by a Transpose that is not needed when the value is made turned. */
of_status of_turn_asks(of_turn *t, const of_use *u, bool *yes);
/* Turns them, and tells the worklist. The costs have been counted. */
of_status of_turn_apply(of_turn *t);

#endif
