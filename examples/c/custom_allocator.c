/* Memory from the host: a hard bound that a model cannot get past. Out of memory is a
 * status like any other, and the handle can be used on. */
#include <onnxfold/onnxfold.h>

#include <stdio.h>
#include <stdlib.h>

typedef struct pool {
    size_t used, most, bound;
} pool;

static void *pool_allocate(void *user, size_t bytes)
{
    pool *p = user;
    void *ptr;
    if (bytes > p->bound - p->used) return NULL;
    ptr = malloc(bytes);
    if (ptr) p->used += bytes;
    if (p->used > p->most) p->most = p->used;
    return ptr;
}

static void pool_release(void *user, void *ptr, size_t bytes)
{
    pool *p = user;
    p->used -= bytes;
    free(ptr);
}

int main(int argc, char **argv)
{
    pool p = {0, 0, (size_t)256 << 20};
    onnxfold_allocator a = {sizeof a, pool_allocate, pool_release, &p};
    onnxfold_options *o = NULL;
    onnxfold_model *m = NULL;
    onnxfold_status st;

    if (argc < 2) {
        fprintf(stderr, "usage: %s IN.onnx [BYTES]\n", argv[0]);
        return 2;
    }
    if (argc > 2) p.bound = strtoul(argv[2], NULL, 10);
    st = onnxfold_options_new(&a, &o);
    if (st == ONNXFOLD_OK) st = onnxfold_model_new(o, &m);
    if (st == ONNXFOLD_OK) st = onnxfold_model_load_file(m, argv[1], o);
    if (st == ONNXFOLD_OK) st = onnxfold_model_optimize(m, o);
    printf("%s, at most %zu bytes\n", onnxfold_status_name(st), p.most);
    onnxfold_model_free(&m);
    onnxfold_options_free(&o);
    return p.used != 0 || (st != ONNXFOLD_OK && st != ONNXFOLD_E_NOMEM);
}
