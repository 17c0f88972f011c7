#include "base/io.h"
#include "of_test.h"
#include "test_alloc.h"
#include "test_dir.h"

#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define BIG (3u << 20)
static of_alloc a;
static test_heap heap;
static of_err e;
static int fds;
static unsigned char *bytes; /* BIG of them */

static void setup(void)
{
    size_t i;
    uint32_t x = 1;
    bytes = malloc(BIG);
    for (i = 0; i < BIG; i++) {
        x = x * 1664525 + 1013904223;
        bytes[i] = (unsigned char)(x >> 24);
    }
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
    free(bytes);
}

static of_sink *file_sink(const char *name)
{
    of_sink *s = NULL;
    ck_assert_int_eq(of_sink_file(&a, test_path(name), false, &s, &e), OF_OK);
    return s;
}

/* Pieces of all sizes, in order, are the bytes. */
static void feed(of_sink *s, size_t n)
{
    size_t at = 0, k = 1;
    while (at < n) {
        size_t len = k < n - at ? k : n - at;
        ck_assert_int_eq(of_sink_write(s, bytes + at, len, &e), OF_OK);
        at += len;
        ck_assert_uint_eq(of_sink_offset(s), at);
        k = k * 3 + 1;
        if (k > 700000) k = 1;
    }
}

START_TEST(written)
{
    of_sink *s = file_sink("out");
    feed(s, BIG);
    ck_assert(access(test_path("out"), F_OK) != 0); /* not before the commit */
    ck_assert_int_eq(of_sink_commit(s, &e), OF_OK);
    ck_assert(test_holds(test_path("out"), bytes, BIG));
    ck_assert_int_eq(test_dir_count(), 1);
    ck_assert_uint_le(a.peak, 300 << 10);
}
END_TEST

START_TEST(durable)
{
    of_sink *s;
    ck_assert_int_eq(of_sink_file(&a, test_path("out"), true, &s, &e), OF_OK);
    feed(s, 1000);
    ck_assert_int_eq(of_sink_commit(s, &e), OF_OK);
    ck_assert(test_holds(test_path("out"), bytes, 1000));
}
END_TEST

START_TEST(aborted)
{
    of_sink *s;
    test_write(test_path("out"), "old", 3);
    s = file_sink("out");
    feed(s, BIG);
    of_sink_abort(s);
    ck_assert(test_holds(test_path("out"), "old", 3));
    ck_assert_int_eq(test_dir_count(), 1);
    of_sink_abort(NULL);
}
END_TEST

START_TEST(empty)
{
    of_sink *s = file_sink("out");
    ck_assert_int_eq(of_sink_write(s, NULL, 0, &e), OF_OK);
    ck_assert_int_eq(of_sink_zeros(s, 0, &e), OF_OK);
    ck_assert_int_eq(of_sink_commit(s, &e), OF_OK);
    ck_assert(test_holds(test_path("out"), "", 0));
}
END_TEST

START_TEST(modes)
{
    struct stat sb;
    mode_t old = umask(027);
    of_sink *s = file_sink("new");
    ck_assert_int_eq(of_sink_commit(s, &e), OF_OK);
    ck_assert_int_eq(stat(test_path("new"), &sb), 0);
    ck_assert_int_eq(sb.st_mode & 07777, 0640);
    ck_assert_int_eq(chmod(test_path("new"), 0604), 0);
    s = file_sink("new");
    ck_assert_int_eq(of_sink_commit(s, &e), OF_OK);
    ck_assert_int_eq(stat(test_path("new"), &sb), 0);
    ck_assert_int_eq(sb.st_mode & 07777, 0604); /* kept, whatever the umask */
    umask(old);
}
END_TEST

/* Links at the destination or in the temporary file's place lead nowhere. */
START_TEST(links)
{
    struct stat sb;
    of_sink *s;
    test_write(test_path("victim"), "precious", 8);
    ck_assert_int_eq(symlink("victim", test_path("out")), 0);
    ck_assert_int_eq(symlink("victim", test_path("out.onnxfold-0.tmp")), 0);
    ck_assert_int_eq(link(test_path("victim"), test_path("out.onnxfold-1.tmp")), 0);
    s = file_sink("out");
    feed(s, 100);
    ck_assert_int_eq(of_sink_commit(s, &e), OF_OK);
    ck_assert(test_holds(test_path("victim"), "precious", 8));
    ck_assert(test_holds(test_path("out"), bytes, 100));
    ck_assert_int_eq(lstat(test_path("out"), &sb), 0);
    ck_assert(S_ISREG(sb.st_mode));
    ck_assert_int_eq(test_dir_count(), 4); /* neither was removed */
}
END_TEST

START_TEST(refused)
{
    of_sink *s = (of_sink *)(void *)&e;
    ck_assert_int_eq(of_sink_file(&a, test_path("no/out"), false, &s, &e), OF_E_NOT_FOUND);
    ck_assert_ptr_null(s);
    ck_assert_int_eq(of_sink_file(&a, "", false, &s, NULL), OF_E_IO);
    ck_assert_int_eq(of_sink_file(&a, test_path(""), false, &s, NULL), OF_E_IO);
    ck_assert_int_eq(of_sink_file(&a, test_dir, false, &s, NULL), OF_E_IO);
    ck_assert_int_eq(of_sink_file(&a, "/dev/null", false, &s, NULL), OF_E_IO);
    ck_assert_int_eq(of_sink_file(&a, "/", false, &s, NULL), OF_E_IO);
    ck_assert_int_eq(mkfifo(test_path("fifo"), 0600), 0);
    ck_assert_int_eq(of_sink_file(&a, test_path("fifo"), false, &s, NULL), OF_E_IO);
    ck_assert_int_eq(test_dir_count(), 1);
}
END_TEST

START_TEST(long_names)
{
    char name[300];
    of_sink *s;
    memset(name, 'n', sizeof name);
    name[255] = '\0';
    s = file_sink(name);
    ck_assert_int_eq(of_sink_commit(s, &e), OF_OK);
    ck_assert_int_eq(test_dir_count(), 1);
    name[255] = 'n';
    name[256] = '\0';
    ck_assert_int_eq(of_sink_file(&a, test_path(name), false, &s, &e), OF_E_IO);
    ck_assert_ptr_nonnull(strstr(e.msg, "too long"));
}
END_TEST

START_TEST(other_cwd)
{
    /* The folder is held open: a change of the working folder in between is harmless. */
    of_sink *s;
    int here = open(".", O_RDONLY | O_DIRECTORY);
    ck_assert_int_eq(chdir(test_dir), 0);
    ck_assert_int_eq(of_sink_file(&a, "out", false, &s, &e), OF_OK);
    ck_assert_int_eq(fchdir(here), 0);
    close(here);
    feed(s, 10);
    ck_assert_int_eq(of_sink_commit(s, &e), OF_OK);
    ck_assert(test_holds(test_path("out"), bytes, 10));
}
END_TEST

START_TEST(two_at_once)
{
    of_sink *s = file_sink("out"), *t = file_sink("out");
    ck_assert_int_eq(test_dir_count(), 2);
    feed(s, 100);
    feed(t, 200);
    ck_assert_int_eq(of_sink_commit(t, &e), OF_OK);
    ck_assert(test_holds(test_path("out"), bytes, 200));
    ck_assert_int_eq(of_sink_commit(s, &e), OF_OK);
    ck_assert(test_holds(test_path("out"), bytes, 100));
    ck_assert_int_eq(test_dir_count(), 1);
}
END_TEST

/* A killed save leaves its temporary file; the next one removes it, unless its owner lives. */
START_TEST(stale)
{
    of_sink *s;
    int fd;
    test_write(test_path("out.onnxfold-0.tmp"), "left", 4);
    s = file_sink("out");
    ck_assert_int_eq(of_sink_commit(s, &e), OF_OK);
    ck_assert_int_eq(test_dir_count(), 1);
    test_write(test_path("out.onnxfold-0.tmp"), "alive", 5);
    fd = open(test_path("out.onnxfold-0.tmp"), O_RDONLY);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    s = file_sink("out");
    ck_assert_int_eq(of_sink_commit(s, &e), OF_OK);
    ck_assert(test_holds(test_path("out.onnxfold-0.tmp"), "alive", 5));
    close(fd);
}
END_TEST

START_TEST(all_names_taken)
{
    of_sink *s;
    char name[64];
    int i;
    for (i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "out.onnxfold-%d.tmp", i);
        ck_assert_int_eq(symlink("x", test_path(name)), 0);
    }
    ck_assert_int_eq(of_sink_file(&a, test_path("out"), false, &s, &e), OF_E_IO);
    ck_assert_int_eq(test_dir_count(), 200);
}
END_TEST

/* The disk is full at every 64 KiB of the way: the old file stays, nothing is left. */
START_TEST(disk_full)
{
    struct rlimit old, lim;
    of_sink *s;
    of_status st;
    of_source *src;
    size_t at;
    void (*sig)(int) = signal(SIGXFSZ, SIG_IGN);
    test_write(test_path("src"), bytes, BIG);
    test_write(test_path("out"), "old", 3);
    ck_assert_int_eq(of_source_open(&a, test_path("src"), &src, &e), OF_OK);
    getrlimit(RLIMIT_FSIZE, &old);
    lim = old;
    lim.rlim_cur = 65536 * (rlim_t)_i + 100;
    s = file_sink("out");
    setrlimit(RLIMIT_FSIZE, &lim);
    st = of_sink_copy(s, src, 0, 900000, &e);
    for (at = 0; at < 600000 && st == OF_OK; at += 6000) st = of_sink_write(s, bytes + at, 6000, &e);
    if (st == OF_OK) st = of_sink_zeros(s, 100000, &e);
    if (st != OF_OK) ck_assert_int_eq(of_sink_write(s, "x", 1, NULL), st); /* stays failed */
    st = of_sink_commit(s, &e);
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, sig);
    ck_assert_int_eq(st, OF_E_IO);
    ck_assert_ptr_nonnull(strstr(e.msg, "too large"));
    ck_assert(test_holds(test_path("out"), "old", 3));
    ck_assert_int_eq(test_dir_count(), 2);
    of_source_unref(src);
}
END_TEST

/* A source that has lost its end since it was opened is told so, at every length of the copy; no signal comes. */
START_TEST(source_cut_short)
{
    of_source *src;
    of_sink *s;
    test_write(test_path("src"), bytes, BIG);
    test_write(test_path("out"), "old", 3);
    ck_assert_int_eq(of_source_open(&a, test_path("src"), &src, &e), OF_OK);
    ck_assert_int_eq(truncate(test_path("src"), (off_t)BIG * _i / 4 + 7), 0);
    s = file_sink("out");
    ck_assert_int_eq(of_sink_copy(s, src, 4099, BIG - 4099, &e), OF_E_CHANGED);
    of_sink_abort(s);
    ck_assert(test_holds(test_path("out"), "old", 3));
    of_source_unref(src);
}
END_TEST

/* Ranges from every kind of source, short, long and odd, between writes and holes. */
static int read_at(void *user, uint64_t offset, void *buf, size_t n)
{
    memcpy(buf, (unsigned char *)user + offset, n);
    return 0;
}

static of_source *source_of(int kind)
{
    of_source *s = NULL;
    if (kind == 0) {
        test_write(test_path("src"), bytes, BIG);
        ck_assert_int_eq(of_source_open(&a, test_path("src"), &s, &e), OF_OK);
    } else if (kind == 1) {
        ck_assert_int_eq(of_source_memory(&a, bytes, BIG, &s, &e), OF_OK);
    } else {
        ck_assert_int_eq(of_source_callback(&a, read_at, bytes, BIG, &s, &e), OF_OK);
    }
    return s;
}

static const struct { int op; unsigned off, n; } script[] = {
    {'w', 5, 17}, {'c', 100, 65536}, {'c', 99, 65535}, {'z', 0, 10}, {'c', 7, 2000000}, {'z', 0, 70000},
    {'w', 1, 300000}, {'z', 0, 65535}, {'c', BIG - 5, 5}, {'z', 0, 300000}, {'c', 0, BIG}, {'w', 3, 3},
    {'z', 0, 65536},
};

static size_t play(of_sink *s, of_source *src, unsigned char *expect)
{
    size_t i, at = 0;
    for (i = 0; i < sizeof script / sizeof *script; i++) {
        unsigned off = script[i].off, n = script[i].n;
        of_status st;
        if (script[i].op == 'w') st = of_sink_write(s, bytes + off, n, &e);
        else if (script[i].op == 'c') st = of_sink_copy(s, src, off, n, &e);
        else st = of_sink_zeros(s, n, &e);
        ck_assert_int_eq(st, OF_OK);
        if (script[i].op == 'z') memset(expect + at, 0, n);
        else memcpy(expect + at, bytes + off, n);
        at += n;
        ck_assert_uint_eq(of_sink_offset(s), at);
    }
    return at;
}

typedef struct taker {
    unsigned char *p;
    size_t n;
    int fail;
} taker;

static int take(void *user, const void *p, size_t n)
{
    taker *t = user;
    if (t->fail) return 5;
    memcpy(t->p + t->n, p, n);
    t->n += n;
    return 0;
}

START_TEST(ranges)
{
    unsigned char *expect = malloc(4 * (size_t)BIG);
    of_source *src = source_of(_i % 3);
    of_sink *s;
    size_t n;
    if (_i / 3 == 0) {
        s = file_sink("out");
        n = play(s, src, expect);
        ck_assert_int_eq(of_sink_commit(s, &e), OF_OK);
        ck_assert(test_holds(test_path("out"), expect, n));
        ck_assert_uint_le(a.peak, 300 << 10);
    } else if (_i / 3 == 1) {
        void *data;
        size_t size, cap;
        ck_assert_int_eq(of_sink_memory(&a, 100, &s, &e), OF_OK);
        n = play(s, src, expect);
        ck_assert_int_eq(of_sink_commit_memory(s, &data, &size, &cap, &e), OF_OK);
        ck_assert_uint_eq(size, n);
        ck_assert_int_eq(memcmp(data, expect, n), 0);
        of_mem_free(&a, data, cap);
    } else {
        taker t = {malloc(4 * (size_t)BIG), 0, 0};
        ck_assert_int_eq(of_sink_callback(&a, take, &t, &s, &e), OF_OK);
        n = play(s, src, expect);
        ck_assert_int_eq(of_sink_commit(s, &e), OF_OK);
        ck_assert_uint_eq(t.n, n);
        ck_assert_int_eq(memcmp(t.p, expect, n), 0);
        free(t.p);
    }
    of_source_unref(src);
    free(expect);
}
END_TEST

START_TEST(onto_its_source)
{
    of_source *src = source_of(0);
    of_sink *s = file_sink("src");
    ck_assert_int_eq(of_sink_copy(s, src, 1000, 2000000, &e), OF_OK);
    ck_assert_int_eq(of_source_check(src, &e), OF_OK);
    ck_assert_int_eq(of_sink_commit(s, &e), OF_OK);
    of_source_unref(src);
    ck_assert(test_holds(test_path("src"), bytes + 1000, 2000000));
}
END_TEST

START_TEST(source_cut)
{
    of_source *src = source_of(0);
    of_sink *s = file_sink("out");
    ck_assert_int_eq(truncate(test_path("src"), 1000000), 0);
    ck_assert_int_eq(of_sink_copy(s, src, 0, BIG, &e), OF_E_CHANGED);
    ck_assert_int_eq(of_sink_commit(s, &e), OF_E_CHANGED);
    ck_assert_int_eq(test_dir_count(), 1);
    of_source_unref(src);
}
END_TEST

START_TEST(bounds)
{
    of_source *src = source_of(1);
    of_sink *s;
    void *data = NULL;
    size_t size, cap;
    ck_assert_int_eq(of_sink_memory(&a, 0, &s, &e), OF_OK);
    ck_assert_int_eq(of_sink_copy(s, src, BIG, 1, &e), OF_E_IO);
    ck_assert_int_eq(of_sink_commit_memory(s, &data, &size, &cap, &e), OF_E_IO);
    ck_assert_ptr_null(data);
    ck_assert_int_eq(of_sink_memory(&a, 0, &s, &e), OF_OK);
    ck_assert_int_eq(of_sink_zeros(s, UINT64_MAX, NULL), OF_E_LIMIT);
    ck_assert_int_eq(of_sink_zeros(s, INT64_MAX, NULL), OF_E_NOMEM);
    of_sink_abort(s);
    ck_assert_int_eq(of_sink_memory(&a, 0, &s, &e), OF_OK);
    ck_assert_int_eq(of_sink_commit_memory(s, &data, &size, &cap, &e), OF_OK);
    ck_assert_uint_eq(size + cap, 0);
    s = file_sink("out");
    ck_assert_int_eq(of_sink_commit_memory(s, &data, &size, &cap, NULL), OF_E_STATE);
    ck_assert_int_eq(test_dir_count(), 0);
    of_source_unref(src);
}
END_TEST

START_TEST(callback_fails)
{
    taker t = {NULL, 0, 1};
    of_sink *s;
    ck_assert_int_eq(of_sink_callback(&a, take, &t, &s, &e), OF_OK);
    ck_assert_int_eq(of_sink_write(s, "x", 1, &e), OF_OK); /* buffered */
    ck_assert_int_eq(of_sink_commit(s, &e), OF_E_IO);
    ck_assert_str_eq(e.msg, "the write callback failed");
}
END_TEST

START_TEST(sink_no_memory)
{
    of_sink *s;
    size_t k, i;
    for (k = 1; k <= 3; k++) {
        heap.calls = 0;
        heap.fail_at = k;
        ck_assert_int_eq(of_sink_file(&a, test_path("out"), false, &s, NULL), OF_E_NOMEM);
        ck_assert_int_eq(test_dir_count(), 0);
    }
    heap.fail_at = 0;
    ck_assert_int_eq(of_sink_memory(&a, 16, &s, &e), OF_OK);
    heap.calls = 0;
    heap.fail_at = 3;
    heap.fail_on = true;
    for (i = 0; of_sink_write(s, bytes, 1000, NULL) == OF_OK; i++) ck_assert_uint_lt(i, 100);
    ck_assert_int_eq(of_sink_commit(s, &e), OF_E_NOMEM);
}
END_TEST

/* Killed in the middle: the old file is whole, and the next save cleans up. */
START_TEST(killed)
{
    pid_t pid;
    int status;
    of_sink *s;
    test_write(test_path("out"), "old", 3);
    pid = fork();
    if (pid == 0) {
        s = file_sink("out");
        feed(s, BIG);
        raise(SIGKILL);
        _exit(1);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status));
    ck_assert(test_holds(test_path("out"), "old", 3));
    ck_assert_int_eq(test_dir_count(), 2);
    s = file_sink("out");
    feed(s, 50);
    ck_assert_int_eq(of_sink_commit(s, &e), OF_OK);
    ck_assert(test_holds(test_path("out"), bytes, 50));
    ck_assert_int_eq(test_dir_count(), 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sink");
    TCase *c = tcase_create("sink");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, written);
    tcase_add_test(c, durable);
    tcase_add_test(c, aborted);
    tcase_add_test(c, empty);
    tcase_add_test(c, modes);
    tcase_add_test(c, links);
    tcase_add_test(c, refused);
    tcase_add_test(c, long_names);
    tcase_add_test(c, other_cwd);
    tcase_add_test(c, two_at_once);
    tcase_add_test(c, stale);
    tcase_add_test(c, all_names_taken);
    tcase_add_loop_test(c, disk_full, 0, 24);
    tcase_add_loop_test(c, source_cut_short, 0, 4);
    tcase_add_loop_test(c, ranges, 0, 9);
    tcase_add_test(c, onto_its_source);
    tcase_add_test(c, source_cut);
    tcase_add_test(c, bounds);
    tcase_add_test(c, callback_fails);
    tcase_add_test(c, sink_no_memory);
    tcase_add_test(c, killed);
    suite_add_tcase(s, c);
    return of_test_main(s);
}
