#include "base/io_file.h"
#include "base/io_sys.h"

#include <string.h>

#define BUFFER ((size_t)64 << 10)
#define DIRECT ((size_t)16 << 10) /* from here on copying costs more than a call */
#define LONG_RANGE ((uint64_t)64 << 10) /* from here on the system copies or leaves a hole */

typedef enum sink_kind { SINK_FILE, SINK_MEMORY, SINK_CALLBACK } sink_kind;

struct of_sink {
    sink_kind kind;
    of_alloc *alloc;
    of_status failed; /* the first failure; nothing is taken after it */
    uint64_t taken;
    /* file and callback: bytes not yet passed on; memory: all of them */
    unsigned char *buf;
    size_t used, cap;
    of_outfile *file;
    int (*write)(void *user, const void *p, size_t n);
    void *user;
};

static of_status no_memory(of_err *e)
{
    return of_nomem(e);
}

static void sink_free(of_sink *s)
{
    of_mem_free(s->alloc, s->buf, s->cap);
    of_mem_free(s->alloc, s, sizeof *s);
}

static of_status sink_new(of_alloc *a, sink_kind kind, size_t cap, of_sink **out, of_err *e)
{
    of_sink *s = of_mem_zalloc(a, sizeof *s);
    *out = NULL;
    if (!s) return no_memory(e);
    s->kind = kind;
    s->alloc = a;
    if (cap) {
        s->buf = of_mem_alloc(a, cap);
        if (!s->buf) {
            sink_free(s);
            return no_memory(e);
        }
        s->cap = cap;
    }
    *out = s;
    return OF_OK;
}

of_status of_sink_file(of_alloc *a, const char *path, bool durable, of_sink **out, of_err *e)
{
    of_status st;
    OF_TRY(sink_new(a, SINK_FILE, BUFFER, out, e));
    st = of_outfile_open(a, path, durable, &(*out)->file, e);
    if (st != OF_OK) {
        sink_free(*out);
        *out = NULL;
    }
    return st;
}

void of_sink_from(of_sink *s, const of_source *src)
{
    if (s->kind == SINK_FILE) of_outfile_from(s->file, src);
}

of_status of_sink_memory(of_alloc *a, size_t reserve, of_sink **out, of_err *e)
{
    return sink_new(a, SINK_MEMORY, reserve, out, e);
}

of_status of_sink_callback(of_alloc *a, int (*write)(void *user, const void *p, size_t n), void *user,
                           of_sink **out, of_err *e)
{
    OF_TRY(sink_new(a, SINK_CALLBACK, BUFFER, out, e));
    (*out)->write = write;
    (*out)->user = user;
    return OF_OK;
}

uint64_t of_sink_offset(const of_sink *s)
{
    return s->taken;
}

/* Passes bytes on, past the buffer. */
static of_status put(of_sink *s, const void *p, size_t n, of_err *e)
{
    if (n == 0) return OF_OK;
    if (s->kind == SINK_FILE) return of_outfile_write(s->file, p, n, e);
    if (s->write(s->user, p, n) != 0) return of_fail(e, OF_E_IO, "the write callback failed");
    return OF_OK;
}

static of_status flush(of_sink *s, of_err *e)
{
    size_t n = s->used;
    s->used = 0;
    return put(s, s->buf, n, e);
}

/* Room for n more bytes in a memory sink. */
static of_status reserve(of_sink *s, uint64_t n, of_err *e)
{
    size_t need, cap = s->cap ? s->cap : 4096;
    void *p;
    if (n > PTRDIFF_MAX || !of_add_size(s->used, (size_t)n, &need) || need > PTRDIFF_MAX) return no_memory(e);
    if (need <= s->cap) return OF_OK;
    while (cap < need) cap = cap > PTRDIFF_MAX / 2 ? need : cap * 2;
    p = of_mem_grow(s->alloc, s->buf, s->cap, cap);
    if (!p && cap > need) {
        cap = need; /* doubling may ask for what is not there */
        p = of_mem_grow(s->alloc, s->buf, s->cap, cap);
    }
    if (!p) return no_memory(e);
    s->buf = p;
    s->cap = cap;
    return OF_OK;
}

/* Called with every result: keeps the first failure and counts what was taken. */
static of_status settle(of_sink *s, of_status st, uint64_t n)
{
    if (st != OF_OK) {
        s->failed = st;
    } else {
        s->taken += n;
    }
    return st;
}

static of_status start(const of_sink *s, uint64_t n, of_err *e)
{
    if (s->failed != OF_OK) return of_fail(e, s->failed, "an earlier write failed");
    /* File offsets are signed. */
    if (n > INT64_MAX - s->taken) return of_fail(e, OF_E_LIMIT, "output too large");
    return OF_OK;
}

static of_status write_bytes(of_sink *s, const void *p, size_t n, of_err *e)
{
    if (s->kind == SINK_MEMORY) {
        OF_TRY(reserve(s, n, e));
    } else if (n >= DIRECT || n > s->cap - s->used) {
        OF_TRY(flush(s, e));
        if (n >= DIRECT) return put(s, p, n, e);
    }
    memcpy(s->buf + s->used, p, n);
    s->used += n;
    return OF_OK;
}

of_status of_sink_write(of_sink *s, const void *p, size_t n, of_err *e)
{
    if (OF_LIKELY(n < DIRECT && n <= s->cap - s->used && s->failed == OF_OK &&
                  s->taken <= INT64_MAX - DIRECT)) {
        if (n) memcpy(s->buf + s->used, p, n);
        s->used += n;
        s->taken += n;
        return OF_OK;
    }
    OF_TRY(start(s, n, e));
    return settle(s, write_bytes(s, p, n, e), n);
}

static of_status write_zeros(of_sink *s, uint64_t n, of_err *e)
{
    if (s->kind == SINK_MEMORY) {
        OF_TRY(reserve(s, n, e));
        memset(s->buf + s->used, 0, (size_t)n);
        s->used += (size_t)n;
        return OF_OK;
    }
    if (s->kind == SINK_FILE && n >= LONG_RANGE) {
        OF_TRY(flush(s, e));
        return of_outfile_hole(s->file, n, e);
    }
    while (n > 0) {
        size_t k;
        if (s->used == s->cap) OF_TRY(flush(s, e));
        k = s->cap - s->used;
        if (k > n) k = (size_t)n;
        memset(s->buf + s->used, 0, k);
        s->used += k;
        n -= k;
    }
    return OF_OK;
}

of_status of_sink_zeros(of_sink *s, uint64_t n, of_err *e)
{
    OF_TRY(start(s, n, e));
    if (n == 0) return OF_OK;
    return settle(s, write_zeros(s, n, e), n);
}

static of_status copy_range(of_sink *s, of_source *src, uint64_t offset, uint64_t n, of_err *e)
{
    const uint8_t *view = n <= SIZE_MAX ? of_source_view(src, offset, (size_t)n) : NULL;
    if (view) return write_bytes(s, view, (size_t)n, e);
    if (s->kind == SINK_MEMORY) {
        OF_TRY(reserve(s, n, e));
        OF_TRY(of_source_read(src, offset, s->buf + s->used, (size_t)n, e));
        s->used += (size_t)n;
        return OF_OK;
    }
    if (s->kind == SINK_FILE && src->kind == OF_SOURCE_FILE && n >= LONG_RANGE) {
        uint64_t done;
        OF_TRY(flush(s, e));
        of_outfile_copy(s->file, src->fd, offset, n, &done);
        offset += done;
        n -= done;
    }
    while (n > 0) {
        size_t k;
        if (s->used == s->cap) OF_TRY(flush(s, e));
        k = s->cap - s->used;
        if (k > n) k = (size_t)n;
        OF_TRY(of_source_read(src, offset, s->buf + s->used, k, e));
        s->used += k;
        offset += k;
        n -= k;
    }
    return OF_OK;
}

of_status of_sink_copy(of_sink *s, of_source *src, uint64_t offset, uint64_t n, of_err *e)
{
    OF_TRY(start(s, n, e));
    if (offset > src->size || n > src->size - offset) {
        return settle(s, of_fail_at(e, OF_E_IO, offset, "read past the end of the source"), 0);
    }
    if (n == 0) return OF_OK;
    return settle(s, copy_range(s, src, offset, n, e), n);
}

of_status of_sink_commit(of_sink *s, of_err *e)
{
    of_status st = start(s, 0, e);
    if (st == OF_OK && s->kind != SINK_MEMORY) st = flush(s, e);
    if (s->kind == SINK_FILE) {
        if (st == OF_OK) {
            st = of_outfile_commit(s->file, e);
        } else {
            of_outfile_abort(s->file);
        }
    }
    sink_free(s);
    return st;
}

of_status of_sink_commit_memory(of_sink *s, void **data, size_t *size, size_t *cap, of_err *e)
{
    of_status st = start(s, 0, e);
    if (st == OF_OK && s->kind != SINK_MEMORY) st = of_fail(e, OF_E_STATE, "not a memory sink");
    if (st != OF_OK) {
        of_sink_abort(s);
        return st;
    }
    *data = s->buf;
    *size = s->used;
    *cap = s->cap;
    s->buf = NULL;
    s->cap = 0;
    sink_free(s);
    return OF_OK;
}

void of_sink_abort(of_sink *s)
{
    if (!s) return;
    if (s->kind == SINK_FILE) of_outfile_abort(s->file);
    sink_free(s);
}
