/* libonnxfold: folds constants of ONNX models and simplifies what is left.
 *
 * Rules that hold for every function unless it says otherwise:
 *  - Results come back in an onnxfold_status; what went wrong in detail (message,
 *    node, byte offset) is on the model handle until its next call.
 *  - A failed call leaves every handle usable and out parameters untouched.
 *  - A NULL handle or a NULL pointer that is not documented as optional gives
 *    ONNXFOLD_E_ARGUMENT (or the neutral value of an accessor).
 *  - A T ** out parameter hands over an object: the caller frees it. A returned
 *    pointer is borrowed: it lives until its handle is changed or freed.
 *  - One handle is used by one thread at a time; two handles share nothing that
 *    changes, so threads with handles of their own need no lock. Options may be
 *    read by any number of threads while no one changes them.
 *  - Nothing is printed, no environment variable or locale is read, errno is kept,
 *    no signal and no floating-point state of the caller is changed.
 *  - Text is UTF-8 and ends in NUL. Where a length is offered it counts the bytes
 *    before that NUL: names in a model may hold any byte.
 *  - int32_t parameters that take an ONNXFOLD_ constant accept any number: one that
 *    is not known gives ONNXFOLD_E_ARGUMENT. */
#ifndef ONNXFOLD_H
#define ONNXFOLD_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#if defined(ONNXFOLD_BUILDING)
#define ONNXFOLD_API __declspec(dllexport)
#else
#define ONNXFOLD_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define ONNXFOLD_API __attribute__((visibility("default")))
#else
#define ONNXFOLD_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- version */

#define ONNXFOLD_VERSION_MAJOR 0
#define ONNXFOLD_VERSION_MINOR 1
#define ONNXFOLD_VERSION_PATCH 0
/* The binary interface: the soname's number, raised when a program built against an
 * older header would break. */
#define ONNXFOLD_ABI_MAJOR 0

/* Version of the library in use: major * 1000000 + minor * 1000 + patch. Any thread. */
ONNXFOLD_API uint32_t onnxfold_version(void);
/* The same as text, "0.1.0". Static. Any thread. */
ONNXFOLD_API const char *onnxfold_version_string(void);
/* ONNXFOLD_ABI_MAJOR of the library in use. Any thread. */
ONNXFOLD_API uint32_t onnxfold_abi_version(void);

/* ---------------------------------------------------------------- status */

/* Numbers never change and are never used again. */
typedef int32_t onnxfold_status;
enum {
    ONNXFOLD_OK = 0,
    ONNXFOLD_E_NOMEM = 1,        /* the allocator returned NULL */
    ONNXFOLD_E_ARGUMENT = 2,     /* an argument is out of its documented range */
    ONNXFOLD_E_STATE = 3,        /* not possible now: no model loaded, ... */
    ONNXFOLD_E_CANCELLED = 4,    /* the progress callback asked to stop */
    ONNXFOLD_E_IO = 10,          /* a read or write failed */
    ONNXFOLD_E_NOT_FOUND = 11,   /* file, input, symbol, pass or list item is not there */
    ONNXFOLD_E_CHANGED = 12,     /* the source file changed between load and use */
    ONNXFOLD_E_EXISTS = 13,      /* would overwrite a different file */
    ONNXFOLD_E_PATH = 14,        /* path of external data refused */
    ONNXFOLD_E_WIRE = 20,        /* malformed protobuf */
    ONNXFOLD_E_DEPTH = 21,       /* nested deeper than the limit */
    ONNXFOLD_E_LIMIT = 22,       /* a size or count limit is exceeded */
    ONNXFOLD_E_MODEL = 30,       /* not a valid ONNX graph */
    ONNXFOLD_E_TENSOR = 31,      /* tensor data does not fit its type and shape */
    ONNXFOLD_E_VERSION = 32,     /* IR or operator set version missing or not known */
    ONNXFOLD_E_UNSUPPORTED = 40, /* no evaluator for this operator, version or type */
    ONNXFOLD_E_EVAL = 41,        /* an operator's own preconditions do not hold */
    ONNXFOLD_E_BUDGET = 42,      /* the work, byte or node budget is used up */
    ONNXFOLD_E_DIFFERENT = 50,   /* verification found a difference */
    ONNXFOLD_E_INTERNAL = 90     /* the library refused its own result: a bug */
};
/* The constant's name without its prefix ("OK", "NOMEM", ...), or "UNKNOWN". Static. Any thread. */
ONNXFOLD_API const char *onnxfold_status_name(onnxfold_status status);

/* Element types: the numbers of TensorProto.DataType in onnx.proto. */
enum {
    ONNXFOLD_UNDEFINED = 0,
    ONNXFOLD_FLOAT = 1,
    ONNXFOLD_UINT8 = 2,
    ONNXFOLD_INT8 = 3,
    ONNXFOLD_UINT16 = 4,
    ONNXFOLD_INT16 = 5,
    ONNXFOLD_INT32 = 6,
    ONNXFOLD_INT64 = 7,
    ONNXFOLD_STRING = 8,
    ONNXFOLD_BOOL = 9,
    ONNXFOLD_FLOAT16 = 10,
    ONNXFOLD_DOUBLE = 11,
    ONNXFOLD_UINT32 = 12,
    ONNXFOLD_UINT64 = 13,
    ONNXFOLD_COMPLEX64 = 14,
    ONNXFOLD_COMPLEX128 = 15,
    ONNXFOLD_BFLOAT16 = 16,
    ONNXFOLD_FLOAT8E4M3FN = 17,
    ONNXFOLD_FLOAT8E4M3FNUZ = 18,
    ONNXFOLD_FLOAT8E5M2 = 19,
    ONNXFOLD_FLOAT8E5M2FNUZ = 20,
    ONNXFOLD_UINT4 = 21,
    ONNXFOLD_INT4 = 22,
    ONNXFOLD_FLOAT4E2M1 = 23,
    ONNXFOLD_FLOAT8E8M0 = 24,
    ONNXFOLD_UINT2 = 25,
    ONNXFOLD_INT2 = 26,
    ONNXFOLD_FLOAT6E2M3 = 27,
    ONNXFOLD_FLOAT6E3M2 = 28
};
/* Name of an element type as in onnx.proto ("FLOAT16"), "UNDEFINED" for 0, NULL for
 * numbers that are none. Static. Any thread. */
ONNXFOLD_API const char *onnxfold_dtype_name(int32_t dtype);

/* ---------------------------------------------------------------- handles */

typedef struct onnxfold_options onnxfold_options; /* what to do and within which limits */
typedef struct onnxfold_model onnxfold_model;     /* one model in memory */
typedef struct onnxfold_report onnxfold_report;   /* what happened to it; part of the model handle */
typedef struct onnxfold_buffer onnxfold_buffer;   /* bytes the library made */
/* One node as a callback sees it; valid until the callback returns. */
typedef struct onnxfold_node_context onnxfold_node_context;

/* ---------------------------------------------------------------- callback sets
 *
 * The first member is the size of the struct as the caller's header declares it.
 * Members behind it are taken as absent, and a longer struct's tail is ignored, so
 * programs and libraries of different ages work together. Structs are copied. */

typedef struct onnxfold_allocator {
    size_t size;
    /* bytes > 0; aligned for any standard type. NULL: no memory. */
    void *(*allocate)(void *user, size_t bytes);
    /* ptr is never NULL; bytes is what it was allocated with. */
    void (*release)(void *user, void *ptr, size_t bytes);
    void *user;
} onnxfold_allocator;

typedef struct onnxfold_reader {
    size_t size;
    /* Fills exactly n bytes from offset on (offset + n <= the length given at load) and
     * returns 0, or returns nonzero: ONNXFOLD_E_IO. Called until the model is freed or
     * loaded anew. The same bytes must come at every call. */
    int (*read_at)(void *user, uint64_t offset, void *buffer, size_t n);
    void *user;
} onnxfold_reader;

typedef struct onnxfold_writer {
    size_t size;
    /* Takes n bytes, in order, and returns 0, or returns nonzero: ONNXFOLD_E_IO. */
    int (*write)(void *user, const void *data, size_t n);
    void *user;
} onnxfold_writer;

enum { /* what onnxfold_should_fold answers */
    ONNXFOLD_CHOICE_DEFAULT = 0, /* as the options say */
    ONNXFOLD_CHOICE_FOLD = 1,    /* fold, whatever the excluded operators and the input size limit say */
    ONNXFOLD_CHOICE_KEEP = 2     /* leave the node */
};
typedef struct onnxfold_should_fold {
    size_t size;
    /* Asked for each node that could be folded. Random operators are never folded. */
    int32_t (*decide)(void *user, const onnxfold_node_context *node);
    void *user;
} onnxfold_should_fold;

typedef struct onnxfold_progress {
    size_t size;
    /* done: 0 to 1. Nonzero stops the call: ONNXFOLD_E_CANCELLED. */
    int (*update)(void *user, double done);
    void *user;
} onnxfold_progress;

enum { ONNXFOLD_LOG_WARNING = 1, ONNXFOLD_LOG_INFO = 2, ONNXFOLD_LOG_DEBUG = 3 };
typedef struct onnxfold_log {
    size_t size;
    /* One line without its end; control bytes from models are replaced. */
    void (*write)(void *user, int32_t level, const char *text);
    void *user;
} onnxfold_log;

typedef struct onnxfold_parallel {
    size_t size;
    /* Calls body(argument, i) once for each i in [0, n), on any threads and in any
     * order, and returns when all have returned. Results do not depend on it. */
    void (*run)(void *user, size_t n, void (*body)(void *argument, size_t i), void *argument);
    void *user;
} onnxfold_parallel;

/* A custom operator, or a replacement of a built-in one's evaluator. */
typedef struct onnxfold_custom_op {
    size_t size;
    const char *domain;  /* copied; "" or "ai.onnx": the default domain */
    const char *op_type; /* copied */
    /* Shape rule: looks at the inputs, calls onnxfold_node_set_output. May be NULL. */
    onnxfold_status (*infer)(void *user, onnxfold_node_context *node);
    /* Computes the outputs: onnxfold_node_output_data for each. May be NULL: the operator
     * is then never folded. ONNXFOLD_E_NOMEM and ONNXFOLD_E_CANCELLED end the whole
     * optimization, any other failure leaves the node as it is. */
    onnxfold_status (*evaluate)(void *user, onnxfold_node_context *node);
    void *user;
} onnxfold_custom_op;

/* ---------------------------------------------------------------- options */

/* Makes options with every default. alloc (NULL: malloc and free) is copied and used by
 * this handle, and by models made with it. Caller frees *out. ARGUMENT, NOMEM. */
ONNXFOLD_API onnxfold_status onnxfold_options_new(const onnxfold_allocator *alloc, onnxfold_options **out);
/* An independent copy. Caller frees *out. ARGUMENT, NOMEM. */
ONNXFOLD_API onnxfold_status onnxfold_options_copy(const onnxfold_options *o, onnxfold_options **out);
/* Frees and sets *o to NULL. o and *o may be NULL. */
ONNXFOLD_API void onnxfold_options_free(onnxfold_options **o);

#define ONNXFOLD_UNLIMITED INT64_MAX

/* Integer options. Numbers never change. Switches take 0 and 1. */
enum {
    /* folding */
    ONNXFOLD_OPT_INPUT_SIZE_LIMIT = 100,  /* elements of one input; 8192 */
    ONNXFOLD_OPT_OUTPUT_SIZE_LIMIT = 101, /* elements of one output, unless the model shrinks; 262144 */
    ONNXFOLD_OPT_GROWTH_BUDGET = 102,     /* bytes, net, over all folds; 64 MiB. INT64_MAX: also lifts what of
                                             OUTPUT_SIZE_LIMIT, ONE_FOLD_BYTES, FOLDED_BYTES has not been set */
    ONNXFOLD_OPT_QUANTIZATION = 103,      /* ONNXFOLD_QUANT_*; PRESERVE */
    ONNXFOLD_OPT_INITIALIZER_INPUTS = 104, /* 1: initializers that are graph inputs are constants; 0 */
    ONNXFOLD_OPT_EXACT = 105,             /* 1: only changes after which every output is bit-identical; 0 */
    ONNXFOLD_OPT_METADATA = 106,          /* folded values say what they come from in metadata_props; 1 */
    ONNXFOLD_OPT_VALUE_INFO = 107,        /* write newly known types to value_info; 1 */
    ONNXFOLD_OPT_INLINE = 108,            /* inline model-local functions; 1 */
    /* accepted as onnxscript.optimizer.optimize has them; the worklist runs to its end */
    ONNXFOLD_OPT_NUM_ITERATIONS = 120,       /* 2 */
    ONNXFOLD_OPT_STOP_IF_NO_CHANGE = 121,    /* 1 */
    ONNXFOLD_OPT_ONNX_SHAPE_INFERENCE = 122, /* 1 */
    /* limits: past them a load fails with LIMIT or DEPTH, and a node is left unfolded */
    ONNXFOLD_OPT_FILE_BYTES = 200,     /* of the model file, external data apart; 2 GiB - 1 */
    ONNXFOLD_OPT_MESSAGE_DEPTH = 201,  /* nested messages; 100 */
    ONNXFOLD_OPT_GRAPH_DEPTH = 202,    /* nested subgraphs; 32 */
    ONNXFOLD_OPT_ELEMENTS = 203,       /* nodes, values and initializers; 10^7 */
    ONNXFOLD_OPT_FUNCTIONS = 204,      /* model-local functions; 10^4 */
    ONNXFOLD_OPT_CALL_DEPTH = 205,     /* bodies and function calls while evaluating; 100 */
    ONNXFOLD_OPT_EXPANDED_NODES = 206, /* nodes made by inlining and unrolling; 10^6 */
    ONNXFOLD_OPT_ONE_FOLD_BYTES = 207, /* one folded output; 64 MiB */
    ONNXFOLD_OPT_FOLDED_BYTES = 208,   /* all results of evaluation; 0: 256 MiB or the model's size, the larger */
    ONNXFOLD_OPT_WORK_STEPS = 209,     /* scalar steps of all evaluation; 2^34 */
    ONNXFOLD_OPT_VERIFY_BYTES = 220,   /* results of one run in onnxfold_verify; 2^36 */
    ONNXFOLD_OPT_VERIFY_STEPS = 221,   /* scalar steps of one run in onnxfold_verify; 2^40 */
    /* saving */
    ONNXFOLD_OPT_EXTERNAL_DATA = 300,      /* ONNXFOLD_EXTERNAL_*; KEEP */
    ONNXFOLD_OPT_EXTERNAL_THRESHOLD = 301, /* bytes from which a tensor goes outside; 1024 */
    ONNXFOLD_OPT_EXTERNAL_ALIGNMENT = 302, /* a power of two; 4096 */
    ONNXFOLD_OPT_DURABLE = 303,            /* flush file and folder before returning; 0 */
    ONNXFOLD_OPT_ALLOW_LINKS = 304,        /* external data may be symbolic and hard links; 0 */
    /* machine: results do not depend on it */
    ONNXFOLD_OPT_CPU = 400                 /* ONNXFOLD_CPU_* together; all */
};
enum { /* ONNXFOLD_OPT_QUANTIZATION */
    ONNXFOLD_QUANT_PRESERVE = 0, /* quantization operators stay */
    ONNXFOLD_QUANT_ISLANDS = 1,  /* DequantizeLinear folds where all around it is constant */
    ONNXFOLD_QUANT_FOLD = 2      /* they fold like any other */
};
enum { /* ONNXFOLD_OPT_EXTERNAL_DATA */
    ONNXFOLD_EXTERNAL_KEEP = 0,  /* where it was; saving into another folder copies the files along */
    ONNXFOLD_EXTERNAL_EMBED = 1, /* everything into the model file */
    ONNXFOLD_EXTERNAL_FILE = 2   /* tensors from the threshold on into ONNXFOLD_STR_EXTERNAL_FILE */
};
enum { /* ONNXFOLD_OPT_CPU: instruction sets the kernels may use where the machine has them */
    ONNXFOLD_CPU_C = 0,
    ONNXFOLD_CPU_SSE41 = 1,
    ONNXFOLD_CPU_AVX2 = 2,
    ONNXFOLD_CPU_AVX512 = 4,
    ONNXFOLD_CPU_NEON = 8
};

/* Sets option id. Out of bounds: ARGUMENT, nothing changed. */
ONNXFOLD_API onnxfold_status onnxfold_options_set_int(onnxfold_options *o, int32_t id, int64_t value);
/* Reads option id. ARGUMENT. */
ONNXFOLD_API onnxfold_status onnxfold_options_get_int(const onnxfold_options *o, int32_t id, int64_t *value);
/* Bounds and default of option id; each pointer may be NULL. ARGUMENT: no such option. Any thread. */
ONNXFOLD_API onnxfold_status onnxfold_option_bounds(int32_t id, int64_t *min, int64_t *max, int64_t *def);
/* Option i of all, in rising order of id, for listing: its id and its name as text
 * ("input_size_limit", static). NULL and id untouched past the end. Any thread. */
ONNXFOLD_API const char *onnxfold_option_at(size_t i, int32_t *id);

enum { /* text options */
    ONNXFOLD_STR_EXTERNAL_FILE = 1 /* file name without folder, for ONNXFOLD_EXTERNAL_FILE; none */
};
/* Sets a text option; it is copied; NULL takes it away. ARGUMENT, NOMEM. */
ONNXFOLD_API onnxfold_status onnxfold_options_set_string(onnxfold_options *o, int32_t id, const char *text);
/* Borrowed; NULL when not set. */
ONNXFOLD_API const char *onnxfold_options_get_string(const onnxfold_options *o, int32_t id);

enum { /* lists of text; kept sorted bytewise, no item twice */
    ONNXFOLD_LIST_EXCLUDED_OPS = 1, /* "Op" or "domain::Op", never folded. Default: ConstantOfShape,
                                       DequantizeLinear, DynamicQuantizeLinear, QuantizeLinear */
    ONNXFOLD_LIST_KEEP_NODES = 2,   /* node names or globs (* and ?), never folded */
    ONNXFOLD_LIST_FORCE_NODES = 3,  /* folded in spite of exclusion by operator and of size limits */
    ONNXFOLD_LIST_ONLY = 4,         /* passes and rules that run, none else; see onnxfold_options_list_enable */
    ONNXFOLD_LIST_SKIP = 5,         /* passes and rules that do not run */
    ONNXFOLD_LIST_EXTRA = 6         /* passes and rules that run beside those on by default */
};
/* Adds a copy of text; one that is there already is OK. ONLY, SKIP and EXTRA take names
 * that onnxfold_pass_name knows: NOT_FOUND otherwise. ARGUMENT, NOMEM. */
ONNXFOLD_API onnxfold_status onnxfold_options_list_add(onnxfold_options *o, int32_t list, const char *text);
/* NOT_FOUND: was not in it. */
ONNXFOLD_API onnxfold_status onnxfold_options_list_remove(onnxfold_options *o, int32_t list, const char *text);
ONNXFOLD_API onnxfold_status onnxfold_options_list_clear(onnxfold_options *o, int32_t list);
ONNXFOLD_API size_t onnxfold_options_list_count(const onnxfold_options *o, int32_t list);
/* Borrowed; NULL past the end. */
ONNXFOLD_API const char *onnxfold_options_list_at(const onnxfold_options *o, int32_t list, size_t i);
/* on 1: ONNXFOLD_LIST_ONLY counts even while it is empty: nothing runs and a saved model
 * has the bytes it was loaded with. 0: it counts once it has an item. Other lists: ARGUMENT. */
ONNXFOLD_API onnxfold_status onnxfold_options_list_enable(onnxfold_options *o, int32_t list, int on);

/* Passes and rules in the order of the report; NULL past the end. Static. Any thread. */
ONNXFOLD_API const char *onnxfold_pass_name(size_t i);
/* 1: runs unless the options say otherwise. 0: does not, or past the end. Any thread. */
ONNXFOLD_API int onnxfold_pass_default_on(size_t i);

/* Callbacks. NULL takes the callback away. They are called on the thread that called
 * the library, but for what onnxfold_parallel spreads. A callback may read options and
 * its own node context, and calls nothing else on the handles in use. ARGUMENT. */
ONNXFOLD_API onnxfold_status onnxfold_options_set_should_fold(onnxfold_options *o, const onnxfold_should_fold *f);
ONNXFOLD_API onnxfold_status onnxfold_options_set_progress(onnxfold_options *o, const onnxfold_progress *f);
ONNXFOLD_API onnxfold_status onnxfold_options_set_log(onnxfold_options *o, const onnxfold_log *f);
ONNXFOLD_API onnxfold_status onnxfold_options_set_parallel(onnxfold_options *o, const onnxfold_parallel *f);
/* Adds a custom operator, or replaces the one of the same domain and name. ARGUMENT, NOMEM. */
ONNXFOLD_API onnxfold_status onnxfold_options_add_custom_op(onnxfold_options *o, const onnxfold_custom_op *op);
ONNXFOLD_API onnxfold_status onnxfold_options_clear_custom_ops(onnxfold_options *o);

/* ---------------------------------------------------------------- node context
 *
 * For callbacks, during the callback only. length may be NULL. */

ONNXFOLD_API const char *onnxfold_node_name(const onnxfold_node_context *n, size_t *length);
ONNXFOLD_API const char *onnxfold_node_domain(const onnxfold_node_context *n, size_t *length);
ONNXFOLD_API const char *onnxfold_node_op_type(const onnxfold_node_context *n, size_t *length);
ONNXFOLD_API int64_t onnxfold_node_opset(const onnxfold_node_context *n); /* version of its domain; 0: none */
ONNXFOLD_API size_t onnxfold_node_input_count(const onnxfold_node_context *n);
ONNXFOLD_API size_t onnxfold_node_output_count(const onnxfold_node_context *n);
/* "" for an absent optional input; NULL past the end. */
ONNXFOLD_API const char *onnxfold_node_input_name(const onnxfold_node_context *n, size_t i, size_t *length);
ONNXFOLD_API const char *onnxfold_node_output_name(const onnxfold_node_context *n, size_t i, size_t *length);
/* Element type and rank of a tensor input; 0 and -1 for what is not known, absent or not
 * a tensor. Each pointer may be NULL. ARGUMENT past the end. */
ONNXFOLD_API onnxfold_status onnxfold_node_input_type(const onnxfold_node_context *n, size_t i, int32_t *dtype,
                                                      int32_t *rank);
/* Dimension axis of input i; -1: not known, or no such axis. */
ONNXFOLD_API int64_t onnxfold_node_input_dim(const onnxfold_node_context *n, size_t i, int32_t axis);
/* 1: the input is constant. */
ONNXFOLD_API int onnxfold_node_input_is_constant(const onnxfold_node_context *n, size_t i);
/* Attributes. NOT_FOUND: absent; EVAL: of another kind. Results are borrowed; a string is
 * length bytes without a NUL behind them. */
ONNXFOLD_API onnxfold_status onnxfold_node_attr_int(const onnxfold_node_context *n, const char *name, int64_t *v);
ONNXFOLD_API onnxfold_status onnxfold_node_attr_float(const onnxfold_node_context *n, const char *name, float *v);
ONNXFOLD_API onnxfold_status onnxfold_node_attr_string(const onnxfold_node_context *n, const char *name,
                                                       const char **v, size_t *length);
ONNXFOLD_API onnxfold_status onnxfold_node_attr_ints(const onnxfold_node_context *n, const char *name,
                                                     const int64_t **v, size_t *count);
ONNXFOLD_API onnxfold_status onnxfold_node_attr_floats(const onnxfold_node_context *n, const char *name,
                                                       const float **v, size_t *count);
/* In infer: type of output i. dims holds rank numbers, -1 for one not known; rank -1: not
 * known. STATE outside of infer; ARGUMENT, NOMEM. */
ONNXFOLD_API onnxfold_status onnxfold_node_set_output(onnxfold_node_context *n, size_t i, int32_t dtype,
                                                      int32_t rank, const int64_t *dims);
/* In evaluate: elements of input i, row-major, in the host's byte order, one byte for
 * each element of a 2-, 4- or 6-bit type; and their size in bytes. Absent: NULL and 0.
 * STATE outside of evaluate; ARGUMENT; UNSUPPORTED for strings and for what is no tensor. */
ONNXFOLD_API onnxfold_status onnxfold_node_input_data(const onnxfold_node_context *n, size_t i, const void **data,
                                                      size_t *size);
/* In evaluate: makes output i, zeroed, of this type and shape and hands out its elements
 * (laid out as above) to be written before returning. STATE, ARGUMENT, UNSUPPORTED
 * (strings), BUDGET, NOMEM. */
ONNXFOLD_API onnxfold_status onnxfold_node_output_data(onnxfold_node_context *n, size_t i, int32_t dtype,
                                                       int32_t rank, const int64_t *dims, void **data,
                                                       size_t *size);
/* Says why infer or evaluate is about to fail: copied, at most 255 bytes; first one wins. */
ONNXFOLD_API void onnxfold_node_set_error(onnxfold_node_context *n, const char *message);

/* ---------------------------------------------------------------- model */

/* An empty handle. o (NULL: defaults) gives the allocator only, which is copied. Caller
 * frees *out. ARGUMENT, NOMEM. */
ONNXFOLD_API onnxfold_status onnxfold_model_new(const onnxfold_options *o, onnxfold_model **out);
/* Frees the model, its report and everything borrowed from them, and sets *m to NULL. m
 * and *m may be NULL. */
ONNXFOLD_API void onnxfold_model_free(onnxfold_model **m);

/* Loading replaces what the handle held; after a failure it holds no model. o may be NULL.
 * Weights are not read until something needs them: a file must stay as it is until the
 * handle is freed or loaded anew (CHANGED is reported, never a mixture).
 * NOMEM, ARGUMENT, IO, NOT_FOUND, CHANGED, WIRE, DEPTH, LIMIT, MODEL, TENSOR, VERSION, PATH. */

/* A regular file; external data is looked for in its folder and nowhere else. */
ONNXFOLD_API onnxfold_status onnxfold_model_load_file(onnxfold_model *m, const char *path, const onnxfold_options *o);
/* The bytes are borrowed until the handle is freed or loaded anew. base_dir: folder of
 * external data; NULL: a model that refers to external data is an error once it is read. */
ONNXFOLD_API onnxfold_status onnxfold_model_load_memory(onnxfold_model *m, const void *data, size_t size,
                                                        const char *base_dir, const onnxfold_options *o);
/* The reader is copied and called until the handle is freed or loaded anew. */
ONNXFOLD_API onnxfold_status onnxfold_model_load_reader(onnxfold_model *m, const onnxfold_reader *r, uint64_t bytes,
                                                        const char *base_dir, const onnxfold_options *o);

/* Binding fixes parts of the interface before onnxfold_model_optimize. */

/* Dimension axis of a graph input becomes value (>= 0). Where it was a symbol, every
 * dimension of that symbol does (equal dim_param are equal dimensions: onnx.proto,
 * TensorShapeProto). STATE, NOT_FOUND (input, axis), ARGUMENT (it is another number), NOMEM. */
ONNXFOLD_API onnxfold_status onnxfold_model_bind_dim(onnxfold_model *m, const char *input, int32_t axis,
                                                     int64_t value);
/* Every dimension of this dim_param becomes value (>= 0). STATE, NOT_FOUND, ARGUMENT, NOMEM. */
ONNXFOLD_API onnxfold_status onnxfold_model_bind_symbol(onnxfold_model *m, const char *symbol, int64_t value);
/* A graph input becomes a constant and leaves the interface. data: size bytes, row-major,
 * in the host's byte order, 2-, 4- and 6-bit elements packed as in raw_data; copied. Type
 * and shape must be what the input declares. STATE, NOT_FOUND, ARGUMENT, UNSUPPORTED
 * (strings), NOMEM. */
ONNXFOLD_API onnxfold_status onnxfold_model_bind_input(onnxfold_model *m, const char *input, int32_t dtype,
                                                       const int64_t *dims, int32_t rank, const void *data,
                                                       size_t size);

/* Optimizes in place. o may be NULL. A node that cannot be folded, for whatever reason,
 * is left and reported: that is no failure. NOMEM, CANCELLED and I/O errors leave a valid
 * model, with what was done until then. May be called again. STATE, NOMEM, CANCELLED, IO,
 * CHANGED, PATH, TENSOR, MODEL, INTERNAL. */
ONNXFOLD_API onnxfold_status onnxfold_model_optimize(onnxfold_model *m, const onnxfold_options *o);

/* Saving changes nothing in the handle, and may be repeated. What no pass touched is
 * written with the bytes it was read with. o may be NULL. STATE, NOMEM, IO, CHANGED,
 * EXISTS, PATH, LIMIT (past 2 GiB - 1, protobuf's bound: use external data), TENSOR. */

/* Writes a temporary file beside path and renames it: path is the old file or the whole
 * new one at any time, also when the process is killed. path may be the file the model was
 * loaded from: that one is not lost in a power cut either; another that is replaced may be,
 * unless ONNXFOLD_OPT_DURABLE is set. */
ONNXFOLD_API onnxfold_status onnxfold_model_save_file(onnxfold_model *m, const char *path, const onnxfold_options *o);
/* Into memory. Caller frees *out, before or after the model. External data stays where it
 * was (KEEP) or is embedded; FILE: ARGUMENT. */
ONNXFOLD_API onnxfold_status onnxfold_model_save_memory(onnxfold_model *m, const onnxfold_options *o,
                                                        onnxfold_buffer **out);
/* Through a writer; otherwise like onnxfold_model_save_memory. */
ONNXFOLD_API onnxfold_status onnxfold_model_save_writer(onnxfold_model *m, const onnxfold_writer *w,
                                                        const onnxfold_options *o);
/* Bytes that saving would write to the model file. Also goes into the report. */
ONNXFOLD_API onnxfold_status onnxfold_model_encoded_size(onnxfold_model *m, const onnxfold_options *o,
                                                         uint64_t *bytes);

ONNXFOLD_API const void *onnxfold_buffer_data(const onnxfold_buffer *b);
ONNXFOLD_API size_t onnxfold_buffer_size(const onnxfold_buffer *b);
/* Frees and sets *b to NULL. b and *b may be NULL. */
ONNXFOLD_API void onnxfold_buffer_free(onnxfold_buffer **b);

/* Runs both models on the same random inputs, runs times (>= 1) from seed on, with the
 * built-in evaluator, and compares every output: bit by bit for all types but floating
 * point, and for those too with ONNXFOLD_OPT_EXACT, else within a tolerance of the type.
 * The interfaces must be equal. Detail is on `optimized`. o may be NULL.
 * OK: no difference. DIFFERENT. UNSUPPORTED, EVAL, BUDGET: no random input was found on
 * which the original can be run. STATE, ARGUMENT, NOMEM, CANCELLED, IO, CHANGED. */
ONNXFOLD_API onnxfold_status onnxfold_verify(onnxfold_model *original, onnxfold_model *optimized, uint32_t runs,
                                             uint64_t seed, const onnxfold_options *o);

/* Detail of the last call on this handle that could fail. status OK: it did not. */
ONNXFOLD_API onnxfold_status onnxfold_model_error_status(const onnxfold_model *m);
ONNXFOLD_API const char *onnxfold_model_error_message(const onnxfold_model *m); /* "" when there is none */
ONNXFOLD_API const char *onnxfold_model_error_node(const onnxfold_model *m);    /* "" when no node is to blame */
#define ONNXFOLD_NO_OFFSET UINT64_MAX
/* Byte offset in the model file, or ONNXFOLD_NO_OFFSET. */
ONNXFOLD_API uint64_t onnxfold_model_error_offset(const onnxfold_model *m);

/* The interface. Inputs that are initializers too are counted. Without a model: 0, NULL. */
ONNXFOLD_API int64_t onnxfold_model_ir_version(const onnxfold_model *m);
/* Operator set version that the model imports for domain ("" for ai.onnx); 0: none. */
ONNXFOLD_API int64_t onnxfold_model_opset(const onnxfold_model *m, const char *domain);
ONNXFOLD_API size_t onnxfold_model_input_count(const onnxfold_model *m);
ONNXFOLD_API size_t onnxfold_model_output_count(const onnxfold_model *m);
ONNXFOLD_API const char *onnxfold_model_input_name(const onnxfold_model *m, size_t i, size_t *length);
ONNXFOLD_API const char *onnxfold_model_output_name(const onnxfold_model *m, size_t i, size_t *length);
/* Element type and rank; 0 and -1 for what is not known or no tensor. Each pointer may be
 * NULL. ARGUMENT past the end. */
ONNXFOLD_API onnxfold_status onnxfold_model_input_type(const onnxfold_model *m, size_t i, int32_t *dtype,
                                                       int32_t *rank);
ONNXFOLD_API onnxfold_status onnxfold_model_output_type(const onnxfold_model *m, size_t i, int32_t *dtype,
                                                        int32_t *rank);
/* Dimension axis: its number, or -1 with *symbol (may be NULL) its dim_param, or NULL
 * when it has none. ARGUMENT: no such input, output or axis. */
ONNXFOLD_API onnxfold_status onnxfold_model_input_dim(const onnxfold_model *m, size_t i, int32_t axis,
                                                      int64_t *value, const char **symbol);
ONNXFOLD_API onnxfold_status onnxfold_model_output_dim(const onnxfold_model *m, size_t i, int32_t axis,
                                                       int64_t *value, const char **symbol);
/* 1: an initializer gives this input a default value. */
ONNXFOLD_API int onnxfold_model_input_has_default(const onnxfold_model *m, size_t i);

/* ---------------------------------------------------------------- report */

/* What happened since the load, counted now: ask again after optimizing again. Borrowed:
 * part of m until it is freed or loaded anew. NULL when no model is loaded. Out of memory
 * (onnxfold_model_error_status says so) leaves the counts by operator and of the nodes
 * after it at 0. */
ONNXFOLD_API const onnxfold_report *onnxfold_model_report(onnxfold_model *m);

enum { /* onnxfold_report_number */
    ONNXFOLD_NUM_NODES_BEFORE = 1, /* with subgraphs and functions */
    ONNXFOLD_NUM_NODES_AFTER = 2,
    ONNXFOLD_NUM_KEPT = 3,     /* nodes of the input by fate */
    ONNXFOLD_NUM_FOLDED = 4,
    ONNXFOLD_NUM_REPLACED = 5,
    ONNXFOLD_NUM_REMOVED = 6,
    ONNXFOLD_NUM_BYTES_BEFORE = 10, /* of the model file */
    ONNXFOLD_NUM_BYTES_AFTER = 11,  /* 0 until saved or measured */
    ONNXFOLD_NUM_BYTES_FOLDED = 12, /* produced by evaluation */
    ONNXFOLD_NUM_WORK_STEPS = 20,   /* scalar steps spent */
    ONNXFOLD_NUM_MEMORY_PEAK = 30   /* most bytes that the handle held at once */
};
/* 0 for a number that is none. */
ONNXFOLD_API uint64_t onnxfold_report_number(const onnxfold_report *r, int32_t id);

enum { /* onnxfold_report_seconds */
    ONNXFOLD_SECONDS_LOAD = 1,
    ONNXFOLD_SECONDS_OPTIMIZE = 2, /* of all calls since the load */
    ONNXFOLD_SECONDS_SAVE = 3,     /* of the last save */
    ONNXFOLD_SECONDS_TOTAL = 4     /* from opening the input to the renamed output of the last save */
};
ONNXFOLD_API double onnxfold_report_seconds(const onnxfold_report *r, int32_t id);

/* Each node of the input, bodies and functions included, in the order of the file. */
enum { /* fates */
    ONNXFOLD_FATE_KEPT = 0,
    ONNXFOLD_FATE_FOLDED = 1,
    ONNXFOLD_FATE_REPLACED = 2, /* by the pass or rule that onnxfold_report_node_by names */
    ONNXFOLD_FATE_REMOVED = 3
};
enum { /* why a node whose inputs are all constant was kept */
    ONNXFOLD_WHY_NONE = 0,        /* its inputs are not all constant, or it was not kept */
    ONNXFOLD_WHY_EXCLUDED_OP = 1,
    ONNXFOLD_WHY_EXCLUDED_NODE = 2,
    ONNXFOLD_WHY_QUANTIZATION = 3,
    ONNXFOLD_WHY_INPUT_SIZE = 4,  /* number: elements */
    ONNXFOLD_WHY_OUTPUT_SIZE = 5, /* number: elements */
    ONNXFOLD_WHY_GROWTH = 6,      /* number: bytes */
    ONNXFOLD_WHY_BUDGET = 7,
    ONNXFOLD_WHY_RANDOM = 8,
    ONNXFOLD_WHY_NO_EVALUATOR = 9,
    ONNXFOLD_WHY_EVAL_FAILED = 10, /* text: the message */
    ONNXFOLD_WHY_CALLBACK = 11,
    ONNXFOLD_WHY_NOT_EXPRESSIBLE = 12, /* a sequence or optional that an unfolded node needs */
    ONNXFOLD_WHY_PASS_OFF = 13,
    ONNXFOLD_WHY_EXACT = 14 /* a runtime would compute its user in another order */
};
/* Names of these numbers ("folded", "excluded-op"), NULL for none. Static. Any thread. */
ONNXFOLD_API const char *onnxfold_fate_name(int32_t fate);
ONNXFOLD_API const char *onnxfold_why_name(int32_t why);
ONNXFOLD_API size_t onnxfold_report_node_count(const onnxfold_report *r);
ONNXFOLD_API const char *onnxfold_report_node_name(const onnxfold_report *r, size_t i, size_t *length);
ONNXFOLD_API const char *onnxfold_report_node_op(const onnxfold_report *r, size_t i, size_t *length);
ONNXFOLD_API const char *onnxfold_report_node_domain(const onnxfold_report *r, size_t i, size_t *length);
ONNXFOLD_API int32_t onnxfold_report_node_fate(const onnxfold_report *r, size_t i); /* -1 past the end */
ONNXFOLD_API const char *onnxfold_report_node_by(const onnxfold_report *r, size_t i); /* NULL: none */
ONNXFOLD_API int32_t onnxfold_report_node_why(const onnxfold_report *r, size_t i);
ONNXFOLD_API int64_t onnxfold_report_node_why_number(const onnxfold_report *r, size_t i);
ONNXFOLD_API const char *onnxfold_report_node_why_text(const onnxfold_report *r, size_t i, size_t *length);

/* Passes and rules, all of them, in the order of onnxfold_pass_name. */
ONNXFOLD_API size_t onnxfold_report_pass_count(const onnxfold_report *r);
ONNXFOLD_API const char *onnxfold_report_pass_name(const onnxfold_report *r, size_t i);
ONNXFOLD_API uint64_t onnxfold_report_pass_applied(const onnxfold_report *r, size_t i);
ONNXFOLD_API double onnxfold_report_pass_seconds(const onnxfold_report *r, size_t i);

/* Operators by name, sorted; counts include subgraphs and functions. */
ONNXFOLD_API size_t onnxfold_report_op_count(const onnxfold_report *r);
ONNXFOLD_API const char *onnxfold_report_op_name(const onnxfold_report *r, size_t i, size_t *length);
ONNXFOLD_API const char *onnxfold_report_op_domain(const onnxfold_report *r, size_t i, size_t *length);
ONNXFOLD_API uint64_t onnxfold_report_op_before(const onnxfold_report *r, size_t i);
ONNXFOLD_API uint64_t onnxfold_report_op_after(const onnxfold_report *r, size_t i);

/* The report as JSON (docs/report-schema.md), written as it is made. ARGUMENT, NOMEM, IO. */
ONNXFOLD_API onnxfold_status onnxfold_report_json(const onnxfold_report *r, const onnxfold_writer *w);
/* The same into memory. Caller frees *out. ARGUMENT, NOMEM. */
ONNXFOLD_API onnxfold_status onnxfold_report_json_buffer(const onnxfold_report *r, onnxfold_buffer **out);

#ifdef __cplusplus
}
#endif

#endif
