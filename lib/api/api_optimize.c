/* The optimize call. */
#include "api/api.h"

#include <fenv.h>
#include <string.h>

/* What this call did is added to what earlier ones did. */
static of_status add_stats(onnxfold_model *h, const of_pass_result *r)
{
    onnxfold_report *p = &h->report;
    if (!p->stat && r->n_stat) {
        p->stat = of_mem_array(&h->alloc, r->n_stat, sizeof *p->stat);
        if (!p->stat) return of_nomem(&h->err);
        memset(p->stat, 0, r->n_stat * sizeof *p->stat);
        p->n_stat = r->n_stat;
    }
    for (size_t i = 0; i < r->n_stat && i < p->n_stat; i++) {
        p->stat[i].name = r->stat[i].name;
        p->stat[i].applied += r->stat[i].applied;
        p->stat[i].seconds += r->stat[i].seconds;
    }
    p->folded_bytes = of_sat_add(p->folded_bytes, r->folded_bytes);
    p->steps = of_sat_add(p->steps, r->steps);
    return OF_OK;
}

static of_status optimize(onnxfold_model *h, const onnxfold_options *o)
{
    of_api_call call;
    of_pass_result r;
    fenv_t env;
    memset(&r, 0, sizeof r);
    OF_TRY(of_api_report_count_before(h, &h->err));
    OF_TRY(of_wire_allow_links(h->m, of_api_options(o)->ints[API_ALLOW_LINKS] != 0));
    OF_TRY(of_api_call_init(&call, &h->alloc, o, h->m, &h->err));
    /* Rounding mode, traps and flush-to-zero as the library defines its results. */
    fegetenv(&env);
    fesetenv(FE_DFL_ENV);
    of_status st = of_optimize(h->m, &call.po, &r, &h->err);
    fesetenv(&env);
    of_api_call_free(&call);
    of_status counted = add_stats(h, &r);
    return st != OF_OK ? st : counted;
}

onnxfold_status onnxfold_model_optimize(onnxfold_model *m, const onnxfold_options *o)
{
    of_api_guard g = of_api_enter();
    if (!m) return of_api_refuse(m);
    of_err_clear(&m->err);
    if (!m->m) return of_api_done(m, g, of_fail(&m->err, OF_E_STATE, "no model is loaded"));
    double begun = of_clock();
    m->report.fresh = false;
    m->report.bytes_after = 0;
    of_status st = optimize(m, o);
    m->report.optimize += of_clock() - begun;
    return of_api_done(m, g, st);
}
