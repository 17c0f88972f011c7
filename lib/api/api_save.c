/* Saving: to a file, into memory, through a writer. */
#include "api/api.h"

#include <string.h>
#include <sys/stat.h>

static of_status no_memory(onnxfold_model *h) { return of_nomem(&h->err); }

static of_status begin(onnxfold_model *h, const onnxfold_options *o, of_encode_opts *eo)
{
    memset(eo, 0, sizeof *eo);
    of_err_clear(&h->err);
    if (!h->m) return of_fail(&h->err, OF_E_STATE, "no model is loaded");
    o = of_api_options(o);
    eo->ext = (of_ext_mode)o->ints[API_EXTERNAL_DATA];
    eo->ext_threshold = (uint64_t)o->ints[API_EXTERNAL_THRESHOLD];
    eo->ext_align = (uint64_t)o->ints[API_EXTERNAL_ALIGNMENT];
    OF_TRY(of_wire_allow_links(h->m, o->ints[API_ALLOW_LINKS] != 0));
    return of_source_check(h->m->src, &h->err);
}

/* ---- files ---- */

/* folder + "/" + name, for the caller to free with *size. */
static char *join(onnxfold_model *h, const char *dir, const char *name, size_t *size)
{
    size_t a = strlen(dir), b = strlen(name);
    if (!of_add_size(a, b, size) || !of_add_size(*size, 2, size)) return NULL;
    char *p = of_mem_alloc(&h->alloc, *size);
    if (!p) return NULL;
    memcpy(p, dir, a);
    p[a] = '/';
    memcpy(p + a + 1, name, b + 1);
    return p;
}

/* Where external data is looked for and where the new file goes are one folder. */
static bool same_folder(const of_model *m, const char *dir)
{
    struct stat a, b;
    return m->base_dir.n > 0 && stat(m->base_dir.p, &a) == 0 && stat(dir, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

static of_status save_into(onnxfold_model *h, const char *path, const char *dir, of_encode_opts *eo,
                           const onnxfold_options *o)
{
    bool durable = o->ints[API_DURABLE] != 0;
    of_sink *main = NULL;
    char *ext_path = NULL;
    size_t ext_size = 0;
    of_status st;
    eo->dest_dir = dir;
    if (eo->ext == OF_EXT_FILE) {
        if (!o->ext_file) return of_fail(&h->err, OF_E_ARGUMENT, "no name is set for the external data file");
        const char *base = strrchr(path, '/');
        if (strcmp(base ? base + 1 : path, o->ext_file) == 0)
            return of_fail(&h->err, OF_E_ARGUMENT, "model and external data have the same file name");
        eo->ext_file = o->ext_file;
        ext_path = join(h, dir, o->ext_file, &ext_size);
        if (!ext_path) return no_memory(h);
        OF_TRY_TO(out, st, of_sink_file(&h->alloc, ext_path, durable, &eo->ext_sink, &h->err));
        of_sink_from(eo->ext_sink, NULL); /* maybe from the file of this name */
    }
    OF_TRY_TO(out, st, of_sink_file(&h->alloc, path, durable, &main, &h->err));
    if (h->m->src) of_sink_from(main, h->m->src);
    OF_TRY_TO(out, st, of_encode(h->m, main, eo, &h->err));
    if (eo->ext == OF_EXT_KEEP && of_wire_has_files(h->m) && !same_folder(h->m, dir)) OF_TRY_TO(out, st, of_ext_copy_along(h->m, dir, &h->err));
    h->report.bytes_after = of_sink_offset(main);
    if (eo->ext_sink) {
        of_sink *s = eo->ext_sink;
        eo->ext_sink = NULL;
        OF_TRY_TO(out, st, of_sink_commit(s, &h->err));
    }
    st = of_sink_commit(main, &h->err);
    main = NULL;
out:
    of_sink_abort(main);
    of_sink_abort(eo->ext_sink);
    of_mem_free(&h->alloc, ext_path, ext_size);
    return st;
}

static of_status save_file(onnxfold_model *h, const char *path, const onnxfold_options *given)
{
    of_encode_opts eo;
    OF_TRY(begin(h, given, &eo));
    size_t n = of_api_folder_len(path), size = n ? n + 1 : 2;
    char *dir = of_mem_alloc(&h->alloc, size);
    if (!dir) return no_memory(h);
    memcpy(dir, n ? path : ".", size - 1);
    dir[size - 1] = '\0';
    of_status st = save_into(h, path, dir, &eo, of_api_options(given));
    of_mem_free(&h->alloc, dir, size);
    return st;
}

static onnxfold_status finish(onnxfold_model *h, of_api_guard g, double begun, of_status st)
{
    if (st == OF_OK) {
        double now = of_clock();
        h->report.save = now - begun;
        h->report.total = now - h->report.open_at;
    }
    return of_api_done(h, g, st);
}

onnxfold_status onnxfold_model_save_file(onnxfold_model *m, const char *path, const onnxfold_options *o)
{
    of_api_guard g = of_api_enter();
    if (!m || !path || !*path) return of_api_refuse(m);
    double begun = of_clock();
    return finish(m, g, begun, save_file(m, path, o));
}

/* ---- memory and writers ---- */

static of_status no_ext_file(onnxfold_model *h, const of_encode_opts *eo)
{
    if (eo->ext != OF_EXT_FILE) return OF_OK;
    return of_fail(&h->err, OF_E_ARGUMENT, "an external data file needs a model file to stand beside");
}

static void buffer_free(onnxfold_buffer *b)
{
    of_alloc a = b->alloc;
    of_mem_free(&a, b->data, b->cap);
    of_mem_free(&a, b, sizeof *b);
}

static of_status buffer_new(const of_alloc *a, onnxfold_buffer **out, of_err *e)
{
    of_alloc own = {.allocate = a->allocate, .release = a->release, .user = a->user};
    onnxfold_buffer *b = of_mem_zalloc(&own, sizeof(onnxfold_buffer));
    if (!b) return of_nomem(e);
    b->alloc = own;
    *out = b;
    return OF_OK;
}

static of_status save_memory(onnxfold_model *h, const onnxfold_options *o, onnxfold_buffer **out)
{
    of_encode_opts eo;
    onnxfold_buffer *b = NULL;
    of_sink *s = NULL;
    of_status st;
    uint64_t size = 0;
    OF_TRY(begin(h, o, &eo));
    OF_TRY(no_ext_file(h, &eo));
    OF_TRY(of_encoded_size(h->m, &eo, &size, &h->err));
    if (size > SIZE_MAX) return of_fail(&h->err, OF_E_LIMIT, "the model is larger than memory can be");
    OF_TRY(buffer_new(&h->alloc, &b, &h->err));
    OF_TRY_TO(fail, st, of_sink_memory(&b->alloc, (size_t)size, &s, &h->err));
    OF_TRY_TO(fail, st, of_encode(h->m, s, &eo, &h->err));
    st = of_sink_commit_memory(s, &b->data, &b->size, &b->cap, &h->err);
    s = NULL;
    if (st != OF_OK) goto fail;
    h->report.bytes_after = b->size;
    *out = b;
    return OF_OK;
fail:
    of_sink_abort(s);
    buffer_free(b);
    return st;
}

onnxfold_status onnxfold_model_save_memory(onnxfold_model *m, const onnxfold_options *o, onnxfold_buffer **out)
{
    of_api_guard g = of_api_enter();
    if (!m || !out) return of_api_refuse(m);
    double begun = of_clock();
    return finish(m, g, begun, save_memory(m, o, out));
}

static of_status save_writer(onnxfold_model *h, const onnxfold_writer *w, const onnxfold_options *o)
{
    of_encode_opts eo;
    of_sink *s = NULL;
    OF_TRY(begin(h, o, &eo));
    OF_TRY(no_ext_file(h, &eo));
    OF_TRY(of_sink_callback(&h->alloc, w->write, w->user, &s, &h->err));
    of_status st = of_encode(h->m, s, &eo, &h->err);
    if (st != OF_OK) {
        of_sink_abort(s);
        return st;
    }
    uint64_t n = of_sink_offset(s);
    OF_TRY(of_sink_commit(s, &h->err));
    h->report.bytes_after = n;
    return OF_OK;
}

static bool writer_copy(const onnxfold_writer *w, onnxfold_writer *c)
{
    return w && of_api_copy_callbacks(c, w, sizeof *c, offsetof(onnxfold_writer, user)) && c->write;
}

onnxfold_status onnxfold_model_save_writer(onnxfold_model *m, const onnxfold_writer *w, const onnxfold_options *o)
{
    of_api_guard g = of_api_enter();
    onnxfold_writer c;
    if (!m || !writer_copy(w, &c)) return of_api_refuse(m);
    double begun = of_clock();
    return finish(m, g, begun, save_writer(m, &c, o));
}

onnxfold_status onnxfold_model_encoded_size(onnxfold_model *m, const onnxfold_options *o, uint64_t *bytes)
{
    of_api_guard g = of_api_enter();
    of_encode_opts eo;
    uint64_t n = 0;
    if (!m || !bytes) return of_api_refuse(m);
    of_status st = begin(m, o, &eo);
    if (st == OF_OK && eo.ext == OF_EXT_FILE) eo.ext_file = of_api_options(o)->ext_file;
    if (st == OF_OK) st = of_encoded_size(m->m, &eo, &n, &m->err);
    if (st == OF_OK) m->report.bytes_after = *bytes = n;
    return of_api_done(m, g, st);
}

/* ---- buffers ---- */

const void *onnxfold_buffer_data(const onnxfold_buffer *b) { return b ? b->data : NULL; }

size_t onnxfold_buffer_size(const onnxfold_buffer *b) { return b ? b->size : 0; }

void onnxfold_buffer_free(onnxfold_buffer **b)
{
    of_api_guard g = of_api_enter();
    if (!b || !*b) return;
    buffer_free(*b);
    *b = NULL;
    of_api_leave(g, OF_OK);
}

/* ---- the report's JSON goes the same ways ---- */

onnxfold_status onnxfold_report_json(const onnxfold_report *r, const onnxfold_writer *w)
{
    of_api_guard g = of_api_enter();
    onnxfold_writer c;
    of_sink *s = NULL;
    if (!r || !writer_copy(w, &c)) return ONNXFOLD_E_ARGUMENT;
    of_alloc a = {.allocate = r->alloc->allocate, .release = r->alloc->release, .user = r->alloc->user};
    of_status st = of_api_report_count_after(r->h, NULL);
    if (st == OF_OK) st = of_sink_callback(&a, c.write, c.user, &s, NULL);
    if (st == OF_OK) {
        st = of_api_report_write_json(r, s, NULL);
        if (st == OF_OK) st = of_sink_commit(s, NULL);
        else of_sink_abort(s);
    }
    return of_api_leave(g, st);
}

onnxfold_status onnxfold_report_json_buffer(const onnxfold_report *r, onnxfold_buffer **out)
{
    of_api_guard g = of_api_enter();
    onnxfold_buffer *b = NULL;
    of_sink *s = NULL;
    if (!r || !out) return ONNXFOLD_E_ARGUMENT;
    of_status st = of_api_report_count_after(r->h, NULL);
    if (st == OF_OK) st = buffer_new(r->alloc, &b, NULL);
    if (st == OF_OK) st = of_sink_memory(&b->alloc, 4096, &s, NULL);
    if (st == OF_OK) {
        st = of_api_report_write_json(r, s, NULL);
        if (st == OF_OK) st = of_sink_commit_memory(s, &b->data, &b->size, &b->cap, NULL);
        else of_sink_abort(s);
    }
    if (st == OF_OK) *out = b;
    else if (b) buffer_free(b);
    return of_api_leave(g, st);
}
