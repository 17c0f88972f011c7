/* What every check program shares: one entry point that runs the suite on a thread
 * with a 64 KiB stack and a guard page behind it (threats.md R2), so that a test that
 * passes has passed within that bound. Sanitized builds use the default size: their
 * redzones multiply every frame. */
#ifndef OF_TEST_H
#define OF_TEST_H

#ifndef OF_TEST_NO_CHECK
#include <check.h>
#endif
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define OF_TEST_BIG_STACK 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define OF_TEST_BIG_STACK 1
#endif
#endif

/* Runs fn(arg) on such a thread and waits for it; nonzero: no thread was to be had. */
static inline int of_test_narrow(void *(*fn)(void *), void *arg)
{
    pthread_attr_t attr;
    pthread_t th;
    int bad;
    pthread_attr_init(&attr);
#ifndef OF_TEST_BIG_STACK
    pthread_attr_setstacksize(&attr, 65536);
#endif
    bad = pthread_create(&th, &attr, fn, arg);
    if (!bad) pthread_join(th, NULL);
    pthread_attr_destroy(&attr);
    return bad;
}

#ifndef OF_TEST_NO_CHECK
static void *of_test_thread(void *arg)
{
    SRunner *sr = (SRunner *)arg;
    srunner_set_fork_status(sr, CK_NOFORK);
    srunner_run_all(sr, CK_NORMAL);
    return NULL;
}

static inline int of_test_main(Suite *s)
{
    SRunner *sr = srunner_create(s);
    int failed;
    if (of_test_narrow(of_test_thread, sr)) return 2;
    failed = srunner_ntests_failed(sr);
    printf("%d passed, %d failed\n", srunner_ntests_run(sr) - failed, failed);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* main of a program whose tests take no fixture: TEST_SUITE("base: names", interned, hash) */
#define TEST_SUITE(name, ...)                                                                      \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *const of_tests[] = {__VA_ARGS__};                                             \
        Suite *s = suite_create(name);                                                             \
        TCase *c = tcase_create(name);                                                             \
        for (size_t i = 0; i < sizeof of_tests / sizeof of_tests[0]; i++)                          \
            tcase_add_test(c, of_tests[i]);                                                        \
        suite_add_tcase(s, c);                                                                     \
        return of_test_main(s);                                                                    \
    }
#endif

#endif
