#include "base/io.h"
#include "base/io_sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define REFILL ((size_t)16 << 10)

const char *of_io_why(int err)
{
    /* strerror speaks the user's language and is not thread-safe everywhere. */
    switch (err) {
    case ENOENT: return "no such file or folder";
    case ENOTDIR: return "not a folder";
    case EACCES: return "permission denied";
    case EPERM: return "not permitted";
    case EISDIR: return "is a folder";
    case EEXIST: return "exists";
    case ELOOP: return "too many symbolic links";
    case ENAMETOOLONG: return "name too long";
    case EMFILE:
    case ENFILE: return "too many open files";
    case ENOSPC: return "no space left";
    case EDQUOT: return "quota exceeded";
    case EFBIG: return "file too large";
    case EROFS: return "read-only file system";
    case EIO: return "device error";
    case ENOMEM: return "the system is out of memory";
    case EBADF: return "bad file descriptor";
    case EINVAL: return "invalid argument";
    default: return "error";
    }
}

of_status of_io_fail(of_err *e, const char *verb, const char *path, int err)
{
    of_status st = err == ENOENT || err == ENOTDIR ? OF_E_NOT_FOUND : OF_E_IO;
    return of_fail(e, st, "cannot %s %.120s: %s (errno %d)", verb, path, of_io_why(err), err);
}

static of_status source_new(of_alloc *a, of_source_kind kind, uint64_t size, of_source **out, of_err *e)
{
    of_source *s = of_mem_zalloc(a, sizeof *s);
    if (!s) return of_nomem(e);
    s->kind = kind;
    s->alloc = a;
    s->refs = 1;
    s->size = size;
    s->fd = -1;
    *out = s;
    return OF_OK;
}

static of_status source_fd(of_alloc *a, int fd, const char *path, of_source **out, of_err *e)
{
    struct stat sb;
    of_source *s = NULL;
    if (fstat(fd, &sb) != 0) return of_io_fail(e, "examine", path, errno);
    if (!S_ISREG(sb.st_mode)) {
        return of_fail(e, OF_E_IO, "cannot read %.120s: not a regular file", path);
    }
    if (sb.st_size < 0) return of_fail(e, OF_E_IO, "cannot read %.120s: negative size", path);
    OF_TRY(source_new(a, OF_SOURCE_FILE, (uint64_t)sb.st_size, &s, e));
    s->fd = fd;
    s->dev = (uint64_t)sb.st_dev;
    s->ino = (uint64_t)sb.st_ino;
    s->mtime_s = (uint64_t)sb.st_mtim.tv_sec;
    s->mtime_ns = (uint64_t)sb.st_mtim.tv_nsec;
    *out = s;
    return OF_OK;
}

of_status of_source_open(of_alloc *a, const char *path, of_source **out, of_err *e)
{
    of_status st;
    int fd;
    *out = NULL;
    /* O_NONBLOCK: opening a FIFO nobody writes to must not wait. */
    do {
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) return of_io_fail(e, "open", path, errno);
    st = source_fd(a, fd, path, out, e);
    if (st != OF_OK) (void)close(fd);
    return st;
}

of_status of_source_from_fd(of_alloc *a, int fd, of_source **out, of_err *e)
{
    *out = NULL;
    return source_fd(a, fd, "file", out, e);
}

of_status of_source_memory(of_alloc *a, const void *p, size_t n, of_source **out, of_err *e)
{
    *out = NULL;
    OF_TRY(source_new(a, OF_SOURCE_MEMORY, n, out, e));
    (*out)->mem = p;
    return OF_OK;
}

of_status of_source_callback(of_alloc *a, int (*read_at)(void *, uint64_t, void *, size_t), void *user,
                             uint64_t size, of_source **out, of_err *e)
{
    *out = NULL;
    OF_TRY(source_new(a, OF_SOURCE_CALLBACK, size, out, e));
    (*out)->read_at = read_at;
    (*out)->user = user;
    return OF_OK;
}

of_source *of_source_ref(of_source *s)
{
    s->refs++;
    return s;
}

void of_source_unref(of_source *s)
{
    if (!s || --s->refs != 0) return;
    if (s->fd >= 0) (void)close(s->fd); /* nothing was written through it */
    of_mem_free(s->alloc, s->kept, s->kept_cap);
    of_mem_free(s->alloc, s, sizeof *s);
}

static of_status read_file(of_source *s, uint64_t offset, unsigned char *p, size_t n, of_err *e)
{
    while (n > 0) {
        ssize_t got = pread(s->fd, p, n < OF_IO_STEP ? n : OF_IO_STEP, (off_t)offset);
        if (got < 0) {
            int err = errno;
            if (err == EINTR) continue;
            return of_fail_at(e, OF_E_IO, offset, "cannot read: %s (errno %d)", of_io_why(err), err);
        }
        if (got == 0) return of_fail_at(e, OF_E_CHANGED, offset, "the file was cut short while in use");
        p += got;
        offset += (uint64_t)got;
        n -= (size_t)got;
    }
    return OF_OK;
}

static of_status read_through(of_source *s, uint64_t offset, void *buf, size_t n, of_err *e)
{
    if (s->kind == OF_SOURCE_FILE) return read_file(s, offset, buf, n, e);
    if (s->read_at(s->user, offset, buf, n) == 0) return OF_OK;
    return of_fail_at(e, OF_E_IO, offset, "the read callback failed");
}

static bool is_kept(const of_source *s, uint64_t offset, size_t n)
{
    return offset >= s->kept_off && offset - s->kept_off <= s->kept_len &&
           n <= s->kept_len - (size_t)(offset - s->kept_off);
}

static of_status read_at(of_source *s, uint64_t offset, void *buf, size_t n, bool more, of_err *e)
{
    if (offset > s->size || n > s->size - offset) {
        return of_fail_at(e, OF_E_IO, offset, "read past the end of the source");
    }
    if (n == 0) return OF_OK;
    if (s->kind == OF_SOURCE_MEMORY) {
        memcpy(buf, s->mem + offset, n);
        return OF_OK;
    }
    if (!is_kept(s, offset, n)) {
        size_t ahead = s->kept_cap < REFILL ? s->kept_cap : REFILL;
        if (s->lent || !more || n > ahead / 4) return read_through(s, offset, buf, n, e);
        /* Short reads come in rising order, a few hundred bytes apart. */
        if (ahead > s->size - offset) ahead = (size_t)(s->size - offset);
        s->kept_len = 0;
        OF_TRY(read_through(s, offset, s->kept, ahead, e));
        s->kept_off = offset;
        s->kept_len = ahead;
    }
    memcpy(buf, s->kept + (size_t)(offset - s->kept_off), n);
    return OF_OK;
}

of_status of_source_read(of_source *s, uint64_t offset, void *buf, size_t n, of_err *e)
{
    return read_at(s, offset, buf, n, true, e);
}

of_status of_source_read_alone(of_source *s, uint64_t offset, void *buf, size_t n, of_err *e)
{
    return read_at(s, offset, buf, n, false, e);
}

void of_source_keep(of_source *s, uint8_t *buf, size_t cap, uint64_t offset, size_t n)
{
    of_mem_free(s->alloc, s->kept, s->kept_cap);
    s->kept = buf;
    s->kept_cap = cap;
    s->kept_off = offset;
    s->kept_len = n;
}

const uint8_t *of_source_view(const of_source *s, uint64_t offset, size_t n)
{
    /* What is kept in part moves at the next refill. */
    const uint8_t *p = s->kind == OF_SOURCE_MEMORY ? s->mem : s->kept_len == s->size ? s->kept : NULL;
    if (!p || offset > s->size || n > s->size - offset) return NULL;
    return p + offset;
}

const uint8_t *of_source_peek(const of_source *s, uint64_t offset, size_t n)
{
    if (s->kept && is_kept(s, offset, n)) return s->kept + (size_t)(offset - s->kept_off);
    return of_source_view(s, offset, n);
}

of_status of_source_check(const of_source *s, of_err *e)
{
    struct stat sb;
    if (s->kind != OF_SOURCE_FILE) return OF_OK;
    if (fstat(s->fd, &sb) != 0) return of_io_fail(e, "examine", "source file", errno);
    if ((uint64_t)sb.st_size != s->size || (uint64_t)sb.st_dev != s->dev || (uint64_t)sb.st_ino != s->ino ||
        (uint64_t)sb.st_mtim.tv_sec != s->mtime_s || (uint64_t)sb.st_mtim.tv_nsec != s->mtime_ns) {
        return of_fail(e, OF_E_CHANGED, "the source file was changed after it was loaded");
    }
    return OF_OK;
}

double of_clock(void)
{
    struct timespec ts;
    if (clock_gettime(CLOCK_MONOTONIC, &ts) != 0) return 0.0;
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}
