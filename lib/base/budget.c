#include "base/budget.h"

#include <inttypes.h>

/* Steps between two looks at the cancel poll: about a millisecond of work. */
#define POLL_STEPS (UINT64_C(1) << 20)

static bool take(uint64_t max, uint64_t *used, uint64_t n)
{
    if (*used > max || n > max - *used) return false;
    *used += n;
    return true;
}

of_status of_budget_bytes(of_budget *b, uint64_t n, of_err *e)
{
    if (!b) return OF_OK;
    if (n > b->one_max) {
        return of_fail(e, OF_E_BUDGET, "a result of %" PRIu64 " bytes is over the limit of %" PRIu64, n,
                       b->one_max);
    }
    if (!take(b->bytes_max, &b->bytes_used, n)) {
        return of_fail(e, OF_E_BUDGET,
                       "%" PRIu64 " more bytes are over the budget of %" PRIu64 " (%" PRIu64 " used)", n,
                       b->bytes_max, b->bytes_used);
    }
    return OF_OK;
}

of_status of_budget_steps(of_budget *b, uint64_t n, of_err *e)
{
    if (!b) return OF_OK;
    if (b->poll && b->steps_used >= b->poll_next) {
        b->poll_next = b->steps_used > UINT64_MAX - POLL_STEPS ? UINT64_MAX : b->steps_used + POLL_STEPS;
        if (b->poll(b->poll_user) != 0) return of_fail(e, OF_E_CANCELLED, "cancelled");
    }
    if (!take(b->steps_max, &b->steps_used, n)) {
        return of_fail(e, OF_E_BUDGET,
                       "%" PRIu64 " more steps are over the budget of %" PRIu64 " (%" PRIu64 " used)", n,
                       b->steps_max, b->steps_used);
    }
    return OF_OK;
}

of_status of_budget_nodes(of_budget *b, uint64_t n, of_err *e)
{
    if (!b) return OF_OK;
    if (!take(b->nodes_max, &b->nodes_used, n)) {
        return of_fail(e, OF_E_BUDGET,
                       "%" PRIu64 " more nodes are over the budget of %" PRIu64 " (%" PRIu64 " used)", n,
                       b->nodes_max, b->nodes_used);
    }
    return OF_OK;
}
