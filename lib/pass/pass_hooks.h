/* What the worklist lends to the rules. */
#ifndef OF_PASS_PASS_HOOKS_H
#define OF_PASS_PASS_HOOKS_H

#include "pass/pass_frame.h"

void of_pass_hooks(of_pass *p); /* fills in p->rw */

#endif
