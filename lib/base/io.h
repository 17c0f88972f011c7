/* Where bytes come from and go to. No ONNX here. */
#ifndef OF_BASE_IO_H
#define OF_BASE_IO_H

#include "base/alloc.h"

/* ---- source: random-access bytes of known size ---- */
typedef enum of_source_kind { OF_SOURCE_FILE, OF_SOURCE_MEMORY, OF_SOURCE_CALLBACK } of_source_kind;

typedef struct of_source {
    of_source_kind kind;
    of_alloc *alloc;
    uint32_t refs;
    uint64_t size;
    /* file: read at offsets; nothing here looks into a mapping of it */
    int fd;
    uint64_t dev, ino, mtime_s, mtime_ns; /* as seen at open */
    /* memory: the caller's, valid for as long as the source */
    const uint8_t *mem;
    /* callback: fills exactly n bytes or returns nonzero */
    int (*read_at)(void *user, uint64_t offset, void *buf, size_t n);
    void *user;
    /* file and callback: bytes [kept_off, kept_off + kept_len) as read, NULL: none */
    uint8_t *kept;
    size_t kept_cap, kept_len;
    uint64_t kept_off;
    bool lent; /* a reader fills kept: short reads do not refill it */
} of_source;

/* Opens a regular file (O_CLOEXEC | O_NONBLOCK at open; FIFO, device, directory:
 * OF_E_IO). */
of_status of_source_open(of_alloc *a, const char *path, of_source **out, of_err *e);
/* Takes over fd on success only. */
of_status of_source_from_fd(of_alloc *a, int fd, of_source **out, of_err *e);
of_status of_source_memory(of_alloc *a, const void *p, size_t n, of_source **out, of_err *e);
of_status of_source_callback(of_alloc *a, int (*read_at)(void *, uint64_t, void *, size_t), void *user,
                             uint64_t size, of_source **out, of_err *e);
of_source *of_source_ref(of_source *s);
void of_source_unref(of_source *s); /* closes at the last one; NULL allowed */
/* All n bytes at offset or an error (a file cut short: OF_E_CHANGED). EINTR and short reads are retried. */
of_status of_source_read(of_source *s, uint64_t offset, void *buf, size_t n, of_err *e);
/* The same for a read after which nothing near is asked for: no more than its bytes are fetched. */
of_status of_source_read_alone(of_source *s, uint64_t offset, void *buf, size_t n, of_err *e);
/* Takes over buf (cap bytes of the source's allocator), which holds n bytes from offset on: reads
 * of them need no system call any more, and short reads elsewhere refill it. */
void of_source_keep(of_source *s, uint8_t *buf, size_t cap, uint64_t offset, size_t n);
/* For memory sources, and for those kept whole, a pointer to the bytes themselves, else NULL.
 * Bounds checked. */
const uint8_t *of_source_view(const of_source *s, uint64_t offset, size_t n);
/* The same for a part that is kept, valid until the next read. */
const uint8_t *of_source_peek(const of_source *s, uint64_t offset, size_t n);
/* OF_E_CHANGED when a file's size, time, device or inode is not what it was at open. */
of_status of_source_check(const of_source *s, of_err *e);

/* ---- sink: bytes in order, all or nothing ---- */
typedef struct of_sink of_sink;

/* A temporary file in path's folder (O_EXCL), renamed on commit. durable: file and
 * folder flushed before commit returns. An existing destination's mode is kept.
 * A destination that is a symbolic link is replaced, not followed. */
of_status of_sink_file(of_alloc *a, const char *path, bool durable, of_sink **out, of_err *e);
/* The sink is filled from src (NULL: from anything): should src be the file that a file sink replaces, the old file or
 * the new one outlives a power cut, durable or not. */
void of_sink_from(of_sink *s, const of_source *src);
of_status of_sink_memory(of_alloc *a, size_t reserve, of_sink **out, of_err *e);
of_status of_sink_callback(of_alloc *a, int (*write)(void *user, const void *p, size_t n), void *user,
                           of_sink **out, of_err *e);
of_status of_sink_write(of_sink *s, const void *p, size_t n, of_err *e); /* buffered */
of_status of_sink_zeros(of_sink *s, uint64_t n, of_err *e);              /* a hole where the system has them */
/* A range of a source: within the kernel for long ranges of files, else through the buffer. */
of_status of_sink_copy(of_sink *s, of_source *src, uint64_t offset, uint64_t n, of_err *e);
uint64_t of_sink_offset(const of_sink *s); /* bytes taken so far */
/* Flushes, and for a file renames. The sink is gone afterwards whatever the result;
 * on failure the destination is untouched and the temporary file removed. */
of_status of_sink_commit(of_sink *s, of_err *e);
/* For a memory sink: hands over the bytes (allocated with the sink's allocator, *cap bytes). */
of_status of_sink_commit_memory(of_sink *s, void **data, size_t *size, size_t *cap, of_err *e);
void of_sink_abort(of_sink *s); /* drops everything; NULL allowed */

/* Monotonic seconds, for the report. */
double of_clock(void);

#endif
