#include "tensor/tensor.h"

#include <string.h>

/* Room that readers and kernels may assume behind any size without overflow. */
#define PADDING ((uint64_t)64)

/* Elements, and the product of the dims that are not zero: offsets and strides are
 * computed from those too, so they must fit even when there is nothing to hold. */
static bool count_dims(const int64_t *dims, size_t rank, int64_t *count, int64_t *span)
{
    int64_t n = 1;
    bool zero = false;
    size_t i;
    if (rank > OF_MAX_RANK) return false;
    for (i = 0; i < rank; i++) {
        if (dims[i] < 0) return false;
        if (dims[i] == 0) {
            zero = true;
        } else if (!of_mul_i64(n, dims[i], &n)) {
            return false;
        }
    }
    *span = n;
    *count = zero ? 0 : n;
    return true;
}

static bool size_of(of_dtype t, const int64_t *dims, size_t rank, bool unpacked, int64_t *count,
                    size_t *bytes)
{
    int64_t span;
    uint64_t whole, elems;
    if (!of_dtype_valid((int64_t)t) || !count_dims(dims, rank, count, &span)) return false;
    elems = (uint64_t)span;
    if (of_dtype_packed(t) && !unpacked) {
        unsigned bits = of_dtypes[t].bits;
        whole = elems / 8 * bits + (elems % 8 * bits + 7) / 8;
    } else if (!of_mul_u64(elems, of_dtypes[t].mem, &whole)) {
        return false;
    }
    if (whole > (uint64_t)PTRDIFF_MAX - PADDING) return false;
    *bytes = *count == 0 ? 0 : (size_t)whole;
    return true;
}

bool of_tensor_size(of_dtype t, const int64_t *dims, size_t rank, int64_t *count, size_t *bytes)
{
    return size_of(t, dims, rank, false, count, bytes);
}

bool of_tensor_size_unpacked(of_dtype t, const int64_t *dims, size_t rank, int64_t *count, size_t *bytes)
{
    return size_of(t, dims, rank, true, count, bytes);
}

static of_status no_memory(of_err *e)
{
    return of_nomem(e);
}

static size_t header_size(size_t rank)
{
    return sizeof(of_tensor) + rank * sizeof(int64_t); /* rank <= OF_MAX_RANK */
}

static of_status new_header(of_alloc *a, of_dtype t, const int64_t *dims, size_t rank, bool unpacked,
                            of_tensor **out, of_err *e)
{
    int64_t count;
    size_t bytes;
    of_tensor *x;
    *out = NULL;
    if (!size_of(t, dims, rank, unpacked, &count, &bytes)) {
        return of_fail(e, OF_E_TENSOR, "tensor type or dims not possible");
    }
    x = of_mem_zalloc(a, header_size(rank));
    if (!x) return no_memory(e);
    x->base.refs = 1;
    x->base.kind = OF_VAL_TENSOR;
    x->dtype = (uint8_t)t;
    x->rank = (uint8_t)rank;
    x->unpacked = unpacked;
    x->alloc = a;
    x->dims = (int64_t *)(void *)(x + 1);
    if (rank) memcpy(x->dims, dims, rank * sizeof *dims);
    x->count = count;
    x->bytes = bytes;
    *out = x;
    return OF_OK;
}

_Static_assert(sizeof(of_tensor) % _Alignof(int64_t) == 0, "dims follow the header");

of_status of_tensor_new(of_alloc *a, of_dtype t, const int64_t *dims, size_t rank, of_tensor **out, of_err *e)
{
    return new_header(a, t, dims, rank, false, out, e);
}

static of_status new_data(of_alloc *a, of_budget *b, of_dtype t, const int64_t *dims, size_t rank, bool unpacked,
                          bool zeroed, of_tensor **out, of_err *e)
{
    of_tensor *x = NULL;
    of_status st;
    *out = NULL;
    if (!of_dtype_valid((int64_t)t) || !of_dtype_packed(t)) unpacked = false;
    OF_TRY(new_header(a, t, dims, rank, unpacked, &x, e));
    st = of_budget_bytes(b, x->bytes, e);
    if (st == OF_OK && x->bytes != 0) {
        /* Texts are pointers: never without a value. */
        x->data = zeroed || t == OF_STRING ? of_mem_zalloc(a, x->bytes) : of_mem_alloc(a, x->bytes);
        if (x->data) {
            x->owned = true;
            x->data_cap = x->bytes;
        } else {
            st = no_memory(e);
        }
    }
    if (st != OF_OK) {
        of_tensor_unref(x);
        return st;
    }
    *out = x;
    return OF_OK;
}

of_status of_tensor_new_data(of_alloc *a, of_budget *b, of_dtype t, const int64_t *dims, size_t rank,
                             bool unpacked, of_tensor **out, of_err *e)
{
    return new_data(a, b, t, dims, rank, unpacked, true, out, e);
}

of_status of_tensor_new_raw(of_alloc *a, of_budget *b, of_dtype t, const int64_t *dims, size_t rank, bool unpacked,
                            of_tensor **out, of_err *e)
{
    return new_data(a, b, t, dims, rank, unpacked, false, out, e);
}

/* Lets go of data and pool, whosever they are. */
static void drop_data(of_tensor *t)
{
    if (t->parent && t->data) t->parent->pins--;
    if (t->owned) of_mem_free(t->alloc, t->data, t->data_cap);
    of_mem_free(t->alloc, t->pool, t->pool_cap);
    t->data = NULL;
    t->data_cap = 0;
    t->owned = false;
    t->pool = NULL;
    t->pool_cap = 0;
    t->auto_loaded = false;
}

/* t's data is no longer what its source or parent holds. */
static void detach(of_tensor *t)
{
    of_tensor *p = t->parent;
    of_source_unref(t->src);
    t->src = NULL;
    t->loader = NULL;
    t->ext = NULL;
    t->parent = NULL;
    of_tensor_unref(p);
}

void of_tensor_unref(of_tensor *t)
{
    /* A parent has no parent: at most two rounds. */
    while (t && --t->base.refs == 0) {
        of_tensor *parent = t->parent;
        drop_data(t);
        of_source_unref(t->src);
        of_mem_free(t->alloc, t, header_size(t->rank));
        t = parent;
    }
}

static of_status load_own(of_tensor *t, of_err *e)
{
    if (!t->loader) return of_fail(e, OF_E_STATE, "the tensor has no data");
    OF_TRY(t->loader->load(t, e));
    if (!t->data) return of_fail(e, OF_E_INTERNAL, "the tensor's loader left no data");
    return OF_OK;
}

of_status of_tensor_load(of_tensor *t, of_err *e)
{
    of_tensor *p = t->parent;
    if (t->data || t->bytes == 0) {
        t->auto_loaded = false; /* now wanted for itself */
        return OF_OK;
    }
    if (!p) return load_own(t, e);
    if (!p->data) {
        OF_TRY(load_own(p, e));
        p->auto_loaded = true;
    }
    t->data = p->data;
    p->pins++;
    return OF_OK;
}

void of_tensor_unload(of_tensor *t)
{
    of_tensor *p = t->parent;
    if (!t->data) return;
    if (p) {
        drop_data(t);
        if (p->pins != 0 || !p->auto_loaded) return;
        t = p;
    }
    if (t->loader && t->pins == 0) drop_data(t);
}

of_status of_tensor_reshaped(of_tensor *t, const int64_t *dims, size_t rank, of_tensor **out, of_err *e)
{
    of_tensor *root = t->parent ? t->parent : t;
    of_tensor *v = NULL;
    *out = NULL;
    OF_TRY(new_header(t->alloc, (of_dtype)t->dtype, dims, rank, t->unpacked, &v, e));
    if (v->count != t->count) {
        of_tensor_unref(v);
        return of_fail(e, OF_E_ARGUMENT, "reshape changes the number of elements");
    }
    v->parent = of_tensor_ref(root);
    if (root->data) {
        v->data = root->data;
        root->pins++;
    }
    v->loader = root->loader;
    v->src = root->src ? of_source_ref(root->src) : NULL;
    v->src_off = root->src_off;
    v->src_len = root->src_len;
    v->ext = root->ext;
    *out = v;
    return OF_OK;
}

of_status of_tensor_own_strings(of_tensor *t, of_err *e)
{
    of_str *s = t->data, *to = s;
    size_t sum = 0, n = (size_t)t->count, i;
    char *pool = NULL, *at;
    if (t->dtype != OF_STRING || t->bytes == 0) return OF_OK;
    if (!s) return of_fail(e, OF_E_STATE, "the tensor has no data");
    for (i = 0; i < n; i++) {
        if (!of_add_size(sum, s[i].n, &sum)) return no_memory(e);
    }
    if (sum) {
        pool = of_mem_alloc(t->alloc, sum);
        if (!pool) return no_memory(e);
    }
    if (!t->owned) {
        to = of_mem_alloc(t->alloc, t->bytes);
        if (!to) {
            of_mem_free(t->alloc, pool, sum);
            return no_memory(e);
        }
    }
    at = pool;
    for (i = 0; i < n; i++) {
        of_str from = s[i];
        if (from.n) memcpy(at, from.p, from.n);
        to[i].p = from.n ? at : "";
        to[i].n = from.n;
        if (from.n) at += from.n;
    }
    if (t->owned) {
        of_mem_free(t->alloc, t->pool, t->pool_cap);
    } else {
        drop_data(t);
        detach(t);
        t->data = to;
        t->data_cap = t->bytes;
        t->owned = true;
    }
    t->pool = pool;
    t->pool_cap = sum;
    return OF_OK;
}

of_status of_tensor_pack(of_tensor *t, of_err *e)
{
    int64_t count;
    size_t bytes;
    void *p;
    if (!t->unpacked) return OF_OK;
    if (!of_tensor_size((of_dtype)t->dtype, t->dims, t->rank, &count, &bytes)) {
        return of_fail(e, OF_E_TENSOR, "tensor type or dims not possible");
    }
    if (t->bytes != 0 && !t->data) return of_fail(e, OF_E_STATE, "the tensor has no data");
    if (t->pins != 0) return of_fail(e, OF_E_STATE, "packing a tensor that has views");
    if (t->owned) {
        of_pack((of_dtype)t->dtype, t->data, t->data, (size_t)count);
        p = of_mem_grow(t->alloc, t->data, t->data_cap, bytes);
        if (p) {
            t->data = p;
            t->data_cap = bytes;
        } /* else it stays larger than it needs to be */
    } else if (bytes != 0) {
        p = of_mem_alloc(t->alloc, bytes);
        if (!p) return of_nomem(e);
        of_pack((of_dtype)t->dtype, t->data, p, (size_t)count);
        drop_data(t);
        detach(t);
        t->data = p;
        t->data_cap = bytes;
        t->owned = true;
    }
    t->unpacked = false;
    t->bytes = bytes;
    return OF_OK;
}

bool of_tensor_equal(const of_tensor *a, const of_tensor *b)
{
    if (a == b) return true;
    if (a->dtype != b->dtype || a->rank != b->rank || a->bytes != b->bytes || a->unpacked != b->unpacked) {
        return false;
    }
    if (a->rank && memcmp(a->dims, b->dims, a->rank * sizeof *a->dims) != 0) return false;
    if (a->bytes == 0 || a->data == b->data) return true;
    if (!a->data || !b->data) return false;
    if (a->dtype == OF_STRING) {
        const of_str *x = a->data, *y = b->data;
        int64_t i;
        for (i = 0; i < a->count; i++) {
            if (x[i].n != y[i].n) return false;
            if (x[i].n && memcmp(x[i].p, y[i].p, x[i].n) != 0) return false;
        }
        return true;
    }
    return memcmp(a->data, b->data, a->bytes) == 0;
}
