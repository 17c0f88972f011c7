/* The caller's callbacks: setters, and what the passes see of them. */
#include "api/api.h"

#include <errno.h>
#include <string.h>

/* Every set but the allocator and custom operators is {size, one function, user}. */
#define SETTER(NAME, FIELD, FN)                                                                    \
    onnxfold_status onnxfold_options_set_##NAME(onnxfold_options *o, const onnxfold_##NAME *f)     \
    {                                                                                              \
        onnxfold_##NAME c;                                                                         \
        if (!o || !of_api_copy_callbacks(&c, f, sizeof c, offsetof(onnxfold_##NAME, user)))        \
            return ONNXFOLD_E_ARGUMENT;                                                            \
        if (f && !c.FN) return ONNXFOLD_E_ARGUMENT;                                                \
        o->FIELD = c;                                                                              \
        return ONNXFOLD_OK;                                                                        \
    }

SETTER(should_fold, should_fold, decide)
SETTER(progress, progress, update)
SETTER(log, log, write)
SETTER(parallel, parallel, run)

of_choice of_api_should_fold(void *user, of_opctx *c)
{
    const onnxfold_options *o = user;
    onnxfold_node_context n = {c};
    switch (o->should_fold.decide(o->should_fold.user, &n)) {
    case ONNXFOLD_CHOICE_FOLD: return OF_CHOICE_FOLD;
    case ONNXFOLD_CHOICE_KEEP: return OF_CHOICE_KEEP;
    default: return OF_CHOICE_DEFAULT;
    }
}

/* A caller's status in the shape the evaluator knows; every number that is none of its
 * own is a failed evaluation. */
static of_status custom_status(of_opctx *c, onnxfold_status st)
{
    switch (st) {
    case ONNXFOLD_OK: return OF_OK;
    case ONNXFOLD_E_NOMEM: return of_op_fail(c, OF_E_NOMEM, "out of memory in a custom operator");
    case ONNXFOLD_E_CANCELLED: return of_op_fail(c, OF_E_CANCELLED, "cancelled by a custom operator");
    case ONNXFOLD_E_BUDGET: return of_op_fail(c, OF_E_BUDGET, "over the budget");
    case ONNXFOLD_E_UNSUPPORTED: return OF_UNSUP(c, "the custom operator does not evaluate this");
    default: return OF_INVALID(c, "the custom operator failed with %s", onnxfold_status_name(st));
    }
}

of_status of_api_custom_infer(of_opctx *c, void *user)
{
    const of_api_custom *op = user;
    onnxfold_node_context n = {c};
    return custom_status(c, op->infer(op->user, &n));
}

of_status of_api_custom_eval(of_opctx *c, void *user)
{
    const of_api_custom *op = user;
    onnxfold_node_context n = {c};
    of_status st = custom_status(c, op->evaluate(op->user, &n));
    if (st != OF_OK) return st;
    for (uint32_t i = 0; i < c->n_out; i++)
        if (of_wants_out(c, i) && !c->out[i])
            return OF_INVALID(c, "the custom operator left output %u unset", (unsigned)i);
    return OF_OK;
}

/* ---- the options as the passes read them ---- */

static uint64_t limit_of(int64_t v) { return v == INT64_MAX ? UINT64_MAX : (uint64_t)v; }

/* EXTRA names run beside the default ones: as a complete list of what runs. */
static of_status make_only(of_api_call *call, const of_api_list *extra)
{
    size_t n = 0;
    for (size_t i = 0; of_pass_name(i); i++) n++;
    call->only = of_mem_array(call->alloc, n, sizeof *call->only);
    if (n && !call->only) return OF_E_NOMEM;
    call->n_only = n;
    n = 0;
    for (size_t i = 0; of_pass_name(i); i++) {
        const char *name = of_pass_name(i);
        bool on = of_pass_default_on(i);
        for (size_t k = 0; !on && k < extra->n; k++) on = strcmp(extra->item[k].p, name) == 0;
        if (on) call->only[n++] = (of_str){name, strlen(name)};
    }
    call->po.only = call->only;
    call->po.n_only = n;
    call->po.has_only = true;
    return OF_OK;
}

/* A model that may grow without a bound of the caller's takes outputs and folds of any size that
 * has none of his either, as long as one file can hold it. */
static void grow_freely(of_pass_opts *p, const onnxfold_options *o, const of_model *m)
{
    const uint64_t file = INT32_MAX;
    uint64_t room = m && m->file_bytes < file ? file - m->file_bytes : 0;

    if (!(o->given >> API_OUTPUT_SIZE_LIMIT & 1)) p->output_size_limit = INT64_MAX;
    if (!(o->given >> API_ONE_FOLD_BYTES & 1) && room > p->one_fold_bytes_max) p->one_fold_bytes_max = room;
    if (o->ints[API_FOLDED_BYTES] == 0 && room > p->folded_bytes_max) p->folded_bytes_max = room;
}

of_status of_api_call_init(of_api_call *call, of_alloc *a, const onnxfold_options *given, const of_model *m, of_err *e)
{
    const onnxfold_options *o = of_api_options(given);
    of_pass_opts *p = &call->po;
    memset(call, 0, sizeof *call);
    call->o = o;
    call->alloc = a;
#define LIST(field, ID) p->field = o->list[ID - 1].item, p->n_##field = o->list[ID - 1].n
    LIST(excluded_ops, ONNXFOLD_LIST_EXCLUDED_OPS);
    LIST(keep_nodes, ONNXFOLD_LIST_KEEP_NODES);
    LIST(force_nodes, ONNXFOLD_LIST_FORCE_NODES);
    LIST(only, ONNXFOLD_LIST_ONLY);
    LIST(skip, ONNXFOLD_LIST_SKIP);
#undef LIST
    p->has_only = o->only_on || p->n_only > 0;
    p->quant = (of_quant_mode)o->ints[API_QUANTIZATION];
    p->input_size_limit = o->ints[API_INPUT_SIZE_LIMIT];
    p->output_size_limit = o->ints[API_OUTPUT_SIZE_LIMIT];
    p->growth_budget = o->ints[API_GROWTH_BUDGET];
    p->folded_bytes_max = limit_of(o->ints[API_FOLDED_BYTES]);
    if (p->folded_bytes_max == 0) {
        p->folded_bytes_max = UINT64_C(256) << 20;
        if (m && m->file_bytes > p->folded_bytes_max) p->folded_bytes_max = m->file_bytes;
    }
    p->one_fold_bytes_max = limit_of(o->ints[API_ONE_FOLD_BYTES]);
    if (p->growth_budget == INT64_MAX) grow_freely(p, o, m);
    p->work_max = limit_of(o->ints[API_WORK_STEPS]);
    p->nodes_max = limit_of(o->ints[API_EXPANDED_NODES]);
    p->depth_max = (uint32_t)o->ints[API_CALL_DEPTH];
    p->initializer_inputs_constant = o->ints[API_INITIALIZER_INPUTS] != 0;
    p->inline_functions = o->ints[API_INLINE] != 0;
    p->exact = o->ints[API_EXACT] != 0;
    p->metadata = o->ints[API_METADATA] != 0;
    p->value_info = o->ints[API_VALUE_INFO] != 0;
    p->cpu_flags = (uint32_t)o->ints[API_CPU] & of_cpu_flags();
    if (o->should_fold.decide) {
        p->should_fold = of_api_should_fold;
        p->should_fold_user = (void *)(uintptr_t)o;
    }
    p->progress = o->progress.update;
    p->progress_user = o->progress.user;
    p->log = o->log.write;
    p->log_user = o->log.user;
    if (o->parallel.run) {
        p->par = (of_par){o->parallel.run, o->parallel.user};
        p->has_par = true;
    }
    if (o->list[ONNXFOLD_LIST_EXTRA - 1].n > 0 && !p->has_only)
        if (make_only(call, &o->list[ONNXFOLD_LIST_EXTRA - 1]) != OF_OK) goto nomem;
    if (o->n_custom > 0) {
        call->custom = of_mem_array(a, o->n_custom, sizeof *call->custom);
        if (!call->custom) goto nomem;
        for (size_t i = 0; i < o->n_custom; i++) {
            of_api_custom *c = &o->custom[i];
            call->custom[i] = (of_custom_op){c->domain, c->name, c->infer ? of_api_custom_infer : NULL,
                                             c->evaluate ? of_api_custom_eval : NULL, c};
        }
        p->custom = call->custom;
        p->n_custom = o->n_custom;
    }
    return OF_OK;
nomem:
    of_api_call_free(call);
    return of_nomem(e);
}

void of_api_call_free(of_api_call *call)
{
    if (call->custom) of_mem_free(call->alloc, call->custom, call->o->n_custom * sizeof *call->custom);
    of_mem_free(call->alloc, call->only, call->n_only * sizeof *call->only);
    call->custom = NULL;
    call->only = NULL;
}
