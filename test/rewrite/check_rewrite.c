/* The rules: each where it must fire and where it must not. */
#include <math.h>
#include <string.h>

#include "../pass/build.h"

/* Runs with all rules and passes, those that are off by default too; exact or not. */
static void run(tmodel *t, int opset, pb *g, bool exact)
{
    static of_str all[128];
    size_t n = 0;
    for (const char *name; n < 128 && (name = of_pass_name(n)) != NULL; n++) all[n] = (of_str){name, strlen(name)};
    tm_make(t, 8, opset, g, NULL, "custom");
    t->o.skip = NULL;
    t->o.n_skip = 0;
    t->o.has_only = true;
    t->o.only = all;
    t->o.n_only = n;
    t->o.exact = exact;
    tm_run(t);
    uint64_t first = t->r.nodes_after;
    tm_run(t); /* a second run changes nothing */
    ck_assert_uint_eq(t->r.nodes_after, first);
}

static void io(pb *g, const char *dims)
{
    tg_in(g, "x", OF_FLOAT, dims);
    tg_out(g, "y", OF_FLOAT, NULL);
}

/* y = Relu(op(x, c)), c as many elements as dims say, all v; whether op is still there */
static bool stays(const char *op, const char *xdims, const char *cdims, float v, bool exact)
{
    pb g = {0};
    tmodel t;
    float c[16];
    char ins[] = "x c";
    for (int i = 0; i < 16; i++) c[i] = v;
    size_t n = 1;
    for (const char *p = cdims; *p; p += strcspn(p, ",") + (p[strcspn(p, ",")] == ',')) n *= (size_t)atoi(p);
    io(&g, xdims);
    tg_init(&g, "c", OF_FLOAT, cdims, c, n * sizeof *c);
    tg_node(&g, op, ins, "m");
    tg_node(&g, "Softplus", "m", "y");
    run(&t, 17, &g, exact);
    bool yes = tm_nodes(&t) == 2;
    tm_free(&t);
    return yes;
}

START_TEST(neutral_elements)
{
    ck_assert(!stays("Mul", "N,3", "", 1, true));
    ck_assert(!stays("Mul", "N,3", "1,1", 1, true));
    ck_assert(!stays("Mul", "N,3", "1,3", 1, true));
    ck_assert(!stays("Div", "N,3", "3", 1, true));
    ck_assert(!stays("Pow", "N,3", "", 1, true));
    ck_assert(!stays("Sub", "N,3", "", 0, true));
    ck_assert(!stays("Add", "N,3", "", -0.0f, true));
    ck_assert(!stays("Add", "N,3", "", 0, false));
    /* not the value, nor the shape, nor the sign of zero */
    ck_assert(stays("Mul", "N,3", "", 2, false));
    ck_assert(stays("Mul", "N,3", "1,1,1", 1, false));
    ck_assert(stays("Mul", "N,1", "4,1", 1, false));
    ck_assert(stays("Add", "N,3", "", 0, true));
    ck_assert(stays("Sub", "N,3", "", -0.0f, true));
    ck_assert(stays("Mul", "N,3", "", NAN, false));
}
END_TEST

START_TEST(interface_names_stay)
{
    pb g = {0};
    tmodel t;
    tg_in(&g, "x", OF_FLOAT, "2,N*2");
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_out(&g, "z", OF_FLOAT, NULL);
    tg_out(&g, "w", OF_FLOAT, NULL);
    tg_node(&g, "Exp", "x", "e");
    tg_node(&g, "Identity", "e", "y"); /* Exp gives y itself */
    tg_node(&g, "Identity", "x", "z"); /* an input handed out: stays */
    tg_node(&g, "Identity", "e", "w"); /* the second name of one value: stays */
    run(&t, 17, &g, true);
    HAS(&t, "y: float[2,(N*2)] = Exp(x)");
    HAS(&t, "Identity(x)");
    HAS(&t, "Identity(y)");
    ck_assert_uint_eq(tm_nodes(&t), 3);
    tm_free(&t);
}
END_TEST

START_TEST(dropout)
{
    for (int k = 0; k < 5; k++) {
        pb g = {0}, n;
        tmodel t;
        static const bool yes = true, no = false;
        io(&g, "2,3");
        TG_F(&g, "r", "", 0.5f);
        TG_F(&g, "r0", "", 0);
        tg_init(&g, "on", OF_BOOL, "", &yes, 1);
        tg_init(&g, "off", OF_BOOL, "", &no, 1);
        tg_in(&g, "maybe", OF_BOOL, "");
        n = tn("Dropout", k == 0 ? "x" : k == 1 ? "x r off" : k == 2 ? "x r on" : k == 3 ? "x r0 on" : "x r maybe", "d");
        tg_add(&g, n);
        tg_node(&g, "Softplus", "d", "y");
        run(&t, 17, &g, false);
        ck_assert_uint_eq(tm_nodes(&t), k == 2 || k == 4 ? 2 : 1);
        tm_free(&t);
    }
}
END_TEST

static void cast(pb *g, const char *in, const char *out, int to)
{
    pb n = tn("Cast", in, out);
    tn_int(&n, "to", to);
    tg_add(g, n);
}

START_TEST(casts)
{
    static const struct {
        int in, by, to;
        size_t left;
    } c[] = {
        {OF_FLOAT, OF_DOUBLE, OF_FLOAT, 1},   {OF_FLOAT, OF_FLOAT16, OF_FLOAT, 3}, {OF_INT32, OF_INT64, OF_INT32, 1},
        {OF_INT64, OF_INT32, OF_INT64, 3},    {OF_INT8, OF_UINT8, OF_INT8, 3},     {OF_BOOL, OF_FLOAT, OF_BOOL, 1},
        {OF_INT16, OF_FLOAT, OF_INT8, 3},     {OF_INT16, OF_INT32, OF_INT8, 2},    {OF_FLOAT16, OF_FLOAT, OF_DOUBLE, 2},
        {OF_INT64, OF_DOUBLE, OF_INT64, 3},   {OF_UINT8, OF_FLOAT16, OF_UINT8, 1}, {OF_UINT16, OF_FLOAT16, OF_FLOAT, 3},
    };
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        pb g = {0};
        tmodel t;
        tg_in(&g, "x", c[i].in, "2,N");
        tg_out(&g, "y", c[i].to, NULL);
        cast(&g, "x", "a", c[i].by);
        cast(&g, "a", "b", c[i].to);
        tg_node(&g, "custom::Op", "b", "y");
        run(&t, 17, &g, true);
        ck_assert_msg(tm_nodes(&t) == c[i].left, "%zu: %zu nodes\n%s", i, tm_nodes(&t), t.text);
        tm_free(&t);
    }
}
END_TEST

/* Reshape of x (N,4,6) by a computed shape; opset and allowzero vary. */
START_TEST(shapes_become_constants)
{
    for (int k = 0; k < 4; k++) {
        pb g = {0}, n;
        tmodel t;
        io(&g, k == 3 ? "N,M,6" : "N,4,6");
        TG_I(&g, "i0", "1", 0);
        TG_I(&g, "i1", "1", k == 1 ? -1 : 24);
        n = tn("Shape", "x", "s");
        tg_add(&g, n);
        tg_node(&g, "Gather", "s i0", "d");
        n = tn("Concat", "d i1", "c");
        tn_int(&n, "axis", 0);
        tg_add(&g, n);
        n = tn("Reshape", "x c", "r");
        if (k == 2) tn_int(&n, "allowzero", 1);
        tg_add(&g, n);
        tg_node(&g, "Softplus", "r", "y");
        run(&t, k == 0 ? 13 : 17, &g, true);
        /* [0, 24] in every case: the axis is the input's own, and nothing says allowzero */
        ck_assert_msg(tm_nodes(&t) == 2, "%d\n%s", k, t.text);
        HASNT(&t, "allowzero");
        HAS(&t, "{0,24}");
        tm_free(&t);
    }
}
END_TEST

START_TEST(chains)
{
    static const int64_t p[] = {1, 2, 0}, q[] = {2, 0, 1}, r[] = {0, 2, 1};
    for (int k = 0; k < 2; k++) {
        pb g = {0}, n;
        tmodel t;
        io(&g, "2,N,4");
        n = tn("Transpose", "x", "a");
        tn_ints(&n, "perm", p, 3);
        tg_add(&g, n);
        n = tn("Transpose", "a", "b");
        tn_ints(&n, "perm", k ? r : q, 3);
        tg_add(&g, n);
        tg_node(&g, "Softplus", "b", "y");
        run(&t, 17, &g, true);
        ck_assert_uint_eq(tm_nodes(&t), k ? 2 : 1);
        if (k) HAS(&t, "perm=[1,0,2]");
        tm_free(&t);
    }
    for (int k = 0; k < 2; k++) {
        pb g = {0};
        tmodel t;
        tg_in(&g, "x", OF_FLOAT, k ? NULL : "N,3");
        tg_out(&g, "y", OF_FLOAT, NULL);
        TG_I(&g, "a", "1", 0);
        TG_I(&g, "b", "1", 2);
        tg_node(&g, "Unsqueeze", "x a", "u");
        tg_node(&g, "Unsqueeze", "u b", "v");
        tg_node(&g, "Softplus", "v", "y");
        run(&t, 17, &g, true);
        ck_assert_uint_eq(tm_nodes(&t), 2);
        HAS(&t, "{0,2}");
        tm_free(&t);
    }
}
END_TEST

/* Conv with BatchNormalization behind it: fused only in inference, with weights of its own. */
START_TEST(batchnorm)
{
    enum { FUSED, TRAINING, EXACT, SHARED, OTHER_USE, CASES };
    for (int k = 0; k < CASES; k++) {
        pb g = {0}, n;
        tmodel t;
        io(&g, "N,1,4,4");
        TG_F(&g, "w", "2,1,1,1", 1, 2);
        TG_F(&g, "s", "2", 2, 3);
        TG_F(&g, "b", "2", 1, 1);
        TG_F(&g, "mu", "2", 0.5f, 0);
        TG_F(&g, "v", "2", 1, 4);
        if (k == OTHER_USE) tg_out(&g, "c", OF_FLOAT, NULL);
        tg_node(&g, "Conv", "x w", "c");
        n = tn("BatchNormalization", "c s b mu v", k == TRAINING ? "n m2 v2" : "n");
        if (k == TRAINING) tn_int(&n, "training_mode", 1);
        tg_add(&g, n);
        if (k == SHARED) {
            tg_out(&g, "y2", OF_FLOAT, NULL);
            tg_node(&g, "ConvTranspose", "n w", "y2");
        }
        tg_node(&g, "Softplus", "n", "y");
        run(&t, 17, &g, k == EXACT);
        ck_assert_msg((strstr(t.text, "BatchNormalization") == NULL) == (k == FUSED), "%d\n%s", k, t.text);
        tm_free(&t);
    }
}
END_TEST

START_TEST(conv_pads)
{
    for (int k = 0; k < 4; k++) {
        pb g = {0}, n;
        tmodel t;
        int64_t pads[] = {0, k == 2, 1, 0, 0, 0, 0, 2};
        io(&g, "N,1,4,4");
        if (k == 2) TG_F(&g, "w", "2,2,1,1", 1, 2, 3, 4);
        else TG_F(&g, "w", "2,1,1,1", 1, 2);
        tg_init(&g, "p", OF_INT64, "8", pads, sizeof pads);
        tg_in(&g, "dyn", OF_INT64, "8");
        TG_F(&g, "v", "", k == 1 ? 1.0f : 0.0f);
        n = tn("Pad", k == 3 ? "x dyn v" : "x p v", "a");
        tg_add(&g, n);
        tg_node(&g, "Conv", "a w", "y");
        run(&t, 17, &g, true);
        ck_assert_uint_eq(tm_nodes(&t), k ? 2 : 1);
        if (!k) HAS(&t, "pads=[1,0,0,2]");
        tm_free(&t);
    }
}
END_TEST

START_TEST(gemm)
{
    for (int k = 0; k < 3; k++) {
        pb g = {0};
        tmodel t;
        io(&g, k == 1 ? "2,N,2" : "N,2");
        TG_F(&g, "w", "2,2", 1, 2, 3, 4);
        TG_F(&g, "b", "2", 1, 1);
        tg_node(&g, "MatMul", "x w", "m");
        tg_node(&g, "Add", "m b", "y");
        run(&t, 17, &g, k == 2);
        ck_assert_uint_eq(tm_nodes(&t), k ? 2 : 1);
        tm_free(&t);
    }
}
END_TEST

START_TEST(equal_dimensions)
{
    pb g = {0};
    tmodel t;
    tg_in(&g, "x", OF_FLOAT, "N,3");
    tg_in(&g, "z", OF_FLOAT, "M,3");
    tg_out(&g, "y", OF_INT64, NULL);
    tg_node(&g, "Softplus", "x", "e");
    tg_node(&g, "Shape", "x", "s1");
    tg_node(&g, "Shape", "e", "s2");
    tg_node(&g, "Shape", "z", "s3");
    tg_node(&g, "custom::Op", "s1 s2 s3", "y");
    run(&t, 17, &g, true);
    HAS(&t, "Op(s1, s1, s3)");
    tm_free(&t);
}
END_TEST

START_TEST(sequences)
{
    for (int k = 0; k < 3; k++) {
        pb g = {0}, n;
        tmodel t;
        io(&g, k == 2 ? "N,2" : "5,2");
        TG_I(&g, "two", "", 2);
        TG_I(&g, "i0", "", 0);
        TG_I(&g, "i2", "", -1);
        tg_in(&g, "i", OF_INT64, "");
        n = tn("SplitToSequence", "x two", "q");
        tn_int(&n, "axis", 0);
        tg_add(&g, n);
        tg_node(&g, "SequenceAt", k == 1 ? "q i" : "q i0", "a");
        tg_node(&g, "SequenceAt", "q i2", "b");
        n = tn("Concat", "a b", "y");
        tn_int(&n, "axis", 0);
        tg_add(&g, n);
        run(&t, 17, &g, true);
        ck_assert_uint_eq(tm_nodes(&t), k ? 4 : 2);
        if (!k) HAS(&t, "{2,2,1}");
        tm_free(&t);
    }
}
END_TEST

START_TEST(lists)
{
    pb g = {0}, n;
    tmodel t;
    io(&g, "4,6");
    TG_I(&g, "one", "1", 1);
    TG_I(&g, "three", "1", 3);
    TG_I(&g, "ax", "1", 0);
    tg_node(&g, "Slice", "x one three ax", "a");
    tg_node(&g, "Slice", "a one three one", "b");
    tg_node(&g, "Slice", "b ax one ax", "c"); /* the axis is cut already: stays */
    n = tn("Concat", "c c", "d");
    tn_int(&n, "axis", -1);
    tg_add(&g, n);
    n = tn("Concat", "d c", "e");
    tn_int(&n, "axis", 1);
    tg_add(&g, n);
    tg_node(&g, "Softplus", "e", "y");
    run(&t, 17, &g, true);
    HAS(&t, "Concat(c, c, c)");
    ck_assert_uint_eq(tm_nodes(&t), 4);
    tm_free(&t);
}
END_TEST

/* Without bounds a float is still kept within the finite ones. */
START_TEST(clip_without_bounds)
{
    for (int k = 0; k < 2; k++) {
        pb g = {0};
        tmodel t;
        tg_in(&g, "x", k ? OF_INT32 : OF_FLOAT, "N");
        tg_out(&g, "y", k ? OF_INT32 : OF_FLOAT, NULL);
        tg_node(&g, "Clip", "x", "c");
        tg_node(&g, "Abs", "c", "y");
        run(&t, 17, &g, false);
        ck_assert_uint_eq(tm_nodes(&t), k ? 1 : 2);
        tm_free(&t);
    }
}
END_TEST

START_TEST(twice_is_nothing)
{
    pb g = {0};
    tmodel t;
    io(&g, "N,2");
    tg_node(&g, "Identity", "x", "a");
    tg_node(&g, "Neg", "a", "b");
    tg_node(&g, "Neg", "b", "c");
    tg_node(&g, "Softplus", "c", "y");
    run(&t, 17, &g, true);
    ck_assert_uint_eq(tm_nodes(&t), 1);
    ck_assert_uint_eq(tm_applied(&t, "idempotent"), 0); /* of the second run */
    tm_free(&t);
}
END_TEST

TEST_SUITE("rewrite", neutral_elements, interface_names_stay, dropout, casts,
           shapes_become_constants, chains, batchnorm, conv_pads, gemm, equal_dimensions, sequences,
           lists, clip_without_bounds, twice_is_nothing)
