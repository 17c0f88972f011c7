/* oom MODEL...: every allocation of load, optimize and save is made to fail, once and from
 * there on for good (threats.md R3). Each must give NOMEM (or succeed where memory was not
 * needed after all: never for good), leak nothing and leave handles that can be used. */
#include "fault.h"

typedef struct counter {
    size_t calls, fail_at, live, bytes;
    int forever;
} counter;

static void *counted_allocate(void *user, size_t n)
{
    counter *c = (counter *)user;
    void *p;
    size_t at = c->calls++;
    if (at == c->fail_at || (c->forever && at > c->fail_at)) return NULL;
    p = malloc(n);
    if (p) {
        c->live++;
        c->bytes += n;
    }
    return p;
}

static void counted_release(void *user, void *p, size_t n)
{
    counter *c = (counter *)user;
    c->live--;
    c->bytes -= n;
    free(p);
}

static const char *stage;

/* The whole way once. *m is left for the caller to look at and free. */
static onnxfold_status whole_way(const blob *b, const onnxfold_allocator *al, onnxfold_options **o, onnxfold_model **m,
                                 onnxfold_buffer **out)
{
    onnxfold_status st;
    stage = "options";
    st = onnxfold_options_new(al, o);
    if (st) return st;
    stage = "model";
    st = onnxfold_model_new(*o, m);
    if (st) return st;
    stage = "load";
    st = onnxfold_model_load_memory(*m, b->p, b->n, NULL, *o);
    if (st) return st;
    stage = "optimize";
    st = onnxfold_model_optimize(*m, *o);
    if (st) return st;
    stage = "save";
    st = onnxfold_model_save_memory(*m, *o, out);
    if (st) return st;
    stage = "report";
    {
        onnxfold_buffer *json = NULL;
        st = onnxfold_report_json_buffer(onnxfold_model_report(*m), &json);
        onnxfold_buffer_free(&json);
    }
    return st;
}

static int failures;
static void fail(const char *path, size_t at, int forever, const char *why)
{
    if (failures++ < 20) printf("%s: allocation %zu%s (%s): %s\n", path, at, forever ? " and on" : "", stage, why);
}

static size_t run_model(const char *path)
{
    blob b = read_file(path);
    size_t total;
    counter c = {0, (size_t)-1, 0, 0, 0};
    onnxfold_allocator al = {sizeof al, counted_allocate, counted_release, &c};
    onnxfold_options *o = NULL;
    onnxfold_model *m = NULL;
    onnxfold_buffer *out = NULL, *ref = NULL;

    onnxfold_status st = whole_way(&b, &al, &o, &m, &ref);
    if (st != ONNXFOLD_OK) {
        printf("%s: status %d without any failure: %s\n", path, (int)st, onnxfold_model_error_message(m));
        failures++;
    }
    total = c.calls;
    onnxfold_model_free(&m);
    onnxfold_options_free(&o);
    for (size_t at = 0; at < total; at++) {
        for (int forever = 0; forever < 2; forever++) {
            counter k = {0, at, 0, 0, forever};
            al.user = &k;
            st = whole_way(&b, &al, &o, &m, &out);
            if (st != ONNXFOLD_E_NOMEM && !(st == ONNXFOLD_OK && !forever)) fail(path, at, forever, onnxfold_status_name(st));
            if (st == ONNXFOLD_OK && out && ref &&
                (onnxfold_buffer_size(out) != onnxfold_buffer_size(ref) ||
                 memcmp(onnxfold_buffer_data(out), onnxfold_buffer_data(ref), onnxfold_buffer_size(ref)) != 0))
                fail(path, at, forever, "another result");
            onnxfold_buffer_free(&out);
            if (st == ONNXFOLD_E_NOMEM && m) {
                /* the handle can be used again once memory is there */
                k.fail_at = (size_t)-1;
                k.forever = 0;
                st = onnxfold_model_load_memory(m, b.p, b.n, NULL, o);
                if (!st) st = onnxfold_model_optimize(m, o);
                if (!st) st = onnxfold_model_save_memory(m, o, &out);
                if (st) fail(path, at, forever, "the handle is not usable afterwards");
                else if (ref && (onnxfold_buffer_size(out) != onnxfold_buffer_size(ref) ||
                                 memcmp(onnxfold_buffer_data(out), onnxfold_buffer_data(ref), onnxfold_buffer_size(ref)) != 0))
                    fail(path, at, forever, "another result afterwards");
                onnxfold_buffer_free(&out);
            }
            onnxfold_model_free(&m);
            onnxfold_options_free(&o);
            if (k.live || k.bytes) fail(path, at, forever, "leaks");
        }
    }
    onnxfold_buffer_free(&ref);
    if (c.live || c.bytes) fail(path, 0, 0, "leaks without any failure");
    free(b.p);
    return total;
}

/* An optimize call that ran out is called again on the same model: it was left valid. */
static void resume_model(const char *path)
{
    blob b = read_file(path);
    counter c = {0, (size_t)-1, 0, 0, 0};
    onnxfold_allocator al = {sizeof al, counted_allocate, counted_release, &c};
    onnxfold_options *o = NULL;
    onnxfold_model *m = NULL;
    onnxfold_buffer *out = NULL;

    for (size_t at = 0;; at++) {
        onnxfold_status st;
        size_t before;
        c.fail_at = (size_t)-1;
        stage = "resume";
        if (onnxfold_options_new(&al, &o) || onnxfold_model_new(o, &m) || onnxfold_model_load_memory(m, b.p, b.n, NULL, o)) break;
        before = c.calls;
        c.fail_at = before + at;
        st = onnxfold_model_optimize(m, o);
        c.fail_at = (size_t)-1;
        if (st == ONNXFOLD_E_NOMEM) {
            if (onnxfold_model_optimize(m, o)) fail(path, at, 0, "optimize after an optimize that ran out");
            if (onnxfold_model_save_memory(m, o, &out)) fail(path, at, 0, "save after an optimize that ran out");
        } else if (st) {
            fail(path, at, 0, onnxfold_status_name(st));
        }
        if (out) {
            onnxfold_model *again = NULL;
            if (onnxfold_model_new(o, &again) ||
                onnxfold_model_load_memory(again, onnxfold_buffer_data(out), onnxfold_buffer_size(out), NULL, o))
                fail(path, at, 0, "the result does not load");
            onnxfold_model_free(&again);
        }
        onnxfold_buffer_free(&out);
        onnxfold_model_free(&m);
        onnxfold_options_free(&o);
        if (st == ONNXFOLD_OK) break;
    }
    onnxfold_model_free(&m);
    onnxfold_options_free(&o);
    if (c.live) fail(path, 0, 0, "leaks");
    free(b.p);
}

static int run(int argc, char **argv)
{
    size_t points = 0;
    int passed = 0, failed = 0;
    for (int i = 1; i < argc; i++) {
        int before = failures;
        points += run_model(argv[i]);
        resume_model(argv[i]);
        if (failures > before) failed++;
        else passed++;
    }
    printf("%zu allocations of %d models, each failed once and for good\n", points, argc - 1);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}

int main(int argc, char **argv)
{
    return fault_main(run, argc, argv);
}
