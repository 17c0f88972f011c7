/* Every allocation of an optimize call fails once, and from then on: the status says so,
 * the model is still a model, nothing leaks, and a later call finishes the work. */
#include "build.h"

typedef struct failing {
    size_t left; /* allocations until the first that fails; 0: none fails */
    bool forever;
    bool failed;
} failing;

static void *fail_alloc(void *user, size_t n)
{
    failing *f = (failing *)user;
    if (f->left && --f->left == 0) {
        f->failed = true;
        if (f->forever) f->left = 1;
        return NULL;
    }
    return malloc(n);
}
static void fail_release(void *user, void *p, size_t n)
{
    (void)user;
    (void)n;
    free(p);
}

static void add_if(pb *g, const char *cond, const char *out, pb *then_g, pb *else_g)
{
    pb n = tn("If", cond, out);
    tn_graph(&n, "then_branch", then_g);
    tn_graph(&n, "else_branch", else_g);
    tg_add(g, n);
}

static void branch(pb *b, const char *op, const char *w)
{
    TG_F(b, "w", "2", 5, 6);
    tg_node(b, op, "x", "m");
    tg_node(b, "Add", "m w", "o");
    tg_out(b, "o", OF_FLOAT, NULL);
    tg_out(b, w, OF_FLOAT, NULL);
    tg_vi(b, "m", OF_FLOAT, "2");
}

/* One of everything. */
static void all_passes(tmodel *t, int ir)
{
    pb g = {0}, t1 = {0}, e1 = {0}, t2 = {0}, e2 = {0}, body = {0}, lp, n, fs = {0}, f = {0};
    const float v[2] = {1, 2};
    const unsigned char yes = 1;
    if (ir >= 4) {
        TG_F(&g, "a", "2", 1, 2);
        TG_F(&g, "unused", "2", 1, 2);
    } else
        tg_add(&g, tn_const("a", OF_FLOAT, "2", v, sizeof v));
    tg_add(&g, tn_const("b", OF_FLOAT, "2", v, sizeof v));
    tg_add(&g, tn_const("cond", OF_BOOL, "", &yes, 1));
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_in(&g, "n", OF_INT64, "");
    tg_out(&g, "y", OF_FLOAT, "2");
    tg_out(&g, "z", OF_FLOAT, NULL);
    tg_out(&g, "s", OF_INT64, NULL);
    tg_out(&g, "q", OF_FLOAT, NULL);
    tg_node(&g, "Add", "a b", "c");
    tg_node(&g, "Mul", "c c", "d");
    tg_node(&g, "Shape", "x", "s");
    n = tn("Split", "d", "s1 s2");
    tn_int(&n, "axis", 0);
    tg_add(&g, n);
    if (ir < 4) branch(&t1, "Neg", "x");
    else branch(&t1, "Neg", "w");
    branch(&e1, "Abs", "w");
    add_if(&g, "cond", "z1 z", &t1, &e1);
    branch(&t2, "Exp", "o");
    branch(&e2, "Abs", "w");
    add_if(&g, "cond", "z2 z3", &t2, &e2);
    tg_in(&body, "i", OF_INT64, "");
    tg_in(&body, "c", OF_BOOL, "");
    tg_in(&body, "st", OF_FLOAT, NULL);
    if (ir >= 4) TG_F(&body, "a", "2", 7, 8);
    tg_node(&body, "Identity", "c", "c2");
    tg_node(&body, "Mul", "a b", "ab");
    tg_node(&body, "Add", "st ab", "st2");
    tg_out(&body, "c2", OF_BOOL, "");
    tg_out(&body, "st2", OF_FLOAT, NULL);
    tg_out(&body, "st2", OF_FLOAT, NULL);
    lp = tn("Loop", "n _ z2", "l ls");
    tn_graph(&lp, "body", &body);
    tn_name(&lp, "same");
    tg_add(&g, lp);
    n = tn("Sum", "l z1 z3 s1 s2", "y");
    tn_name(&n, "same");
    tg_add(&g, n);
    tg_node(&g, "Exp", "y", "dead");
    tg_vi(&g, "c", OF_FLOAT, "2");
    tg_vi(&g, "z2", OF_FLOAT, "3");
    tg_node(&g, "local::F", "x", "q");
    pb_str(&f, 1, "F");
    pb_str(&f, 4, "x");
    pb_str(&f, 5, "y");
    {
        pb k = tn_const("k", OF_FLOAT, "2", v, sizeof v), neg = tn("Neg", "k", "k2"), add = tn("Add", "x k2", "y");
        pb_msg(&f, 7, &k);
        pb_msg(&f, 7, &neg);
        pb_msg(&f, 7, &add);
    }
    tm_opset(&f, 9, "", 13);
    pb_str(&f, 10, "local");
    pb_msg(&fs, 25, &f);
    tm_make(t, ir, 13, &g, &fs, "local");
    tm_opset(&t->bytes, 8, "spare", 1);
    t->o.value_info = true;
    t->o.inline_functions = false;
}

/* A function with a Loop in it, called from a branch, and doubles to merge. */
static void functions(tmodel *t, int ir)
{
    pb g = {0}, fs = {0}, f = {0}, body = {0}, t1 = {0}, e1 = {0}, n;
    tg_in(&g, "x", OF_FLOAT, "2");
    tg_in(&g, "n", OF_INT64, "");
    tg_in(&g, "cond", OF_BOOL, "");
    tg_out(&g, "y", OF_FLOAT, NULL);
    TG_F(&g, "dup1", "2", 1, 2);
    TG_F(&g, "dup2", "2", 1, 2);
    tg_in(&body, "i", OF_INT64, "");
    tg_in(&body, "c", OF_BOOL, "");
    tg_in(&body, "s", OF_FLOAT, "k");
    TG_F(&body, "w", "2", 1, 2);
    tg_node(&body, "Identity", "c", "c2");
    tg_node(&body, "Sum", "s t w x", "s2");
    tg_out(&body, "c2", OF_BOOL, "");
    tg_out(&body, "s2", OF_FLOAT, "k");
    pb_str(&f, 1, "F");
    pb_words(&f, 4, "x n");
    pb_words(&f, 5, "y t x");
    n = tn("Softmax", "x", "t");
    tn_ref(&n, "axis", "ax", OF_A_INT);
    tn_name(&n, "soft");
    pb_msg(&f, 7, &n);
    n = tn("Loop", "n _ x", "l");
    tn_graph(&n, "body", &body);
    pb_msg(&f, 7, &n);
    n = tn("Add", "l t", "y");
    pb_msg(&f, 7, &n);
    tm_opset(&f, 9, "", 13);
    tm_opset(&f, 9, "extra", 2);
    n = tn("extra::Thing", "y", "dead");
    pb_msg(&f, 7, &n);
    pb_str(&f, 10, "local");
    pb_msg(&fs, 25, &f);
    n = tn("local::F", "x n", "o o2 o3");
    tn_int(&n, "ax", 0);
    tg_add(&t1, n);
    tg_out(&t1, "o", OF_FLOAT, NULL);
    tg_out(&t1, "o3", OF_FLOAT, NULL);
    tg_node(&e1, "Abs", "x", "o");
    tg_out(&e1, "o", OF_FLOAT, NULL);
    tg_out(&e1, "o", OF_FLOAT, NULL);
    add_if(&g, "cond", "q r", &t1, &e1);
    tg_node(&g, "local::F", "q n", "v");
    tg_node(&g, "Abs", "v", "a1");
    tg_node(&g, "Abs", "v", "a2");
    tg_node(&g, "Sum", "a1 a2 dup1 dup2 r", "y");
    tm_make(t, ir, 13, &g, &fs, "local");
    t->o.value_info = true;
}

/* A branch that nothing takes, dims without a name, weights handed out in pieces. */
static void suppositions(tmodel *t, int ir)
{
    static const float w[2 * 6000];
    pb g = {0}, t1 = {0}, e1 = {0}, n;
    tg_in(&g, "x", OF_FLOAT, "?,2,?");
    tg_in(&g, "cond", OF_BOOL, "");
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_out(&g, "same", OF_BOOL, NULL);
    tg_init(&g, "w", OF_FLOAT, "2,2,3000", w, sizeof w);
    TG_I(&g, "k0", "1", 0);
    TG_I(&g, "k1", "1", 1);
    TG_I(&g, "k2", "1", 2);
    tg_node(&g, "NonZero", "x", "nz");
    tg_node(&g, "Abs", "nz", "nz2");
    tg_node(&g, "Shape", "nz", "s1");
    tg_node(&g, "Shape", "nz2", "s2");
    tg_node(&g, "Equal", "s1 s2", "same");
    tg_node(&t1, "Unsqueeze", "x k0", "u");
    tg_out(&t1, "u", OF_FLOAT, NULL);
    tg_node(&e1, "Neg", "x", "i");
    tg_out(&e1, "i", OF_FLOAT, NULL);
    add_if(&g, "cond", "z", &t1, &e1);
    tg_node(&g, "Slice", "w k0 k1 k0", "p");
    tg_node(&g, "Slice", "w k1 k2 k0", "q");
    n = tn("Concat", "q p", "w2");
    tn_int(&n, "axis", 0);
    tg_add(&g, n);
    tg_node(&g, "Conv", "z w2", "y");
    tm_make(t, ir, 13, &g, NULL, NULL);
}

static void turned(pb *g, const char *in, const char *out, bool back)
{
    pb n = tn("Transpose", in, out);
    tn_ints(&n, "perm", back ? (const int64_t[]){0, 3, 1, 2} : (const int64_t[]){0, 2, 3, 1}, 4);
    tg_add(g, n);
}

/* Transposes that cancel through a set of nodes, with axes and constants of their own, and one
 * that has to be put in for what leaves on the way. */
static void transposes(tmodel *t, int ir)
{
    pb g = {0}, n;
    tg_in(&g, "x", OF_FLOAT, "N,3,4,5");
    tg_in(&g, "z", OF_FLOAT, "N,2,4,5");
    tg_out(&g, "y", OF_FLOAT, NULL);
    tg_out(&g, "w", OF_FLOAT, NULL);
    TG_F(&g, "c", "5", 1, 2, 3, 4, 5);
    TG_I(&g, "p", "8", 0, 1, 2, 0, 0, 3, 4, 0);
    turned(&g, "x", "a", false);
    turned(&g, "z", "b", false);
    n = tn("Concat", "a b", "d");
    tn_int(&n, "axis", -1);
    tg_add(&g, n);
    tg_node(&g, "Add", "d c", "e");
    tg_node(&g, "Pad", "e p", "f");
    tg_node(&g, "Mul", "f f", "h");
    turned(&g, "h", "i", true);
    turned(&g, "f", "j", true);
    tg_node(&g, "Exp", "i", "k");
    tg_node(&g, "Sub", "k j", "y");
    tg_node(&g, "Exp", "h", "w");
    tm_model(t, ir, 17, &g);
    t->o.n_skip = 0; /* with the rules */
}

static void sweep(void (*make)(tmodel *, int), int ir, bool forever, of_quant_mode quant, bool inlined, size_t nodes)
{
    for (size_t at = 1;; at++) {
        failing f = {0, forever, false};
        tmodel t;
        of_status st;

        make(&t, ir);
        t.o.quant = quant;
        t.o.inline_functions = inlined;
        t.alloc.allocate = fail_alloc;
        t.alloc.release = fail_release;
        t.alloc.user = &f;
        ck_assert_msg(tm_load(&t) == OF_OK, "%s", t.e.msg);
        f.left = at;
        st = of_optimize(t.m, &t.o, &t.r, &t.e);
        f.left = 0;
        if (!f.failed) {
            ck_assert_msg(st == OF_OK, "%s", t.e.msg);
            tm_free(&t);
            ck_assert_uint_gt(at, 20);
            return;
        }
        ck_assert_msg(st == OF_E_NOMEM, "allocation %zu: status %d %s", at, (int)st, t.e.msg);
        of_err_clear(&t.e);
        ck_assert_msg(of_verify(t.m, &t.e) == OF_OK, "allocation %zu: %s", at, t.e.msg);
        tm_run(&t);
        ck_assert_msg(tm_nodes(&t) == nodes, "allocation %zu: %zu nodes\n%s", at, tm_nodes(&t), t.text);
        tm_again(&t);
        tm_free(&t);
    }
}

START_TEST(once) { sweep(all_passes, 8, false, OF_QUANT_PRESERVE, false, 12); }
END_TEST
START_TEST(from_then_on) { sweep(all_passes, 8, true, OF_QUANT_ISLANDS, true, 10); }
END_TEST
START_TEST(old_ir_once) { sweep(all_passes, 3, false, OF_QUANT_PRESERVE, false, 19); }
END_TEST
START_TEST(old_ir_from_then_on) { sweep(all_passes, 3, true, OF_QUANT_PRESERVE, false, 19); }
END_TEST
START_TEST(functions_once) { sweep(functions, 8, false, OF_QUANT_PRESERVE, true, 16); }
END_TEST
START_TEST(functions_from_then_on) { sweep(functions, 8, true, OF_QUANT_PRESERVE, true, 16); }
END_TEST

START_TEST(suppositions_once) { sweep(suppositions, 8, false, OF_QUANT_PRESERVE, true, 2); }
END_TEST
START_TEST(suppositions_from_then_on) { sweep(suppositions, 8, true, OF_QUANT_PRESERVE, true, 2); }
END_TEST

START_TEST(transposes_once) { sweep(transposes, 8, false, OF_QUANT_PRESERVE, true, 8); }
END_TEST
START_TEST(transposes_from_then_on) { sweep(transposes, 8, true, OF_QUANT_PRESERVE, true, 8); }
END_TEST

TEST_SUITE("pass: oom", transposes_once, transposes_from_then_on, suppositions_once, suppositions_from_then_on, once, from_then_on, old_ir_once, old_ir_from_then_on, functions_once, functions_from_then_on)
