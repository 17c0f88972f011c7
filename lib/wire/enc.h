/* Inside of the encoder. The model is walked once into a plan: a list of literal bytes,
 * ranges of the source, tensor data and message lengths. A length is filled in when its
 * message ends, so sizes need no second walk, the total is known before the first byte
 * is written, and neighbouring ranges of the source have become one copy. */
#ifndef OF_WIRE_ENC_H
#define OF_WIRE_ENC_H

#include <pb.h>

#include "wire/data.h"

enum { OF_ENC_LIT, OF_ENC_COPY, OF_ENC_LEN, OF_ENC_TENSOR };

typedef struct of_enc_op {
    uint32_t kind;
    uint64_t off, len; /* LIT: in lit; COPY: in the source; LEN: len is the content's size */
    of_tensor *t;
} of_enc_op;

typedef struct of_enc_ext { /* one tensor in the new external file */
    of_tensor *t;
    uint64_t off;
} of_enc_ext;

/* A message begins with one byte for its length among the literal bytes, which is all that
 * most take. Once something else than literal bytes is to stand in it, it gets a LEN. */
typedef struct of_enc_open {
    size_t op;     /* its LEN, from n_fixed on the place of its byte in lit */
    uint64_t size; /* content so far */
} of_enc_open;

typedef struct of_enc_frame {
    uint8_t kind, stage;
    void *obj, *cur;
    size_t i;
} of_enc_frame;

typedef struct of_enc {
    of_model *m;
    const of_encode_opts *o;
    of_err *e;
    of_alloc *a;
    of_enc_op *ops;
    size_t n_ops, cap_ops;
    char *lit;
    size_t n_lit, cap_lit;
    of_enc_open *open; /* open[0] is the file */
    size_t n_open, cap_open;
    size_t n_fixed; /* open ones that have their LEN */
    of_enc_frame *stack;
    size_t depth, cap;
    of_enc_ext *ext;
    size_t n_ext, cap_ext;
    uint64_t ext_end;   /* bytes of the external file so far */
    uint8_t *node_mark; /* by id: holds a tensor that moves, though not dirty */
    uint8_t *graph_mark;
    size_t n_node_mark, n_graph_mark;
    bool moves; /* some tensor changes place */
} of_enc;

/* ---- plan ---- */
of_status of_enc_start(of_enc *c, of_model *m, const of_encode_opts *o, of_err *e);
void of_enc_close(of_enc *c);
of_status of_enc_write(of_enc *c, of_sink *out);
size_t of_put_varint(uint8_t *b, uint64_t v); /* at most 10 bytes; how many */
of_status of_enc_lit(of_enc *c, const uint8_t *head, size_t n_head, const void *p, size_t n); /* in two parts */
of_status of_enc_int(of_enc *c, uint32_t field, int64_t v);
of_status of_enc_float(of_enc *c, uint32_t field, float v);
of_status of_enc_text(of_enc *c, uint32_t field, const char *p, size_t n);
of_status of_enc_sym(of_enc *c, uint32_t field, of_sym s);     /* also when empty */
of_status of_enc_sym_opt(of_enc *c, uint32_t field, of_sym s); /* left out when empty */
of_status of_enc_copy(of_enc *c, of_range r);
of_status of_enc_begin(of_enc *c, uint32_t field);
of_status of_enc_end(of_enc *c);
of_status of_enc_tensor_bytes(of_enc *c, uint32_t field, of_tensor *t);
/* Raw fields of one number; those of no number in mask. Bit n of mask: field n. */
of_status of_enc_raws(of_enc *c, const of_raw *r, uint32_t field);
of_status of_enc_raws_rest(of_enc *c, const of_raw *r, uint32_t mask);
of_status of_enc_props(of_enc *c, uint32_t field, const of_prop *p);

/* ---- messages ---- */
of_status of_enc_tensor(of_enc *c, uint32_t field, of_tensor *t, of_sym name, const of_init *init);
of_status of_enc_sparse(of_enc *c, uint32_t field, const of_sparse *sp, of_sym name,
                        const of_init *init);
of_status of_enc_opaque_init(of_enc *c, const of_init *init, of_sym name);
of_status of_enc_type(of_enc *c, uint32_t field, const of_type *t);
of_status of_enc_vinfo(of_enc *c, uint32_t field, const of_vinfo *v);
of_status of_enc_opsets(of_enc *c, uint32_t field, const of_opset *o, size_t n);
/* Whether the data of t changes place on this save. */
bool of_enc_moves(const of_enc *c, const of_tensor *t, bool init);
bool of_enc_sparse_moves(const of_enc *c, const of_sparse *sp);
bool of_enc_attr_moves(const of_enc *c, const of_attr *a);
of_status of_enc_mark(of_enc *c); /* fills the marks */
of_status of_enc_model(of_enc *c);

#endif
