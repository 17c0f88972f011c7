#include "base/budget.h"
#include "base/cpu.h"
#include "base/err.h"
#include "of_test.h"

#include <errno.h>
#include <string.h>

START_TEST(first_wins)
{
    of_err e;
    of_err_clear(&e);
    ck_assert_int_eq(of_fail_at(&e, OF_E_WIRE, 77, "first %d", 1), OF_E_WIRE);
    ck_assert_int_eq(of_fail(&e, OF_E_MODEL, "second"), OF_E_MODEL);
    ck_assert_int_eq(e.status, OF_E_WIRE);
    ck_assert_uint_eq(e.offset, 77);
    ck_assert_str_eq(e.msg, "first 1");
    of_err_clear(&e);
    ck_assert_int_eq(e.status, OF_OK);
    ck_assert_int_eq(of_fail(&e, OF_E_MODEL, "x"), OF_E_MODEL);
    ck_assert_uint_eq(e.offset, OF_NO_OFFSET);
    ck_assert_int_eq(of_fail(NULL, OF_E_IO, "x"), OF_E_IO); /* a detail is optional */
    of_err_clear(NULL);
}
END_TEST

START_TEST(errno_kept)
{
    of_err e;
    of_err_clear(&e);
    errno = 4242;
    of_fail(&e, OF_E_IO, "%s", "text");
    ck_assert_int_eq(errno, 4242);
    errno = 0;
}
END_TEST

START_TEST(truncated)
{
    static char big[5000];
    of_err e;
    memset(big, 'x', sizeof big - 1);
    of_err_clear(&e);
    of_fail(&e, OF_E_MODEL, "%s", big);
    ck_assert_uint_eq(strlen(e.msg), OF_ERR_MSG - 1);
    of_err_set_node(&e, big, 4999);
    ck_assert_uint_eq(strlen(e.node), OF_ERR_NODE - 1);
    of_err_clear(&e);
    of_fail(&e, OF_E_MODEL, "%.*s", of_clip(4999), big);
    ck_assert_uint_eq(strlen(e.msg), 80);
}
END_TEST

/* Cutting inside of a multi-byte character drops it whole, at every offset. */
START_TEST(truncated_utf8)
{
    static const char *const ch[] = {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    static char text[600];
    size_t k, pad, n;
    for (k = 0; k < 3; k++) {
        for (pad = 0; pad < 5; pad++) {
            of_err e;
            memset(text, 'a', pad);
            for (n = pad; n + 5 < sizeof text; n += strlen(ch[k])) strcpy(text + n, ch[k]);
            of_err_clear(&e);
            of_fail(&e, OF_E_MODEL, "%s", text);
            n = strlen(e.msg);
            ck_assert_uint_gt(n, OF_ERR_MSG - 5);
            ck_assert_uint_eq((n - pad) % strlen(ch[k]), 0);
            ck_assert_ptr_null(strchr(e.msg, '?'));
        }
    }
}
END_TEST

static const struct { const char *in, *out; } utf8[] = {
    {"plain", "plain"},
    {"tab\tnl\ncr\resc\x1b[0m", "tab?nl?cr?esc?[0m"},
    {"del\x7f", "del?"},
    {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
    {"\x80", "?"},
    {"\xc3", "?"},
    {"\xc3(", "?("},
    {"\xe2\x82", "??"},
    {"\xe2\x82(", "?" "?("},
    {"\xf0\x9f\x98", "???"},
    {"\xc0\xaf", "??"},         /* overlong */
    {"\xc1\xbf", "??"},
    {"\xe0\x80\xaf", "???"},
    {"\xe0\x9f\xbf", "???"},
    {"\xf0\x8f\xbf\xbf", "????"},
    {"\xed\xa0\x80", "???"},    /* surrogate */
    {"\xed\x9f\xbf", "\xed\x9f\xbf"},
    {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
    {"\xf4\x90\x80\x80", "????"}, /* past the end */
    {"\xf5\x80\x80\x80", "????"},
    {"\xff\xfe", "??"},
    {"\xc2\x9b" "31m", "??31m"}, /* C1: a terminal would act on it */
    {"\xc2\xa0", "\xc2\xa0"},
};

START_TEST(sanitized)
{
    of_err e;
    of_err_clear(&e);
    of_fail(&e, OF_E_MODEL, "%s", utf8[_i].in);
    ck_assert_str_eq(e.msg, utf8[_i].out);
    of_err_set_node(&e, utf8[_i].in, strlen(utf8[_i].in));
    ck_assert_str_eq(e.node, utf8[_i].out);
}
END_TEST

START_TEST(node_once)
{
    of_err e;
    of_err_clear(&e);
    of_err_set_node(&e, "early", 5); /* nothing recorded yet */
    ck_assert_str_eq(e.node, "");
    of_fail(&e, OF_E_EVAL, "m");
    of_err_set_node(&e, "a\0b", 3);
    of_err_set_node(&e, "outer", 5);
    ck_assert_str_eq(e.node, "a?b");
    of_err_set_node(NULL, "x", 1);
}
END_TEST

static int cancel_after;
static int poll_cb(void *user)
{
    ++*(int *)user;
    return cancel_after-- <= 0;
}

START_TEST(budgets)
{
    of_budget b = {.bytes_max = 100, .one_max = 60, .steps_max = UINT64_MAX, .nodes_max = 2};
    of_err e;
    of_err_clear(&e);
    ck_assert_int_eq(of_budget_bytes(&b, 60, &e), OF_OK);
    ck_assert_int_eq(of_budget_bytes(&b, 61, &e), OF_E_BUDGET);
    ck_assert_str_eq(e.msg, "a result of 61 bytes is over the limit of 60");
    of_err_clear(&e);
    ck_assert_int_eq(of_budget_bytes(&b, 41, &e), OF_E_BUDGET);
    ck_assert_str_eq(e.msg, "41 more bytes are over the budget of 100 (60 used)");
    ck_assert_uint_eq(b.bytes_used, 60); /* refused takes nothing */
    ck_assert_int_eq(of_budget_bytes(&b, 40, NULL), OF_OK);
    ck_assert_int_eq(of_budget_bytes(&b, 1, NULL), OF_E_BUDGET);
    ck_assert_int_eq(of_budget_steps(&b, UINT64_MAX - 1, NULL), OF_OK);
    ck_assert_int_eq(of_budget_steps(&b, 2, NULL), OF_E_BUDGET);
    ck_assert_int_eq(of_budget_nodes(&b, 2, NULL), OF_OK);
    ck_assert_int_eq(of_budget_nodes(&b, 1, NULL), OF_E_BUDGET);
    ck_assert_int_eq(of_budget_bytes(NULL, UINT64_MAX, NULL), OF_OK);
}
END_TEST

START_TEST(polled)
{
    int calls = 0, i;
    of_budget b = {.steps_max = UINT64_MAX, .poll = poll_cb, .poll_user = &calls};
    cancel_after = 2;
    for (i = 0; i < 100000; i++) {
        if (of_budget_steps(&b, 1000, NULL) == OF_E_CANCELLED) break;
    }
    ck_assert_int_eq(calls, 3);
    ck_assert_int_lt(i, 3000);
}
END_TEST

START_TEST(cpu)
{
    uint32_t f = of_cpu_flags();
    ck_assert_uint_eq(f, of_cpu_flags());
    if (f & OF_CPU_AVX512) ck_assert(f & OF_CPU_AVX2);
    if (f & OF_CPU_AVX2) ck_assert(f & OF_CPU_SSE41);
#if defined(__x86_64__) || defined(__i386__)
    __builtin_cpu_init();
    ck_assert_int_eq((f & OF_CPU_SSE41) != 0, __builtin_cpu_supports("sse4.1") != 0);
    if (f & OF_CPU_AVX2) ck_assert(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
    if (f & OF_CPU_AVX512) ck_assert(__builtin_cpu_supports("avx512vl"));
#endif
}
END_TEST

int main(void)
{
    Suite *s = suite_create("err");
    TCase *c = tcase_create("err");
    tcase_add_test(c, first_wins);
    tcase_add_test(c, errno_kept);
    tcase_add_test(c, truncated);
    tcase_add_test(c, truncated_utf8);
    tcase_add_loop_test(c, sanitized, 0, (int)(sizeof utf8 / sizeof *utf8));
    tcase_add_test(c, node_once);
    tcase_add_test(c, budgets);
    tcase_add_test(c, polled);
    tcase_add_test(c, cpu);
    suite_add_tcase(s, c);
    return of_test_main(s);
}
