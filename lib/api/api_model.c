/* The model handle: life, loading, errors, the interface. */
#include "api/api.h"

#include <string.h>

size_t of_api_folder_len(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash) return 0;
    return slash == path ? 1 : (size_t)(slash - path);
}

onnxfold_status onnxfold_model_new(const onnxfold_options *o, onnxfold_model **out)
{
    of_api_guard g = of_api_enter();
    of_alloc a;
    if (!out) return ONNXFOLD_E_ARGUMENT;
    of_alloc_init_default(&a);
    if (o) {
        a.allocate = o->alloc.allocate;
        a.release = o->alloc.release;
        a.user = o->alloc.user;
    }
    onnxfold_model *h = of_mem_zalloc(&a, sizeof(onnxfold_model));
    if (!h) return of_api_leave(g, OF_E_NOMEM);
    h->alloc = a;
    of_err_clear(&h->err);
    *out = h;
    return of_api_leave(g, OF_OK);
}

onnxfold_status of_api_done(onnxfold_model *h, of_api_guard g, of_status st)
{
    if (st == OF_OK) {
        of_err_clear(&h->err); /* of what was tried and could be done without */
    } else if (h->err.status != st) {
        h->err.status = st;
        if (!h->err.msg[0]) {
            of_err_clear(&h->err);
            (void)of_fail(&h->err, st, "%s", st == OF_E_NOMEM ? "out of memory" : onnxfold_status_name((int32_t)st));
        }
    }
    return of_api_leave(g, st);
}

onnxfold_status of_api_refuse(onnxfold_model *h)
{
    if (h) {
        of_err_clear(&h->err);
        (void)of_fail(&h->err, OF_E_ARGUMENT, "an argument is NULL or out of its range");
    }
    return ONNXFOLD_E_ARGUMENT;
}

static void unload(onnxfold_model *h)
{
    of_api_report_reset(h);
    of_model_free(h->m);
    h->m = NULL;
}

void onnxfold_model_free(onnxfold_model **m)
{
    of_api_guard g = of_api_enter();
    if (!m || !*m) return;
    onnxfold_model *h = *m;
    unload(h);
    of_alloc a = h->alloc;
    of_mem_free(&a, h, sizeof *h);
    *m = NULL;
    of_api_leave(g, OF_OK);
}

/* Decodes from src, whose reference it takes. */
static of_status load(onnxfold_model *h, of_source *src, const char *base_dir, const onnxfold_options *given)
{
    const onnxfold_options *o = of_api_options(given);
    const of_wire_limits lim = {
        .file_bytes = (uint64_t)o->ints[API_FILE_BYTES],
        .depth = (uint32_t)o->ints[API_MESSAGE_DEPTH],
        .graph_depth = (uint32_t)o->ints[API_GRAPH_DEPTH],
        .elements = (uint64_t)o->ints[API_ELEMENTS],
        .functions = (uint32_t)o->ints[API_FUNCTIONS],
    };
    of_model *m = NULL;
    of_status st = of_model_new(&h->alloc, &m, &h->err);
    if (st == OF_OK) st = of_decode(m, src, base_dir, &lim, &h->err);
    if (st == OF_OK) st = of_wire_allow_links(m, o->ints[API_ALLOW_LINKS] != 0);
    of_source_unref(src);
    if (st != OF_OK) {
        of_model_free(m);
        return st;
    }
    h->m = m;
    h->report.h = h;
    h->report.m = m;
    h->report.alloc = &h->alloc;
    h->report.load = of_clock() - h->report.open_at;
    return OF_OK;
}

static void load_begin(onnxfold_model *h)
{
    of_err_clear(&h->err);
    unload(h);
    h->report.open_at = of_clock();
}

onnxfold_status onnxfold_model_load_file(onnxfold_model *m, const char *path, const onnxfold_options *o)
{
    of_api_guard g = of_api_enter();
    of_source *src = NULL;
    char *dir;
    if (!m || !path || !*path) return of_api_refuse(m);
    load_begin(m);
    size_t n = of_api_folder_len(path);
    size_t size = n ? n + 1 : 2;
    dir = of_mem_alloc(&m->alloc, size);
    if (!dir) return of_api_done(m, g, of_nomem(&m->err));
    memcpy(dir, n ? path : ".", size - 1);
    dir[size - 1] = '\0';
    of_status st = of_source_open(&m->alloc, path, &src, &m->err);
    if (st == OF_OK) st = load(m, src, dir, o);
    of_mem_free(&m->alloc, dir, size);
    return of_api_done(m, g, st);
}

onnxfold_status onnxfold_model_load_memory(onnxfold_model *m, const void *data, size_t size, const char *base_dir,
                                           const onnxfold_options *o)
{
    of_api_guard g = of_api_enter();
    of_source *src = NULL;
    if (!m || (!data && size > 0)) return of_api_refuse(m);
    load_begin(m);
    of_status st = of_source_memory(&m->alloc, data, size, &src, &m->err);
    if (st == OF_OK) st = load(m, src, base_dir, o);
    return of_api_done(m, g, st);
}

onnxfold_status onnxfold_model_load_reader(onnxfold_model *m, const onnxfold_reader *r, uint64_t bytes,
                                           const char *base_dir, const onnxfold_options *o)
{
    of_api_guard g = of_api_enter();
    onnxfold_reader c;
    of_source *src = NULL;
    if (!m || !r || !of_api_copy_callbacks(&c, r, sizeof c, offsetof(onnxfold_reader, user)) || !c.read_at)
        return of_api_refuse(m);
    load_begin(m);
    of_status st = of_source_callback(&m->alloc, c.read_at, c.user, bytes, &src, &m->err);
    if (st == OF_OK) st = load(m, src, base_dir, o);
    return of_api_done(m, g, st);
}

/* ---- error detail ---- */

onnxfold_status onnxfold_model_error_status(const onnxfold_model *m)
{
    return m ? (onnxfold_status)m->err.status : ONNXFOLD_E_ARGUMENT;
}

const char *onnxfold_model_error_message(const onnxfold_model *m) { return m ? m->err.msg : ""; }

const char *onnxfold_model_error_node(const onnxfold_model *m) { return m ? m->err.node : ""; }

uint64_t onnxfold_model_error_offset(const onnxfold_model *m)
{
    return m && m->err.status != OF_OK ? m->err.offset : ONNXFOLD_NO_OFFSET;
}

/* ---- interface ---- */

int64_t onnxfold_model_ir_version(const onnxfold_model *m) { return m && m->m ? m->m->ir_version : 0; }

int64_t onnxfold_model_opset(const onnxfold_model *m, const char *domain)
{
    if (!m || !m->m || !domain) return 0;
    /* "ai.onnx" is the default domain's other name; decode has mapped it to "". */
    if (strcmp(domain, "ai.onnx") == 0) domain = "";
    for (size_t i = 0; i < m->m->n_opsets; i++) {
        const of_opset *s = &m->m->opsets[i];
        if (!s->drop && (s->domain ? of_sym_is(s->domain, domain) : !*domain)) return s->version;
    }
    return 0;
}

static const of_graph *graph_of(const onnxfold_model *m) { return m && m->m ? m->m->graph : NULL; }

size_t onnxfold_model_input_count(const onnxfold_model *m)
{
    const of_graph *g = graph_of(m);
    return g ? g->n_inputs : 0;
}

size_t onnxfold_model_output_count(const onnxfold_model *m)
{
    const of_graph *g = graph_of(m);
    return g ? g->n_outputs : 0;
}

static const of_value *value_of(const onnxfold_model *m, bool output, size_t i)
{
    const of_graph *g = graph_of(m);
    if (!g || i >= (output ? g->n_outputs : g->n_inputs)) return NULL;
    return output ? g->outputs[i].value : g->inputs[i];
}

/* The declared type where there is one, else what is known by now. */
static const of_type *type_of(const onnxfold_model *m, bool output, size_t i)
{
    const of_value *v = value_of(m, output, i);
    if (output) {
        size_t k = 0;
        for (const of_vinfo *f = m->m->graph->out_infos; f; f = f->next)
            if (!f->drop && k++ == i && f->type) return f->type;
    }
    return v->type;
}

static const char *name_of(const onnxfold_model *m, bool output, size_t i, size_t *length)
{
    const of_value *v = value_of(m, output, i);
    if (!v) return NULL;
    if (length) *length = v->name->len;
    return v->name->s;
}

static onnxfold_status type_call(const onnxfold_model *m, bool output, size_t i, int32_t *dtype, int32_t *rank)
{
    if (!value_of(m, output, i)) return ONNXFOLD_E_ARGUMENT;
    const of_type *t = type_of(m, output, i);
    bool tensor = t && t->kind == OF_T_TENSOR;
    if (dtype) *dtype = tensor ? t->dtype : 0;
    if (rank) *rank = tensor ? t->shape.rank : -1;
    return ONNXFOLD_OK;
}

static onnxfold_status dim_call(const onnxfold_model *m, bool output, size_t i, int32_t axis, int64_t *value,
                                const char **symbol)
{
    if (!value || !value_of(m, output, i)) return ONNXFOLD_E_ARGUMENT;
    const of_type *t = type_of(m, output, i);
    if (!t || t->kind != OF_T_TENSOR || axis < 0 || axis >= t->shape.rank) return ONNXFOLD_E_ARGUMENT;
    of_dim d = t->shape.d[axis];
    of_sym s = of_dim_is_num(d) ? NULL : of_dim_name(m->m->dims, &m->m->names, d);
    *value = of_dim_is_num(d) ? d.k : -1;
    if (symbol) *symbol = s ? s->s : NULL;
    return ONNXFOLD_OK;
}

const char *onnxfold_model_input_name(const onnxfold_model *m, size_t i, size_t *length)
{
    return name_of(m, false, i, length);
}

const char *onnxfold_model_output_name(const onnxfold_model *m, size_t i, size_t *length)
{
    return name_of(m, true, i, length);
}

onnxfold_status onnxfold_model_input_type(const onnxfold_model *m, size_t i, int32_t *dtype, int32_t *rank)
{
    return type_call(m, false, i, dtype, rank);
}

onnxfold_status onnxfold_model_output_type(const onnxfold_model *m, size_t i, int32_t *dtype, int32_t *rank)
{
    return type_call(m, true, i, dtype, rank);
}

onnxfold_status onnxfold_model_input_dim(const onnxfold_model *m, size_t i, int32_t axis, int64_t *value,
                                         const char **symbol)
{
    return dim_call(m, false, i, axis, value, symbol);
}

onnxfold_status onnxfold_model_output_dim(const onnxfold_model *m, size_t i, int32_t axis, int64_t *value,
                                          const char **symbol)
{
    return dim_call(m, true, i, axis, value, symbol);
}

int onnxfold_model_input_has_default(const onnxfold_model *m, size_t i)
{
    const of_value *v = value_of(m, false, i);
    return v && v->init != NULL;
}
