/* The model in memory: graphs, nodes, values with use lists, attributes.
 *
 * Everything lives in the model's arena and is reached by pointer; ids are dense
 * 32-bit numbers for side tables. Structure is changed only through ir/edit.h.
 * Walks are iterative: see of_walk in ir/walk.h.
 *
 * A message read from a source keeps its byte range (`src`), tag included. While
 * `dirty` is false the range is what is written back, byte for byte. */
#ifndef OF_IR_IR_H
#define OF_IR_IR_H

#include "ir/dim.h"

typedef struct of_model of_model;
typedef struct of_graph of_graph;
typedef struct of_node of_node;
typedef struct of_value of_value;
typedef struct of_attr of_attr;
typedef struct of_func of_func;

/* Bytes of the model's source. len 0: not from the source (or scattered over it). */
typedef struct of_range {
    uint64_t off, len;
} of_range;

/* A field this library does not interpret (unknown, doc_string, device
 * configurations...), tag and value, kept as a range; lists are in source order. */
typedef struct of_raw {
    struct of_raw *next;
    uint32_t field; /* protobuf field number */
    of_range src;
} of_raw;

/* StringStringEntryProto lists (metadata_props). */
typedef struct of_prop {
    struct of_prop *next;
    of_str key, value; /* arena */
} of_prop;

/* One reference to a value: input `index` of `node`, or, when node is NULL, output
 * `index` of a graph. Embedded in arrays; linked into the value's list. */
typedef struct of_use {
    of_value *value; /* NULL: absent optional input */
    struct of_use *prev, *next; /* in value->uses */
    of_node *node;
    uint32_t index;
    uint32_t graph_id; /* node NULL: of the graph; see of_use_graph */
} of_use;

enum {
    OF_VALUE_INPUT = 1 << 0,    /* input of its graph (or of a function) */
    OF_VALUE_INIT = 1 << 1,     /* has an initializer in its graph */
    OF_VALUE_PINNED = 1 << 2,   /* named by training_info or a quantization annotation: keep, not constant */
    OF_VALUE_SPARSE = 1 << 3,   /* the initializer is a SparseTensorProto (init_sparse) */
    OF_VALUE_FOLDED = 1 << 4,   /* value made by folding: its provenance is in `origin` */
    OF_VALUE_TYPE_NEW = 1 << 5, /* inferred type says more than the declared one: write value_info */
};

struct of_value {
    uint32_t id;
    uint16_t flags;
    uint16_t n_known;
    of_sym name;
    of_graph *graph;       /* whose scope it is in */
    of_node *producer;     /* NULL: graph input, initializer */
    uint32_t out_index;
    uint32_t n_uses;       /* node inputs and graph outputs */
    of_use *uses;
    const of_type *type;   /* best known; NULL: nothing */
    of_val *cval;          /* counted; constant value: initializer, Constant output, folded. NULL: not constant */
    of_dim *known;         /* symbolically known elements of a small integer tensor, n_known of them; may be NULL */
    struct of_vinfo *vinfo; /* ValueInfoProto in input, output or value_info; NULL: none */
    struct of_init *init;   /* initializer entry; NULL: none */
    of_node *origin;        /* folded values: the node that computed it (unlinked, inputs remembered in its `was`) */
};

/* A ValueInfoProto. `role` says in which list of the graph it stands. A value that is
 * input and output has two; value->vinfo is then the input's. */
typedef struct of_vinfo {
    struct of_vinfo *next; /* in its graph's list, source order */
    of_value *value;       /* NULL when it names nothing that exists (kept all the same) */
    of_sym name;
    const of_type *type;   /* as declared; NULL: none */
    of_prop *props;
    of_raw *raw;           /* doc_string, unknown */
    of_range src;
    bool dirty;            /* name, type or props changed */
    bool drop;             /* not written */
    struct of_vinfo *same; /* next one of the same value; value->vinfo heads the chain */
} of_vinfo;

/* An initializer entry (TensorProto or SparseTensorProto). */
typedef struct of_init {
    struct of_init *prev, *next; /* in graph order */
    of_value *value;       /* set by link */
    of_sym name;           /* as read; value->name is the truth after link */
    of_tensor *tensor;     /* counted. Sparse: the dense value is computed when needed (cval), tensor NULL */
    struct of_sparse *sparse;
    of_prop *props;
    of_raw *raw;           /* doc_string, unknown fields */
    of_range src;
    bool dirty;            /* renamed, new, or data moved */
} of_init;

typedef struct of_sparse { /* SparseTensorProto: values and indices (COO), dims */
    of_tensor *values, *indices; /* counted */
    of_sym name;
    size_t rank;
    int64_t *dims;
} of_sparse;

typedef enum of_attr_type {
    OF_A_UNDEFINED = 0, OF_A_FLOAT = 1, OF_A_INT = 2, OF_A_STRING = 3, OF_A_TENSOR = 4, OF_A_GRAPH = 5,
    OF_A_FLOATS = 6, OF_A_INTS = 7, OF_A_STRINGS = 8, OF_A_TENSORS = 9, OF_A_GRAPHS = 10,
    OF_A_SPARSE_TENSOR = 11, OF_A_SPARSE_TENSORS = 12, OF_A_TYPE_PROTO = 13, OF_A_TYPE_PROTOS = 14,
} of_attr_type;

struct of_attr {
    of_attr *next;      /* in source order */
    of_sym name;
    of_sym ref;         /* ref_attr_name; NULL or empty: none */
    uint8_t type;       /* of_attr_type; files before IR 2 leave it out: decode derives it from the field in use */
    bool dirty;
    size_t n;           /* list length; 1 for single kinds */
    union {
        float f;
        int64_t i;
        of_str s;
        of_tensor *t;   /* counted */
        of_graph *g;
        of_sparse *sp;
        const of_type *tp;
        float *floats;
        int64_t *ints;
        of_str *strings;
        of_tensor **tensors;
        of_graph **graphs;
        of_sparse **sparses;
        const of_type **types;
    } u;
    of_raw *raw;
    of_range src;
};

/* What became of a node of the input, for the report. */
typedef enum of_fate { OF_KEPT = 0, OF_FOLDED, OF_REPLACED, OF_REMOVED } of_fate;
/* Why a node whose inputs are all constant was kept. Pinned: also in the public header. */
typedef enum of_reason {
    OF_WHY_NONE = 0,        /* its inputs are not all constant (or it was not kept) */
    OF_WHY_EXCLUDED_OP = 1,
    OF_WHY_EXCLUDED_NODE = 2,
    OF_WHY_QUANTIZATION = 3,
    OF_WHY_INPUT_SIZE = 4,  /* detail: the size */
    OF_WHY_OUTPUT_SIZE = 5,
    OF_WHY_GROWTH = 6,
    OF_WHY_BUDGET = 7,
    OF_WHY_RANDOM = 8,
    OF_WHY_NO_EVALUATOR = 9,
    OF_WHY_EVAL_FAILED = 10, /* message in text */
    OF_WHY_CALLBACK = 11,
    OF_WHY_NOT_EXPRESSIBLE = 12, /* a sequence or optional that something unfolded needs */
    OF_WHY_PASS_OFF = 13,
    OF_WHY_EXACT = 14,      /* a runtime would compute its user in another order */
} of_reason;

typedef struct of_why { /* what belongs to a reason */
    int64_t number;
    of_str text;
} of_why;

/* What few nodes have. */
typedef struct of_node_rest {
    of_sym overload;              /* NULL: none */
    of_raw *props;                /* metadata_props */
    of_raw *raw;                  /* doc_string, device configurations, unknown */
    const struct of_why *why;     /* NULL: nothing but the reason */
} of_node_rest;

struct of_node { /* two cache lines; what walks and visits read of every node is in the first */
    of_node *prev, *next;  /* order in the graph */
    of_graph *graph;       /* NULL once removed */
    of_use *in;            /* n_in of them; value NULL: absent */
    of_value **out;        /* n_out; NULL: absent (empty name) */
    of_sym op_type;
    uint32_t id;
    uint32_t n_in, n_out;
    bool bodies;           /* an attribute holds, or has held, a graph */
    bool linked;           /* part of its graph's list */
    bool queued;           /* on a worklist */
    bool dirty;
    of_attr *attrs;
    of_sym domain, name;
    of_range src;
    of_node_rest *rest;    /* see of_node_more; NULL: nothing of it */
    uint16_t op;           /* row of the operators' table + 1, set by ops lookup; UINT16_MAX: none; 0: not looked up */
    uint16_t by;           /* pass or rule that decided, index into the pass or rule table + 1 */
    uint8_t fate;          /* of_fate */
    uint8_t why;           /* of_reason */
    union {
        of_sym *was;       /* until link: names as read, n_in inputs, then n_out outputs (empty: absent) */
        of_value **was_in; /* folded nodes: the input values as they were at that time, for provenance */
    };
};

typedef struct of_opset {
    of_sym domain;   /* "" for ai.onnx (the alias "ai.onnx" is mapped to it) */
    int64_t version;
    of_range src;
    of_raw *raw;
    bool drop;
} of_opset;

typedef enum of_graph_kind { OF_GRAPH_MAIN, OF_GRAPH_BODY, OF_GRAPH_FUNCTION, OF_GRAPH_TRAINING } of_graph_kind;

struct of_graph {
    uint32_t id;
    uint8_t kind;          /* of_graph_kind */
    bool dirty;            /* some list of it changed: re-encode; its parents are then dirty too (of_touch_graph) */
    bool training;         /* inside training_info */
    of_model *model;
    of_node *owner;        /* node whose attribute holds it; NULL: main or function */
    of_attr *owner_attr;
    of_func *func;         /* function it belongs to, for bodies inside of it too; NULL: model */
    uint32_t depth;        /* of subgraph nesting, 0 for main */
    of_sym name;
    of_node *first, *last;
    size_t n_nodes;
    of_value **inputs;     /* every graph input in order, initializers or not; made by link */
    size_t n_inputs;
    of_use *outputs;       /* value may be of an outer scope; never NULL after link */
    size_t n_outputs;
    of_sym *in_names, *out_names; /* functions only: as read, n_inputs and n_outputs of them. Other
                              graphs have them in in_infos and out_infos */
    of_init *init_first, *init_last; /* dense and sparse ones, each in source order */
    size_t n_inits;
    of_vinfo *in_infos, *out_infos, *value_infos; /* lists in source order */
    of_prop *props;
    of_raw *raw;           /* doc_string, quantization_annotation, unknown */
    of_range src;
    of_sym *pinned_names;  /* names in quantization_annotation, from decode: link marks them PINNED */
    size_t n_pinned;
    of_graph *scratch;     /* chain used inside one call of ir/edit.c */
};

struct of_func {
    of_sym domain, name, overload;
    of_graph *body;        /* kind OF_GRAPH_FUNCTION; inputs and outputs by name only */
    of_sym *attr_names;    /* `attribute` */
    size_t n_attr_names;
    of_attr *attr_defaults; /* `attribute_proto` */
    of_opset *opsets;
    size_t n_opsets;
    of_prop *props;
    of_raw *raw;
    of_range src;
    bool dirty, drop;
    uint32_t index;
};

enum { OF_TYPES = 64 };

struct of_model {
    of_alloc *alloc;
    of_arena arena;        /* the model's own; lives until of_model_free */
    of_names names;
    of_dimtab *dims;
    of_source *src;        /* counted */
    of_str base_dir;       /* folder that external data is relative to; n 0: none, external data refused */
    int64_t ir_version;
    of_opset *opsets;
    size_t n_opsets;
    of_graph *graph;       /* the main graph; never NULL after load */
    of_func **funcs;
    size_t n_funcs;
    of_prop *props;        /* metadata_props */
    of_raw *raw;           /* everything else at the top level, training_info included */
    bool has_training;     /* training_info present: initializers are pinned */
    bool dirty;            /* false: the source is written back whole */
    of_node **nodes;       /* by id; of the input and later ones */
    of_node *node_room;    /* for n_node_room more */
    size_t n_node_room;
    size_t n_nodes, cap_nodes, n_nodes_in; /* n_nodes_in: as loaded */
    size_t n_nodes_before; /* counted in the saved tables at load, with bodies and functions */
    of_value **values;     /* by id */
    size_t n_values, cap_values;
    of_graph **graphs;     /* by id */
    size_t n_graphs, cap_graphs;
    uint32_t *bind;        /* scratch of ir/link.c */
    void *wire;            /* lib/wire's: external files opened, base folder descriptor */
    void (*wire_free)(of_model *m);
    uint64_t file_bytes;   /* size of the source */
    bool linked;           /* of_link has succeeded: from now on changes mark what they touch */
    of_htab func_tab;      /* functions by domain, name, overload; filled by of_model_index */
    of_htab opset_tab;     /* imports of long lists by owner and domain */
    size_t n_opsets_indexed;
    uint32_t *fresh;       /* by name id: last suffix of_fresh_name gave out */
    size_t cap_fresh;
    const of_type *types[OF_TYPES]; /* of_type_shared's last ones, by hash */
};

of_status of_model_new(of_alloc *a, of_model **out, of_err *e);
void of_model_free(of_model *m); /* NULL allowed; iterative; releases tensors, source, external files */

/* Constructors used by decode and by passes. All from the arena; NULL or OF_E_NOMEM when out. */
of_node *of_node_new(of_model *m, uint32_t n_in, uint32_t n_out);   /* not linked; registered under an id */
of_node_rest *of_node_more(of_model *m, of_node *n);                /* n->rest, made where there is none */
of_value *of_value_new(of_model *m, of_graph *g, of_sym name);
of_graph *of_graph_new(of_model *m, of_graph_kind kind);
of_attr *of_attr_new(of_model *m, of_sym name, of_attr_type type);
of_type *of_type_tensor(of_model *m, of_dtype t, of_shape s); /* s.d is not copied */
/* The same for a type that nobody changes: s.d is copied, and equal types are mostly one. NULL: no memory. */
const of_type *of_type_shared(of_model *m, of_dtype t, const of_shape *s);
/* The type of a constant. */
const of_type *of_type_of_val(of_model *m, const of_val *v);

bool of_graph_alive(const of_graph *g); /* neither it nor what it is nested in has gone */
bool of_model_nested(const of_model *m); /* a graph other than the main one is alive */
/* Drops what an attribute holds (tensors); for attributes taken off their node. */
void of_attr_release(of_attr *a);
void of_sparse_release(of_sparse *sp);
/* Appends to a graph's initializers; name and tensor (counted) are the caller's to fill in. */
of_init *of_init_new(of_model *m, of_graph *g);
void of_init_append(of_graph *g, of_init *it);
/* (Re)builds the lookup of functions and imports; link does it, and so must whoever
 * changes m->funcs or an opset list. */
of_status of_model_index(of_model *m, of_err *e);
/* Names n in an error already recorded: its name, or "op_type #id" when it has none. */
void of_err_at_node(of_err *e, const of_node *n);

of_attr *of_node_attr(const of_node *n, const char *name); /* NULL: absent */
bool of_node_bound(const of_node *n); /* an attribute is given by a function's caller */
/* Version of the operator set that node n resolves its domain in (the function's own
 * imports inside a function); 0: not imported. */
int64_t of_node_opset(const of_node *n);
int64_t of_graph_opset(const of_graph *g, of_sym domain);
/* Where the node calls a model-local function: that function; else NULL. */
of_func *of_node_func(const of_node *n);
static inline bool of_domain_is_default(of_sym domain) { return of_sym_empty(domain) || of_sym_is(domain, "ai.onnx"); }
static inline bool of_node_is(const of_node *n, const char *op_type) /* of the default domain */
{
    return of_sym_is(n->op_type, op_type) && of_domain_is_default(n->domain);
}

/* The graph whose output a use is that is no node's. The use is bound. */
static inline of_graph *of_use_graph(const of_use *u) { return u->value->graph->model->graphs[u->graph_id]; }
static inline of_value *of_in_value(const of_node *n, uint32_t i) { return i < n->n_in ? n->in[i].value : NULL; }
static inline of_value *of_out_value(const of_node *n, uint32_t i) { return i < n->n_out ? n->out[i] : NULL; }
static inline bool of_value_is_output(const of_value *v) /* of some graph */
{
    for (const of_use *u = v->uses; u; u = u->next)
        if (!u->node) return true;
    return false;
}

#endif
