/* Status codes and the error detail that travels with a call.
 *
 * Every fallible internal function returns of_status. The numbers are those of
 * the public onnxfold_status (lib/api asserts it). The detail is filled in
 * once, at the deepest place that knows it: the first error wins. */
#ifndef OF_BASE_ERR_H
#define OF_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum of_status {
    OF_OK = 0,
    OF_E_NOMEM = 1,        /* the allocator returned NULL */
    OF_E_ARGUMENT = 2,     /* caller's argument out of its documented range */
    OF_E_STATE = 3,        /* call not possible in this state (no model loaded, ...) */
    OF_E_CANCELLED = 4,    /* the progress callback asked to stop */
    OF_E_IO = 10,          /* a read or write failed */
    OF_E_NOT_FOUND = 11,   /* file, node, value not there */
    OF_E_CHANGED = 12,     /* source file changed between load and use */
    OF_E_EXISTS = 13,      /* would overwrite a different file */
    OF_E_PATH = 14,        /* external-data path refused */
    OF_E_WIRE = 20,        /* malformed protobuf */
    OF_E_DEPTH = 21,       /* nested deeper than the limit */
    OF_E_LIMIT = 22,       /* a size or count limit exceeded */
    OF_E_MODEL = 30,       /* not a valid ONNX graph */
    OF_E_TENSOR = 31,      /* tensor data does not fit its type and shape */
    OF_E_VERSION = 32,     /* IR or opset version missing or not known */
    OF_E_UNSUPPORTED = 40, /* no evaluator for this operator, version or type */
    OF_E_EVAL = 41,        /* the operator's own preconditions do not hold */
    OF_E_BUDGET = 42,      /* the work, byte or node budget is used up */
    OF_E_DIFFERENT = 50,   /* verification found a difference */
    OF_E_INTERNAL = 90,    /* the verifier refused our own result: a bug */
} of_status;

#define OF_ERR_MSG 256
#define OF_ERR_NODE 128
#define OF_NO_OFFSET UINT64_MAX

typedef struct of_err {
    of_status status;  /* OF_OK: nothing recorded yet */
    uint64_t offset;   /* byte offset in the source, or OF_NO_OFFSET */
    char msg[OF_ERR_MSG];
    char node[OF_ERR_NODE]; /* node name (or "op_type #id"), "" when no node is to blame */
} of_err;

#if defined(__GNUC__)
#define OF_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define OF_COLD __attribute__((cold))
#define OF_LIKELY(x) __builtin_expect(!!(x), 1)
#define OF_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define OF_UNUSED __attribute__((unused))
#else
#define OF_PRINTF(f, a)
#define OF_COLD
#define OF_LIKELY(x) (x)
#define OF_UNLIKELY(x) (x)
#define OF_UNUSED
#endif

void of_err_clear(of_err *e);

/* Records code and message (truncated, control bytes and broken UTF-8 replaced
 * by '?') unless e is NULL or already holds an error. Text that comes from a model is
 * passed as "%.*s" with of_clip() for the length. */
void of_err_record(of_err *e, of_status code, uint64_t offset, const char *fmt, ...)
    OF_PRINTF(4, 5) OF_COLD;
static inline of_status of_code(of_status code)
{
    return code;
}
/* Records, and has the value code. Macros, so that compilers and analysers see which
 * status comes back. */
#define of_fail(e, code, ...) (of_err_record((e), (code), OF_NO_OFFSET, __VA_ARGS__), of_code(code))
#define of_nomem(e) of_fail((e), OF_E_NOMEM, "out of memory")
/* The same with the byte offset in the source. */
#define of_fail_at(e, code, offset, ...) (of_err_record((e), (code), (offset), __VA_ARGS__), of_code(code))
/* Names the node of an error already recorded, once; text is sanitized. */
void of_err_set_node(of_err *e, const char *name, size_t len);

/* At most 80 bytes of model text go into a message. */
static inline int of_clip(size_t len)
{
    return len < 80 ? (int)len : 80;
}

#define OF_TRY(expr)                                                                               \
    do {                                                                                           \
        of_status of_try_s_ = (expr);                                                              \
        if (OF_UNLIKELY(of_try_s_ != OF_OK)) return of_try_s_;                                     \
    } while (0)

/* For functions with one clean-up path: sets st and goes to label. */
#define OF_TRY_TO(label, st, expr)                                                                 \
    do {                                                                                           \
        (st) = (expr);                                                                             \
        if (OF_UNLIKELY((st) != OF_OK)) goto label;                                                \
    } while (0)

#endif
