/* What decoding makes of well-formed bytes: every message of the schema, merged and
 * scattered ones, packed and unpacked lists, every element type. */
#include "types_model.h"
#include "wire_test.h"

static void loads(xload *x, const wbuf *b)
{
    ck_assert_msg(x_load(x, b->p, b->n) == OF_OK, "%d %s", x->st, x->e.msg);
}

START_TEST(minimal)
{
    xload x;
    wbuf *b = x_model(x_graph());
    loads(&x, b);
    ck_assert_int_eq(x.m->ir_version, 8);
    ck_assert_uint_eq(x.m->n_opsets, 1);
    ck_assert_int_eq(x.m->opsets[0].version, 17);
    ck_assert(of_sym_empty(x.m->opsets[0].domain));
    ck_assert_uint_eq(x.m->graph->n_nodes, 1);
    ck_assert(of_sym_is(x.m->graph->name, "g"));
    ck_assert(of_node_is(x.m->graph->first, "Relu"));
    ck_assert(!x.m->dirty);
    ck_assert_uint_eq(x.m->graph->src.len + x.m->graph->src.off + x.m->opsets[0].src.len, b->n);
    ck_assert_uint_eq(x.m->n_nodes_in, 1);
    x_close(&x);
}
END_TEST

START_TEST(alias_of_the_default_domain)
{
    xload x;
    wbuf *b = w_new();
    w_int(b, 1, 8);
    w_msg(b, 7, x_graph());
    w_msg(b, 8, w_int(w_str(w_new(), 1, "ai.onnx"), 2, 17));
    loads(&x, b);
    ck_assert(of_sym_empty(x.m->opsets[0].domain));
    x_close(&x);
}
END_TEST

START_TEST(node_fields_and_ranges)
{
    xload x;
    wbuf *n = x_node("Add", "x", NULL), *g = w_new(), *b;
    const of_node *d;
    w_str(n, 1, "x");
    w_str(n, 2, "y");
    w_str(n, 3, "the node");
    w_str(n, 7, "ai.onnx");
    w_str(n, 8, "");
    w_str(n, 6, "doc");
    w_msg(n, 9, x_entry("k", "v"));
    w_msg(n, 10, w_str(w_new(), 1, "gpu"));
    w_int(n, 77, 5);
    w_msg(g, 1, n);
    w_msg(g, 11, x_info("x"));
    w_msg(g, 12, x_info("y"));
    b = x_model(g);
    loads(&x, b);
    d = x.m->graph->first;
    ck_assert_uint_eq(d->n_in, 2);
    ck_assert_uint_eq(d->n_out, 1);
    ck_assert_ptr_eq(d->in[0].value, d->in[1].value);
    ck_assert(of_sym_is(d->name, "the node"));
    ck_assert(of_sym_is(d->domain, "ai.onnx"));
    ck_assert_uint_eq(d->rest->props->field, 9);
    ck_assert_uint_eq(d->rest->props->src.len, 2 + 3 + 3);
    ck_assert_uint_eq(d->rest->raw->field, 6);
    ck_assert_uint_eq(d->rest->raw->next->field, 10);
    ck_assert_uint_eq(d->rest->raw->next->next->field, 77);
    ck_assert_int_eq(b->p[d->src.off], 1 << 3 | 2);
    ck_assert_uint_eq(d->src.len, n->n + 2);
    ck_assert_mem_eq(b->p + d->src.off + 2, n->p, n->n);
    x_close(&x);
}
END_TEST

static const of_attr *one_attr(xload *x, const wbuf *a)
{
    wbuf *g = w_new(), *n = x_node("Custom", "x", "y");
    w_str(n, 7, "my");
    w_msg(n, 5, a);
    w_msg(g, 1, n);
    w_msg(g, 11, x_info("x"));
    w_msg(g, 12, x_info("y"));
    g = x_model(g);
    w_msg(g, 8, w_int(w_str(w_new(), 1, "my"), 2, 1));
    loads(x, g);
    return x->m->graph->first->attrs;
}

START_TEST(attribute_kinds)
{
    static const int64_t dims[1] = {2};
    xload x;
    const of_attr *a;
    wbuf *t;

    a = one_attr(&x, w_f32(x_attr("a", 1), 2, 1.5f));
    ck_assert(a->type == OF_A_FLOAT && a->u.f == 1.5f && a->n == 1);
    x_close(&x);
    a = one_attr(&x, w_int(x_attr("a", 2), 3, -7));
    ck_assert(a->type == OF_A_INT && a->u.i == -7);
    x_close(&x);
    a = one_attr(&x, x_attr("a", 2)); /* writers leave out zeros */
    ck_assert(a->type == OF_A_INT && a->u.i == 0);
    x_close(&x);
    a = one_attr(&x, w_data(x_attr("a", 3), 4, "a\0b", 3));
    ck_assert(a->type == OF_A_STRING && a->u.s.n == 3 && memcmp(a->u.s.p, "a\0b", 3) == 0);
    x_close(&x);
    t = w_data(x_tensor("", 1, 1, dims), 9, "12345678", 8);
    a = one_attr(&x, w_msg(x_attr("a", 4), 5, t));
    ck_assert(a->type == OF_A_TENSOR && a->u.t->count == 2 && a->u.t->data);
    x_close(&x);
    a = one_attr(&x, w_msg(w_msg(x_attr("a", 9), 10, t), 10, t));
    ck_assert(a->type == OF_A_TENSORS && a->n == 2 && a->u.tensors[1]->dtype == OF_FLOAT);
    x_close(&x);
    a = one_attr(&x, w_str(w_str(x_attr("a", 8), 9, "x"), 9, ""));
    ck_assert(a->type == OF_A_STRINGS && a->n == 2 && a->u.strings[1].n == 0);
    x_close(&x);
    a = one_attr(&x, w_msg(x_attr("a", 13), 14, x_type(7, 1, dims)));
    ck_assert(a->type == OF_A_TYPE_PROTO && a->u.tp->kind == OF_T_TENSOR &&
              a->u.tp->dtype == OF_INT64);
    x_close(&x);
    a = one_attr(&x, w_msg(w_msg(x_attr("a", 14), 15, x_type(7, 1, dims)), 15, x_type(1, 0, NULL)));
    ck_assert(a->type == OF_A_TYPE_PROTOS && a->n == 2 && a->u.types[1]->shape.rank == 0);
    x_close(&x);
    a = one_attr(&x, x_attr("a", 7));
    ck_assert(a->type == OF_A_INTS && a->n == 0);
    x_close(&x);
    a = one_attr(&x, w_str(x_attr("a", 2), 21, "of_function"));
    ck_assert(a->type == OF_A_INT && of_sym_is(a->ref, "of_function"));
    x_close(&x);
    a = one_attr(&x, w_int(w_int(w_str(w_new(), 1, "a"), 8, 4), 8, 5)); /* no type: derived */
    ck_assert(a->type == OF_A_INTS && a->n == 2 && a->u.ints[1] == 5);
    x_close(&x);
    a = one_attr(&x, w_int(x_attr("a", 99), 3, 4)); /* a kind of the future */
    ck_assert(a->type == OF_A_UNDEFINED);
    x_close(&x);
    a = one_attr(&x, w_msg(x_attr("a", 4), 5, w_data(x_tensor("", 99, 1, dims), 9, "xyz", 3)));
    ck_assert(a->type == OF_A_UNDEFINED && a->n == 0);
    x_close(&x);
}
END_TEST

START_TEST(sparse_attributes)
{
    static const int64_t two[1] = {2};
    xload x;
    const of_attr *a;
    wbuf *sp = w_new();
    w_msg(sp, 1, w_data(x_tensor("v", 1, 1, two), 9, "12345678", 8));
    w_msg(sp, 2, w_int(w_int(x_tensor("i", 7, 1, two), 7, 1), 7, 3));
    w_int(sp, 3, 6);
    a = one_attr(&x, w_msg(x_attr("a", 11), 22, sp));
    ck_assert(a->type == OF_A_SPARSE_TENSOR && a->u.sp->rank == 1 && a->u.sp->dims[0] == 6);
    ck_assert(((int64_t *)a->u.sp->indices->data)[1] == 3);
    x_close(&x);
    a = one_attr(&x, w_msg(w_msg(x_attr("a", 12), 23, sp), 23, sp));
    ck_assert(a->type == OF_A_SPARSE_TENSORS && a->n == 2 && a->u.sparses[1]->values->count == 2);
    x_close(&x);
}
END_TEST

START_TEST(packed_and_unpacked_mix)
{
    xload x;
    const of_attr *a;
    wbuf *b = w_int(w_str(w_new(), 1, "a"), 8, 1);
    wbuf *p = w_varint(w_varint(w_new(), 300), (uint64_t)-2);
    float f[2] = {1, 2};
    w_int(w_msg(b, 8, p), 8, 9);
    a = one_attr(&x, b);
    ck_assert_uint_eq(a->n, 4);
    ck_assert(a->u.ints[0] == 1 && a->u.ints[1] == 300 && a->u.ints[2] == -2 && a->u.ints[3] == 9);
    x_close(&x);
    b = w_f32(w_str(w_new(), 1, "a"), 7, 0.5f);
    w_f32(w_data(b, 7, f, 8), 7, 3);
    a = one_attr(&x, b);
    ck_assert(a->type == OF_A_FLOATS && a->n == 4 && a->u.floats[2] == 2 && a->u.floats[3] == 3);
    x_close(&x);
}
END_TEST

START_TEST(merged_tensor_attribute)
{
    static const int64_t four[1] = {4};
    xload x;
    const of_attr *a;
    float f[2] = {1, 2}, h[2] = {3, 4};
    /* One tensor in three pieces: dims and type, half of the data, the rest. */
    wbuf *b = x_attr("a", 4);
    w_msg(b, 5, w_data(x_tensor("", 1, 1, four), 4, f, 8));
    w_msg(b, 5, w_f32(w_new(), 4, h[0]));
    w_msg(b, 5, w_f32(w_new(), 4, h[1]));
    a = one_attr(&x, b);
    ck_assert_int_eq(a->u.t->count, 4);
    ck_assert_int_eq(of_tensor_load(a->u.t, &x.e), OF_OK);
    for (int i = 0; i < 4; i++) ck_assert(((float *)a->u.t->data)[i] == (float)(i + 1));
    x_close(&x);
}
END_TEST

START_TEST(merged_body)
{
    xload x;
    wbuf *n = x_node("If", "c", "y"), *a = x_attr("then_branch", 5), *g = w_new();
    w_msg(a, 6, w_msg(w_new(), 1, x_node("Relu", "c", "t")));
    w_msg(a, 6, w_msg(w_msg(w_new(), 1, x_node("Relu", "t", "u")), 12, x_info("u")));
    w_msg(n, 5, a);
    w_msg(w_msg(w_msg(g, 1, n), 11, x_info("c")), 12, x_info("y"));
    loads(&x, x_model(g));
    ck_assert_uint_eq(x.m->graph->first->attrs->u.g->n_nodes, 2);
    ck_assert_uint_eq(x.m->graph->first->attrs->u.g->src.len, 0);
    x_close(&x);
}
END_TEST

START_TEST(merged_graph)
{
    xload x;
    xsaved s;
    wbuf *one = w_new(), *two = w_new(), *b = w_new();
    w_msg(one, 1, x_node("Relu", "x", "t"));
    w_str(one, 2, "first");
    w_msg(one, 11, x_info("x"));
    w_msg(two, 1, x_node("Neg", "t", "y"));
    w_str(two, 2, "second");
    w_msg(two, 12, x_info("y"));
    w_msg(b, 7, one);
    w_int(b, 1, 7);
    w_msg(b, 8, w_int(w_new(), 2, 17));
    w_int(b, 1, 8); /* the last one counts */
    w_msg(b, 7, two);
    loads(&x, b);
    ck_assert_int_eq(x.m->ir_version, 8);
    ck_assert_uint_eq(x.m->graph->n_nodes, 2);
    ck_assert(of_sym_is(x.m->graph->name, "second"));
    ck_assert_uint_eq(x.m->graph->src.len, 0);
    ck_assert_int_eq(x_save(&x, NULL, &s), OF_OK); /* untouched all the same */
    ck_assert_uint_eq(s.n, b->n);
    ck_assert_mem_eq(s.p, b->p, b->n);
    x_unsave(&x, &s);
    x.m->dirty = true;
    ck_assert_int_eq(x_save(&x, NULL, &s), OF_OK);
    {
        xload y;
        ck_assert_int_eq(x_load(&y, s.p, s.n), OF_OK);
        ck_assert_uint_eq(y.m->graph->n_nodes, 2);
        ck_assert(y.m->graph->src.len > 0);
        x_close(&y);
    }
    x_unsave(&x, &s);
    x_close(&x);
}
END_TEST

START_TEST(types)
{
    static const int64_t d3[3] = {2, -1, 0};
    xload x;
    const of_type *t;
    wbuf *seq = w_new(), *map = w_new(), *info, *g = x_graph(), *shape = w_new(), *tt = w_new(),
         *sym = w_new();
    w_msg(seq, 4, w_msg(w_new(), 1, x_type(7, 3, d3)));
    info = w_msg(w_str(w_new(), 1, "a"), 2, seq);
    w_msg(g, 13, info);
    w_int(map, 1, 7);
    w_msg(map, 2, w_msg(w_new(), 9, w_msg(w_new(), 1, x_type(1, 0, NULL))));
    w_msg(g, 13, w_msg(w_str(w_new(), 1, "b"), 2, w_msg(w_new(), 5, map)));
    w_msg(shape, 1, w_str(w_new(), 2, "batch"));
    w_msg(shape, 1, w_new());
    w_msg(shape, 1, w_str(w_new(), 2, "batch"));
    w_msg(w_int(tt, 1, 1), 2, shape);
    w_msg(g, 13, w_msg(w_str(w_new(), 1, "c"), 2, w_msg(w_new(), 1, tt)));
    w_msg(g, 13,
          w_msg(w_str(w_new(), 1, "d"), 2,
                w_msg(w_new(), 7, w_str(w_str(w_new(), 1, "dom"), 2, "nam"))));
    /* the oneof's last member counts, and the same one twice is merged */
    w_msg(w_msg(sym, 4, w_msg(w_new(), 1, x_type(7, 0, NULL))), 8, w_int(w_new(), 1, 9));
    w_msg(sym, 8, w_msg(w_new(), 2, shape));
    w_msg(g, 13, w_msg(w_str(w_new(), 1, "e"), 2, sym));
    w_msg(g, 13, w_str(w_new(), 1, "f"));
    loads(&x, x_model(g));
    const of_vinfo *v = x.m->graph->value_infos;
    t = v->type;
    ck_assert(t->kind == OF_T_SEQUENCE && t->elem->dtype == OF_INT64 && t->elem->shape.rank == 3);
    ck_assert(of_dim_is(t->elem->shape.d[0], 2) && !of_dim_known(t->elem->shape.d[1]) &&
              of_dim_is(t->elem->shape.d[2], 0));
    v = v->next;
    ck_assert(v->type->kind == OF_T_MAP && v->type->dtype == OF_INT64 &&
              v->type->elem->kind == OF_T_OPTIONAL);
    ck_assert(v->type->elem->elem->kind == OF_T_TENSOR && v->type->elem->elem->shape.rank == 0);
    v = v->next;
    ck_assert(of_dim_same(v->type->shape.d[0], v->type->shape.d[2]));
    ck_assert(!of_dim_known(v->type->shape.d[1]));
    v = v->next;
    ck_assert(v->type->kind == OF_T_OPAQUE && of_sym_is(v->type->opaque_name, "nam"));
    v = v->next;
    ck_assert(v->type->kind == OF_T_SPARSE && v->type->dtype == OF_BOOL &&
              v->type->shape.rank == 3 && !v->type->elem);
    v = v->next;
    ck_assert_ptr_null(v->type);
    x_close(&x);
}
END_TEST

START_TEST(functions)
{
    xload x;
    const of_func *f;
    wbuf *fn = w_new(), *g = w_new(), *n = x_node("F", "x", "y"), *b;
    w_str(w_str(fn, 1, "F"), 10, "my");
    w_str(w_str(fn, 4, "a"), 5, "b");
    w_str(fn, 6, "alpha");
    w_msg(fn, 11, w_int(x_attr("beta", 2), 3, 3));
    w_msg(fn, 7, x_node("Relu", "a", "b"));
    w_msg(fn, 9, w_int(w_new(), 2, 17));
    w_str(fn, 8, "doc");
    w_msg(fn, 14, x_entry("k", "v"));
    w_int(fn, 2, 1); /* since_version of long ago */
    w_str(n, 7, "my");
    w_msg(g, 1, n);
    w_msg(g, 11, x_info("x"));
    w_msg(g, 12, x_info("y"));
    b = x_model(g);
    w_msg(b, 8, w_int(w_str(w_new(), 1, "my"), 2, 1));
    w_msg(b, 25, fn);
    loads(&x, b);
    ck_assert_uint_eq(x.m->n_funcs, 1);
    f = x.m->funcs[0];
    ck_assert_ptr_eq(of_node_func(x.m->graph->first), f);
    ck_assert_uint_eq(f->body->n_inputs, 1);
    ck_assert_uint_eq(f->body->n_outputs, 1);
    ck_assert_uint_eq(f->n_attr_names, 1);
    ck_assert_int_eq(f->attr_defaults->u.i, 3);
    ck_assert_uint_eq(f->n_opsets, 1);
    ck_assert_uint_eq(f->raw->field, 8);
    x_close(&x);
}
END_TEST

START_TEST(training_and_annotations)
{
    static const int64_t one[1] = {1};
    xload x;
    wbuf *g = x_graph(), *ann = w_new(), *b;
    w_msg(g, 5, w_data(x_tensor("scale", 1, 1, one), 9, "1234", 4));
    w_str(ann, 1, "x");
    w_msg(ann, 2, x_entry("SCALE_TENSOR", "scale"));
    w_msg(g, 14, ann);
    b = x_model(g);
    w_msg(b, 20, w_msg(w_new(), 2, x_graph()));
    loads(&x, b);
    ck_assert(x.m->has_training);
    ck_assert_uint_eq(x.m->graph->n_pinned, 2);
    ck_assert(of_sym_is(x.m->graph->pinned_names[1], "scale"));
    ck_assert(x_init(x.m, "scale")->value->flags & OF_VALUE_PINNED);
    ck_assert_uint_eq(x.m->raw->field, 20);
    x_close(&x);
}
END_TEST

START_TEST(unknown_element_type_is_carried)
{
    static const int64_t one[1] = {1};
    xload x;
    xsaved s;
    wbuf *g = x_graph(), *b;
    of_init *it;
    w_msg(g, 5,
          w_data(w_str(w_data(x_tensor("w", 99, 1, one), 9, "future", 6), 12, "doc"), 77, "u", 1));
    b = x_model(g);
    loads(&x, b);
    it = x_init(x.m, "w");
    ck_assert_ptr_null(it->tensor);
    ck_assert_ptr_null(it->value->cval);
    of_value_rename(x.m, it->value, OF_NAME_LIT(&x.m->names, "renamed"));
    x_touch_all(x.m);
    ck_assert_int_eq(x_save(&x, NULL, &s), OF_OK);
    {
        xload y;
        ck_assert_int_eq(x_load(&y, s.p, s.n), OF_OK);
        it = x_init(y.m, "renamed");
        ck_assert_ptr_nonnull(it);
        ck_assert_ptr_nonnull(memmem(s.p, s.n, "future", 6));
        x_close(&y);
    }
    x_unsave(&x, &s);
    x_close(&x);
}
END_TEST

START_TEST(element_types)
{
    xload x;
    unsigned n = 0;
    ck_assert_msg(x_load(&x, types_model, sizeof types_model) == OF_OK, "%s", x.e.msg);
    for (of_init *t = x.m->graph->init_first; t; t = t->next->next) {
        of_init *r = t->next;
        ck_assert_str_eq(t->name->s + 2, r->name->s + 2);
        ck_assert_int_eq(of_tensor_load(t->tensor, &x.e), OF_OK);
        ck_assert_int_eq(of_tensor_load(r->tensor, &x.e), OF_OK);
        ck_assert_uint_eq(t->tensor->bytes, r->tensor->bytes);
        ck_assert_msg(memcmp(t->tensor->data, r->tensor->data, r->tensor->bytes) == 0, "%s",
                      t->name->s);
        n++;
    }
    ck_assert_uint_eq(n, OF_DTYPE_COUNT - 2); /* all but UNDEFINED and STRING */
    x_close(&x);
}
END_TEST

START_TEST(strings)
{
    static const int64_t three[1] = {3};
    xload x;
    const of_str *s;
    wbuf *g = x_graph(), *t = x_tensor("w", 8, 1, three);
    w_data(w_data(w_str(t, 6, ""), 6, "a\0b", 3), 6, "\xff\xfe", 2);
    w_msg(g, 5, t);
    loads(&x, x_model(g));
    s = x_init(x.m, "w")->tensor->data;
    ck_assert(s[0].n == 0 && s[1].n == 3 && s[2].n == 2 && memcmp(s[1].p, "a\0b", 3) == 0);
    x_close(&x);
}
END_TEST

START_TEST(large_tensors_stay_where_they_are)
{
    static const int64_t dims[1] = {3000};
    xload x;
    float *f = calloc(3000, 4);
    wbuf *g = x_graph(), *typed = x_tensor("typed", 1, 1, dims), *raw = x_tensor("raw", 1, 1, dims);
    wbuf *ints = x_tensor("ints", 6, 1, dims), *list = w_new();
    for (int i = 0; i < 3000; i++) {
        f[i] = (float)i;
        w_varint(list, (uint64_t)(int64_t)(i - 1500));
    }
    w_data(typed, 4, f, 4000);
    for (int i = 1000; i < 1010; i++) w_f32(typed, 4, f[i]);
    w_data(typed, 4, f + 1010, 1990 * 4);
    w_data(raw, 9, f, 12000);
    w_msg(ints, 5, list);
    w_msg(w_msg(w_msg(g, 5, typed), 5, raw), 5, ints);
    loads(&x, x_model(g));
    for (of_init *it = x.m->graph->init_first; it; it = it->next) {
        ck_assert_ptr_null(it->tensor->data);
        ck_assert_int_eq(of_tensor_load(it->tensor, &x.e), OF_OK);
    }
    ck_assert_mem_eq(x_init(x.m, "typed")->tensor->data, f, 12000);
    ck_assert_mem_eq(x_init(x.m, "raw")->tensor->data, f, 12000);
    ck_assert_int_eq(((int32_t *)x_init(x.m, "ints")->tensor->data)[0], -1500);
    of_tensor_unload(x_init(x.m, "raw")->tensor);
    ck_assert_ptr_null(x_init(x.m, "raw")->tensor->data);
    x_close(&x);
    free(f);
}
END_TEST

/* A source that gives out few bytes in a window: every border between two reads. */
typedef struct cut {
    const unsigned char *p;
    size_t n, reads;
} cut;

static int cut_read(void *user, uint64_t off, void *buf, size_t n)
{
    cut *c = user;
    if (off > c->n || n > c->n - off) return 1;
    memcpy(buf, c->p + off, n);
    c->reads++;
    return 0;
}

START_TEST(callback_source)
{
    static const int64_t dims[1] = {100000};
    xload x;
    cut c;
    of_source *s = NULL;
    wbuf *g = x_graph(), *b;
    char *big = malloc(600000);
    memset(big, 'n', 600000);
    for (int i = 0; i < 20; i++) {
        char name[16];
        wbuf *k = x_tensor("", 2, 1, dims);
        snprintf(name, sizeof name, "w%d", i);
        w_msg(g, 5, w_str(w_data(k, 9, big, 100000), 8, name));
    }
    w_data(g, 10, big, 600000); /* doc_string, longer than the window */
    w_data(g, 2, big, 600000);  /* so is the name */
    b = x_model(g);
    c = (cut){b->p, b->n, 0};
    memset(&x, 0, sizeof x);
    of_alloc_init_default(&x.a);
    of_source_callback(&x.a, cut_read, &c, b->n, &s, &x.e);
    ck_assert_msg(x_open(&x, s, NULL) == OF_OK, "%s", x.e.msg);
    ck_assert_uint_eq(x.m->graph->n_inits, 20);
    ck_assert_uint_eq(x.m->graph->name->len, 600000);
    ck_assert_uint_lt(c.reads, 60);
    ck_assert_int_eq(of_tensor_load(x_init(x.m, "w7")->tensor, &x.e), OF_OK);
    x_close(&x);
    free(big);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {minimal,
                            alias_of_the_default_domain,
                            node_fields_and_ranges,
                            attribute_kinds,
                            sparse_attributes,
                            packed_and_unpacked_mix,
                            merged_tensor_attribute,
                            merged_body,
                            merged_graph,
                            types,
                            functions,
                            training_and_annotations,
                            unknown_element_type_is_carried,
                            element_types,
                            strings,
                            large_tensors_stay_where_they_are,
                            callback_source};
    return of_test_main(x_suite("wire: decode", tests, sizeof tests / sizeof *tests));
}
