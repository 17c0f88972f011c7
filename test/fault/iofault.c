/* A library for LD_PRELOAD: makes the N-th call of a kind fail, fall short or kill the
 * process, for the command's I/O fault test. Controlled by the environment:
 *   IOFAULT_CALL   read write copy flush rename open stat close, or count
 *   IOFAULT_AT     which call of that kind, from 0
 *   IOFAULT_HOW    an errno number, "short", "eintr" or "kill"
 *   IOFAULT_LOG    file that gets one line with the calls seen of each kind
 * Only descriptors of files below IOFAULT_DIR count, so that start-up is left alone. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { K_READ, K_WRITE, K_COPY, K_FLUSH, K_RENAME, K_OPEN, K_STAT, K_CLOSE, K_N };
static const char *const names[K_N] = {"read", "write", "copy", "flush", "rename", "open", "stat", "close"};
static int seen[K_N];

static int ours(int fd)
{
    char link[64], path[4096];
    const char *dir = getenv("IOFAULT_DIR");
    ssize_t n;
    int saved = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    errno = saved;
    if (n < 0 || !dir) return 0;
    path[n] = 0;
    return strncmp(path, dir, strlen(dir)) == 0;
}

static int under(const char *path)
{
    const char *dir = getenv("IOFAULT_DIR");
    return dir && strncmp(path, dir, strlen(dir)) == 0;
}

/* 0: go on. 1: fail with errno set. 2: fall short. */
static int hit(int kind)
{
    const char *call = getenv("IOFAULT_CALL"), *at = getenv("IOFAULT_AT"), *how = getenv("IOFAULT_HOW");
    int n = seen[kind]++;
    if (!call || !at || !how || strcmp(call, names[kind]) != 0 || atoi(at) != n) return 0;
    if (strcmp(how, "kill") == 0) {
        kill(getpid(), SIGKILL);
        pause();
    }
    if (strcmp(how, "short") == 0) return 2;
    errno = strcmp(how, "eintr") == 0 ? EINTR : atoi(how);
    return 1;
}

static __attribute__((destructor)) void report(void)
{
    const char *log = getenv("IOFAULT_LOG");
    FILE *f = log ? fopen(log, "w") : NULL;
    if (!f) return;
    for (int k = 0; k < K_N; k++) fprintf(f, "%s %d\n", names[k], seen[k]);
    fclose(f);
}

#define REAL(name, type) static type real; if (!real) *(void **)&real = dlsym(RTLD_NEXT, name)

ssize_t pread64(int fd, void *b, size_t n, off64_t off);
ssize_t pread(int fd, void *b, size_t n, off_t off)
{
    typedef ssize_t (*fn)(int, void *, size_t, off_t);
    REAL("pread64", fn);
    int h = n && ours(fd) ? hit(K_READ) : 0;
    return h == 1 ? -1 : real(fd, b, h == 2 ? (n + 1) / 2 : n, off);
}
ssize_t pread64(int fd, void *b, size_t n, off64_t off) { return pread(fd, b, n, off); }
ssize_t read(int fd, void *b, size_t n)
{
    typedef ssize_t (*fn)(int, void *, size_t);
    REAL("read", fn);
    int h = n && ours(fd) ? hit(K_READ) : 0;
    return h == 1 ? -1 : real(fd, b, h == 2 ? (n + 1) / 2 : n);
}
ssize_t write(int fd, const void *b, size_t n)
{
    typedef ssize_t (*fn)(int, const void *, size_t);
    REAL("write", fn);
    int h = n && ours(fd) ? hit(K_WRITE) : 0;
    return h == 1 ? -1 : real(fd, b, h == 2 ? (n + 1) / 2 : n);
}
ssize_t copy_file_range(int in, off64_t *io, int out, off64_t *oo, size_t n, unsigned flags)
{
    typedef ssize_t (*fn)(int, off64_t *, int, off64_t *, size_t, unsigned);
    REAL("copy_file_range", fn);
    int h = ours(out) ? hit(K_COPY) : 0;
    return h == 1 ? -1 : real(in, io, out, oo, h == 2 ? (n + 1) / 2 : n, flags);
}
int fsync(int fd)
{
    typedef int (*fn)(int);
    REAL("fsync", fn);
    return ours(fd) && hit(K_FLUSH) ? -1 : real(fd);
}
int fdatasync(int fd)
{
    typedef int (*fn)(int);
    REAL("fdatasync", fn);
    return ours(fd) && hit(K_FLUSH) ? -1 : real(fd);
}
int rename(const char *a, const char *b)
{
    typedef int (*fn)(const char *, const char *);
    REAL("rename", fn);
    return under(b) && hit(K_RENAME) ? -1 : real(a, b);
}
int renameat(int da, const char *a, int db, const char *b)
{
    typedef int (*fn)(int, const char *, int, const char *);
    REAL("renameat", fn);
    return hit(K_RENAME) ? -1 : real(da, a, db, b);
}
int renameat2(int da, const char *a, int db, const char *b, unsigned flags)
{
    typedef int (*fn)(int, const char *, int, const char *, unsigned);
    REAL("renameat2", fn);
    return hit(K_RENAME) ? -1 : real(da, a, db, b, flags);
}
int open64(const char *path, int flags, ...);
int open(const char *path, int flags, ...)
{
    typedef int (*fn)(const char *, int, ...);
    va_list ap;
    mode_t mode;
    REAL("open64", fn);
    va_start(ap, flags);
    mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return under(path) && hit(K_OPEN) ? -1 : real(path, flags, mode);
}
int open64(const char *path, int flags, ...)
{
    va_list ap;
    mode_t mode;
    va_start(ap, flags);
    mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return open(path, flags, mode);
}
int openat64(int dir, const char *path, int flags, ...);
int openat(int dir, const char *path, int flags, ...)
{
    typedef int (*fn)(int, const char *, int, ...);
    va_list ap;
    mode_t mode;
    REAL("openat64", fn);
    va_start(ap, flags);
    mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return (path[0] == '/' ? under(path) : dir != AT_FDCWD && ours(dir)) && hit(K_OPEN) ? -1 : real(dir, path, flags, mode);
}
int openat64(int dir, const char *path, int flags, ...)
{
    va_list ap;
    mode_t mode;
    va_start(ap, flags);
    mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return openat(dir, path, flags, mode);
}
int fstat(int fd, struct stat *st)
{
    typedef int (*fn)(int, struct stat *);
    REAL("fstat", fn);
    return ours(fd) && hit(K_STAT) ? -1 : real(fd, st);
}
int fstat64(int fd, struct stat64 *st)
{
    typedef int (*fn)(int, struct stat64 *);
    REAL("fstat64", fn);
    return ours(fd) && hit(K_STAT) ? -1 : real(fd, st);
}
int close(int fd)
{
    typedef int (*fn)(int);
    REAL("close", fn);
    int h = ours(fd) ? hit(K_CLOSE) : 0, r, saved = errno;
    r = real(fd);
    if (!h) return r;
    errno = saved;
    return -1;
}
