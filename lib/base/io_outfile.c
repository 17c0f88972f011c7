#include "base/io_file.h"
#include "base/io_sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TMP_TRIES 64
#define TMP_BASE 200 /* bytes of the destination's name kept in the temporary one's */
#define TMP_NAME (TMP_BASE + 32)
#define MAPPED_STEP ((uint64_t)4 << 20)
#define MAPPED_LEAST ((uint64_t)512 << 10) /* below that a mapping costs more than it saves */
#define MAPPED_MOST ((uint64_t)64 << 20)

struct of_outfile {
    of_alloc *alloc;
    int fd, dir;
    bool durable, made; /* made: tmp exists and is ours */
    bool dir_readable;  /* dir can be flushed */
    bool set_mode, hole_last, no_copy;
    bool stands, precious; /* stands: a regular file (dev, ino) has the name already */
    mode_t mode;
    uint64_t size, dev, ino;
    char tmp[TMP_NAME];
    const char *base; /* in path */
    size_t path_size;
    char path[];
};

/* Opens the folder once: everything after goes by names in it, so a change of the
 * working folder or a folder moved away does no harm. */
static of_status open_dir(of_outfile *f, of_err *e)
{
    const char *slash = strrchr(f->path, '/');
    const char *dir = ".";
    int flags = O_DIRECTORY | O_CLOEXEC;
    f->base = f->path;
    if (slash) {
        size_t n = (size_t)(slash - f->path);
        f->base = slash + 1;
        if (n == 0) {
            dir = "/";
        } else {
            f->path[n] = '\0';
            dir = f->path;
        }
    }
    f->dir_readable = true;
    do {
        f->dir = open(dir, O_RDONLY | flags);
    } while (f->dir < 0 && errno == EINTR);
#ifdef O_PATH
    if (f->dir < 0 && errno == EACCES) {
        f->dir_readable = false;
        f->dir = open(dir, O_PATH | flags);
    }
#endif
    if (f->dir < 0) return of_io_fail(e, "open the folder", dir, errno);
    return OF_OK;
}

static of_status check_destination(of_outfile *f, of_err *e)
{
    struct stat sb;
    if (f->base[0] == '\0') return of_fail(e, OF_E_IO, "cannot write: the path names no file");
    if (strlen(f->base) > NAME_MAX) return of_io_fail(e, "write", f->base, ENAMETOOLONG);
    if (fstatat(f->dir, f->base, &sb, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? OF_OK : of_io_fail(e, "examine", f->base, errno);
    }
    if (S_ISREG(sb.st_mode)) {
        f->set_mode = f->stands = true;
        f->dev = (uint64_t)sb.st_dev;
        f->ino = (uint64_t)sb.st_ino;
        f->mode = sb.st_mode & 0777;
        return OF_OK;
    }
    /* A symbolic link is replaced; a device or FIFO must not be. */
    if (S_ISLNK(sb.st_mode)) return OF_OK;
    return of_fail(e, OF_E_IO, "cannot write %.120s: %s", f->base,
                   S_ISDIR(sb.st_mode) ? "is a folder" : "not a regular file");
}

/* Whether the name still is this file: 1 or 0, -1 with errno when that cannot be found out. */
static int same_file(int dir, const char *name, int fd)
{
    struct stat a, b;
    if (fstat(fd, &a) != 0) return -1;
    if (fstatat(dir, name, &b, AT_SYMLINK_NOFOLLOW) != 0) return errno == ENOENT ? 0 : -1;
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* A writer holds a lock on its temporary file. One that nobody has locked was left by a
 * process that was killed: removes it. */
static bool remove_stale(int dir, const char *name)
{
    struct stat sb;
    bool gone = false;
    int fd = openat(dir, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return false;
    if (fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode) && sb.st_nlink == 1 &&
        flock(fd, LOCK_EX | LOCK_NB) == 0 && same_file(dir, name, fd) == 1) {
        gone = unlinkat(dir, name, 0) == 0;
    }
    (void)close(fd);
    return gone;
}

static of_status make_tmp(of_outfile *f, of_err *e)
{
    /* Nobody else sees the bytes before a private destination's mode is set. */
    mode_t mode = f->set_mode ? 0600 : 0666;
    int i, err = EEXIST;
    for (i = 0; i < TMP_TRIES; i++) {
        /* A fixed series of names, so that the next save finds what a killed one left. */
        (void)snprintf(f->tmp, sizeof f->tmp, "%.*s.onnxfold-%d.tmp", TMP_BASE, f->base, i / 2);
        f->fd = openat(f->dir, f->tmp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (f->fd < 0) {
            err = errno;
            if (err == EINTR) continue;
            if (err != EEXIST) break;
            /* Removed: the second try of this name; else on to the next name. */
            if (i % 2 == 0 && !remove_stale(f->dir, f->tmp)) i++;
            continue;
        }
        f->made = true;
        /* Another save may have taken it for stale in between: it then has the lock and is
         * about to remove the file, or has done so. */
        if (flock(f->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) {
            int same = same_file(f->dir, f->tmp, f->fd);
            if (same == 1) return OF_OK;
            if (same < 0) {
                err = errno;
                break;
            }
        }
        f->made = false;
        (void)close(f->fd);
        f->fd = -1;
        i |= 1;
    }
    return of_io_fail(e, "create a temporary file for", f->base, err);
}

void of_outfile_abort(of_outfile *f)
{
    if (f->made) (void)unlinkat(f->dir, f->tmp, 0);
    if (f->fd >= 0) (void)close(f->fd);
    if (f->dir >= 0) (void)close(f->dir);
    of_mem_free(f->alloc, f, sizeof *f + f->path_size);
}

of_status of_outfile_open(of_alloc *a, const char *path, bool durable, of_outfile **out, of_err *e)
{
    size_t n = strlen(path) + 1, size;
    of_status st;
    of_outfile *f;
    *out = NULL;
    if (!of_add_size(sizeof *f, n, &size)) return of_nomem(e);
    f = of_mem_zalloc(a, size);
    if (!f) return of_nomem(e);
    f->alloc = a;
    f->fd = f->dir = -1;
    f->durable = durable;
    f->path_size = n;
    memcpy(f->path, path, n);
    OF_TRY_TO(fail, st, open_dir(f, e));
    OF_TRY_TO(fail, st, check_destination(f, e));
    OF_TRY_TO(fail, st, make_tmp(f, e));
    *out = f;
    return OF_OK;
fail:
    of_outfile_abort(f);
    return st;
}

of_status of_outfile_write(of_outfile *f, const void *p, size_t n, of_err *e)
{
    const unsigned char *s = p;
    while (n > 0) {
        ssize_t put = write(f->fd, s, n < OF_IO_STEP ? n : OF_IO_STEP);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return of_io_fail(e, "write", f->base, put < 0 ? errno : EIO);
        s += put;
        n -= (size_t)put;
        f->size += (uint64_t)put;
        f->hole_last = false;
    }
    return OF_OK;
}

of_status of_outfile_hole(of_outfile *f, uint64_t n, of_err *e)
{
    /* The sink keeps the sum within the range of off_t. */
    if (lseek(f->fd, (off_t)n, SEEK_CUR) < 0) return of_io_fail(e, "write", f->base, errno);
    f->size += n;
    f->hole_last = true;
    return OF_OK;
}

#if defined(__linux__) && defined(MADV_POPULATE_READ)
/* From a mapping that only the kernel looks into: it takes whole pages from there, where copy_file_range
 * goes through a pipe page by page, and a file that is cut short meanwhile fails the call with EFAULT;
 * nothing here may touch the mapping, for that would be a signal. */
static ssize_t write_mapped(int to, int from, uint64_t offset, uint64_t n)
{
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), head = offset % page;
    const size_t len = (size_t)(head + (n < MAPPED_STEP ? n : MAPPED_STEP));
    ssize_t put = -1;
    unsigned char *m = mmap(NULL, len, PROT_READ, MAP_SHARED, from, (off_t)(offset - head));
    if (m == MAP_FAILED) return -1;
    if (madvise(m, len, MADV_POPULATE_READ) == 0) put = write(to, m + head, len - (size_t)head);
    (void)munmap(m, len);
    return put;
}
#else
static ssize_t write_mapped(int to, int from, uint64_t offset, uint64_t n)
{
    (void)to;
    (void)from;
    (void)offset;
    (void)n;
    return -1;
}
#endif

void of_outfile_copy(of_outfile *f, int fd, uint64_t offset, uint64_t n, uint64_t *done)
{
    *done = 0;
#if defined(__linux__)
    /* What is longer is likely not to be in memory, or to be shared by the file system. */
    while (n >= MAPPED_LEAST && n <= MAPPED_MOST && *done < n) {
        const ssize_t put = write_mapped(f->fd, fd, offset + *done, n - *done);
        if (put <= 0) break;
        *done += (uint64_t)put;
        f->size += (uint64_t)put;
        f->hole_last = false;
    }
    while (!f->no_copy && *done < n) {
        off_t at = (off_t)(offset + *done);
        uint64_t left = n - *done;
        ssize_t put = copy_file_range(fd, &at, f->fd, NULL, left < OF_IO_STEP ? (size_t)left : OF_IO_STEP, 0);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) {
            /* Not between these files, or not at all, or a real fault: the plain way
             * either works or reports it. Zero also comes from file systems that
             * cannot do it and do not say so. */
            f->no_copy = put < 0;
            break;
        }
        *done += (uint64_t)put;
        f->size += (uint64_t)put;
        f->hole_last = false;
    }
#else
    (void)f;
    (void)fd;
    (void)offset;
    (void)n;
#endif
}

/* Some systems (NFS) report a failed write only at close. Closing a duplicate asks
 * for that while the file stays open, and locked, until it has its name. */
static int close_early(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return fsync(fd);
    if (close(copy) != 0 && errno != EINTR) return -1;
    return 0;
}

void of_outfile_from(of_outfile *f, const of_source *src)
{
    if (!src || (f->stands && src->kind == OF_SOURCE_FILE && src->dev == f->dev && src->ino == f->ino))
        f->precious = true;
}

/* Gives the file its name. Where another file has it, renaming makes ext4 and others write the
 * data out first, so that a power cut leaves one of the two: milliseconds, which a file that is
 * made from what may be lost with it is worth, and one that can be made again is not. The two
 * then change places, and the old one goes. */
static int take_name(of_outfile *f)
{
#if defined(__linux__) && defined(RENAME_EXCHANGE)
    if (f->stands && !f->precious && !f->durable &&
        renameat2(f->dir, f->tmp, f->dir, f->base, RENAME_EXCHANGE) == 0)
        return 0; /* what is now called tmp is still to be removed */
#endif
    if (renameat(f->dir, f->tmp, f->dir, f->base) != 0) return -1;
    f->made = false;
    return 0;
}

of_status of_outfile_commit(of_outfile *f, of_err *e)
{
    of_status st = OF_OK;
    if (f->hole_last && ftruncate(f->fd, (off_t)f->size) != 0) goto fail;
    if (f->set_mode && fchmod(f->fd, f->mode) != 0) goto fail;
    if (f->durable && fsync(f->fd) != 0) goto fail;
    if (close_early(f->fd) != 0) goto fail;
    if (take_name(f) != 0) goto fail;
    if (f->durable && f->dir_readable && fsync(f->dir) != 0 && errno != EINVAL && errno != ENOTSUP) {
        /* The new file is in place; whether its name outlives a power cut is unknown. */
        st = of_io_fail(e, "flush the folder of", f->base, errno);
    }
    of_outfile_abort(f);
    return st;
fail:
    st = of_io_fail(e, "write", f->base, errno);
    of_outfile_abort(f);
    return st;
}
