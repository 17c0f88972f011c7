/* Trees of decisions, read from either of the two ways in which attributes spell them. */
#ifndef OF_OPS_OP_ML_FOREST_H
#define OF_OPS_OP_ML_FOREST_H

#include "ops/op_ml.h"
#include "ops/op_text.h"

/* The numbers up to MEMBER are those of TreeEnsemble-5. */
typedef enum of_tree_mode {
    OF_TREE_LEQ,
    OF_TREE_LT,
    OF_TREE_GTE,
    OF_TREE_GT,
    OF_TREE_EQ,
    OF_TREE_NEQ,
    OF_TREE_MEMBER,
    OF_TREE_LEAF
} of_tree_mode;

typedef struct of_tree_node {
    double split;
    uint32_t feature;
    uint32_t yes, no;    /* nodes; of a leaf: its first vote, how many */
    uint8_t mode;        /* of_tree_mode */
    bool missing_is_yes; /* where a NaN goes */
} of_tree_node;

typedef struct of_forest {
    of_tree_node *node;
    uint32_t n_nodes;
    uint32_t *root;
    uint32_t n_roots;
    uint32_t *target; /* of each vote */
    double *weight;
    size_t n_votes;
    of_keymap members; /* (node, value) of the member nodes */
    bool has_members;
    /* what is true of all weights */
    bool all_positive, has_nan;
    bool one_target; /* all votes, of which there are some, are for one */
} of_forest;

/* TreeEnsembleClassifier (classes), TreeEnsembleRegressor. `targets` bounds the targets of votes,
 * `features` those of nodes. */
of_status of_forest_read(of_opctx *c, bool classes, size_t targets, size_t features, of_forest *f);
/* TreeEnsemble-5. */
of_status of_forest_read5(of_opctx *c, size_t targets, size_t features, of_forest *f);
/* The leaf that a row falls into. */
of_status of_forest_leaf(of_opctx *c, of_forest *f, uint32_t root, const double *x,
                         const of_tree_node **leaf);

#endif
