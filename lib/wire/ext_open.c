/* External data: the one place that opens its files.
 *
 * A location is text from the model, so it is trusted with nothing: it is checked as a
 * string, resolved below the model's folder without following links, and what was
 * opened is then judged by its descriptor, never by its path again. */
#include "wire/data.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif

#define EXT_PATH_MAX 4096

static of_status ext_refuse(of_err *e, of_str loc, const char *why)
{
    return of_fail(e, OF_E_PATH, "external data \"%.*s\": %s", of_clip(loc.n), loc.p, why);
}

of_status of_ext_check_location(of_str loc, of_err *e)
{
    size_t from = 0;
    if (loc.n == 0) return ext_refuse(e, loc, "empty location");
    if (loc.n >= EXT_PATH_MAX) return ext_refuse(e, loc, "location is too long");
    if (memchr(loc.p, 0, loc.n)) return ext_refuse(e, loc, "location holds a NUL byte");
    if (memchr(loc.p, '\\', loc.n)) return ext_refuse(e, loc, "location holds a backslash");
    if (loc.p[0] == '/') return ext_refuse(e, loc, "location is absolute");
    if (loc.n >= 2 && loc.p[1] == ':')
        return ext_refuse(e, loc, "location begins with a drive letter");
    /* onnxruntime marks tensors that live at an address of its own process with it. */
    if (memmem(loc.p, loc.n, "_ORT_MEM_ADDR_", 14))
        return ext_refuse(e, loc, "location is a memory address");
    for (size_t i = 0; i <= loc.n; i++) {
        const char *c = loc.p + from;
        size_t n = i - from;
        if (i < loc.n && loc.p[i] != '/') continue;
        if (n == 0) return ext_refuse(e, loc, "location has an empty component");
        if (n <= 2 && c[0] == '.' && c[n - 1] == '.')
            return ext_refuse(e, loc, "location has a \".\" or \"..\" component");
        if (n > 255) return ext_refuse(e, loc, "a component of the location is too long");
        from = i + 1;
    }
    return OF_OK;
}

#define EXT_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

/* One component after the other, no links. */
static int open_walk(int dir, const char *path)
{
    char part[256];
    int at = dir, fd = -1;
    for (;;) {
        const char *slash = strchr(path, '/');
        size_t n = slash ? (size_t)(slash - path) : strlen(path);
        int err;
        if (n >= sizeof part) {
            errno = ENAMETOOLONG;
            fd = -1;
        } else {
            memcpy(part, path, n);
            part[n] = 0;
            fd = openat(at, part,
                        slash ? O_RDONLY | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW
                              : EXT_FLAGS | O_NOFOLLOW);
        }
        err = errno;
        if (at != dir) close(at);
        errno = err;
        if (fd < 0 || !slash) return fd;
        at = fd;
        path = slash + 1;
    }
}

#if defined(__linux__)
#ifdef SYS_openat2
#define EXT_OPENAT2 SYS_openat2
#else
#define EXT_OPENAT2 437
#endif
/* linux/openat2.h, which older systems do not have */
struct ext_how {
    uint64_t flags, mode, resolve;
};
#define EXT_NO_MAGICLINKS 0x02u
#define EXT_NO_SYMLINKS 0x04u
#define EXT_BENEATH 0x08u

static int open_contained(int dir, const char *path)
{
    struct ext_how how = {EXT_FLAGS, 0, EXT_BENEATH | EXT_NO_SYMLINKS | EXT_NO_MAGICLINKS};
    for (int tries = 0; tries < 16; tries++) {
        long fd = syscall(EXT_OPENAT2, dir, path, &how, sizeof how);
        if (fd >= 0) return (int)fd;
        if (errno == ENOSYS || errno == EPERM || errno == EINVAL) return open_walk(dir, path);
        if (errno != EAGAIN && errno != EINTR) return -1;
    }
    return open_walk(dir, path);
}
#else
static int open_contained(int dir, const char *path)
{
    return open_walk(dir, path);
}
#endif

static of_status open_failed(of_err *e, of_str loc)
{
    int err = errno;
    switch (err) {
    case ENOENT:
        return of_fail(e, OF_E_NOT_FOUND, "external data \"%.*s\": no such file", of_clip(loc.n),
                       loc.p);
    case ELOOP:
    case EXDEV:
    case ENOTDIR:
    case EMLINK:
        return ext_refuse(e, loc, "leads through a link or out of the model's folder");
    case ENXIO:
        return ext_refuse(e, loc, "not a regular file");
    default:
        return of_fail(e, OF_E_IO, "external data \"%.*s\": cannot be opened (error %d)",
                       of_clip(loc.n), loc.p, err);
    }
}

of_status of_wire_open_at(int dir_fd, of_str loc, bool allow_links, int *out, of_err *e)
{
    struct stat sb;
    const char *why = NULL;
    int fd;
    OF_TRY(of_ext_check_location(loc, e));
    fd = allow_links ? openat(dir_fd, loc.p, EXT_FLAGS) : open_contained(dir_fd, loc.p);
    if (fd < 0) return open_failed(e, loc);
    if (fstat(fd, &sb) != 0) {
        close(fd);
        return of_fail(e, OF_E_IO, "external data \"%.*s\": cannot be examined", of_clip(loc.n),
                       loc.p);
    }
    if (!S_ISREG(sb.st_mode)) why = "not a regular file";
    else if (sb.st_nlink != 1 && !allow_links) why = "the file has other names (hard links)";
    if (why) {
        close(fd);
        return ext_refuse(e, loc, why);
    }
    *out = fd;
    return OF_OK;
}

/* ---- the files of a model ---- */
static bool file_eq(const void *a, const void *b, void *user)
{
    (void)user;
    return ((const of_wire_file *)a)->location == ((const of_wire_file *)b)->location;
}

static void wire_free(of_model *m)
{
    of_wire *w = m->wire;
    if (!w) return;
    for (of_wire_file *f = w->open; f; f = f->next_open) of_source_unref(f->src);
    if (w->base_fd >= 0) close(w->base_fd);
    of_htab_free(&w->files);
    m->wire = NULL;
}

of_wire *of_wire_state(of_model *m)
{
    of_wire *w = m->wire;
    if (w) return w;
    w = OF_NEW(&m->arena, of_wire);
    if (!w) return NULL;
    w->base_fd = -1;
    of_htab_init(&w->files, m->alloc, file_eq, NULL);
    m->wire = w;
    m->wire_free = wire_free;
    return w;
}

of_status of_wire_allow_links(of_model *m, bool allow)
{
    of_wire *w = of_wire_state(m);
    if (!w) return OF_E_NOMEM;
    w->allow_links = allow;
    return OF_OK;
}

bool of_wire_has_files(const of_model *m)
{
    const of_wire *w = m->wire;
    return w && w->all;
}

of_status of_wire_file_get(of_model *m, of_sym location, of_wire_file **out, of_err *e)
{
    of_wire *w = of_wire_state(m);
    of_wire_file key, *f;
    if (!w) return of_nomem(e);
    memset(&key, 0, sizeof key);
    key.location = location;
    f = of_htab_find(&w->files, location->hash, &key);
    if (!f) {
        f = OF_NEW(&m->arena, of_wire_file);
        if (!f) return of_nomem(e);
        f->location = location;
        if (of_htab_put(&w->files, location->hash, f) != OF_OK)
            return of_nomem(e);
        f->next_all = w->all;
        w->all = f;
    }
    *out = f;
    return OF_OK;
}

of_status of_wire_base(of_model *m, int *fd, of_err *e)
{
    of_wire *w = of_wire_state(m);
    if (!w) return of_nomem(e);
    if (w->base_fd < 0) {
        if (m->base_dir.n == 0)
            return of_fail(e, OF_E_PATH,
                           "external data, but the model has no folder (it came from memory)");
        w->base_fd = open(m->base_dir.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (w->base_fd < 0)
            return of_fail(e, errno == ENOENT ? OF_E_NOT_FOUND : OF_E_IO,
                           "the model's folder cannot be opened");
    }
    *fd = w->base_fd;
    return OF_OK;
}

static void file_evict(of_wire *w)
{
    of_wire_file **at = &w->open, **old = &w->open;
    for (; *at; at = &(*at)->next_open)
        if ((*at)->tick < (*old)->tick) old = at;
    if (*old) {
        of_wire_file *f = *old;
        *old = f->next_open;
        of_source_unref(f->src);
        f->src = NULL;
        w->n_open--;
    }
}

of_status of_wire_file_open(of_model *m, of_wire_file *f, of_source **out, of_err *e)
{
    of_wire *w = m->wire;
    of_source *s = NULL;
    of_status st;
    int base = -1, fd = -1;
    if (!f->src) {
        OF_TRY(of_wire_base(m, &base, e));
        OF_TRY(of_wire_open_at(base, (of_str){f->location->s, f->location->len}, w->allow_links,
                               &fd, e));
        st = of_source_from_fd(m->alloc, fd, &s, e);
        if (st != OF_OK) {
            close(fd);
            return st;
        }
        if (f->seen && (f->dev != s->dev || f->ino != s->ino || f->size != s->size ||
                        f->mtime_s != s->mtime_s || f->mtime_ns != s->mtime_ns)) {
            of_source_unref(s);
            return of_fail(e, OF_E_CHANGED, "external data \"%.*s\" changed while in use",
                           of_clip(f->location->len), f->location->s);
        }
        f->seen = true;
        f->dev = s->dev;
        f->ino = s->ino;
        f->size = s->size;
        f->mtime_s = s->mtime_s;
        f->mtime_ns = s->mtime_ns;
        if (w->n_open >= OF_WIRE_OPEN_MAX) file_evict(w);
        f->src = s;
        f->next_open = w->open;
        w->open = f;
        w->n_open++;
    }
    f->tick = ++w->tick;
    *out = f->src;
    return OF_OK;
}

of_status of_ext_open(of_model *m, of_str location, of_source **out, of_err *e)
{
    of_wire_file *f;
    of_source *s;
    of_sym sym;
    OF_TRY(of_ext_check_location(location, e));
    sym = of_names_get(&m->names, location.p, location.n);
    if (!sym) return of_nomem(e);
    OF_TRY(of_wire_file_get(m, sym, &f, e));
    OF_TRY(of_wire_file_open(m, f, &s, e));
    *out = of_source_ref(s);
    return OF_OK;
}

of_status of_wire_ext_range(const of_tensor *t, of_source **src, uint64_t *off, of_err *e)
{
    const of_wdata *w = t->ext;
    of_source *s;
    if (!w || !w->file) return of_fail(e, OF_E_INTERNAL, "a tensor without its external file");
    OF_TRY(of_wire_file_open(w->m, w->file, &s, e));
    OF_TRY(of_source_check(s, e));
    if (t->bytes > s->size || w->off > s->size - t->bytes)
        return of_fail(e, OF_E_TENSOR,
                       "external data \"%.*s\": %llu bytes at %llu do not lie in the file of %llu",
                       of_clip(w->file->location->len), w->file->location->s,
                       (unsigned long long)t->bytes, (unsigned long long)w->off,
                       (unsigned long long)s->size);
    *src = s;
    *off = w->off;
    return OF_OK;
}
