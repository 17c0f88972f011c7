/* Bytes to IR and back: ONNX protobuf (onnx.proto, IR versions 3 to 14) on nanopb's
 * stream functions. Meaning is not looked at here. */
#ifndef OF_WIRE_WIRE_H
#define OF_WIRE_WIRE_H

#include "ir/ir.h"

typedef struct of_wire_limits {
    uint64_t file_bytes;   /* of the model file */
    uint32_t depth;        /* nested messages */
    uint32_t graph_depth;  /* nested subgraphs */
    uint64_t elements;     /* nodes + values + initializers */
    uint32_t functions;
} of_wire_limits;

/* Decodes src (which m takes a reference of) into an empty model and links it.
 * base_dir may be NULL: external data is then an error when read, not at load. */
of_status of_decode(of_model *m, of_source *src, const char *base_dir, const of_wire_limits *lim, of_err *e);

/* Turns a tensor's bytes as they stand in a TensorProto into memory: installed as
 * loader on every decoded tensor. raw_data up to OF_INLINE_RAW bytes is in memory at
 * once; larger is fetched from its range; typed fields are walked again; external
 * data goes through of_ext_open only. Size and field checks (exact size, one field,
 * right field for the type) are made at load of the model, not here. */
#define OF_INLINE_RAW 4096

/* The single place that opens external data, relative to m->base_dir: string checks,
 * then openat2(RESOLVE_BENEATH...) or a component-wise O_NOFOLLOW walk, then fstat of
 * the descriptor (regular, one link unless allowed). Files are opened once a model.
 * location is as in external_data. *out is a reference of the caller's. */
of_status of_ext_open(of_model *m, of_str location, of_source **out, of_err *e);
/* String part of the check, also used before anything is written. */
of_status of_ext_check_location(of_str location, of_err *e);

/* Lets external data be a symbolic link, or have several names: for folders that are
 * trusted (Hugging Face caches are links). Off by default. */
of_status of_wire_allow_links(of_model *m, bool allow);
bool of_wire_has_files(const of_model *m); /* some tensor's data is external */

typedef enum of_ext_mode { OF_EXT_KEEP, OF_EXT_EMBED, OF_EXT_FILE } of_ext_mode;
typedef struct of_encode_opts {
    of_ext_mode ext;
    const char *ext_file;     /* OF_EXT_FILE: file name (no folder) beside the destination, chosen by the caller */
    uint64_t ext_threshold;   /* bytes from which a tensor goes to ext_file */
    uint64_t ext_align;       /* 4096 */
    const char *dest_dir;     /* folder of the destination; NULL: not a file (KEEP then leaves references alone) */
    of_sink *ext_sink;        /* OF_EXT_FILE: opened by the caller (api) */
} of_encode_opts;

/* Writes the model. Nothing dirty and no change of external data: the source, byte for
 * byte. OF_E_LIMIT when the result is past 2 GiB - 1 (protobuf's limit): the message
 * says to use external data. */
of_status of_encode(of_model *m, of_sink *out, const of_encode_opts *o, of_err *e);
/* Encoded size in bytes of the current state (for the report), without writing. */
of_status of_encoded_size(of_model *m, const of_encode_opts *o, uint64_t *n, of_err *e);
/* OF_EXT_KEEP into another folder: copies each referenced file along, never over a
 * different file (OF_E_EXISTS), after containment checks on both sides. */
of_status of_ext_copy_along(of_model *m, const char *dest_dir, of_err *e);

#endif
