/* Taking external data along to another folder. */
#include "wire/data.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* renameat */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_STEP ((size_t)1 << 20)
#define COPY_BUF (COPY_STEP + COPY_STEP)

typedef struct ext_copy {
    of_model *m;
    of_err *e;
    int dest;     /* folder */
    uint8_t *buf; /* two halves of COPY_STEP */
} ext_copy;

static void want(of_tensor *t)
{
    const of_wdata *w = t && t->loader == &of_wire_load_ext ? t->ext : NULL;
    if (w && w->file) w->file->wanted = true;
}

static void want_sparse(const of_sparse *sp)
{
    if (!sp) return;
    want(sp->values);
    want(sp->indices);
}

static void want_attr(const of_attr *a)
{
    if (a->type == OF_A_TENSOR) want(a->u.t);
    if (a->type == OF_A_SPARSE_TENSOR) want_sparse(a->u.sp);
    for (size_t i = 0; i < a->n; i++) {
        if (a->type == OF_A_TENSORS) want(a->u.tensors[i]);
        if (a->type == OF_A_SPARSE_TENSORS) want_sparse(a->u.sparses[i]);
    }
}

/* Every graph the model has had is looked at: a file too many is copied when the graph
 * that named it is gone, never one too few. */
static void want_all(of_model *m)
{
    for (size_t i = 0; i < m->n_graphs; i++) {
        for (const of_init *it = m->graphs[i]->init_first; it; it = it->next) {
            want(it->tensor);
            want_sparse(it->sparse);
        }
        for (const of_node *n = m->graphs[i]->first; n; n = n->next)
            for (const of_attr *a = n->attrs; a; a = a->next) want_attr(a);
    }
    for (size_t i = 0; i < m->n_funcs; i++)
        for (const of_attr *a = m->funcs[i]->attr_defaults; a; a = a->next) want_attr(a);
}

static of_status copy_fail(ext_copy *c, const of_wire_file *f, const char *what)
{
    return of_fail(c->e, OF_E_IO, "external data \"%.*s\": cannot %s its copy (error %d)",
                   of_clip(f->location->len), f->location->s, what, errno);
}

/* The folder that the last component of the location is in, made where it is missing. */
static of_status copy_folder(ext_copy *c, const of_wire_file *f, int *dir, const char **name)
{
    char part[256];
    const char *p = f->location->s, *slash;
    int at = c->dest;
    while ((slash = strchr(p, '/')) != NULL) {
        size_t n = (size_t)(slash - p); /* at most 255: of_ext_check_location */
        int next, err;
        memcpy(part, p, n);
        part[n] = 0;
        next = mkdirat(at, part, 0777) == 0 || errno == EEXIST
                   ? openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                   : -1;
        err = errno;
        if (at != c->dest) close(at);
        errno = err;
        if (next < 0) {
            if (err == ELOOP || err == ENOTDIR || err == EMLINK)
                return of_fail(c->e, OF_E_PATH,
                               "external data \"%.*s\": leads through a link at its destination",
                               of_clip(f->location->len), f->location->s);
            return copy_fail(c, f, "make a folder for");
        }
        at = next;
        p = slash + 1;
    }
    *dir = at;
    *name = p;
    return OF_OK;
}

/* A file is there already: fine when it is the same one or holds the same bytes. */
static of_status copy_compare(ext_copy *c, const of_wire_file *f, of_source *src, int fd)
{
    of_source *old = NULL;
    of_status st = of_source_from_fd(c->m->alloc, fd, &old, c->e);
    bool same = true;
    if (st != OF_OK) {
        close(fd);
        return st;
    }
    if (old->dev != src->dev || old->ino != src->ino) {
        same = old->size == src->size;
        for (uint64_t at = 0; same && at < src->size && st == OF_OK; at += COPY_STEP) {
            size_t n = src->size - at < COPY_STEP ? (size_t)(src->size - at) : COPY_STEP;
            st = of_source_read(src, at, c->buf, n, c->e);
            if (st == OF_OK) st = of_source_read(old, at, c->buf + COPY_STEP, n, c->e);
            same = st == OF_OK && memcmp(c->buf, c->buf + COPY_STEP, n) == 0;
        }
    }
    of_source_unref(old);
    if (st == OF_OK && !same)
        st = of_fail(c->e, OF_E_EXISTS,
                     "external data \"%.*s\": a different file is at its destination",
                     of_clip(f->location->len), f->location->s);
    return st;
}

static int write_all(int fd, const uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t k = write(fd, p, n);
        if (k < 0 && errno == EINTR) continue;
        if (k <= 0) return -1;
        p += k;
        n -= (size_t)k;
    }
    return 0;
}

static of_status copy_bytes(ext_copy *c, const of_wire_file *f, of_source *src, int fd)
{
    uint64_t at = 0;
#if defined(__linux__)
    while (at < src->size) {
        off_t from = (off_t)at;
        ssize_t k = copy_file_range(
            src->fd, &from, fd, NULL,
            src->size - at < COPY_STEP << 10 ? (size_t)(src->size - at) : COPY_STEP << 10, 0);
        if (k < 0 && errno == EINTR) continue;
        if (k <= 0) break; /* not between these files: by hand from here */
        at += (uint64_t)k;
    }
#endif
    while (at < src->size) {
        size_t n = src->size - at < COPY_STEP ? (size_t)(src->size - at) : COPY_STEP;
        OF_TRY(of_source_read(src, at, c->buf, n, c->e));
        if (write_all(fd, c->buf, n) != 0) return copy_fail(c, f, "write");
        at += n;
    }
    return of_source_check(src, c->e);
}

/* A name nobody else uses at this moment; not a secret, since it is opened with O_EXCL. */
static void temp_name(char *b, unsigned serial)
{
    uint64_t v = of_hash_seed() + serial;
    memcpy(b, ".onnxfold-", 10);
    for (size_t i = 0; i < 12; i++) {
        b[10 + i] = "0123456789abcdef"[v & 15];
        v >>= 4;
    }
    memcpy(b + 22, ".tmp", 5);
}

static of_status copy_new(ext_copy *c, const of_wire_file *f, of_source *src, int dir,
                          const char *name)
{
    char temp[32];
    int fd = -1;
    of_status st;
    for (unsigned i = 0; i < 64 && fd < 0; i++) {
        temp_name(temp, i);
        fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST) break;
    }
    if (fd < 0) return copy_fail(c, f, "create");
    st = copy_bytes(c, f, src, fd);
    if (close(fd) != 0 && st == OF_OK) st = copy_fail(c, f, "write");
    /* A link is refused when the name is taken, where a rename would replace. */
    if (st == OF_OK && linkat(dir, temp, dir, name, 0) != 0) {
        if (errno == EEXIST)
            st = of_fail(c->e, OF_E_EXISTS,
                         "external data \"%.*s\": a file appeared at its destination",
                         of_clip(f->location->len), f->location->s);
        else if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
                 renameat(dir, temp, dir, name) != 0)
            st = copy_fail(c, f, "name"); /* file systems without hard links rename */
        else return OF_OK;
    }
    (void)unlinkat(dir, temp, 0);
    return st;
}

static of_status copy_file(ext_copy *c, of_wire_file *f)
{
    of_source *src = NULL;
    const char *name = NULL;
    int dir = -1, fd;
    of_status st;
    OF_TRY(of_wire_file_open(c->m, f, &src, c->e));
    OF_TRY(copy_folder(c, f, &dir, &name));
    fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd >= 0) st = copy_compare(c, f, src, fd);
    else if (errno == ENOENT) st = copy_new(c, f, src, dir, name);
    else if (errno == ELOOP || errno == EMLINK)
        st = of_fail(c->e, OF_E_EXISTS, "external data \"%.*s\": a link is at its destination",
                     of_clip(f->location->len), f->location->s);
    else st = copy_fail(c, f, "look for");
    if (dir != c->dest) close(dir);
    return st;
}

of_status of_ext_copy_along(of_model *m, const char *dest_dir, of_err *e)
{
    of_wire *w = m->wire;
    ext_copy c = {m, e, -1, NULL};
    of_status st = OF_OK;
    bool any = false;
    if (!w || !dest_dir) return OF_OK;
    for (of_wire_file *f = w->all; f; f = f->next_all) f->wanted = f->pinned;
    want_all(m);
    for (of_wire_file *f = w->all; f; f = f->next_all) any = any || f->wanted;
    if (!any) return OF_OK;
    c.dest = open(dest_dir[0] ? dest_dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (c.dest < 0)
        return of_fail(e, OF_E_IO, "the destination folder cannot be opened (error %d)", errno);
    c.buf = of_mem_alloc(m->alloc, COPY_BUF);
    if (!c.buf) st = of_nomem(e);
    for (of_wire_file *f = w->all; f && st == OF_OK; f = f->next_all)
        if (f->wanted) st = copy_file(&c, f);
    of_mem_free(m->alloc, c.buf, COPY_BUF);
    close(c.dest);
    return st;
}
