/* The report: what the IR knows of each node, and the counts by operator. */
#include "api/api.h"
#include "ir/walk.h"

#include <string.h>

#define NO_OP UINT32_MAX

static void drop_order(onnxfold_report *r, of_alloc *a)
{
    of_mem_free(a, r->order, r->n_op * sizeof *r->order);
    r->order = NULL;
}

void of_api_report_reset(onnxfold_model *h)
{
    onnxfold_report *r = &h->report;
    drop_order(r, &h->alloc);
    of_mem_free(&h->alloc, r->stat, r->n_stat * sizeof *r->stat);
    of_mem_free(&h->alloc, r->op, r->cap_op * sizeof *r->op);
    of_mem_free(&h->alloc, r->op_of, r->n_op_of * sizeof *r->op_of);
    of_mem_free(&h->alloc, r->first_of, r->n_first * sizeof *r->first_of);
    of_mem_free(&h->alloc, r->next_of, r->cap_next * sizeof *r->next_of);
    memset(r, 0, sizeof *r);
}

/* ---- counting ---- */

/* first_of has an entry for every name there is by now. */
static of_status cover_names(onnxfold_report *r, of_alloc *a)
{
    size_t n = r->m->names.count;
    if (n <= r->n_first) return OF_OK;
    uint32_t *p = of_mem_array(a, n, sizeof *p);
    if (!p) return OF_E_NOMEM;
    if (r->n_first) memcpy(p, r->first_of, r->n_first * sizeof *p);
    memset(p + r->n_first, 0, (n - r->n_first) * sizeof *p);
    of_mem_free(a, r->first_of, r->n_first * sizeof *p);
    r->first_of = p;
    r->n_first = n;
    return OF_OK;
}

/* The entry of n's operator, made when there is none. */
static of_status op_index(onnxfold_report *r, of_alloc *a, const of_node *n, uint32_t *out)
{
    of_sym domain = n->domain ? n->domain : r->m->names.empty;
    for (uint32_t i = r->first_of[n->op_type->id]; i; i = r->next_of[i - 1])
        if (r->op[i - 1].domain == domain) {
            *out = i - 1;
            return OF_OK;
        }
    void *ops = r->op, *next = r->next_of;
    of_status st = of_vec_reserve(a, &ops, &r->cap_op, r->n_op + 1, sizeof *r->op);
    r->op = ops;
    if (st != OF_OK) return st;
    st = of_vec_reserve(a, &next, &r->cap_next, r->n_op + 1, sizeof *r->next_of);
    r->next_of = next;
    if (st != OF_OK) return st;
    drop_order(r, a);
    r->op[r->n_op] = (of_api_op){domain, n->op_type, 0, 0};
    r->next_of[r->n_op] = r->first_of[n->op_type->id];
    *out = (uint32_t)r->n_op++;
    r->first_of[n->op_type->id] = *out + 1;
    return OF_OK;
}

/* Adds up the nodes of g and of the bodies below it. */
static of_status count_graph(onnxfold_report *r, of_alloc *a, of_graph *g, bool before)
{
    of_walk w;
    of_node *n;
    of_status st = of_walk_init(&w, a, g, false);
    while (st == OF_OK && (st = of_walk_next(&w, &n)) == OF_OK && n) {
        uint32_t k;
        st = op_index(r, a, n, &k);
        if (st != OF_OK) break;
        if (!before) {
            r->op[k].after++;
            r->nodes_after++;
            continue;
        }
        r->op[k].before++;
        r->nodes_before++;
        if (n->id < r->n_op_of) r->op_of[n->id] = k;
    }
    of_walk_free(&w);
    return st;
}

static of_status count_model(onnxfold_report *r, of_alloc *a, bool before)
{
    const of_model *m = r->m;
    OF_TRY(cover_names(r, a));
    OF_TRY(count_graph(r, a, m->graph, before));
    for (size_t i = 0; i < m->n_funcs; i++)
        if (!m->funcs[i]->drop) OF_TRY(count_graph(r, a, m->funcs[i]->body, before));
    return OF_OK;
}

of_status of_api_report_count_before(onnxfold_model *h, of_err *e)
{
    onnxfold_report *r = &h->report;
    if (r->counted) return OF_OK;
    for (size_t i = 0; i < r->n_op; i++) r->op[i].before = 0;
    r->nodes_before = 0;
    if (!r->op_of && r->m->n_nodes_in) {
        r->op_of = of_mem_array(&h->alloc, r->m->n_nodes_in, sizeof *r->op_of);
        if (!r->op_of) return of_nomem(e);
        r->n_op_of = r->m->n_nodes_in;
        memset(r->op_of, 0xff, r->n_op_of * sizeof *r->op_of);
    }
    of_status st = count_model(r, &h->alloc, true);
    if (st != OF_OK) return of_fail(e, st, "out of memory");
    r->counted = true;
    return OF_OK;
}

/* ---- the sorted view ---- */

static int sym_cmp(of_sym a, of_sym b)
{
    size_t n = a->len < b->len ? a->len : b->len;
    int c = n ? memcmp(a->s, b->s, n) : 0;
    return c ? c : (a->len > b->len) - (a->len < b->len);
}

static bool op_less(const onnxfold_report *r, uint32_t a, uint32_t b)
{
    int c = sym_cmp(r->op[a].name, r->op[b].name);
    return (c ? c : sym_cmp(r->op[a].domain, r->op[b].domain)) < 0;
}

static void sift(const onnxfold_report *r, uint32_t *v, size_t at, size_t n)
{
    for (size_t c; (c = 2 * at + 1) < n; at = c) {
        if (c + 1 < n && op_less(r, v[c], v[c + 1])) c++;
        if (!op_less(r, v[at], v[c])) return;
        uint32_t t = v[at];
        v[at] = v[c];
        v[c] = t;
    }
}

/* Heap sort: a model may name a million operators, and the C library's sort may allocate. */
static of_status sort_ops(onnxfold_report *r, of_alloc *a)
{
    if (r->order || r->n_op == 0) return OF_OK;
    uint32_t *v = of_mem_array(a, r->n_op, sizeof *v);
    if (!v) return OF_E_NOMEM;
    for (size_t i = 0; i < r->n_op; i++) v[i] = (uint32_t)i;
    for (size_t i = r->n_op / 2; i-- > 0;) sift(r, v, i, r->n_op);
    for (size_t n = r->n_op; n-- > 1;) {
        uint32_t t = v[0];
        v[0] = v[n];
        v[n] = t;
        sift(r, v, 0, n);
    }
    r->order = v;
    return OF_OK;
}

of_status of_api_report_count_after(onnxfold_model *h, of_err *e)
{
    onnxfold_report *r = &h->report;
    if (r->fresh) return OF_OK;
    OF_TRY(of_api_report_count_before(h, e));
    for (size_t i = 0; i < r->n_op; i++) r->op[i].after = 0;
    r->nodes_after = 0;
    memset(r->fate, 0, sizeof r->fate);
    of_status st = count_model(r, &h->alloc, false);
    if (st == OF_OK) st = sort_ops(r, &h->alloc);
    if (st != OF_OK) {
        drop_order(r, &h->alloc); /* no half of a table */
        r->nodes_after = 0;
        return of_fail(e, st, "out of memory");
    }
    for (size_t i = 0; i < r->n_op_of; i++)
        if (r->op_of[i] != NO_OP) r->fate[r->m->nodes[i]->fate & 3]++;
    r->fresh = true;
    return OF_OK;
}

const onnxfold_report *onnxfold_model_report(onnxfold_model *m)
{
    of_api_guard g = of_api_enter();
    if (!m) return NULL;
    of_err_clear(&m->err);
    if (!m->m) (void)of_fail(&m->err, OF_E_STATE, "no model is loaded");
    else (void)of_api_report_count_after(m, &m->err);
    of_api_leave(g, OF_OK);
    return m->m ? &m->report : NULL;
}

/* ---- numbers ---- */

uint64_t onnxfold_report_number(const onnxfold_report *r, int32_t id)
{
    if (!r) return 0;
    switch (id) {
    case ONNXFOLD_NUM_NODES_BEFORE: return r->nodes_before;
    case ONNXFOLD_NUM_NODES_AFTER: return r->nodes_after;
    case ONNXFOLD_NUM_KEPT: return r->fate[OF_KEPT];
    case ONNXFOLD_NUM_FOLDED: return r->fate[OF_FOLDED];
    case ONNXFOLD_NUM_REPLACED: return r->fate[OF_REPLACED];
    case ONNXFOLD_NUM_REMOVED: return r->fate[OF_REMOVED];
    case ONNXFOLD_NUM_BYTES_BEFORE: return r->m->file_bytes;
    case ONNXFOLD_NUM_BYTES_AFTER: return r->bytes_after;
    case ONNXFOLD_NUM_BYTES_FOLDED: return r->folded_bytes;
    case ONNXFOLD_NUM_WORK_STEPS: return r->steps;
    case ONNXFOLD_NUM_MEMORY_PEAK: return r->alloc->peak;
    default: return 0;
    }
}

double onnxfold_report_seconds(const onnxfold_report *r, int32_t id)
{
    if (!r) return 0;
    switch (id) {
    case ONNXFOLD_SECONDS_LOAD: return r->load;
    case ONNXFOLD_SECONDS_OPTIMIZE: return r->optimize;
    case ONNXFOLD_SECONDS_SAVE: return r->save;
    case ONNXFOLD_SECONDS_TOTAL: return r->total;
    default: return 0;
    }
}

/* ---- nodes ---- */

static const of_node *node_at(const onnxfold_report *r, size_t i)
{
    return r && i < r->n_op_of ? r->m->nodes[i] : NULL;
}

static const char *text_of(of_sym s, size_t *length)
{
    if (length) *length = s ? s->len : 0;
    return s ? s->s : "";
}

size_t onnxfold_report_node_count(const onnxfold_report *r) { return r ? r->n_op_of : 0; }

const char *onnxfold_report_node_name(const onnxfold_report *r, size_t i, size_t *length)
{
    const of_node *n = node_at(r, i);
    return n ? text_of(n->name, length) : NULL;
}

/* As it was read: a rule may have changed the node in place since. */
static const of_api_op *op_of(const onnxfold_report *r, size_t i)
{
    return r->op_of[i] == NO_OP ? NULL : &r->op[r->op_of[i]];
}

const char *onnxfold_report_node_op(const onnxfold_report *r, size_t i, size_t *length)
{
    const of_node *n = node_at(r, i);
    if (!n) return NULL;
    const of_api_op *op = op_of(r, i);
    return text_of(op ? op->name : n->op_type, length);
}

const char *onnxfold_report_node_domain(const onnxfold_report *r, size_t i, size_t *length)
{
    const of_node *n = node_at(r, i);
    if (!n) return NULL;
    const of_api_op *op = op_of(r, i);
    return text_of(op ? op->domain : n->domain, length);
}

int32_t onnxfold_report_node_fate(const onnxfold_report *r, size_t i)
{
    const of_node *n = node_at(r, i);
    return n ? n->fate : -1;
}

const char *onnxfold_report_node_by(const onnxfold_report *r, size_t i)
{
    const of_node *n = node_at(r, i);
    return n && n->by > 0 && n->fate != OF_KEPT ? of_pass_name((size_t)n->by - 1) : NULL;
}

static bool has_why(const of_node *n) { return n && n->fate == OF_KEPT && n->why != OF_WHY_NONE; }

int32_t onnxfold_report_node_why(const onnxfold_report *r, size_t i)
{
    const of_node *n = node_at(r, i);
    return has_why(n) ? n->why : ONNXFOLD_WHY_NONE;
}

/* What there is to say beside the reason; NULL: nothing. */
static const of_why *why_of(const of_node *n)
{
    return has_why(n) && n->rest ? n->rest->why : NULL;
}

int64_t onnxfold_report_node_why_number(const onnxfold_report *r, size_t i)
{
    const of_node *n = node_at(r, i);
    const of_why *why = why_of(n);
    return why ? why->number : 0;
}

const char *onnxfold_report_node_why_text(const onnxfold_report *r, size_t i, size_t *length)
{
    const of_node *n = node_at(r, i);
    const of_why *why = why_of(n);
    bool some = why && why->text.p;
    if (length) *length = some ? why->text.n : 0;
    return some ? why->text.p : "";
}

/* ---- passes ---- */

size_t onnxfold_report_pass_count(const onnxfold_report *r)
{
    size_t n = 0;
    while (r && of_pass_name(n)) n++;
    return n;
}

const char *onnxfold_report_pass_name(const onnxfold_report *r, size_t i) { return r ? of_pass_name(i) : NULL; }

uint64_t onnxfold_report_pass_applied(const onnxfold_report *r, size_t i)
{
    return r && i < r->n_stat ? r->stat[i].applied : 0;
}

double onnxfold_report_pass_seconds(const onnxfold_report *r, size_t i)
{
    return r && i < r->n_stat ? r->stat[i].seconds : 0;
}

/* ---- operators ---- */

static const of_api_op *op_at(const onnxfold_report *r, size_t i)
{
    return r && r->order && i < r->n_op ? &r->op[r->order[i]] : NULL;
}

size_t onnxfold_report_op_count(const onnxfold_report *r) { return r && r->order ? r->n_op : 0; }

const char *onnxfold_report_op_name(const onnxfold_report *r, size_t i, size_t *length)
{
    const of_api_op *op = op_at(r, i);
    return op ? text_of(op->name, length) : NULL;
}

const char *onnxfold_report_op_domain(const onnxfold_report *r, size_t i, size_t *length)
{
    const of_api_op *op = op_at(r, i);
    return op ? text_of(op->domain, length) : NULL;
}

uint64_t onnxfold_report_op_before(const onnxfold_report *r, size_t i)
{
    const of_api_op *op = op_at(r, i);
    return op ? op->before : 0;
}

uint64_t onnxfold_report_op_after(const onnxfold_report *r, size_t i)
{
    const of_api_op *op = op_at(r, i);
    return op ? op->after : 0;
}
