/* Inside of the decoder: a window over the source, frames of open messages, and the
 * state each message has while it is open.
 *
 * Decoding never recurses. Every message that may hold others is a frame on a heap
 * stack; its table maps a field number to a handler. A handler that meets a message
 * pushes a frame as its last act (the stack may move). Repeated messages are finished
 * when their frame ends; singular ones when their parent ends, since protobuf merges a
 * second occurrence into the first.
 *
 * A field with another wire type than the schema's is an unknown field, as in
 * protobuf. Groups (wire types 3 and 4) are refused. */
#ifndef OF_WIRE_DEC_H
#define OF_WIRE_DEC_H

#include <pb_decode.h>

#include "wire/data.h"

#if defined(PB_BUFFER_ONLY) || defined(PB_WITHOUT_64BIT)
#error "nanopb must be built with stream callbacks and 64-bit integers"
#endif

/* ---- window ---- */
#define OF_IN_WINDOW (120u * 1024u) /* below what malloc maps anew each time */

typedef struct of_in {
    const uint8_t *cur, *end, *start; /* bytes at hand */
    uint64_t base;                    /* source offset of start */
    uint64_t limit;                   /* source offset behind the last byte */
    of_source *src;
    of_alloc *alloc;
    uint8_t *buf; /* NULL: the source is memory, the window is all of it */
    size_t cap;
    size_t ahead; /* bytes to read next: small after a seek, doubling while reading on */
    uint8_t *big; /* text longer than the window */
    size_t big_cap;
    bool lent; /* buf is the source's */
    of_err *e;
    of_status st; /* of a failed read, since nanopb only knows false */
} of_in;

/* Over bytes that the source has at hand no window is filled: nothing else may read from the
 * source until of_in_close. */
of_status of_in_open(of_in *in, of_alloc *a, of_source *src, of_range r, of_err *e);
void of_in_close(of_in *in);
/* Shares the window with the source, which keeps it: before the first read. */
void of_in_lend(of_in *in);
pb_istream_t of_in_stream(of_in *in); /* everything from the position to the limit */
static inline uint64_t of_in_pos(const of_in *in)
{
    return in->base + (uint64_t)(in->cur - in->start);
}
void of_in_skip(of_in *in, size_t n);
/* The next n bytes in one piece, valid until the next read. */
of_status of_in_view(of_in *in, size_t n, const uint8_t **p);
/* The bytes of a range when the window holds them, else NULL. */
const uint8_t *of_in_peek(const of_in *in, of_range r);

/* nanopb's failure as a status, with the offset. */
of_status of_in_bad(of_in *in, const pb_istream_t *s, uint64_t off);
of_status of_in_varint_slow(of_in *in, pb_istream_t *s, uint64_t *v);
of_status of_in_sub_slow(of_in *in, pb_istream_t *s, pb_istream_t *sub);
of_status of_in_tag_slow(of_in *in, pb_istream_t *s, uint32_t *field, pb_wire_type_t *wt);
of_status of_in_skip_field(of_in *in, pb_istream_t *s, pb_wire_type_t wt);

static inline of_status of_in_varint(of_in *in, pb_istream_t *s, uint64_t *v)
{
    if (OF_LIKELY(in->cur < in->end && s->bytes_left > 0 && *in->cur < 0x80)) {
        *v = *in->cur++;
        s->bytes_left--;
        return OF_OK;
    }
    if (OF_LIKELY(in->end - in->cur >= 2 && s->bytes_left >= 2 && in->cur[1] < 0x80)) {
        *v = (uint64_t)(in->cur[0] & 0x7f) | (uint64_t)in->cur[1] << 7;
        in->cur += 2;
        s->bytes_left -= 2;
        return OF_OK;
    }
    return of_in_varint_slow(in, s, v);
}
/* Field number and wire type, both checked. */
static inline of_status of_in_tag(of_in *in, pb_istream_t *s, uint32_t *field, pb_wire_type_t *wt)
{
    if (OF_LIKELY(in->cur < in->end && s->bytes_left > 0 && *in->cur >= 8 && *in->cur < 0x80)) {
        *field = *in->cur >> 3;
        *wt = (pb_wire_type_t)(*in->cur++ & 7);
        s->bytes_left--;
        return OF_OK;
    }
    return of_in_tag_slow(in, s, field, wt);
}
/* The stream of a length-delimited field; s stands behind it afterwards, so the bytes
 * of sub must be read or skipped. */
static inline of_status of_in_sub(of_in *in, pb_istream_t *s, pb_istream_t *sub)
{
    if (OF_LIKELY(in->cur < in->end && s->bytes_left > *in->cur && *in->cur < 0x80)) {
        size_t n = *in->cur++;
        *sub = *s;
        sub->bytes_left = n;
        s->bytes_left -= n + 1;
        return OF_OK;
    }
    if (OF_LIKELY(in->end - in->cur >= 2 && in->cur[0] >= 0x80 && in->cur[1] < 0x80)) {
        size_t n = (size_t)(in->cur[0] & 0x7f) | (size_t)in->cur[1] << 7;
        if (OF_LIKELY(s->bytes_left >= n + 2)) {
            in->cur += 2;
            *sub = *s;
            sub->bytes_left = n;
            s->bytes_left -= n + 2;
            return OF_OK;
        }
    }
    return of_in_sub_slow(in, s, sub);
}

/* ---- frames ---- */
typedef struct of_dec of_dec;
typedef struct of_dec_frame of_dec_frame;

typedef struct of_dec_field {
    of_status (*fn)(of_dec *d, of_dec_frame *f); /* NULL: not interpreted */
    uint8_t wt;                                  /* pb_wire_type_t of one value */
    bool packable;                               /* repeated scalar: also as PB_WT_STRING */
} of_dec_field;

typedef struct of_dec_msg {
    const char *name;
    const of_dec_field *fields;
    uint32_t n_fields;
    of_status (*leave)(of_dec *d, void *obj); /* NULL: nothing to finish here */
} of_dec_msg;

typedef struct of_dec_raws {
    of_raw *first, *last;
} of_dec_raws;

struct of_dec_frame {
    const of_dec_msg *msg;
    pb_istream_t s;
    void *obj;
    of_dec_raws
        *raws; /* where uninterpreted fields go; NULL: only their message's range keeps them */
};

typedef struct of_dec_vec {
    void *p;
    size_t n, cap;
} of_dec_vec;

enum { /* states that are reused through free lists */
       OF_DEC_GRAPH,
       OF_DEC_NODE,
       OF_DEC_ATTR,
       OF_DEC_TENSOR,
       OF_DEC_SPARSE,
       OF_DEC_VINFO,
       OF_DEC_STATES
};

struct of_dec {
    of_model *m;
    of_err *e;
    const of_wire_limits *lim;
    of_in in;
    of_dec_frame *stack;
    size_t depth, cap;
    uint64_t tag_off; /* the field at hand */
    uint32_t field;
    pb_wire_type_t wt;
    uint64_t elements;
    of_arena scratch;
    of_arena *until_link; /* what link reads and nobody after it */
    void *pool[OF_DEC_STATES];
    /* lists of messages that are open, used as stacks */
    of_dec_vec ins, outs, pins;    /* of_sym */
    of_dec_vec ints, floats, strs; /* of an attribute */
    of_dec_vec tensors, sparses, ptrs;
    of_dec_vec opsets, func_opsets;             /* of_opset */
    of_dec_vec func_ins, func_outs, func_attrs; /* of_sym */
    of_dec_vec funcs;                           /* of_func * */
    of_dim dims[OF_MAX_RANK];                   /* of the shape at hand */
    struct of_dec_graph *main;
};

of_status of_dec_nomem(of_dec *d);
void *of_dec_state(of_dec *d, unsigned kind); /* zeroed; NULL: no memory */
void of_dec_state_free(of_dec *d, unsigned kind, void *p);
of_status of_dec_push_vec(of_dec *d, of_dec_vec *v, const void *item, size_t size);
of_status of_dec_count(of_dec *d, uint64_t n); /* against the element limit */

/* Opens the length-delimited field at hand as a frame. src (may be NULL) gets its
 * range, tag included; body (may be NULL) the range of its content. */
of_status of_dec_push(of_dec *d, of_dec_frame *f, const of_dec_msg *msg, void *obj,
                      of_dec_raws *raws, of_range *src, of_range *body);
/* A message with nothing nested in it that is read on the spot; levels: how deep it nests. */
of_status of_dec_inline(of_dec *d, of_dec_frame *f, uint32_t levels, pb_istream_t *sub);
of_status of_dec_raw(of_dec *d, of_dec_frame *f); /* keeps (or skips) the field at hand */
of_status of_dec_raw_add(of_dec *d, of_dec_raws *raws, uint32_t field, of_range src);
of_status of_dec_sym(of_dec *d, pb_istream_t *s, of_sym *out);
of_status of_dec_str(of_dec *d, pb_istream_t *s, of_str *out);
of_status of_dec_int(of_dec *d, of_dec_frame *f, int64_t *out);
of_status of_dec_prop(of_dec *d, of_dec_frame *f, of_prop **first, of_prop **last);
/* The same, checked and left where it is. */
of_status of_dec_prop_range(of_dec *d, of_dec_frame *f, of_dec_raws *raws);
of_status of_dec_opset(of_dec *d, of_dec_frame *f, of_dec_vec *list);
of_status of_dec_opsets_done(of_dec *d, of_dec_vec *list, of_opset **out, size_t *n);
of_status of_dec_run(of_dec *d); /* until the frame stack is empty */

/* ---- states ---- */
typedef struct of_dec_graph {
    of_graph *g;
    of_vinfo *in_last, *out_last, *val_last;
    of_prop *props_last;
    of_dec_raws raws;
    size_t pins0;
    bool listed; /* one of a list: finished with its frame */
    bool again;  /* occurred more than once */
} of_dec_graph;

typedef struct of_dec_node {
    of_node *n;
    of_attr *attr_last;
    of_dec_raws raws, props;
    size_t in0, out0;
} of_dec_node;

typedef struct of_dec_ext {
    of_sym location, checksum;
    uint64_t offset, length;
    bool has_location, has_offset, has_length, has_checksum;
} of_dec_ext;

/* How a finished tensor is handed over. */
enum { OF_DEC_TO_PARENT, OF_DEC_TO_INIT, OF_DEC_TO_ATTR_LIST, OF_DEC_TO_NOWHERE };

typedef struct of_dec_tensor {
    int64_t dims[OF_MAX_RANK];
    uint32_t rank;
    uint8_t to;
    bool has_raw, segment, opaque;
    int64_t dtype, location;
    of_sym name;
    uint64_t n[12]; /* entries of each typed field, by field number */
    uint64_t text;  /* bytes in string_data */
    of_range raw, packed; /* packed: the first run of float_data or double_data */
    of_dec_ext ext;
    of_prop *props, *props_last;
    of_dec_raws raws;
    of_range body; /* the first occurrence */
    of_raw *more;  /* the others, newest first */
    size_t n_more;
    uint64_t at;
    of_init *init;
} of_dec_tensor;

typedef struct of_dec_sparse {
    of_sparse *sp;
    of_dec_tensor *values, *indices;
    int64_t dims[OF_MAX_RANK];
    uint32_t rank;
    of_dec_raws raws;
    of_init *init; /* NULL: an attribute's */
    bool listed;
    uint64_t at;
} of_dec_sparse;

typedef struct of_dec_attr {
    of_attr *a;
    of_node *node;   /* NULL: a function's default */
    of_graph *graph; /* that the node is in */
    uint8_t used;    /* kind of the value field seen */
    int64_t type;
    float f;
    int64_t i;
    of_str s;
    of_dec_tensor *t;
    of_dec_graph *g;
    of_dec_sparse *sp;
    of_type *tp;
    of_dec_raws raws;
    size_t ints0, floats0, strs0, tensors0, sparses0, ptrs0;
    bool opaque; /* holds something this library does not know */
    uint64_t at;
} of_dec_attr;

typedef struct of_dec_vinfo {
    of_vinfo *v;
    of_type *type;
    of_range type_src;
    uint32_t n_type;
    of_prop *props_last;
    of_dec_raws raws;
} of_dec_vinfo;

typedef struct of_dec_func {
    of_func *f;
    of_dec_graph gs; /* nodes and value_info of the body */
    of_attr *defaults_last;
    of_prop *props_last;
    of_dec_raws raws;
} of_dec_func;

/* ---- one entry a message ---- */
of_status of_dec_graph_open(of_dec *d, of_dec_frame *f, of_dec_graph *gs, of_range *src);
of_dec_graph *of_dec_graph_new(of_dec *d, of_graph_kind kind);
of_status of_dec_graph_done(of_dec *d, of_dec_graph *gs);
of_status of_dec_node_open(of_dec *d, of_dec_frame *f, of_dec_graph *gs);
of_status of_dec_vinfo_open(of_dec *d, of_dec_frame *f, of_vinfo **first, of_vinfo **last);
of_status of_dec_attr_open(of_dec *d, of_dec_frame *f, of_attr **first, of_attr **last,
                           of_node *node, of_graph *g);
of_status of_dec_type_open(of_dec *d, of_dec_frame *f, of_type **slot, of_range *src);
/* ts NULL: a new one. Returns it through *slot when that is not NULL. */
of_status of_dec_tensor_open(of_dec *d, of_dec_frame *f, of_dec_tensor **slot, unsigned to,
                             of_init *init);
/* *out NULL: an element type this library does not know. Frees ts. */
of_status of_dec_tensor_done(of_dec *d, of_dec_tensor *ts, bool keep_body, of_tensor **out);
of_status of_dec_sparse_open(of_dec *d, of_dec_frame *f, of_dec_sparse **slot, of_init *init,
                             bool listed);
/* *out NULL as above. Frees ss. */
of_status of_dec_sparse_done(of_dec *d, of_dec_sparse *ss, of_sparse **out);
of_status of_dec_func_open(of_dec *d, of_dec_frame *f);
of_status of_dec_training_open(of_dec *d, of_dec_frame *f);

#endif
