#include "base/io.h"
#include "of_test.h"
#include "test_alloc.h"
#include "test_dir.h"

#include <sys/time.h>

static of_alloc a;
static test_heap heap;
static of_err e;
static int fds;
static unsigned char bytes[100000];

static void setup(void)
{
    size_t i;
    for (i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i * 31 + (i >> 8));
    test_heap_init(&heap, &a);
    of_err_clear(&e);
    test_dir_make();
    fds = test_open_fds();
}

static void teardown(void)
{
    ck_assert_uint_eq(heap.out, 0);
    ck_assert(!heap.wrong_size);
    ck_assert_int_eq(test_open_fds(), fds);
    test_dir_remove();
}

static of_source *open_file(void)
{
    of_source *s;
    test_write(test_path("f"), bytes, sizeof bytes);
    ck_assert_int_eq(of_source_open(&a, test_path("f"), &s, &e), OF_OK);
    return s;
}

/* What all three kinds promise. */
static void check_reads(of_source *s)
{
    unsigned char buf[5000];
    ck_assert_uint_eq(s->size, sizeof bytes);
    ck_assert_int_eq(of_source_read(s, 777, buf, sizeof buf, &e), OF_OK);
    ck_assert_int_eq(memcmp(buf, bytes + 777, sizeof buf), 0);
    ck_assert_int_eq(of_source_read(s, sizeof bytes - 1, buf, 1, &e), OF_OK);
    ck_assert_uint_eq(buf[0], bytes[sizeof bytes - 1]);
    ck_assert_int_eq(of_source_read(s, sizeof bytes, buf, 0, &e), OF_OK);
    ck_assert_int_eq(of_source_read(s, sizeof bytes, buf, 1, &e), OF_E_IO);
    ck_assert_uint_eq(e.offset, sizeof bytes);
    of_err_clear(&e);
    ck_assert_int_eq(of_source_read(s, UINT64_MAX, buf, 2, NULL), OF_E_IO);
    ck_assert_int_eq(of_source_read(s, 1, buf, SIZE_MAX, NULL), OF_E_IO);
    ck_assert_int_eq(of_source_check(s, NULL), OF_OK);
}

START_TEST(file)
{
    of_source *s = open_file();
    check_reads(s);
    ck_assert_ptr_null(of_source_view(s, 0, 1));
    ck_assert_int_ne(fcntl(s->fd, F_GETFD) & FD_CLOEXEC, 0);
    of_source_ref(s);
    of_source_unref(s);
    check_reads(s);
    of_source_unref(s);
    of_source_unref(NULL);
}
END_TEST

START_TEST(memory)
{
    of_source *s;
    ck_assert_int_eq(of_source_memory(&a, bytes, sizeof bytes, &s, &e), OF_OK);
    check_reads(s);
    ck_assert_ptr_eq(of_source_view(s, 10, 100), bytes + 10);
    ck_assert_ptr_eq(of_source_view(s, sizeof bytes, 0), bytes + sizeof bytes);
    ck_assert_ptr_null(of_source_view(s, sizeof bytes, 1));
    ck_assert_ptr_null(of_source_view(s, 1, SIZE_MAX));
    of_source_unref(s);
    ck_assert_int_eq(of_source_memory(&a, NULL, 0, &s, &e), OF_OK);
    ck_assert_int_eq(of_source_read(s, 0, NULL, 0, &e), OF_OK);
    of_source_unref(s);
}
END_TEST

static int read_at(void *user, uint64_t offset, void *buf, size_t n)
{
    if (*(int *)user) return 1;
    memcpy(buf, bytes + offset, n);
    return 0;
}

START_TEST(callback)
{
    of_source *s;
    int fail = 0;
    char c;
    ck_assert_int_eq(of_source_callback(&a, read_at, &fail, sizeof bytes, &s, &e), OF_OK);
    check_reads(s);
    ck_assert_ptr_null(of_source_view(s, 0, 1));
    fail = 1;
    of_err_clear(&e);
    ck_assert_int_eq(of_source_read(s, 5, &c, 1, &e), OF_E_IO);
    ck_assert_uint_eq(e.offset, 5);
    of_source_unref(s);
}
END_TEST

START_TEST(cut_short)
{
    of_source *s = open_file();
    unsigned char buf[100];
    ck_assert_int_eq(truncate(test_path("f"), 50050), 0);
    ck_assert_int_eq(of_source_read(s, 50000, buf, 50, &e), OF_OK);
    ck_assert_int_eq(of_source_read(s, 50000, buf, 100, &e), OF_E_CHANGED);
    ck_assert_uint_eq(e.offset, 50050);
    ck_assert_int_eq(of_source_check(s, NULL), OF_E_CHANGED);
    of_source_unref(s);
}
END_TEST

START_TEST(touched)
{
    of_source *s = open_file();
    struct timeval tv[2] = {{1000000, 0}, {1000000, 0}};
    ck_assert_int_eq(of_source_check(s, &e), OF_OK);
    ck_assert_int_eq(utimes(test_path("f"), tv), 0);
    ck_assert_int_eq(of_source_check(s, &e), OF_E_CHANGED);
    of_source_unref(s);
}
END_TEST

/* Another file under the same name does not disturb: the descriptor is the file. */
START_TEST(replaced)
{
    of_source *s = open_file();
    test_write(test_path("g"), "other", 5);
    ck_assert_int_eq(rename(test_path("g"), test_path("f")), 0);
    check_reads(s);
    of_source_unref(s);
}
END_TEST

START_TEST(not_files)
{
    of_source *s = (of_source *)(void *)&e;
    int p[2];
    ck_assert_int_eq(of_source_open(&a, test_path("absent"), &s, &e), OF_E_NOT_FOUND);
    ck_assert_ptr_null(s);
    ck_assert_ptr_nonnull(strstr(e.msg, "no such file"));
    ck_assert_int_eq(of_source_open(&a, "", &s, NULL), OF_E_NOT_FOUND);
    ck_assert_int_eq(of_source_open(&a, test_dir, &s, NULL), OF_E_IO);
    ck_assert_int_eq(of_source_open(&a, "/dev/null", &s, NULL), OF_E_IO);
    ck_assert_int_eq(mkfifo(test_path("fifo"), 0600), 0);
    ck_assert_int_eq(of_source_open(&a, test_path("fifo"), &s, NULL), OF_E_IO); /* and does not wait */
    ck_assert_int_eq(pipe(p), 0);
    ck_assert_int_eq(of_source_from_fd(&a, p[0], &s, NULL), OF_E_IO);
    ck_assert_int_eq(close(p[0]), 0); /* still ours */
    ck_assert_int_eq(of_source_from_fd(&a, p[0], &s, NULL), OF_E_IO); /* closed */
    close(p[1]);
}
END_TEST

START_TEST(source_no_memory)
{
    of_source *s;
    int fd;
    test_write(test_path("f"), "x", 1);
    heap.fail_at = 1;
    heap.fail_on = true;
    ck_assert_int_eq(of_source_open(&a, test_path("f"), &s, &e), OF_E_NOMEM);
    ck_assert_int_eq(of_source_memory(&a, bytes, 5, &s, &e), OF_E_NOMEM);
    ck_assert_int_eq(of_source_callback(&a, read_at, NULL, 5, &s, &e), OF_E_NOMEM);
    fd = open(test_path("f"), O_RDONLY);
    ck_assert_int_eq(of_source_from_fd(&a, fd, &s, &e), OF_E_NOMEM);
    heap.fail_at = 0;
    ck_assert_int_eq(of_source_from_fd(&a, fd, &s, &e), OF_OK); /* takes it over */
    of_source_unref(s);
    ck_assert_int_eq(close(fd), -1);
}
END_TEST

typedef struct counted {
    unsigned calls;
    size_t longest;
} counted;

static int count_reads(void *user, uint64_t offset, void *buf, size_t n)
{
    counted *c = user;
    c->calls++;
    if (n > c->longest) c->longest = n;
    memcpy(buf, bytes + offset, n);
    return 0;
}

START_TEST(kept)
{
    enum { CAP = 32768, FROM = 5000, N = 20000 };
    of_source *s;
    counted c = {0, 0};
    unsigned char got[9000];
    uint8_t *buf = of_mem_alloc(&a, CAP);
    ck_assert_int_eq(of_source_callback(&a, count_reads, &c, sizeof bytes, &s, &e), OF_OK);
    memcpy(buf, bytes + FROM, N);
    of_source_keep(s, buf, CAP, FROM, N);
    /* what is kept, to its last byte, is not read again */
    ck_assert_int_eq(of_source_read(s, FROM, got, sizeof got, &e), OF_OK);
    ck_assert_int_eq(memcmp(got, bytes + FROM, sizeof got), 0);
    ck_assert_int_eq(of_source_read(s, FROM + N - 1, got, 1, &e), OF_OK);
    ck_assert_uint_eq(got[0], bytes[FROM + N - 1]);
    ck_assert_ptr_eq(of_source_peek(s, FROM + 1, N - 1), buf + 1);
    ck_assert_ptr_null(of_source_peek(s, FROM + 1, N));
    ck_assert_ptr_null(of_source_peek(s, FROM - 1, 2));
    ck_assert_ptr_null(of_source_view(s, FROM, 1)); /* in part only */
    ck_assert_uint_eq(c.calls, 0);
    /* lent: passed by */
    s->lent = true;
    ck_assert_int_eq(of_source_read(s, FROM - 1, got, 2, &e), OF_OK);
    ck_assert_int_eq(memcmp(got, bytes + FROM - 1, 2), 0);
    ck_assert_int_eq(of_source_read(s, FROM + N - 1, got, 2, &e), OF_OK);
    ck_assert_int_eq(memcmp(got, bytes + FROM + N - 1, 2), 0);
    ck_assert_uint_eq(c.calls, 2);
    ck_assert_uint_eq(c.longest, 2);
    s->lent = false;
    /* a long read passes by too, a short one refills, up to the end of the source */
    ck_assert_int_eq(of_source_read(s, 1, got, sizeof got, &e), OF_OK);
    ck_assert_int_eq(memcmp(got, bytes + 1, sizeof got), 0);
    ck_assert_uint_eq(c.calls, 3);
    ck_assert_ptr_nonnull(of_source_peek(s, FROM, N));
    for (size_t at = 90000; at < sizeof bytes; at += 50) {
        ck_assert_int_eq(of_source_read(s, at, got, 50, &e), OF_OK);
        ck_assert_int_eq(memcmp(got, bytes + at, 50), 0);
    }
    ck_assert_uint_eq(c.calls, 4);
    check_reads(s);
    of_source_unref(s);
    /* all of it */
    ck_assert_int_eq(of_source_callback(&a, count_reads, &c, 100, &s, &e), OF_OK);
    buf = of_mem_alloc(&a, 100);
    memcpy(buf, bytes, 100);
    of_source_keep(s, buf, 100, 0, 100);
    ck_assert_ptr_eq(of_source_view(s, 10, 90), buf + 10);
    ck_assert_ptr_null(of_source_view(s, 10, 91));
    of_source_unref(s);
}
END_TEST

START_TEST(clock_rises)
{
    double t = of_clock();
    ck_assert(t > 0 && of_clock() >= t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("source");
    TCase *c = tcase_create("source");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, file);
    tcase_add_test(c, memory);
    tcase_add_test(c, callback);
    tcase_add_test(c, cut_short);
    tcase_add_test(c, touched);
    tcase_add_test(c, replaced);
    tcase_add_test(c, not_files);
    tcase_add_test(c, source_no_memory);
    tcase_add_test(c, kept);
    tcase_add_test(c, clock_rises);
    suite_add_tcase(s, c);
    return of_test_main(s);
}
