/* The algebra of dimensions: against plain numbers at random, and the forms by name. */
#include "ir_build.h"

static of_alloc alloc;
static of_arena arena;
static of_names names;
static of_dimtab *t;

static void open(void)
{
    of_alloc_init_default(&alloc);
    of_arena_init(&arena, &alloc);
    ck_assert_int_eq(of_names_init(&names, &alloc, &arena), OF_OK);
    t = of_dimtab_new(&arena, &alloc);
    ck_assert_ptr_nonnull(t);
}

static void shut(void)
{
    of_dimtab_free(t);
    of_names_free(&names);
    of_arena_free(&arena);
    ck_assert_uint_eq(alloc.live, 0);
}

static of_dim sym(const char *s) { return of_dim_symbol(t, of_names_get(&names, s, strlen(s))); }
static of_dim num(int64_t k) { return of_dim_num(k); }
static of_dim add(of_dim a, of_dim b) { return of_dim_add(t, a, b); }
static of_dim sub(of_dim a, of_dim b) { return of_dim_sub(t, a, b); }
static of_dim mul(of_dim a, of_dim b) { return of_dim_mul(t, a, b); }
static of_dim flo(of_dim a, of_dim b) { return of_dim_floordiv(t, a, b); }
static of_dim cei(of_dim a, of_dim b) { return of_dim_ceildiv(t, a, b); }
static of_dim dmin(of_dim a, of_dim b) { return of_dim_min(t, a, b); }
static of_dim dmax(of_dim a, of_dim b) { return of_dim_max(t, a, b); }

#define TEXT(d, want)                                                                              \
    do {                                                                                           \
        char buf_[300];                                                                            \
        of_dim_text(t, (d), buf_, sizeof buf_);                                                    \
        ck_assert_str_eq(buf_, want);                                                              \
    } while (0)
#define SAME(a, b) ck_assert(of_dim_same(a, b))

START_TEST(forms)
{
    open();
    of_dim b = sym("batch"), s = sym("seq"), h = sym("h");
    TEXT(num(-7), "-7");
    TEXT(num(INT64_MIN), "-9223372036854775808");
    TEXT(of_dim_unknown(), "?");
    TEXT(add(mul(num(2), s), num(1)), "2*seq+1");
    TEXT(sub(s, num(1)), "-1+seq");
    TEXT(sub(b, s), "-seq+batch");
    TEXT(sub(sub(num(0), b), num(3)), "-batch-3");
    TEXT(mul(s, add(b, num(1))), "batch*seq+seq");
    TEXT(mul(mul(b, b), num(-2)), "-2*batch*batch");
    TEXT(flo(h, num(2)), "floor(h/2)");
    TEXT(cei(h, num(2)), "ceil(h/2)");
    TEXT(flo(add(h, num(5)), num(4)), "floor((h+1)/4)+1");
    TEXT(flo(mul(h, num(3)), num(4)), "floor(3*h/4)");
    TEXT(cei(cei(h, num(2)), num(2)), "ceil(h/4)");
    TEXT(flo(b, add(s, num(1))), "floor(batch/(seq+1))");
    TEXT(dmin(h, num(5)), "min(5,h)");
    TEXT(dmax(add(b, num(1)), add(s, num(1))), "max(batch,seq)+1");
    TEXT(dmin(dmin(s, b), h), "min(batch,h,seq)");
    shut();
}
END_TEST

START_TEST(identities)
{
    open();
    of_dim b = sym("b"), s = sym("s"), h = sym("h"), u = of_dim_unknown();
    SAME(add(b, s), add(s, b));
    SAME(sub(add(b, s), s), b);
    SAME(sub(mul(b, s), mul(s, b)), num(0));
    SAME(mul(b, num(0)), num(0));
    SAME(mul(u, num(0)), num(0));
    SAME(mul(b, num(1)), b);
    SAME(mul(add(b, s), add(b, num(-1))), sub(add(mul(b, b), mul(s, b)), add(b, s)));
    SAME(flo(mul(b, num(6)), num(6)), b);
    SAME(flo(add(h, mul(b, num(4))), num(2)), add(mul(b, num(2)), flo(h, num(2))));
    SAME(flo(add(mul(h, num(2)), num(1)), num(4)), flo(h, num(2)));
    SAME(flo(flo(h, num(3)), num(5)), flo(h, num(15)));
    SAME(flo(add(flo(h, num(3)), num(2)), num(5)), flo(add(h, num(6)), num(15)));
    SAME(cei(h, num(2)), flo(add(h, num(1)), num(2)));
    SAME(flo(h, num(1)), h);
    SAME(flo(h, num(-1)), sub(num(0), h));
    SAME(flo(num(-7), num(2)), num(-4));
    SAME(cei(num(-7), num(2)), num(-3));
    SAME(cei(num(7), num(-2)), num(-3));
    SAME(flo(mul(add(b, num(1)), s), add(b, num(1))), s);
    SAME(flo(num(0), add(b, num(1))), num(0));
    SAME(dmin(b, b), b);
    SAME(dmin(b, add(b, num(3))), b);
    SAME(dmax(b, add(b, num(3))), add(b, num(3)));
    SAME(dmax(b, num(0)), b);
    SAME(dmin(b, num(-1)), num(-1));
    SAME(dmin(dmin(b, s), dmin(s, h)), dmin(h, dmin(s, b)));
    SAME(dmax(num(3), num(9)), num(9));
    SAME(flo(dmin(b, num(3)), num(4)), num(0)); /* never above 3 */
    /* what is not known stays so */
    ck_assert(!of_dim_known(add(u, b)) && !of_dim_known(sub(u, u)) && !of_dim_known(mul(u, b)));
    ck_assert(!of_dim_known(flo(b, s)) && !of_dim_known(flo(b, num(0))) && !of_dim_known(flo(b, u)));
    ck_assert(!of_dim_known(flo(u, b)) && !of_dim_known(cei(b, u)) && !of_dim_known(dmin(u, b)));
    ck_assert(!of_dim_known(dmax(num(1), u)));
    ck_assert(!of_dim_same(u, u));
    shut();
}
END_TEST

START_TEST(overflow)
{
    open();
    of_dim b = sym("b"), big = mul(b, num(INT64_MAX)), low = num(INT64_MIN);
    ck_assert(of_dim_known(big));
    ck_assert(!of_dim_known(mul(big, num(2))));
    ck_assert(!of_dim_known(add(big, big)));
    ck_assert(!of_dim_known(add(num(INT64_MAX), num(1))));
    ck_assert(!of_dim_known(sub(low, num(1))));
    ck_assert(!of_dim_known(sub(num(0), low)));
    ck_assert(!of_dim_known(flo(low, num(-1))));
    ck_assert(!of_dim_known(flo(b, low)));
    ck_assert(!of_dim_known(mul(mul(big, big), big)));
    ck_assert(!of_dim_known(add(add(b, num(INT64_MAX)), num(1))));
    SAME(flo(low, num(2)), num(INT64_MIN / 2));
    /* more terms, degrees, arguments or text than are kept */
    char name[300];
    of_dim sum = num(0), prod = num(1), low_of = sym("b"), deep = sym("deep");
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "sym_%d", i);
        sum = add(sum, sym(name));
        prod = mul(prod, sym(name));
        low_of = dmin(low_of, sym(name));
        deep = dmin(add(flo(deep, num(7)), sym(name)), mul(deep, sym(name)));
        ck_assert_int_eq(of_dim_known(sum), i < 16);
        ck_assert_int_eq(of_dim_known(prod), i < 8);
        ck_assert_int_eq(of_dim_known(low_of), i < 7);
    }
    ck_assert(!of_dim_known(deep));
    ck_assert(!of_dimtab_oom(t));
    /* a very long name is itself and no more */
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    of_dim l = sym(name);
    SAME(l, sym(name));
    ck_assert_ptr_eq(of_dim_name(t, &names, l), of_names_find(&names, name, strlen(name)));
    SAME(mul(l, num(1)), l);
    SAME(sub(l, l), num(0));
    SAME(dmin(l, l), l);
    ck_assert(!of_dim_known(add(l, b)) && !of_dim_known(mul(l, num(2))) && !of_dim_known(dmin(l, b)));
    ck_assert(!of_dim_known(flo(l, num(2))));
    ck_assert_ptr_null(of_dim_name(t, &names, add(l, num(1))));
    shut();
}
END_TEST

START_TEST(names_back)
{
    static const char *const same[] = {
        "batch", "2*seq+1", "-1+seq", "-seq+batch", "floor(h/2)", "ceil(h/2)", "floor((h+1)/4)+1",
        "floor(batch/(seq+1))", "min(5,h)", "max(batch,seq)+1", "batch*seq+seq", "-2*a*a+b",
        "floor(3*h/4)", "min(floor(h/2),2*w+1)", "floor((-1+a+b)/(b+1))", "12*floor*h",
    };
    static const char *const opaque[] = {
        "batch-size", "past + 1", "N*2", "seq+2*seq", "1+seq", "?n", "a/b", "floor(h)", "min(h)",
        "h//2", "(a", "a)", "a,b", "a+", "+a", "floor(a/2+1)", "floor(a/2,b)", "foo(a)", "2a", "a b",
        "99999999999999999999*a", "min(a,b", "max(h,5)", "((((((((((((((((((((((((((a", "\xc3\xa9",
        "1*a", "0*a", "a*-1", "min(a/2,b)", "floor(a)", "(a)",
    };
    open();
    of_dim a = sym("a");
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        of_dim d = sym(same[i]);
        TEXT(d, same[i]);
        SAME(d, sym(same[i]));
        of_sym n = of_dim_name(t, &names, d);
        ck_assert_str_eq(n->s, same[i]);
    }
    SAME(sym("2*seq+1"), add(mul(sym("seq"), num(2)), num(1)));
    SAME(sym("ceil(h/2)"), cei(sym("h"), num(2)));
    SAME(sym("-seq+batch"), sub(sym("batch"), sym("seq")));
    for (size_t i = 0; i < sizeof opaque / sizeof opaque[0]; i++) {
        of_dim d = sym(opaque[i]);
        ck_assert(of_dim_known(d));
        SAME(d, sym(opaque[i]));
        ck_assert_str_eq(of_dim_name(t, &names, d)->s, opaque[i]);
        /* in an expression it is set apart, and read again it is not taken to pieces */
        of_dim e = add(mul(d, num(2)), a);
        of_sym n = of_dim_name(t, &names, e);
        of_dim again = of_dim_symbol(t, n);
        ck_assert_ptr_eq(of_dim_name(t, &names, again), n);
    }
    ck_assert(!of_dim_known(of_dim_symbol(t, names.empty)));
    ck_assert_ptr_null(of_dim_name(t, &names, num(3)));
    ck_assert_ptr_null(of_dim_name(t, &names, of_dim_unknown()));
    char cut[4];
    ck_assert_uint_eq(of_dim_text(t, sym("2*seq+1"), cut, sizeof cut), 7);
    ck_assert_str_eq(cut, "2*s");
    ck_assert_uint_eq(of_dim_text(t, sym("2*seq+1"), NULL, 0), 7);
    shut();
}
END_TEST

/* The text does not depend on what was made first. */
START_TEST(order_free)
{
    char x[300], y[300];
    open();
    sym("a");
    sym("b");
    sym("c");
    of_dim_text(t, add(mul(sym("c"), sym("a")), add(sym("b"), dmin(sym("c"), sym("b")))), x, sizeof x);
    shut();
    open();
    sym("c");
    dmin(sym("b"), sym("c"));
    sym("b");
    of_dim_text(t, add(add(dmin(sym("b"), sym("c")), sym("b")), mul(sym("a"), sym("c"))), y, sizeof y);
    shut();
    ck_assert_str_eq(x, y);
    ck_assert_str_eq(x, "a*c+b+min(b,c)");
}
END_TEST

START_TEST(exact_division)
{
    of_dim q;
    open();
    of_dim b = sym("b"), s = sym("s");
    of_dim all = mul(mul(b, s), num(768));
    ck_assert(of_dim_div_exact(t, all, mul(b, num(768)), &q));
    SAME(q, s);
    ck_assert(of_dim_div_exact(t, mul(add(b, s), sub(b, num(2))), add(s, b), &q));
    SAME(q, sub(b, num(2)));
    ck_assert(of_dim_div_exact(t, num(0), b, &q));
    SAME(q, num(0));
    ck_assert(of_dim_div_exact(t, add(mul(b, num(4)), num(8)), num(-4), &q));
    SAME(q, sub(num(-2), b));
    ck_assert(!of_dim_div_exact(t, add(b, num(1)), s, &q));
    ck_assert(!of_dim_div_exact(t, num(7), num(2), &q));
    ck_assert(!of_dim_div_exact(t, b, num(0), &q));
    ck_assert(!of_dim_div_exact(t, b, of_dim_unknown(), &q));
    ck_assert(!of_dim_div_exact(t, num(INT64_MIN), num(-1), &q));
    ck_assert(!of_dim_div_exact(t, mul(b, b), add(b, num(1)), &q));
    ck_assert(!of_dim_known(q));
    shut();
}
END_TEST

START_TEST(broadcast)
{
    of_dim o;
    open();
    of_dim b = sym("b"), s = sym("s"), u = of_dim_unknown(), two = add(s, num(2));
    ck_assert(of_dim_broadcast(t, num(3), num(3), &o) && of_dim_is(o, 3));
    ck_assert(of_dim_broadcast(t, num(1), num(3), &o) && of_dim_is(o, 3));
    ck_assert(of_dim_broadcast(t, num(0), num(1), &o) && of_dim_is(o, 0));
    ck_assert(!of_dim_broadcast(t, num(2), num(3), &o));
    ck_assert(!of_dim_broadcast(t, num(0), num(2), &o));
    ck_assert(of_dim_broadcast(t, b, b, &o) && of_dim_same(o, b));
    ck_assert(of_dim_broadcast(t, b, num(1), &o) && of_dim_same(o, b));
    ck_assert(of_dim_broadcast(t, num(1), b, &o) && of_dim_same(o, b));
    ck_assert(of_dim_broadcast(t, b, num(5), &o) && of_dim_is(o, 5));
    ck_assert(of_dim_broadcast(t, num(0), b, &o) && of_dim_is(o, 0));
    ck_assert(of_dim_broadcast(t, u, num(5), &o) && of_dim_is(o, 5));
    ck_assert(of_dim_broadcast(t, b, s, &o) && !of_dim_known(o));
    ck_assert(of_dim_broadcast(t, b, two, &o) && of_dim_same(o, two));
    ck_assert(of_dim_broadcast(t, two, num(7), &o) && of_dim_is(o, 7));
    ck_assert(of_dim_broadcast(t, u, num(1), &o) && !of_dim_known(o));
    ck_assert(of_dim_broadcast(t, u, u, &o) && !of_dim_known(o));
    ck_assert(of_dim_broadcast(t, s, dmin(s, num(64)), &o) && of_dim_same(o, s));
    ck_assert(of_dim_broadcast(t, dmin(s, add(b, num(1))), s, &o) && of_dim_same(o, s));
    ck_assert(of_dim_broadcast(t, dmin(s, b), s, &o) && !of_dim_known(o));
    ck_assert(of_dim_broadcast(t, dmin(b, num(64)), s, &o) && !of_dim_known(o));
    ck_assert(of_dim_broadcast(t, add(dmin(s, b), num(1)), s, &o) && !of_dim_same(o, s));
    shut();
}
END_TEST

/* A symbol without a name: equal to itself alone, and never written. */
START_TEST(anonymous)
{
    char buf[8];
    open();
    of_dim a = of_dim_anon(t), b = of_dim_anon(t), s = sym("s");
    of_dim all[] = {a, add(a, num(1)), mul(a, s), flo(add(a, s), num(3)), dmin(a, num(4)), dmax(s, flo(a, num(2)))};
    SAME(add(a, num(1)), add(num(1), a));
    ck_assert(!of_dim_same(a, b) && of_dim_known(a) && !of_dim_hidden(t, s) && !of_dim_hidden(t, num(3)));
    ck_assert(!of_dim_hidden(t, of_dim_unknown()) && !of_dim_hidden(t, add(mul(a, s), sub(s, mul(a, s)))));
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        ck_assert(of_dim_hidden(t, all[i]));
        ck_assert_ptr_null(of_dim_name(t, &names, all[i]));
        of_dim_text(t, all[i], buf, sizeof buf);
        ck_assert_str_eq(buf, "?");
    }
    /* no text of a model means one */
    ck_assert(!of_dim_same(sym("?0"), a) && !of_dim_same(sym("?1"), b) && !of_dim_same(sym("?0+1"), all[1]));
    ck_assert(!of_dim_hidden(t, sym("?0+n")) && !of_dim_same(sym("?0+s"), add(a, s)));
    /* nor does one that is written for "not known" name anything */
    ck_assert(!of_dim_known(sym("?")) && !of_dim_known(sym("-1")) && !of_dim_known(sym("None")) && !of_dim_known(sym("*")));
    ck_assert(of_dim_known(sym("?n")) && of_dim_known(sym("Non")) && of_dim_known(sym("\xc3\xa9")));
    shut();
}
END_TEST

START_TEST(substitution)
{
    open();
    of_dim b = sym("b"), s = sym("s");
    of_sym bn = of_names_get(&names, "b", 1), sn = of_names_get(&names, "s", 1);
    of_dim e = add(flo(dmin(mul(b, s), num(100)), num(7)), dmax(b, num(3)));
    SAME(of_dim_subst(t, e, bn, num(4)), add(flo(dmin(mul(s, num(4)), num(100)), num(7)), num(4)));
    SAME(of_dim_subst(t, of_dim_subst(t, e, bn, num(4)), sn, num(1000)), num(18));
    SAME(of_dim_subst(t, e, bn, add(s, num(1))),
         add(flo(dmin(mul(add(s, num(1)), s), num(100)), num(7)), dmax(add(s, num(1)), num(3))));
    SAME(of_dim_subst(t, e, of_names_get(&names, "q", 1), num(1)), e);
    SAME(of_dim_subst(t, num(5), bn, num(1)), num(5));
    ck_assert(!of_dim_known(of_dim_subst(t, e, bn, of_dim_unknown())));
    SAME(of_dim_subst(t, flo(s, add(b, num(1))), bn, num(3)), flo(s, num(4)));
    shut();
}
END_TEST

/* ---- at random ---- */

static uint64_t state = 0x9e3779b97f4a7c15u;
static uint64_t rnd(uint64_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % n;
}

static int64_t fdiv_num(int64_t a, int64_t b)
{
    int64_t q = a / b, r = a % b;
    return r != 0 && (r < 0) != (b < 0) ? q - 1 : q;
}

enum { SYMS = 4, SETS = 6, POOL = 40 };

/* Each pool entry: an expression and its value under SETS assignments of the symbols. */
START_TEST(random_terms)
{
    static of_dim d[POOL];
    static int64_t v[POOL][SETS], at[SYMS][SETS];
    static const char *const name[SYMS] = {"a", "b", "h", "w"};
    size_t known = 0, told_equal = 0, not_told = 0;
    open();
    for (int round = 0; round < 60; round++) {
        for (int i = 0; i < SYMS; i++)
            for (int k = 0; k < SETS; k++) at[i][k] = v[i][k] = (int64_t)rnd(k ? 50 : 3);
        for (int i = 0; i < SYMS; i++) d[i] = sym(name[i]);
        int n = SYMS;
        for (int tries = 0; n < POOL && tries < 4000; tries++) {
            size_t x = (size_t)rnd((uint64_t)n), y = (size_t)rnd((uint64_t)n);
            int64_t c = (int64_t)rnd(9) - 3;
            uint64_t op = rnd(9);
            of_dim r;
            bool by_number = rnd(2) == 0;
            of_dim e = by_number ? num(c) : d[y];
            if (op == 0) r = add(d[x], e);
            else if (op == 1) r = sub(d[x], e);
            else if (op == 2) r = mul(d[x], e);
            else if (op == 3 || op == 4) r = flo(d[x], e);
            else if (op == 5 || op == 6) r = cei(d[x], e);
            else r = op == 7 ? dmin(d[x], e) : dmax(d[x], e);
            bool ok = of_dim_known(r);
            for (int k = 0; k < SETS; k++) {
                int64_t p = v[x][k], q = by_number ? c : v[y][k], z = 0;
                if (op >= 3 && op <= 6) {
                    if (q == 0) {
                        ck_assert(!ok); /* where the divisor may be 0 nothing is known */
                        break;
                    }
                    z = op < 5 ? fdiv_num(p, q) : -fdiv_num(-p, q);
                } else if (op == 0) {
                    z = p + q;
                } else if (op == 1) {
                    z = p - q;
                } else if (op == 2) {
                    if (p > 1000000 || p < -1000000 || q > 1000000 || q < -1000000) ok = false;
                    else z = p * q;
                } else {
                    z = op == 7 ? (p < q ? p : q) : (p > q ? p : q);
                }
                if (ok) v[n][k] = z;
            }
            if (!ok || (of_dim_is_num(r) && rnd(3))) continue;
            d[n] = r;
            known++;
            int64_t lo, hi;
            of_dim_range(t, r, &lo, &hi);
            for (int k = 0; k < SETS; k++) {
                ck_assert_msg(v[n][k] >= lo && v[n][k] <= hi, "out of range");
                bool ones = true; /* every symbol is 1 or more */
                for (int i = 0; i < SYMS; i++) ones = ones && at[i][k] >= 1;
                ck_assert_msg(!ones || !of_dim_never_zero(t, r) || v[n][k] >= 1, "zero, or less");
                of_dim s = r;
                for (int i = 0; i < SYMS; i++)
                    s = of_dim_subst(t, s, of_names_get(&names, name[i], 1), num(at[i][k]));
                char text[300];
                of_dim_text(t, r, text, sizeof text);
                ck_assert_msg(of_dim_is(s, v[n][k]), "%s: %lld, not %lld", text, (long long)s.k,
                              (long long)v[n][k]);
            }
            /* the name is read as the same expression */
            of_sym nm = of_dim_name(t, &names, r);
            if (nm) ck_assert_msg(of_dim_same(of_dim_symbol(t, nm), r), "not read back: %s", nm->s);
            n++;
        }
        /* one object: one value */
        for (int i = 0; i < n; i++)
            for (int k = 0; k < i; k++) {
                bool equal = memcmp(v[i], v[k], sizeof v[0]) == 0;
                if (of_dim_same(d[i], d[k])) {
                    ck_assert(equal);
                    told_equal++;
                } else if (equal) {
                    not_told++;
                }
            }
    }
    ck_assert_uint_gt(known, 1000);
    ck_assert_uint_gt(told_equal, 100);
    (void)not_told;
    ck_assert(!of_dimtab_oom(t));
    shut();
}
END_TEST

/* ---- shared types ---- */

/* More shapes than the table has places: whoever loses its place keeps what it says. */
START_TEST(types_shared)
{
    enum { N = 500 };
    const of_type *type[N];
    of_alloc_init_default(&alloc);
    of_model *m = NULL;
    ck_assert_int_eq(of_model_new(&alloc, &m, NULL), OF_OK);
    for (int i = 0; i < N; i++) {
        of_dim d[3] = {num(i), of_dim_unknown(), {i, 1}};
        const of_shape s = {i % 4, i % 4 ? d : NULL};
        type[i] = of_type_shared(m, i % 2 ? OF_FLOAT : OF_INT64, &s);
        ck_assert_ptr_nonnull(type[i]);
        ck_assert_ptr_eq(of_type_shared(m, (of_dtype)type[i]->dtype, &s), type[i]);
        d[0] = num(-1); /* not the caller's any more */
        ck_assert(of_type_shared(m, OF_DOUBLE, &s) != type[i]);
    }
    for (int i = 0; i < N; i++) {
        const of_shape *s = &type[i]->shape;
        ck_assert_int_eq(type[i]->kind, OF_T_TENSOR);
        ck_assert_int_eq(type[i]->dtype, i % 2 ? OF_FLOAT : OF_INT64);
        ck_assert_int_eq(s->rank, i % 4);
        if (s->rank > 0) SAME(s->d[0], num(i));
        if (s->rank > 1) ck_assert(!of_dim_known(s->d[1]));
        if (s->rank > 2) ck_assert(s->d[2].k == i && s->d[2].sym == 1);
    }
    of_shape none = of_shape_unknown();
    ck_assert_int_eq(of_type_shared(m, OF_FLOAT, &none)->shape.rank, -1);
    of_model_free(m);
    ck_assert_uint_eq(alloc.live, 0);
}
END_TEST

/* ---- out of memory ---- */

static size_t left;
static void *few(void *user, size_t n)
{
    (void)user;
    if (left == 0) return NULL;
    left--;
    return malloc(n);
}
static void give_back(void *user, void *p, size_t n)
{
    (void)user;
    (void)n;
    free(p);
}

START_TEST(no_memory)
{
    size_t tries = 0;
    for (size_t max = 0;; max++) {
        of_alloc_init_default(&alloc);
        alloc.allocate = few;
        alloc.release = give_back;
        left = max;
        of_arena_init(&arena, &alloc);
        bool ok = of_names_init(&names, &alloc, &arena) == OF_OK;
        t = ok ? of_dimtab_new(&arena, &alloc) : NULL;
        if (!t) {
            if (ok) of_names_free(&names);
            of_arena_free(&arena);
            ck_assert_uint_eq(alloc.live, 0);
            continue;
        }
        bool all = true;
        char name[16];
        for (int i = 0; i < 200; i++) {
            snprintf(name, sizeof name, "s%d", i);
            of_sym n = of_names_get(&names, name, strlen(name));
            of_dim d = n ? of_dim_symbol(t, n) : of_dim_unknown();
            of_dim e = add(dmin(d, num(7)), mul(flo(d, num(3)), d));
            if (of_dim_known(d)) e = of_dim_subst(t, e, n, num(9));
            if (!of_dim_known(e)) all = false;
            else if (of_dim_known(d)) SAME(e, num(34));
        }
        ck_assert(all || of_dimtab_oom(t) || left == 0);
        bool last = all && !of_dimtab_oom(t);
        of_dimtab_free(t);
        of_names_free(&names);
        of_arena_free(&arena);
        ck_assert_uint_eq(alloc.live, 0);
        tries++;
        if (last) break;
    }
    ck_assert_uint_gt(tries, 10);
}
END_TEST

/* Where an axis may be empty although no symbol is 0. */
START_TEST(never_zero)
{
    open();
    const of_dim n = sym("n"), m = sym("m"), one = num(1), two = num(2);
    const of_dim never[] = {n, add(n, one), mul(n, m), sub(mul(two, n), one), cei(n, two), flo(add(n, one), two),
                            dmax(one, sub(n, two)), dmin(n, m), dmax(sub(n, one), m), mul(n, cei(m, two)), one};
    const of_dim may[] = {sub(n, one), sub(mul(n, m), one), sub(n, m), flo(n, two), dmax(num(0), sub(n, two)),
                          dmin(num(3), sub(n, one)), mul(n, flo(m, two)), mul(n, sub(m, n)), num(0), num(-1),
                          of_dim_anon(t), mul(n, of_dim_anon(t)), of_dim_unknown()};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) ck_assert_msg(of_dim_never_zero(t, never[i]), "%zu", i);
    for (size_t i = 0; i < sizeof may / sizeof *may; i++) ck_assert_msg(!of_dim_never_zero(t, may[i]), "%zu", i);
    shut();
}
END_TEST

TEST_SUITE("ir dim", forms, identities, overflow, names_back, order_free, exact_division, broadcast,
           anonymous, substitution, never_zero, random_terms, types_shared, no_memory)
