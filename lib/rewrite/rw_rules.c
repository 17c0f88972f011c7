/* The table of rules, from rules.def. */
#include "rewrite/rewrite.h"

#define RULE(function, name, on) of_status of_rule_##function(of_rw *rw, of_node *n, bool *applied);
#include "rewrite/rules.def"
#undef RULE

/* The row without a name ends the table, which may hold no rule at all. */
static const of_rule of_rules[] = {
#define RULE(function, name, on) {name, on, of_rule_##function},
#include "rewrite/rules.def"
#undef RULE
    {NULL, false, NULL},
};

size_t of_rule_count(void)
{
    return sizeof of_rules / sizeof of_rules[0] - 1;
}

const of_rule *of_rule_at(size_t i)
{
    return i < of_rule_count() ? &of_rules[i] : NULL;
}
