/* bound MODEL...: the peak of memory over load, optimize and save into memory stays within
 * twice the input, 256 bytes a wire element, the bytes that folding produced and 1 MiB
 * (threats.md R2); a load alone stays within the input's share of that. Wire elements are
 * protobuf fields, counted here by a walk of its own over ONNX's messages. */
#include "fault.h"

typedef struct meter {
    size_t live, peak;
} meter;

static void *metered_allocate(void *user, size_t n)
{
    meter *m = (meter *)user;
    void *p = malloc(n);
    if (p && (m->live += n) > m->peak) m->peak = m->live;
    return p;
}

static void metered_release(void *user, void *p, size_t n)
{
    ((meter *)user)->live -= n;
    free(p);
}

/* Messages inside of messages: kind, field, kind of what stands there. */
enum { MODEL = 1, GRAPH, NODE, ATTR, TENSOR, SPARSE, VALUE, TYPE, TENSOR_TYPE, SHAPE, DIM, FUNCTION, PAIR, LEAF };
static const unsigned char inside[][3] = {
    {MODEL, 7, GRAPH},        {MODEL, 8, PAIR},    {MODEL, 14, PAIR},      {MODEL, 20, LEAF},       {MODEL, 25, FUNCTION},
    {GRAPH, 1, NODE},         {GRAPH, 5, TENSOR},  {GRAPH, 11, VALUE},     {GRAPH, 12, VALUE},      {GRAPH, 13, VALUE},
    {GRAPH, 14, LEAF},        {GRAPH, 15, SPARSE}, {GRAPH, 16, PAIR},      {NODE, 5, ATTR},         {NODE, 9, PAIR},
    {ATTR, 5, TENSOR},        {ATTR, 6, GRAPH},    {ATTR, 10, TENSOR},     {ATTR, 11, GRAPH},       {ATTR, 14, TYPE},
    {ATTR, 15, TYPE},         {ATTR, 22, SPARSE},  {ATTR, 23, SPARSE},     {TENSOR, 13, PAIR},      {TENSOR, 16, PAIR},
    {SPARSE, 1, TENSOR},      {SPARSE, 2, TENSOR}, {VALUE, 2, TYPE},       {VALUE, 4, PAIR},        {TYPE, 1, TENSOR_TYPE},
    {TYPE, 8, TENSOR_TYPE},   {TYPE, 4, LEAF},     {TENSOR_TYPE, 2, SHAPE}, {SHAPE, 1, DIM},        {FUNCTION, 7, NODE},
    {FUNCTION, 9, PAIR},      {FUNCTION, 11, ATTR}, {FUNCTION, 12, VALUE}, {FUNCTION, 14, PAIR},
};

static int varint(const blob *b, size_t *at, size_t end, uint64_t *v)
{
    *v = 0;
    for (unsigned shift = 0; *at < end && shift < 64; shift += 7) {
        unsigned char c = b->p[(*at)++];
        *v |= (uint64_t)(c & 127) << shift;
        if (c < 128) return 1;
    }
    return 0;
}

static size_t elements(const blob *b)
{
    static struct {
        size_t end;
        int kind;
    } open[128];
    size_t at = 0, n = 0;
    int depth = 0;
    open[0].end = b->n;
    open[0].kind = MODEL;
    while (depth >= 0) {
        uint64_t tag, v;
        size_t end = open[depth].end;
        int inner = 0;
        if (at >= end) {
            depth--;
            continue;
        }
        if (!varint(b, &at, end, &tag)) return n;
        n++;
        switch (tag & 7) {
        case 0:
            if (!varint(b, &at, end, &v)) return n;
            break;
        case 1:
            at += 8;
            break;
        case 5:
            at += 4;
            break;
        case 2:
            if (!varint(b, &at, end, &v) || v > end - at) return n;
            for (size_t i = 0; i < sizeof inside / sizeof *inside; i++)
                if (inside[i][0] == open[depth].kind && inside[i][1] == tag >> 3) inner = inside[i][2];
            if (inner && depth < 127) {
                depth++;
                open[depth].end = at + (size_t)v;
                open[depth].kind = inner;
            } else {
                at += (size_t)v;
            }
            break;
        default:
            return n;
        }
    }
    return n;
}

static int failures;

static void check(const char *path, const char *what, size_t peak, size_t bound)
{
    printf("%s: %s: peak %zu, bound %zu, %.0f%%\n", path, what, peak, bound, 100.0 * (double)peak / (double)bound);
    if (peak > bound) failures++;
}

static void run_model(const char *path)
{
    blob b = read_file(path);
    meter k = {0, 0};
    onnxfold_allocator al = {sizeof al, metered_allocate, metered_release, &k};
    onnxfold_options *o = NULL;
    onnxfold_model *m = NULL;
    onnxfold_buffer *out = NULL;
    size_t wire = elements(&b), folded = 0, loaded = 2 * b.n + 256 * wire + (1u << 20);

    if (onnxfold_options_new(&al, &o) || onnxfold_model_new(o, &m) || onnxfold_model_load_file(m, path, o)) {
        check(path, "refused", k.peak, loaded);
    } else {
        check(path, "load", k.peak, loaded);
        if (!onnxfold_model_optimize(m, o)) {
            folded = (size_t)onnxfold_report_number(onnxfold_model_report(m), ONNXFOLD_NUM_BYTES_FOLDED);
            /* the saved model in memory is the caller's */
            if (!onnxfold_model_save_memory(m, o, &out))
                check(path, "all", k.peak, loaded + folded + onnxfold_buffer_size(out));
        }
    }
    onnxfold_buffer_free(&out);
    onnxfold_model_free(&m);
    onnxfold_options_free(&o);
    if (k.live) {
        printf("%s: leaks\n", path);
        failures++;
    }
    free(b.p);
}

static int run(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        int before = failures;
        run_model(argv[i]);
        failed += failures > before;
    }
    printf("%d passed, %d failed\n", argc - 1 - failed, failed);
    return failed != 0;
}

int main(int argc, char **argv)
{
    return fault_main(run, argc, argv);
}
