/* The functions of kern_mathd.h: correctly rounded results from mpmath, and the special
 * cases of C11 Annex F. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kern/kern_mathd.h"
#include "of_test.h"

static bool same(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static double one(double (*f)(double), double x, double y)
{
    (void)y;
    return f(x);
}

static double two(double (*f)(double, double), double x, double y)
{
    return f(x, y);
}

#define CALL(f, x, y)                                                                              \
    _Generic(&of_m_##f, double (*)(double) : one, double (*)(double, double) : two)(of_m_##f, x, y)

START_TEST(vectors)
{
    double got;
#define V(f, x, y, want)                                                                           \
    got = CALL(f, x, y);                                                                           \
    ck_assert_msg(same(got, want), #f "(" #x ", " #y ") is %a, not " #want, got);
#include "mathd_vectors.h"
#undef V
}
END_TEST

static const double inf = INFINITY;

static bool is(double got, double want, bool nan)
{
    uint64_t u;

    if (!nan) return same(got, want);
    memcpy(&u, &got, sizeof u);
    return u == UINT64_C(0x7FF8) << 48;
}

START_TEST(special)
{
    const double big = 1.7976931348623157e308, tiny = 0x1p-1074, pi_2 = 0x1.921fb54442d18p+0;
    const struct {
        const char *name;
        double (*f)(double);
        double x, y;
        bool nan;
    } all[] = {
        {"exp", of_m_exp, inf, inf, false},
        {"exp", of_m_exp, -inf, 0, false},
        {"exp", of_m_exp, -0.0, 1, false},
        {"exp", of_m_exp, tiny, 1, false},
        {"exp", of_m_exp, big, inf, false},
        {"exp", of_m_exp, -big, 0, false},
        {"exp", of_m_exp, 0x1.62e42fefa39efp+9, 0x1.fffffffffff2ap+1023, false},
        {"exp", of_m_exp, 0x1.62e42fefa39f0p+9, inf, false},
        {"exp", of_m_exp, -0x1.74910d52d3051p+9, tiny, false},
        {"exp", of_m_exp, -0x1.74910d52d3052p+9, 0, false},
        {"expm1", of_m_expm1, inf, inf, false},
        {"expm1", of_m_expm1, -inf, -1, false},
        {"expm1", of_m_expm1, -0.0, -0.0, false},
        {"expm1", of_m_expm1, tiny, tiny, false},
        {"log", of_m_log, 0.0, -inf, false},
        {"log", of_m_log, -0.0, -inf, false},
        {"log", of_m_log, 1, 0, false},
        {"log", of_m_log, inf, inf, false},
        {"log", of_m_log, -1, 0, true},
        {"log", of_m_log, -inf, 0, true},
        {"log", of_m_log, -tiny, 0, true},
        {"log", of_m_log, tiny, -0x1.74385446d71c3p+9, false},
        {"log", of_m_log, big, 0x1.62e42fefa39efp+9, false},
        {"log1p", of_m_log1p, -0.0, -0.0, false},
        {"log1p", of_m_log1p, -1, -inf, false},
        {"log1p", of_m_log1p, -1.5, 0, true},
        {"log1p", of_m_log1p, inf, inf, false},
        {"log1p", of_m_log1p, -inf, 0, true},
        {"sin", of_m_sin, -0.0, -0.0, false},
        {"sin", of_m_sin, tiny, tiny, false},
        {"sin", of_m_sin, inf, 0, true},
        {"sin", of_m_sin, -inf, 0, true},
        {"sin", of_m_sin, big, 0x1.452fc98b34e97p-8, false},
        {"sin", of_m_sin, -big, -0x1.452fc98b34e97p-8, false},
        {"cos", of_m_cos, -0.0, 1, false},
        {"cos", of_m_cos, inf, 0, true},
        {"cos", of_m_cos, big, -0x1.fffe62ecfab75p-1, false},
        {"tan", of_m_tan, -0.0, -0.0, false},
        {"tan", of_m_tan, inf, 0, true},
        {"asin", of_m_asin, -0.0, -0.0, false},
        {"asin", of_m_asin, 1, pi_2, false},
        {"asin", of_m_asin, -1, -pi_2, false},
        {"asin", of_m_asin, 1.5, 0, true},
        {"asin", of_m_asin, -inf, 0, true},
        {"acos", of_m_acos, 1, 0, false},
        {"acos", of_m_acos, -1, 2 * pi_2, false},
        {"acos", of_m_acos, 0, pi_2, false},
        {"acos", of_m_acos, -0.0, pi_2, false},
        {"acos", of_m_acos, 1.5, 0, true},
        {"acos", of_m_acos, inf, 0, true},
        {"atan", of_m_atan, -0.0, -0.0, false},
        {"atan", of_m_atan, inf, pi_2, false},
        {"atan", of_m_atan, -inf, -pi_2, false},
        {"atan", of_m_atan, big, pi_2, false},
        {"sinh", of_m_sinh, -0.0, -0.0, false},
        {"sinh", of_m_sinh, -inf, -inf, false},
        {"sinh", of_m_sinh, -big, -inf, false},
        {"cosh", of_m_cosh, -0.0, 1, false},
        {"cosh", of_m_cosh, -inf, inf, false},
        {"cosh", of_m_cosh, -big, inf, false},
        {"tanh", of_m_tanh, -0.0, -0.0, false},
        {"tanh", of_m_tanh, -inf, -1, false},
        {"tanh", of_m_tanh, big, 1, false},
        {"asinh", of_m_asinh, -0.0, -0.0, false},
        {"asinh", of_m_asinh, -inf, -inf, false},
        {"asinh", of_m_asinh, -big, -0x1.633ce8fb9f87ep+9, false},
        {"acosh", of_m_acosh, 1, 0, false},
        {"acosh", of_m_acosh, 0.5, 0, true},
        {"acosh", of_m_acosh, -inf, 0, true},
        {"acosh", of_m_acosh, inf, inf, false},
        {"atanh", of_m_atanh, -0.0, -0.0, false},
        {"atanh", of_m_atanh, 1, inf, false},
        {"atanh", of_m_atanh, -1, -inf, false},
        {"atanh", of_m_atanh, 2, 0, true},
        {"atanh", of_m_atanh, inf, 0, true},
        {"erf", of_m_erf, -0.0, -0.0, false},
        {"erf", of_m_erf, tiny, tiny, false},
        {"erf", of_m_erf, -inf, -1, false},
        {"erf", of_m_erf, 0x1p-1022, 0x1.20dd750429b6dp-1022, false},
        {"erfc", of_m_erfc, -0.0, 1, false},
        {"erfc", of_m_erfc, -inf, 2, false},
        {"erfc", of_m_erfc, inf, 0, false},
        {"sigmoid", of_m_sigmoid, inf, 1, false},
        {"sigmoid", of_m_sigmoid, -inf, 0, false},
        {"sigmoid", of_m_sigmoid, -0.0, 0.5, false},
        {"softplus", of_m_softplus, inf, inf, false},
        {"softplus", of_m_softplus, -inf, 0, false},
        {"mish", of_m_mish, inf, inf, false},
        {"mish", of_m_mish, -0.0, -0.0, false},
        {"mish", of_m_mish, -inf, 0, true},
        {"gelu", of_m_gelu, inf, inf, false},
        {"gelu", of_m_gelu, -0.0, -0.0, false},
        {"gelu", of_m_gelu, -inf, -0.0, false},
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        ck_assert_msg(is(all[i].f(all[i].x), all[i].y, all[i].nan), "%s(%a) is %a, not %a",
                      all[i].name, all[i].x, all[i].f(all[i].x), all[i].y);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        ck_assert_msg(is(all[i].f(-(double)NAN), 0, true), "%s(NaN)", all[i].name);
        ck_assert_msg(is(all[i].f((double)NAN), 0, true), "%s(NaN)", all[i].name);
    }
}
END_TEST

START_TEST(powers)
{
    const double big = 1.7976931348623157e308, tiny = 0x1p-1074;
    const struct {
        double x, y, z;
        bool nan;
    } all[] = {
        {0, 0, 1, false},
        {-inf, -0.0, 1, false},
        {1, inf, 1, false},
        {1, -inf, 1, false},
        {-1, inf, 1, false},
        {-1, -inf, 1, false},
        {-1, 3, -1, false},
        {-1, big, 1, false},
        {-1, 0.5, 0, true},
        {0.5, inf, 0, false},
        {0.5, -inf, inf, false},
        {2, inf, inf, false},
        {2, -inf, 0, false},
        {-2, inf, inf, false},
        {-0.5, -inf, inf, false},
        {0.0, inf, 0, false},
        {0.0, -inf, inf, false},
        {-0.0, -inf, inf, false},
        {0.0, 3, 0, false},
        {-0.0, 3, -0.0, false},
        {-0.0, 2, 0, false},
        {-0.0, 0.5, 0, false},
        {0.0, -3, inf, false},
        {-0.0, -3, -inf, false},
        {-0.0, -2, inf, false},
        {-0.0, -0.5, inf, false},
        {-0.0, big, 0, false},
        {inf, 2, inf, false},
        {inf, -2, 0, false},
        {-inf, 3, -inf, false},
        {-inf, 2, inf, false},
        {-inf, 0.5, inf, false},
        {-inf, -3, -0.0, false},
        {-inf, -2, 0, false},
        {-inf, -0.5, 0, false},
        {-2, 0.5, 0, true},
        {-8, 1.0 / 3, 0, true},
        {-2, 3, -8, false},
        {-2, -3, -0.125, false},
        {2, 1023, 0x1p1023, false},
        {2, 1024, inf, false},
        {-2, 1025, -inf, false},
        {2, -1074, tiny, false},
        {2, -1075, 0, false},
        {-2, -1075, -0.0, false},
        {10, 22, 1e22, false},
        {10, 308, 1e308, false},
        {10, -5, 1e-5, false},
        {3, 20, 3486784401, false},
        {tiny, 2, 0, false},
        {tiny, -1, inf, false},
        {tiny, 0.5, 0x1p-537, false},
        {4, 0.5, 2, false},
        {4, 1.5, 8, false},
        {8, 1.0 / 3, 2, false},
        {big, 1, big, false},
        {big, 2, inf, false},
        {big, -2, 0, false},
        {1.5, tiny, 1, false},
        {0.5, -tiny, 1, false},
        {0x1p-537, 2, tiny, false},
        {0x1.8p-537, 2, 2 * tiny, false},
        {0x1.0000001p0, 2, 0x1.0000002p0, false}, /* a tie, to even */
        {0x1.fffffffffffffp-1, 0x1p63, 0, false},
        {0x1.0000000000001p0, 0x1p62, inf, false},
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        ck_assert_msg(is(of_m_pow(all[i].x, all[i].y), all[i].z, all[i].nan),
                      "pow(%a, %a) is %a, not %a", all[i].x, all[i].y, of_m_pow(all[i].x, all[i].y),
                      all[i].z);
    ck_assert(is(of_m_pow((double)NAN, 0), 1, false));
    ck_assert(is(of_m_pow(1, -(double)NAN), 1, false));
    ck_assert(is(of_m_pow(-(double)NAN, 1), 0, true));
    ck_assert(is(of_m_pow(2, -(double)NAN), 0, true));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("mathd");
    TCase *t = tcase_create("mathd");

    tcase_add_test(t, vectors);
    tcase_add_test(t, special);
    tcase_add_test(t, powers);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return of_test_main(suite());
}
