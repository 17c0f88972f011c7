/* The window over the source that nanopb reads through. */
#include "wire/dec.h"

#include <string.h>

_Static_assert(sizeof(pb_istream_t) >= 2 * sizeof(void *) + sizeof(size_t),
               "nanopb's input stream");
_Static_assert(sizeof(((pb_istream_t *)0)->bytes_left) == sizeof(size_t), "nanopb's input stream");

#define IN_AHEAD_MIN 4096u
#define IN_AHEAD_FIRST 24576u
#define IN_NEAR 16384u /* past so few bytes the next ones are likely to be wanted: reading on costs less than many small reads */

static of_status in_refill(of_in *in)
{
    uint64_t pos = of_in_pos(in);
    size_t n = in->ahead;
    if (!in->buf || in->limit <= pos) return of_fail_at(in->e, OF_E_WIRE, pos, "read past the end");
    if (n > in->limit - pos) n = (size_t)(in->limit - pos);
    in->base = pos;
    in->start = in->cur = in->end = in->buf;
    if (!in->lent) {
        OF_TRY(of_source_read(in->src, pos, in->buf, n, in->e));
    } else {
        in->src->kept_len = 0; /* what it has is about to go */
        OF_TRY(of_source_read(in->src, pos, in->buf, n, in->e));
        in->src->kept_off = pos;
        in->src->kept_len = n;
    }
    in->end = in->buf + n;
    if (in->ahead < in->cap) in->ahead = in->ahead * 2 < in->cap ? in->ahead * 2 : in->cap;
    return OF_OK;
}

static bool in_take(of_in *in, uint8_t *dst, size_t n)
{
    while (n > 0) {
        size_t have = (size_t)(in->end - in->cur);
        if (have == 0) {
            if (n >= in->cap && in->buf) { /* straight to its place */
                uint64_t pos = of_in_pos(in);
                in->st = of_source_read(in->src, pos, dst, n, in->e);
                if (in->st != OF_OK) return false;
                in->base = pos + n;
                in->start = in->cur = in->end = in->buf;
                return true;
            }
            in->st = in_refill(in);
            if (in->st != OF_OK) return false;
            have = (size_t)(in->end - in->cur);
        }
        if (have > n) have = n;
        memcpy(dst, in->cur, have);
        in->cur += have;
        dst += have;
        n -= have;
    }
    return true;
}

static bool in_callback(pb_istream_t *s, pb_byte_t *buf, size_t n)
{
    of_in *in = (of_in *)s->state;
    if (OF_LIKELY(n == 1 && in->cur < in->end)) {
        *buf = *in->cur++;
        return true;
    }
    return in_take(in, buf, n);
}

of_status of_in_open(of_in *in, of_alloc *a, of_source *src, of_range r, of_err *e)
{
    memset(in, 0, sizeof *in);
    in->src = src;
    in->alloc = a;
    in->e = e;
    in->base = r.off;
    if (!of_add_u64(r.off, r.len, &in->limit) || in->limit > src->size)
        return of_fail(e, OF_E_INTERNAL, "a range past the end of its source");
    if (r.len > SIZE_MAX / 2) return of_fail(e, OF_E_LIMIT, "too large for this address space");
    const uint8_t *p = of_source_peek(src, r.off, (size_t)r.len);
    if (p || src->kind == OF_SOURCE_MEMORY) {
        static const uint8_t none[1] = {0};
        if (r.len == 0) p = none;
        if (!p) return of_fail(e, OF_E_INTERNAL, "a memory source without bytes");
        in->start = in->cur = p;
        in->end = p + (size_t)r.len;
        in->cap = SIZE_MAX;
        return OF_OK;
    }
    in->cap = r.len < OF_IN_WINDOW ? (size_t)r.len : OF_IN_WINDOW;
    if (in->cap == 0) in->cap = 1;
    in->buf = of_mem_alloc(a, in->cap);
    if (!in->buf) return of_nomem(e);
    in->start = in->cur = in->end = in->buf;
    /* A longer one is walked from its head, where weights may follow soon. */
    in->ahead = r.len <= in->cap ? in->cap : IN_AHEAD_FIRST;
    return OF_OK;
}

void of_in_lend(of_in *in)
{
    if (!in->buf || in->src->alloc != in->alloc) return;
    of_source_keep(in->src, in->buf, in->cap, 0, 0);
    in->src->lent = in->lent = true;
}

void of_in_close(of_in *in)
{
    if (in->lent) in->src->lent = false;
    else if (in->buf) of_mem_free(in->alloc, in->buf, in->cap);
    if (in->big) of_mem_free(in->alloc, in->big, in->big_cap);
    in->buf = in->big = NULL;
}

pb_istream_t of_in_stream(of_in *in)
{
    pb_istream_t s = PB_ISTREAM_EMPTY;
    s.callback = in_callback;
    s.state = in;
    s.bytes_left = (size_t)(in->limit - of_in_pos(in));
    return s;
}

void of_in_skip(of_in *in, size_t n)
{
    if (n <= (size_t)(in->end - in->cur)) {
        in->cur += n;
        return;
    }
    in->base = of_in_pos(in) + n;
    in->start = in->cur = in->end = in->buf;
    if (n > IN_NEAR) in->ahead = in->cap < IN_AHEAD_MIN ? in->cap : IN_AHEAD_MIN;
}

of_status of_in_view(of_in *in, size_t n, const uint8_t **p)
{
    if (OF_UNLIKELY(n > (size_t)(in->end - in->cur))) {
        if (n > in->cap) {
            if (n > in->big_cap) {
                if (in->big) of_mem_free(in->alloc, in->big, in->big_cap);
                in->big_cap = 0;
                in->big = of_mem_alloc(in->alloc, n);
                if (!in->big) return of_nomem(in->e);
                in->big_cap = n;
            }
            *p = in->big;
            return in_take(in, in->big, n) ? OF_OK : in->st;
        }
        if (in->ahead < n) in->ahead = n;
        OF_TRY(in_refill(in));
    }
    *p = in->cur;
    in->cur += n;
    return OF_OK;
}

const uint8_t *of_in_peek(const of_in *in, of_range r)
{
    uint64_t end = in->base + (uint64_t)(in->end - in->start);
    if (r.off < in->base || r.off > end || r.len > end - r.off) return NULL;
    return in->start + (size_t)(r.off - in->base);
}

of_status of_in_bad(of_in *in, const pb_istream_t *s, uint64_t off)
{
    (void)s; /* without error messages its macro does not look */
    if (in->st != OF_OK) return in->st;
    return of_fail_at(in->e, OF_E_WIRE, off, "malformed protobuf: %s", PB_GET_ERROR(s));
}

of_status of_in_varint_slow(of_in *in, pb_istream_t *s, uint64_t *v)
{
    uint64_t at = of_in_pos(in);
    return pb_decode_varint(s, v) ? OF_OK : of_in_bad(in, s, at);
}

of_status of_in_sub_slow(of_in *in, pb_istream_t *s, pb_istream_t *sub)
{
    uint64_t at = of_in_pos(in);
    if (!pb_make_string_substream(s, sub)) return of_in_bad(in, s, at);
    if (of_in_pos(in) - at > 5)
        return of_fail_at(in->e, OF_E_WIRE, at, "malformed protobuf: overlong length");
    return OF_OK;
}

of_status of_in_tag_slow(of_in *in, pb_istream_t *s, uint32_t *field, pb_wire_type_t *wt)
{
    uint64_t at = of_in_pos(in), v;
    OF_TRY(of_in_varint(in, s, &v));
    if (v > UINT32_MAX || of_in_pos(in) - at > 5)
        return of_fail_at(in->e, OF_E_WIRE, at, "malformed protobuf: field number too large");
    if (v < 8) return of_fail_at(in->e, OF_E_WIRE, at, "malformed protobuf: field number 0");
    *field = (uint32_t)v >> 3;
    *wt = (pb_wire_type_t)(v & 7);
    return OF_OK;
}

of_status of_in_skip_field(of_in *in, pb_istream_t *s, pb_wire_type_t wt)
{
    uint64_t v, at = of_in_pos(in);
    pb_istream_t sub;
    size_t n;
    switch ((int)wt) {
    case PB_WT_VARINT:
        return of_in_varint(in, s, &v);
    case PB_WT_STRING:
        OF_TRY(of_in_sub(in, s, &sub));
        of_in_skip(in, sub.bytes_left);
        return OF_OK;
    case PB_WT_64BIT:
        n = 8;
        break;
    case PB_WT_32BIT:
        n = 4;
        break;
    case 3:
    case 4:
        return of_fail_at(in->e, OF_E_WIRE, at,
                          "malformed protobuf: a group, which ONNX has none of");
    default:
        return of_fail_at(in->e, OF_E_WIRE, at, "malformed protobuf: wire type %d", (int)wt);
    }
    if (s->bytes_left < n)
        return of_fail_at(in->e, OF_E_WIRE, at, "malformed protobuf: end of message");
    s->bytes_left -= n;
    of_in_skip(in, n);
    return OF_OK;
}
