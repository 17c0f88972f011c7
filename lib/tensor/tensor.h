/* Constant values: tensors, sequences, optionals and maps of them. Counted, immutable
 * once published, shared between initializers, attributes and folded values.
 *
 * In memory elements are little- or big-endian as the host is. Strings are of_str
 * whose bytes belong to the tensor. 2-, 4- and 6-bit types are stored packed (low bits
 * first, the bit stream of onnx.numpy_helper) and unpacked to one byte an element
 * (sign-extended for INT4/INT2, bit pattern for the float kinds) only inside of an
 * evaluation. */
#ifndef OF_TENSOR_TENSOR_H
#define OF_TENSOR_TENSOR_H

#include "base/budget.h"
#include "base/io.h"
#include "base/name.h"
#include "tensor/dtype.h"

#define OF_MAX_RANK 64

typedef enum of_val_kind { OF_VAL_TENSOR = 1, OF_VAL_SEQUENCE, OF_VAL_OPTIONAL, OF_VAL_MAP } of_val_kind;

/* Common head. One handle is used by one thread at a time, so counts are plain. */
typedef struct of_val {
    uint32_t refs;
    uint8_t kind; /* of_val_kind */
} of_val;

typedef struct of_tensor of_tensor;

/* How bytes that stay outside of memory are fetched; set by lib/wire. */
typedef struct of_tensor_loader {
    /* Fills t->data (owned) from where t->src says. */
    of_status (*load)(of_tensor *t, of_err *e);
} of_tensor_loader;

struct of_tensor {
    of_val base;
    uint8_t dtype; /* of_dtype */
    uint8_t rank;
    bool unpacked;   /* a 2-, 4- or 6-bit type held one element a byte (inside an evaluation) */
    bool owned;      /* data was allocated with alloc, data_cap bytes */
    of_alloc *alloc; /* of this header and of owned data */
    int64_t *dims;   /* rank of them, behind this header; all >= 0 */
    int64_t count;   /* product of dims */
    size_t bytes;    /* size of data: packed size, or count * mem when unpacked or strings */
    void *data;      /* NULL until loaded (or when bytes is 0); 16-byte aligned */
    size_t data_cap;
    /* where the bytes are when they are not only in memory */
    const of_tensor_loader *loader; /* NULL: memory only */
    of_source *src;                 /* counted; NULL when not in a source or not yet opened */
    uint64_t src_off;               /* of the raw little-endian bytes (or of the TensorProto for typed fields) */
    uint64_t src_len;
    void *ext;                      /* lib/wire's: external data, typed fields */
    /* strings: text pool that the of_str point into, allocated with alloc */
    char *pool;
    size_t pool_cap;
    /* A view (of_tensor_reshaped): the tensor that data, pool and source belong to; counted,
     * itself never a view. While data is set here it is pinned there. */
    of_tensor *parent;
    uint32_t pins;    /* views whose data points into this tensor's */
    bool auto_loaded; /* loaded only because a view was; goes when the last one is unloaded */
};

typedef struct of_seq { /* sequence (any length), optional (0 or 1 item), map (2: its keys, its values, lists of one length) */
    of_val base;        /* OF_VAL_SEQUENCE, OF_VAL_OPTIONAL or OF_VAL_MAP */
    of_alloc *alloc;
    size_t n, cap;
    of_val **item;      /* counted */
    uint8_t elem_dtype; /* of a sequence of tensors; OF_UNDEFINED when not known */
    struct of_seq *next; /* of_val_unref's stack */
} of_seq;

of_val *of_val_ref(of_val *v);
void of_val_unref(of_val *v); /* NULL allowed; iterative over nested sequences */

static inline of_tensor *of_val_tensor(of_val *v) /* NULL when v is not a tensor */
{
    return v && v->kind == OF_VAL_TENSOR ? (of_tensor *)(void *)v : NULL;
}

/* The one place that turns type and dims into element count and bytes. Negative
 * dims, overflow (of bytes with padding, and of the product even beside a zero
 * dim), rank > OF_MAX_RANK: false. */
bool of_tensor_size(of_dtype t, const int64_t *dims, size_t rank, int64_t *count, size_t *bytes);
/* The same for the unpacked form, of_dtypes[t].mem bytes an element. */
bool of_tensor_size_unpacked(of_dtype t, const int64_t *dims, size_t rank, int64_t *count, size_t *bytes);

/* A header without data; one reference. */
of_status of_tensor_new(of_alloc *a, of_dtype t, const int64_t *dims, size_t rank, of_tensor **out, of_err *e);
/* With zeroed owned data. unpacked: 2-, 4- and 6-bit types one element a byte. The
 * budget (may be NULL) is asked first. */
of_status of_tensor_new_data(of_alloc *a, of_budget *b, of_dtype t, const int64_t *dims, size_t rank,
                             bool unpacked, of_tensor **out, of_err *e);
/* The same for data that is all written next: what it holds is not defined until then (of
 * strings it is zeroed). */
of_status of_tensor_new_raw(of_alloc *a, of_budget *b, of_dtype t, const int64_t *dims, size_t rank,
                            bool unpacked, of_tensor **out, of_err *e);
static inline of_tensor *of_tensor_ref(of_tensor *t)
{
    t->base.refs++;
    return t;
}
void of_tensor_unref(of_tensor *t); /* NULL allowed */

/* Makes t->data valid. */
of_status of_tensor_load(of_tensor *t, of_err *e);
/* Drops data that can be loaded again, unless a view points into it. */
void of_tensor_unload(of_tensor *t);
/* The same bytes with another shape of equal count (else OF_E_ARGUMENT): a view that holds
 * a reference to t, or to what t is a view of. Nothing is copied; a tensor that is not loaded
 * stays so, and loading the view loads its parent. The view carries t's source fields. */
of_status of_tensor_reshaped(of_tensor *t, const int64_t *dims, size_t rank, of_tensor **out, of_err *e);
/* Copies the text of every element into a pool of t's own. Data movement copies
 * of_str only; this makes the result stand alone. */
of_status of_tensor_own_strings(of_tensor *t, of_err *e);
of_status of_tensor_pack(of_tensor *t, of_err *e);                    /* in place, after evaluation */
of_status of_tensor_unpack(of_tensor *t, of_tensor **out, of_err *e); /* t itself (counted) when nothing to do */
bool of_tensor_equal(const of_tensor *a, const of_tensor *b); /* type, shape and bytes; both loaded */

/* n elements of a 2-, 4- or 6-bit type between one a byte and the packed bit stream
 * (sizes as of_tensor_size says; unused bits are 0). of_pack may work in place. */
void of_pack(of_dtype t, const void *src, void *dst, size_t n);
void of_unpack(of_dtype t, const void *src, void *dst, size_t n);

/* Element as int64 of a loaded tensor of an integer or bool type. false: another type. */
bool of_tensor_get_i64(const of_tensor *t, int64_t index, int64_t *v);

of_status of_seq_new(of_alloc *a, of_val_kind kind, of_seq **out, of_err *e);
of_status of_seq_push(of_seq *s, of_val *item, of_err *e); /* takes a reference of its own */

#endif
