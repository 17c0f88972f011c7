/* The text form of every kind of type, tensor and attribute; and sparse initializers. */
#include "ir_build.h"

static build b;

static void expect(const char *want)
{
    char *text = NULL;
    size_t len = 0, cap = 0;
    ck_assert_int_eq(of_dump(b.m, &text, &len, &cap, &b.e), OF_OK);
    char *copy = malloc(len + 1);
    memcpy(copy, text, len);
    copy[len] = 0;
    of_mem_free(&b.alloc, text, cap);
    ck_assert_str_eq(copy, want);
    free(copy);
}

static of_type *type(of_type_kind kind, const of_type *elem)
{
    of_type *t = OF_NEW(&b.m->arena, of_type);
    t->kind = (uint8_t)kind;
    t->elem = elem;
    return t;
}

static of_tensor *tensor(of_dtype dt, const int64_t *dims, size_t rank)
{
    of_tensor *t = NULL;
    ck_assert_int_eq(of_tensor_new_data(&b.alloc, NULL, dt, dims, rank, false, &t, &b.e), OF_OK);
    return t;
}

static of_sparse *sparse(void)
{
    static int64_t dims[] = {4, 5}, two[] = {2};
    of_sparse *sp = OF_NEW(&b.m->arena, of_sparse);
    sp->values = tensor(OF_FLOAT, two, 1);
    sp->indices = tensor(OF_INT64, two, 1);
    sp->dims = dims;
    sp->rank = 2;
    return sp;
}

START_TEST(types)
{
    b_open(&b);
    of_graph *g = b.m->graph;
    b_infos(&b, &g->in_infos, "a b c d e f");
    of_vinfo *vi = g->in_infos;
    of_type *t = of_type_tensor(b.m, OF_UNDEFINED, of_shape_unknown());
    vi->type = type(OF_T_SEQUENCE, type(OF_T_OPTIONAL, t));
    vi = vi->next;
    of_type *map = type(OF_T_MAP, t);
    map->dtype = OF_INT64;
    vi->type = map;
    vi = vi->next;
    of_type *op = type(OF_T_OPAQUE, NULL);
    op->opaque_domain = b_sym(&b, "dom");
    op->opaque_name = b_sym(&b, "Name");
    vi->type = op;
    vi = vi->next;
    of_dim *d = OF_NEW_N(&b.m->arena, of_dim, 2);
    d[0] = of_dim_num(3);
    d[1] = of_dim_unknown();
    of_type *sp = of_type_tensor(b.m, OF_FLOAT16, (of_shape){2, d});
    sp->kind = OF_T_SPARSE;
    vi->type = sp;
    vi = vi->next;
    vi->type = type(OF_T_SEQUENCE, NULL);
    vi = vi->next;
    vi->type = type(OF_T_UNKNOWN, NULL);
    b_link(&b);
    expect("model ir=8 ai.onnx=17\n"
           "  graph (a: seq(optional(?[...])), b: map(int64,?[...]), c: opaque dom::Name, "
           "d: sparse float16[3,?], e: seq(?), f: ?) {\n"
           "    return ()\n"
           "  }\n");
    ck_assert(of_type_same(op, op) && !of_type_same(op, sp) && !of_type_same(map, map));
    ck_assert(!of_type_same(type(OF_T_UNKNOWN, NULL), type(OF_T_UNKNOWN, NULL)));
    of_type *key = type(OF_T_MAP, op), *other = type(OF_T_MAP, op);
    key->dtype = OF_INT64;
    ck_assert(!of_type_same(key, other));
    other->dtype = OF_INT64;
    ck_assert(of_type_same(key, other));
    b_close(&b);
}
END_TEST

START_TEST(attributes)
{
    static int64_t none[1] = {0}, two[] = {2}, many[] = {3, 4}, ints[40];
    static float floats[] = {1.5f, -0.0f, 1e30f};
    static of_str words[] = {{"x", 1}, {"back\\slash\x01", 11}};
    char big[80];
    b_open(&b);
    of_graph *g = b.m->graph;
    b_infos(&b, &g->in_infos, "x");
    b_infos(&b, &g->out_infos, "y");
    of_init *w = b_init(&b, g, "w");
    of_tensor_unref(w->tensor);
    w->tensor = NULL;
    w->sparse = sparse();
    of_node *n = b_node(&b, g, "Op", "x w", "y _");
    n->domain = b_sym(&b, "my.dom");
    of_node_more(b.m, n)->overload = b_sym(&b, "v2");
    of_attr *a = b_attr(&b, n, "fs", OF_A_FLOATS);
    a->u.floats = floats;
    a->n = 3;
    b_attr(&b, n, "i", OF_A_INT)->u.i = INT64_MIN;
    a = b_attr(&b, n, "is", OF_A_INTS);
    a->u.ints = ints;
    a->n = 40;
    a = b_attr(&b, n, "ss", OF_A_STRINGS);
    a->u.strings = words;
    a->n = 2;
    memset(big, 'q', sizeof big);
    b_attr(&b, n, "s", OF_A_STRING)->u.s = (of_str){big, sizeof big};
    b_attr(&b, n, "t", OF_A_TENSOR)->u.t = tensor(OF_FLOAT16, two, 1);
    a = b_attr(&b, n, "ts", OF_A_TENSORS);
    of_tensor *list[7] = {tensor(OF_INT4, two, 1), tensor(OF_DOUBLE, many, 2), tensor(OF_BOOL, none, 0),
                          tensor(OF_STRING, two, 1), tensor(OF_COMPLEX64, two, 1), NULL,
                          tensor(OF_FLOAT, none, 1)};
    a->u.tensors = list;
    a->n = 7;
    b_attr(&b, n, "sp", OF_A_SPARSE_TENSOR)->u.sp = sparse();
    a = b_attr(&b, n, "sps", OF_A_SPARSE_TENSORS);
    of_sparse *sps[2] = {sparse(), NULL};
    a->u.sparses = sps;
    a->n = 2;
    b_attr(&b, n, "tp", OF_A_TYPE_PROTO)->u.tp = type(OF_T_UNKNOWN, NULL);
    a = b_attr(&b, n, "tps", OF_A_TYPE_PROTOS);
    const of_type *tps[1] = {type(OF_T_SEQUENCE, NULL)};
    a->u.types = tps;
    b_attr(&b, n, "gs", OF_A_GRAPHS)->n = 0;
    b_attr(&b, n, "u", OF_A_UNDEFINED);
    b_attr(&b, n, "r", OF_A_FLOAT)->ref = b_sym(&b, "outer");
    of_func *f = b_func(&b, "fn", "p", "p");
    f->attr_defaults = of_attr_new(b.m, b_sym(&b, "alpha"), OF_A_TENSOR);
    f->attr_defaults->u.t = tensor(OF_INT64, two, 1);
    b.opset[1] = (of_opset){.domain = b_sym(&b, "my.dom"), .version = 3};
    b.m->n_opsets = 2;
    b_link(&b);
    ck_assert_uint_eq(w->value->flags, OF_VALUE_INIT | OF_VALUE_SPARSE);
    ck_assert_int_eq(of_node_opset(n), 3);
    expect("model ir=8 ai.onnx=17 my.dom=3\n"
           "  graph (x) {\n"
           "    init w = sparse\n"
           "    y, _ = my.dom::Op:v2(x, w) {fs=[1.5,-0,1.00000002e+30], i=-9223372036854775808, "
           "is=[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,...], "
           "ss=[\"x\",\"back\\\\slash\\x01\"], "
           "s=\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq\"..., "
           "t=float16[2]{0,0}, ts=[int4[2],double[3,4],bool[]{0},string[2]{\"\",\"\"},"
           "complex64[2]{?,?},none,float[0]{}], sp=sparse, sps=[sparse,sparse], tp=?, tps=[seq(?)], "
           "gs=[], u=?, r=@outer}\n"
           "    return (y)\n"
           "  }\n"
           "function local::fn {alpha=int64[2]{0,0}} ai.onnx=17\n"
           "  graph (p) {\n"
           "    return (p)\n"
           "  }\n");
    /* without its initializer nothing of a sparse value is left */
    of_value *v = w->value;
    ck_assert_int_eq(of_value_drop_init(b.m, v), OF_OK);
    ck_assert_uint_eq(v->flags, 0);
    ck_assert_ptr_null(w->sparse->values);
    b_close(&b);
}
END_TEST

TEST_SUITE("ir dump", types, attributes)
