/* What lib/wire keeps behind of_model.wire and of_tensor.ext, shared by decode,
 * encode and external data. */
#ifndef OF_WIRE_DATA_H
#define OF_WIRE_DATA_H

#include "wire/wire.h"

#define OF_HOST_BE (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

/* One external file of a model. What it was when first opened must hold when it is
 * opened again: open files are bounded in number. */
typedef struct of_wire_file {
    struct of_wire_file *next_open, *next_all;
    of_sym location;
    of_source *src; /* counted; NULL: not open now */
    bool pinned;    /* referred to from where nothing is interpreted */
    bool seen;
    bool unusable;  /* could not be opened at load: not tried again for every tensor of it */
    bool wanted;                                /* scratch of of_ext_copy_along */
    uint64_t dev, ino, size, mtime_s, mtime_ns; /* valid when seen */
    uint64_t tick;                              /* last use */
} of_wire_file;

typedef struct of_wire {
    int base_fd; /* folder of external data; -1: none or not opened */
    bool allow_links;
    of_htab files;      /* of_wire_file by location */
    of_wire_file *all;  /* newest first */
    of_wire_file *open; /* those with src */
    uint32_t n_open;
    uint64_t tick;
    bool carried_external; /* a tensor with external data is of an unknown element type or in
                              training_info */
} of_wire;
#define OF_WIRE_OPEN_MAX 32

of_wire *of_wire_state(of_model *m); /* made at first use; NULL: no memory */
of_status of_wire_file_get(of_model *m, of_sym location, of_wire_file **out, of_err *e);
of_status of_wire_base(of_model *m, int *fd, of_err *e); /* the model's folder, opened once */
/* Its source, opened when it is not; the reference stays the cache's: valid until the next call. */
of_status of_wire_file_open(of_model *m, of_wire_file *f, of_source **out, of_err *e);
/* Opens location under a folder: string checks, then contained resolution. */
of_status of_wire_open_at(int dir_fd, of_str location /* of a name: NUL behind */, bool allow_links,
                          int *fd, of_err *e);

/* of_tensor.ext: only for tensors that need it. In the model's arena. */
typedef struct of_wdata {
    of_model *m;
    const of_tensor *owner; /* body is valid for this tensor only: others may have taken over ext */
    of_range body;          /* content of the TensorProto when it stands in one piece; len 0: no */
    const of_range *bodies; /* typed fields: where to walk */
    size_t n_bodies;
    uint64_t text;      /* bytes of all strings */
    of_wire_file *file; /* external data; NULL: inside of the model */
    uint64_t off;
    of_sym checksum; /* NULL: none */
    bool has_off, has_len;
} of_wdata;

extern const of_tensor_loader of_wire_load_raw;   /* src, src_off, src_len: little-endian bytes */
extern const of_tensor_loader of_wire_load_typed; /* src and of_wdata.bodies */
extern const of_tensor_loader of_wire_load_ext;   /* of_wdata.file */

/* Data of a TensorProto's typed field into t->data (allocated here). */
of_status of_wire_read_typed(of_tensor *t, of_source *src, const of_wdata *w, of_err *e);
/* Little-endian bytes to host order, in place (and back). */
void of_wire_swap(of_dtype t, void *p, size_t bytes);
/* Bytes of one word that order matters for: 1, 2, 4 or 8. */
size_t of_wire_word(of_dtype t);
/* Where the bytes of an external tensor are, checked against the file's size. The
 * source is the cache's. */
of_status of_wire_ext_range(const of_tensor *t, of_source **src, uint64_t *off, of_err *e);
static inline of_wdata *of_wire_data(const of_tensor *t) /* NULL: none */
{
    return t->loader == &of_wire_load_ext || t->loader == &of_wire_load_typed ||
                   t->loader == &of_wire_load_raw
               ? (of_wdata *)t->ext
               : NULL;
}

/* ValueInfoProto.type in the source: kept among of_vinfo.raw under this number, with the
 * type it was read as, so that a renamed value keeps its type's bytes (denotations). */
#define OF_RAW_TYPE 0x80000002u
/* Among of_init.raw, empty: a SparseTensorProto whose element type is not known. */
#define OF_RAW_SPARSE 0x80000003u
static inline bool of_init_opaque_sparse(const of_init *it)
{
    const of_raw *r = it->raw;
    while (r && r->field != OF_RAW_SPARSE) r = r->next;
    return r != NULL;
}
typedef struct of_raw_type {
    of_raw r;
    const of_type *type;
} of_raw_type;

#endif
