/* Runs two models on the same random inputs. Which inputs a model takes is not written in
 * it (an index has a range, an image a least size), so sizes and ranges are tried in turn
 * until the original can be run. */
#include "api/api.h"
#include "tensor/convert.h"

#include <fenv.h>
#include <string.h>

/* Sizes of dimensions that are not numbers; 0: small ones that differ. */
static const int64_t sizes[] = {0, 1, 8, 32, 64, 128, 224};
/* Integers are drawn from [0, n). */
static const uint64_t ranges[] = {8, 2, 1};
#define N_RANGES (sizeof ranges / sizeof *ranges)
#define N_PROFILES (sizeof sizes / sizeof *sizes * N_RANGES)

typedef struct verify {
    onnxfold_model *a, *b; /* original, optimized */
    of_err *e;             /* the optimized handle's */
    of_alloc *alloc;
    of_api_call call;
    of_val **in, **out_a, **out_b;
    size_t n_in, n_out;
    size_t profile;        /* the last one that worked */
    uint64_t seed;
    bool exact;
} verify;

static uint64_t next_random(uint64_t *state) /* splitmix64 */
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static double next_unit(uint64_t *state) /* [-1, 1) */
{
    return (double)(int64_t)(next_random(state) >> 11) * 0x1p-52 - 1.0;
}

/* ---- inputs ---- */

static of_status fill_strings(of_tensor *t, uint64_t *rnd, of_err *e)
{
    static const of_str some[] = {{"a", 1}, {"b", 1}, {"ab c", 4}, {"", 0}};
    of_str *s = t->data;
    for (int64_t i = 0; i < t->count; i++) s[i] = some[next_random(rnd) & 3];
    return of_tensor_own_strings(t, e);
}

static of_status fill(of_tensor *t, uint64_t range, uint64_t *rnd, of_err *e)
{
    of_dtype type = (of_dtype)t->dtype;
    unsigned char *p = t->data;
    size_t width = of_dtypes[type].mem;
    double d[32];
    uint8_t kind = of_dtypes[type].kind;
    if (kind == OF_K_STRING) return fill_strings(t, rnd, e);
    if (of_dtype_packed(type)) { /* every pattern is a value */
        for (size_t i = 0; i < t->bytes; i++) p[i] = (unsigned char)next_random(rnd);
        return OF_OK;
    }
    if (kind == OF_K_COMPLEX) {
        size_t parts = t->bytes / (type == OF_COMPLEX64 ? sizeof(float) : sizeof(double));
        for (size_t i = 0; i < parts; i++) {
            double v = next_unit(rnd);
            if (type == OF_COMPLEX64) ((float *)t->data)[i] = (float)v;
            else ((double *)t->data)[i] = v;
        }
        return OF_OK;
    }
    for (int64_t i = 0; i < t->count;) {
        size_t n = 0;
        if (kind == OF_K_FLOAT) {
            for (; n < sizeof d / sizeof *d && i + (int64_t)n < t->count; n++) d[n] = next_unit(rnd);
            of_from_f64(type, d, p + (size_t)i * width, n);
        } else { /* small enough that the low byte is all of it */
            uint64_t v = next_random(rnd) % (kind == OF_K_BOOL ? 2 : range);
            if (kind != OF_K_BOOL && range == 1) v = 1;
            union { uint64_t u8; uint32_t u4; uint16_t u2; uint8_t u1; } x;
            x.u8 = 0;
            if (width == 8) x.u8 = v;
            else if (width == 4) x.u4 = (uint32_t)v;
            else if (width == 2) x.u2 = (uint16_t)v;
            else x.u1 = (uint8_t)v;
            memcpy(p + (size_t)i * width, &x, width);
            n = 1;
        }
        i += (int64_t)n;
    }
    return OF_OK;
}

/* The same symbol has the same size in every input. */
static int64_t size_of(const verify *v, of_dim d, size_t profile, uint64_t run, uint64_t place)
{
    if (of_dim_is_num(d)) return d.k;
    int64_t n = sizes[profile / N_RANGES];
    if (n) return n;
    of_sym s = of_dim_known(d) ? of_dim_name(v->a->m->dims, &v->a->m->names, d) : NULL;
    uint64_t state = v->seed ^ (run << 32) ^ (s ? of_hash_bytes(0, s->s, s->len) : place);
    return 2 + (int64_t)(next_random(&state) % 3);
}

static of_status make_input(verify *v, size_t i, size_t profile, uint64_t run, of_val **out)
{
    const of_value *val = v->a->m->graph->inputs[i];
    const of_type *t = val->type;
    int64_t dims[OF_MAX_RANK];
    of_tensor *x;
    if (val->init && val->init->tensor) { /* runs at its default, which options may have made constant */
        *out = &of_tensor_ref(val->init->tensor)->base;
        return of_tensor_load(val->init->tensor, v->e);
    }
    if (!t || t->kind != OF_T_TENSOR || t->dtype == OF_UNDEFINED || t->shape.rank < 0 || t->shape.rank > OF_MAX_RANK)
        return of_fail(v->e, OF_E_UNSUPPORTED, "input '%.*s' has no tensor type with a rank", of_clip(val->name->len),
                       val->name->s);
    for (int32_t k = 0; k < t->shape.rank; k++)
        dims[k] = size_of(v, t->shape.d[k], profile, run, (uint64_t)i * OF_MAX_RANK + (uint64_t)k + 1);
    OF_TRY(of_tensor_new_data(v->alloc, NULL, (of_dtype)t->dtype, dims, (size_t)t->shape.rank, false, &x, v->e));
    *out = &x->base;
    uint64_t rnd = v->seed ^ (run * UINT64_C(0x9e3779b97f4a7c15)) ^ ((uint64_t)i << 40);
    return fill(x, ranges[profile % N_RANGES], &rnd, v->e);
}

static void drop(of_val **v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        of_val_unref(v[i]);
        v[i] = NULL;
    }
}

/* ---- runs ---- */

static of_status run(verify *v, onnxfold_model *h, of_val **out, of_err *e)
{
    const of_pass_opts *po = &v->call.po;
    of_budget budget = {
        .bytes_max = (uint64_t)v->call.o->ints[API_VERIFY_BYTES],
        .one_max = (uint64_t)v->call.o->ints[API_VERIFY_BYTES],
        .steps_max = (uint64_t)v->call.o->ints[API_VERIFY_STEPS],
        .nodes_max = UINT64_MAX,
    };
    of_evaluator ev;
    of_evaluator_init(&ev, h->m, &budget, po->cpu_flags);
    ev.par = po->par;
    ev.has_par = po->has_par;
    ev.custom = po->custom;
    ev.n_custom = po->n_custom;
    ev.depth_max = po->depth_max;
    of_status st = of_eval_graph(&ev, h->m->graph, v->in, v->n_in, out, v->n_out, e);
    of_evaluator_free(&ev);
    return st;
}

static bool is_fatal(of_status st) { return st != OF_E_UNSUPPORTED && st != OF_E_EVAL && st != OF_E_BUDGET; }

/* ---- comparing ---- */

static double tolerance(of_dtype t)
{
    switch (t) {
    case OF_DOUBLE: return 1e-7;
    case OF_FLOAT: return 1e-4;
    case OF_FLOAT16: return 1e-2;
    case OF_BFLOAT16: return 5e-2;
    default: return 0.3;
    }
}

/* Largest finite magnitude of a floating-point tensor. */
static double magnitude(const of_tensor *t)
{
    double d[32], most = 0;
    size_t width = of_dtypes[t->dtype].mem;
    for (int64_t i = 0; i < t->count;) {
        size_t n = t->count - i < 32 ? (size_t)(t->count - i) : 32;
        of_to_f64((of_dtype)t->dtype, (const char *)t->data + (size_t)i * width, d, n);
        for (size_t k = 0; k < n; k++) {
            double x = d[k] < 0 ? -d[k] : d[k];
            if (x > most && x <= 0x1.fffffffffffffp+1023) most = x;
        }
        i += (int64_t)n;
    }
    return most;
}

/* First element that differs by more than eps; NaN is like NaN. count: none. */
static int64_t first_difference(const of_tensor *a, const of_tensor *b, double eps, double *x, double *y)
{
    double p[32], q[32];
    size_t width = of_dtypes[a->dtype].mem;
    for (int64_t i = 0; i < a->count;) {
        size_t n = a->count - i < 32 ? (size_t)(a->count - i) : 32, at = (size_t)i * width;
        of_to_f64((of_dtype)a->dtype, (const char *)a->data + at, p, n);
        of_to_f64((of_dtype)b->dtype, (const char *)b->data + at, q, n);
        for (size_t k = 0; k < n; k++) {
            double d = p[k] > q[k] ? p[k] - q[k] : q[k] - p[k];
            if (p[k] == q[k] || d <= eps || (p[k] != p[k] && q[k] != q[k])) continue;
            *x = p[k];
            *y = q[k];
            return i + (int64_t)k;
        }
        i += (int64_t)n;
    }
    return a->count;
}

static of_status compare_tensors(verify *v, of_sym name, of_tensor *a, of_tensor *b)
{
    int len = of_clip(name->len);
    OF_TRY(of_tensor_load(a, v->e));
    OF_TRY(of_tensor_load(b, v->e));
    if (a->dtype != b->dtype)
        return of_fail(v->e, OF_E_DIFFERENT, "output '%.*s' is %s and was %s", len, name->s, of_dtypes[b->dtype].name,
                       of_dtypes[a->dtype].name);
    if (a->rank != b->rank || (a->rank && memcmp(a->dims, b->dims, a->rank * sizeof *a->dims) != 0))
        return of_fail(v->e, OF_E_DIFFERENT, "output '%.*s' has another shape", len, name->s);
    if (of_tensor_equal(a, b)) return OF_OK;
    of_dtype t = (of_dtype)a->dtype;
    if (of_dtypes[t].kind != OF_K_FLOAT || of_dtype_packed(t))
        return of_fail(v->e, OF_E_DIFFERENT, "output '%.*s' has other elements", len, name->s);
    double x = 0, y = 0;
    double eps = v->exact ? 0 : magnitude(a) * tolerance(t);
    int64_t at = first_difference(a, b, eps, &x, &y);
    if (at == a->count) return OF_OK;
    return of_fail(v->e, OF_E_DIFFERENT, "element %lld of output '%.*s' is %.9g and was %.9g", (long long)at, len,
                   name->s, y, x);
}

/* Sequences and optionals nest (TypeProto), to a depth that the stack here bounds. */
static of_status compare(verify *v, of_sym name, of_val *a, of_val *b)
{
    struct { of_val *a, *b; size_t i; } stack[8];
    size_t depth = 1;
    stack[0].a = a;
    stack[0].b = b;
    stack[0].i = 0;
    while (depth) {
        of_val *x = stack[depth - 1].a, *y = stack[depth - 1].b;
        if (x->kind != y->kind) goto differs;
        if (x->kind == OF_VAL_TENSOR) {
            OF_TRY(compare_tensors(v, name, of_val_tensor(x), of_val_tensor(y)));
            depth--;
            continue;
        }
        /* sequences, optionals, and maps as their keys and their values */
        const of_seq *p = (const of_seq *)(const void *)x, *q = (const of_seq *)(const void *)y;
        if (p->n != q->n) goto differs;
        if (stack[depth - 1].i == p->n) {
            depth--;
            continue;
        }
        size_t i = stack[depth - 1].i++;
        if (depth == sizeof stack / sizeof *stack)
            return of_fail(v->e, OF_E_UNSUPPORTED, "output '%.*s' nests too deeply", of_clip(name->len), name->s);
        stack[depth].a = p->item[i];
        stack[depth].b = q->item[i];
        stack[depth++].i = 0;
    }
    return OF_OK;
differs:
    return of_fail(v->e, OF_E_DIFFERENT, "output '%.*s' is of another kind or length", of_clip(name->len), name->s);
}

/* ---- the whole ---- */

static of_status same_interface(const verify *v)
{
    const of_graph *a = v->a->m->graph, *b = v->b->m->graph;
    bool same = a->n_inputs == b->n_inputs && a->n_outputs == b->n_outputs;
    for (size_t i = 0; same && i < a->n_inputs; i++) {
        of_sym p = a->inputs[i]->name, q = b->inputs[i]->name;
        same = p->len == q->len && memcmp(p->s, q->s, p->len) == 0;
    }
    for (size_t i = 0; same && i < a->n_outputs; i++) {
        of_sym p = a->outputs[i].value->name, q = b->outputs[i].value->name;
        same = p->len == q->len && memcmp(p->s, q->s, p->len) == 0;
    }
    return same ? OF_OK : of_fail(v->e, OF_E_DIFFERENT, "the models do not have the same inputs and outputs");
}

/* Inputs of one profile, and what the original makes of them. */
static of_status run_original(verify *v, size_t profile, uint64_t at)
{
    for (size_t i = 0; i < v->n_in; i++) OF_TRY(make_input(v, i, profile, at, &v->in[i]));
    return run(v, v->a, v->out_a, v->e);
}

static of_status one_run(verify *v, uint64_t at)
{
    of_status st = OF_OK;
    of_err first; /* of the likeliest inputs: what the last ones fail with says less */
    of_err_clear(&first);
    for (size_t tried = 0; tried < N_PROFILES; tried++) {
        size_t profile = (v->profile + tried) % N_PROFILES;
        of_err_clear(v->e);
        st = run_original(v, profile, at);
        if (st == OF_OK) {
            v->profile = profile;
            break;
        }
        drop(v->in, v->n_in);
        if (is_fatal(st)) return st;
        if (tried == 0) first = *v->e;
    }
    if (st != OF_OK) {
        *v->e = first;
        return first.status;
    }
    st = run(v, v->b, v->out_b, v->e);
    if (st == OF_E_EVAL) {
        v->e->status = OF_E_DIFFERENT;
        return OF_E_DIFFERENT;
    }
    OF_TRY(st);
    for (size_t i = 0; i < v->n_out; i++)
        OF_TRY(compare(v, v->b->m->graph->outputs[i].value->name, v->out_a[i], v->out_b[i]));
    return OF_OK;
}

static of_status verify_all(verify *v, uint32_t runs)
{
    of_status st = OF_OK;
    OF_TRY(same_interface(v));
    v->n_in = v->a->m->graph->n_inputs;
    v->n_out = v->a->m->graph->n_outputs;
    size_t n = v->n_in + v->n_out + v->n_out; /* each is bounded by the memory it takes already */
    of_val **all = of_mem_array(v->alloc, n, sizeof *all);
    if (n && !all) return of_nomem(v->e);
    if (n) memset(all, 0, n * sizeof *all);
    v->in = all;
    v->out_a = all + v->n_in;
    v->out_b = v->out_a + v->n_out;
    for (uint32_t i = 0; st == OF_OK && i < runs; i++) {
        st = one_run(v, i);
        drop(all, n);
    }
    of_mem_free(v->alloc, all, n * sizeof *all);
    return st;
}

onnxfold_status onnxfold_verify(onnxfold_model *original, onnxfold_model *optimized, uint32_t runs, uint64_t seed,
                                const onnxfold_options *o)
{
    of_api_guard g = of_api_enter();
    fenv_t env;
    if (!original || !optimized || original == optimized || runs == 0) return of_api_refuse(optimized);
    verify v = {.a = original, .b = optimized, .e = &optimized->err, .alloc = &optimized->alloc, .seed = seed};
    of_err_clear(v.e);
    if (!original->m || !optimized->m) return of_api_done(optimized, g, of_fail(v.e, OF_E_STATE, "no model is loaded"));
    bool links = of_api_options(o)->ints[API_ALLOW_LINKS] != 0;
    of_status st = of_wire_allow_links(original->m, links);
    if (st == OF_OK) st = of_wire_allow_links(optimized->m, links);
    if (st == OF_OK) st = of_api_call_init(&v.call, v.alloc, o, optimized->m, v.e);
    if (st != OF_OK) return of_api_done(optimized, g, st);
    v.exact = v.call.po.exact;
    fegetenv(&env);
    fesetenv(FE_DFL_ENV);
    st = verify_all(&v, runs);
    fesetenv(&env);
    of_api_call_free(&v.call);
    return of_api_done(optimized, g, st);
}
