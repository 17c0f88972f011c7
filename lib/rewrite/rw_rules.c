/* The table of rules, from rules.def. */
#include <string.h>

#include "rewrite/rw.h"

#define OF_R_ANY 255
#define R(op) OF_R_##op
#define RULE(function, name, on, ...) static const uint8_t of_roots_##function[] = {__VA_ARGS__};
#include "rewrite/rules.def"
#undef RULE
_Static_assert(OF_R_COUNT <= OF_RULE_OPS && OF_R_COUNT <= OF_R_ANY, "operators that rules look for");

/* The row without a name ends the table, which may hold no rule at all. */
static const of_rule of_rules[] = {
#define RULE(function, name, on, ...)                                                              \
    {name, on, of_rule_##function, of_roots_##function, sizeof of_roots_##function},
#include "rewrite/rules.def"
#undef RULE
    {NULL, false, NULL, NULL, 0},
};
_Static_assert(sizeof of_rules / sizeof of_rules[0] - 1 <= 64, "rules are bits");

size_t of_rule_count(void)
{
    return sizeof of_rules / sizeof of_rules[0] - 1;
}

const of_rule *of_rule_at(size_t i)
{
    return i < of_rule_count() ? &of_rules[i] : NULL;
}

void of_rule_index_make(of_rule_index *x, const bool *on)
{
    memset(x, 0, sizeof *x);
    for (size_t i = 0; i < of_rule_count(); i++) {
        uint64_t bit = UINT64_C(1) << i;

        if (!on[i]) continue;
        for (size_t k = 0; k < of_rules[i].n_roots; k++) {
            if (of_rules[i].roots[k] != OF_R_ANY) x->of[of_rules[i].roots[k]] |= bit;
            else for (size_t op = 0; op < OF_RULE_OPS; op++) x->of[op] |= bit;
        }
    }
}

uint64_t of_rule_candidates(const of_rule_index *x, of_rw *rw, const of_node *n)
{
    return x->of[of_rw_op(rw, n)];
}
