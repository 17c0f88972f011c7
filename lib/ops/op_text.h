/* What the operators on texts share. */
#ifndef OF_OPS_OP_TEXT_H
#define OF_OPS_OP_TEXT_H

#include "ops/op_moves.h"

/* Keys, any bytes, to numbers. In c->tmp; keys are borrowed. */
typedef struct of_keymap {
    of_opctx *c;
    of_str *key;
    uint32_t *val; /* number + 1; 0: free */
    size_t cap;
    uint64_t probes; /* to be charged as work */
} of_keymap;

of_status of_keymap_init(of_opctx *c, of_keymap *m, size_t n); /* room for n keys */
/* The number of a key, UINT32_MAX where it has none. */
uint32_t of_keymap_get(of_keymap *m, of_str key);
/* Sets it; what it was before, UINT32_MAX when it is new. */
uint32_t of_keymap_put(of_keymap *m, of_str key, uint32_t v);
of_status of_keymap_charge(of_keymap *m); /* the work done since the last time */

/* The next character of s from *at on. false: not UTF-8. */
bool of_utf8_next(of_str s, size_t *at, uint32_t *ch);
size_t of_utf8_put(uint32_t ch, char *to); /* at most 4 bytes */

/* n zero bytes of text for a result, from c->tmp, told to the budget. */
of_status of_text_room(of_opctx *c, size_t n, char **p);

#endif
