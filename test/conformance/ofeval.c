/* ofeval: evaluates main graphs with the library's own evaluator, for the oracles' tests.
 *
 * Reads lines "IN.onnx<TAB>OUT.onnx" from standard input and answers each with a line
 * "ok" or "STATUS message". Inputs of the graph take the initializer of their name.
 * OUT.onnx gets one initializer an output, named out0, out1, ... (sequences: out0_0, ...;
 * their length is out0_n; an optional is what it holds, or an empty sequence; a map in a
 * sequence is its values, and its keys are out0_0_keys).
 *
 * "ofeval each" runs every node for itself (ofeval_each.c), "ofeval starve" lets every allocation
 * fail first (ofeval_starve.c). */
#include <stdio.h>
#include <string.h>

#include "eval/eval.h"
#include "ir/edit.h"
#include "wire/wire.h"

#include "ofeval.h"

static of_status put_tensor(of_model *m, const char *name, of_tensor *t, of_err *e)
{
    of_value *v = of_value_new(m, m->graph, of_names_get(&m->names, name, strlen(name)));
    if (!v) return OF_E_NOMEM;
    return of_value_set_init(m, v, t, e);
}

static of_status put(of_model *m, size_t i, of_val *v, of_err *e)
{
    char name[64];
    const int64_t *none = NULL;
    of_tensor *t, *n;
    of_seq *s;

    snprintf(name, sizeof name, "out%zu", i);
    if (v->kind == OF_VAL_OPTIONAL && ((of_seq *)(void *)v)->n) v = ((of_seq *)(void *)v)->item[0];
    t = of_val_tensor(v);
    if (t) return put_tensor(m, name, t, e);
    s = (of_seq *)(void *)v;
    for (size_t k = 0; k < s->n; k++) {
        of_val *item = s->item[k];
        if (item->kind == OF_VAL_MAP) {
            snprintf(name, sizeof name, "out%zu_%zu_keys", i, k);
            OF_TRY(put_tensor(m, name, of_val_tensor(((of_seq *)(void *)item)->item[0]), e));
            item = ((of_seq *)(void *)item)->item[1];
        }
        snprintf(name, sizeof name, "out%zu_%zu", i, k);
        t = of_val_tensor(item);
        if (!t) return of_fail(e, OF_E_UNSUPPORTED, "nested sequence");
        OF_TRY(put_tensor(m, name, t, e));
    }
    OF_TRY(of_tensor_new_data(m->alloc, NULL, OF_INT64, none, 0, false, &n, e));
    *(int64_t *)n->data = (int64_t)s->n;
    snprintf(name, sizeof name, "out%zu_n", i);
    OF_TRY(put_tensor(m, name, n, e));
    of_tensor_unref(n);
    return OF_OK;
}

of_status ofeval_save(of_alloc *a, of_val *const *out, size_t n, const char *path, of_err *e)
{
    of_encode_opts o;
    of_model *m = NULL;
    of_sink *sink = NULL;
    of_status st;

    memset(&o, 0, sizeof o);
    o.ext_align = 4096;
    OF_TRY(of_model_new(a, &m, e));
    m->ir_version = 10;
    m->graph = of_graph_new(m, OF_GRAPH_MAIN);
    m->graph->name = OF_NAME_LIT(&m->names, "values");
    m->dirty = m->graph->dirty = true;
    for (size_t i = 0; i < n; i++)
        if (out[i]) OF_TRY_TO(done, st, put(m, i, out[i], e));
    OF_TRY_TO(done, st, of_sink_file(a, path, false, &sink, e));
    st = of_encode(m, sink, &o, e);
    if (st == OF_OK) st = of_sink_commit(sink, e);
    else of_sink_abort(sink);
done:
    of_model_free(m);
    return st;
}

static of_status run(of_alloc *a, const char *in, const char *to, bool each, uint32_t cpu,
                     of_err *e)
{
    of_wire_limits lim = {(uint64_t)1 << 31, 100, 32, 10000000, 10000};
    of_budget budget;
    of_evaluator ev;
    of_model *m = NULL;
    of_source *src = NULL;
    of_val **out = NULL;
    of_status st;

    memset(&ev, 0, sizeof ev);
    memset(&budget, 0, sizeof budget);
    budget.bytes_max = budget.one_max = (uint64_t)1 << 31;
    budget.steps_max = (uint64_t)1 << 34;
    budget.nodes_max = 1000000;
    OF_TRY(of_model_new(a, &m, e));
    OF_TRY_TO(done, st, of_source_open(a, in, &src, e));
    OF_TRY_TO(done, st, of_decode(m, src, NULL, &lim, e));
    of_evaluator_init(&ev, m, &budget, cpu);
    out = OF_NEW_N(&m->arena, of_val *, m->graph->n_outputs);
    if (!out) OF_TRY_TO(done, st, of_fail(e, OF_E_NOMEM, "out of memory"));
    if (each) st = ofeval_each(&ev, m->graph, out, e);
    else st = of_eval_graph(&ev, m->graph, NULL, 0, out, m->graph->n_outputs, e);
    if (st == OF_OK) st = ofeval_save(a, out, m->graph->n_outputs, to, e);
done:
    for (size_t i = 0; out && i < m->graph->n_outputs; i++) of_val_unref(out[i]);
    of_evaluator_free(&ev);
    of_source_unref(src);
    of_model_free(m);
    return st;
}

/* The features up to those of a level; false where the machine lacks them. */
static bool level(const char *name, uint32_t *cpu)
{
    static const struct {
        const char *name;
        uint32_t flags;
    } all[] = {{"c", 0},
               {"sse41", OF_CPU_SSE41},
               {"avx2", OF_CPU_SSE41 | OF_CPU_AVX2},
               {"avx512", OF_CPU_SSE41 | OF_CPU_AVX2 | OF_CPU_AVX512},
               {"neon", OF_CPU_NEON}};
    of_kern k;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].name, name) == 0) {
            *cpu = all[i].flags;
            of_kern_init(&k, *cpu);
            return k.flags == *cpu;
        }
    return false;
}

int main(int argc, char **argv)
{
    static char line[8192];
    uint32_t cpu = UINT32_MAX;
    bool each = false, starve = false;
    of_alloc a;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "each") == 0) each = true;
        else if (strcmp(argv[i], "starve") == 0) starve = true;
        else if (strncmp(argv[i], "cpu=", 4) != 0 || !level(argv[i] + 4, &cpu)) return 2;
    }

    of_alloc_init_default(&a);
    while (fgets(line, sizeof line, stdin)) {
        char *tab = strchr(line, '\t');
        of_err e;
        of_status st;
        line[strcspn(line, "\n")] = 0;
        if (!tab) return 2;
        *tab = 0;
        of_err_clear(&e);
        st = starve ? ofeval_starve(line, tab + 1, &e) : run(&a, line, tab + 1, each, cpu, &e);
        if (st == OF_OK) puts("ok");
        else printf("%d %s [%s]\n", (int)st, e.msg, e.node);
        fflush(stdout);
    }
    return a.live ? 3 : 0;
}
