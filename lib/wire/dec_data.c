/* Tensor data as it stands in a TensorProto or an external file, into memory. */
#include "wire/dec.h"

#include <string.h>

size_t of_wire_word(of_dtype t)
{
    unsigned bits = of_dtypes[t].bits;
    if (of_dtypes[t].kind == OF_K_COMPLEX) bits /= 2;
    return bits <= 8 ? 1 : bits / 8;
}

void of_wire_swap(of_dtype t, void *p, size_t bytes)
{
#if OF_HOST_BE
    size_t w = of_wire_word(t);
    uint8_t *b = p;
    for (size_t i = 0; w > 1 && i + w <= bytes; i += w)
        for (size_t k = 0; k < w / 2; k++) {
            uint8_t x = b[i + k];
            b[i + k] = b[i + w - 1 - k];
            b[i + w - 1 - k] = x;
        }
#else
    (void)t;
    (void)p;
    (void)bytes;
#endif
}

static of_status data_room(of_tensor *t, of_err *e)
{
    void *p = of_mem_alloc(t->alloc, t->bytes);
    if (!p) return of_nomem(e);
    t->data = p;
    t->data_cap = t->bytes;
    t->owned = true;
    return OF_OK;
}

static void data_drop(of_tensor *t)
{
    if (t->data) of_mem_free(t->alloc, t->data, t->data_cap);
    if (t->pool) of_mem_free(t->alloc, t->pool, t->pool_cap);
    t->data = NULL;
    t->pool = NULL;
    t->data_cap = t->pool_cap = 0;
    t->owned = false;
}

static of_status data_fill(of_tensor *t, of_source *src, uint64_t off, of_err *e)
{
    of_status st;
    if (t->bytes == 0) return OF_OK;
    OF_TRY(data_room(t, e));
    st = of_source_read(src, off, t->data, t->bytes, e);
    if (st != OF_OK) data_drop(t);
    else of_wire_swap((of_dtype)t->dtype, t->data, t->bytes);
    return st;
}

static of_status load_raw(of_tensor *t, of_err *e)
{
    if (t->data || t->bytes == 0) return OF_OK;
    if (!t->src || t->src_len != t->bytes)
        return of_fail(e, OF_E_INTERNAL, "a tensor without its source");
    return data_fill(t, t->src, t->src_off, e);
}

static of_status load_ext(of_tensor *t, of_err *e)
{
    of_source *src;
    uint64_t off;
    if (t->data || t->bytes == 0) return OF_OK;
    OF_TRY(of_wire_ext_range(t, &src, &off, e));
    return data_fill(t, src, off, e);
}

/* ---- typed fields ---- */
typedef struct typed_out {
    of_tensor *t;
    uint8_t *p;     /* data */
    uint64_t at;    /* entries so far */
    uint64_t total; /* entries there is room for */
    size_t text;    /* bytes of the pool in use */
} typed_out;

static of_status typed_more(of_in *in, const typed_out *o)
{
    if (o->at < o->total) return OF_OK;
    return of_fail_at(in->e, OF_E_CHANGED, of_in_pos(in), "tensor data is not what it was at load");
}

static void typed_put(typed_out *o, uint64_t v)
{
    of_dtype t = (of_dtype)o->t->dtype;
    unsigned bits = of_dtypes[t].bits;
    size_t i = (size_t)o->at++;
    if (t == OF_BOOL) v = v != 0;
    if (bits == 6) { /* one entry an element, into the packed stream: element i at bit 6 i */
        size_t byte = i / 4 * 3 + i % 4 * 6 / 8;
        unsigned shift = (unsigned)(i % 4 * 6 % 8), x = (unsigned)(v & 0x3f) << shift;
        o->p[byte] = (uint8_t)(o->p[byte] | (x & 0xff));
        if (x > 0xff) o->p[byte + 1] = (uint8_t)(x >> 8);
    } else if (bits <= 8) {
        o->p[i] = (uint8_t)v;
    } else if (bits == 16) {
        uint16_t x = (uint16_t)v;
        memcpy(o->p + 2 * i, &x, 2);
    } else if (bits == 32) {
        uint32_t x = (uint32_t)v;
        memcpy(o->p + 4 * i, &x, 4);
    } else {
        memcpy(o->p + 8 * i, &v, 8);
    }
}

static of_status typed_varints(of_in *in, pb_istream_t *s, pb_wire_type_t wt, typed_out *o)
{
    pb_istream_t sub;
    uint64_t v;
    if (wt == PB_WT_VARINT) {
        OF_TRY(typed_more(in, o));
        OF_TRY(of_in_varint(in, s, &v));
        typed_put(o, v);
        return OF_OK;
    }
    OF_TRY(of_in_sub(in, s, &sub));
    while (sub.bytes_left > 0) {
        OF_TRY(typed_more(in, o));
        OF_TRY(of_in_varint(in, &sub, &v));
        typed_put(o, v);
    }
    return OF_OK;
}

static of_status typed_fixed(of_in *in, pb_istream_t *s, pb_wire_type_t wt, size_t word,
                             typed_out *o)
{
    pb_istream_t sub;
    uint64_t n = 1, at = of_in_pos(in);
    if (wt == PB_WT_STRING) {
        OF_TRY(of_in_sub(in, s, &sub));
        n = sub.bytes_left / word;
        s = &sub;
    }
    if (n > o->total - o->at) {
        o->at = o->total;
        return typed_more(in, o);
    }
    if (!pb_read(s, o->p + (size_t)o->at * word, (size_t)n * word)) return of_in_bad(in, s, at);
    o->at += n;
    return OF_OK;
}

static of_status typed_string(of_in *in, pb_istream_t *s, typed_out *o)
{
    pb_istream_t sub;
    of_str *str = (of_str *)(void *)o->p;
    uint64_t at = of_in_pos(in);
    OF_TRY(typed_more(in, o));
    OF_TRY(of_in_sub(in, s, &sub));
    if (sub.bytes_left > o->t->pool_cap - o->text) {
        o->at = o->total;
        return typed_more(in, o);
    }
    str[o->at].n = sub.bytes_left;
    str[o->at].p = o->t->pool ? o->t->pool + o->text : "";
    o->at++;
    if (sub.bytes_left == 0) return OF_OK;
    s = &sub;
    {
        size_t n = sub.bytes_left;
        if (!pb_read(s, (pb_byte_t *)o->t->pool + o->text, n)) return of_in_bad(in, s, at);
        o->text += n;
    }
    return OF_OK;
}

static of_status typed_body(of_in *in, typed_out *o, uint32_t want)
{
    pb_istream_t s = of_in_stream(in);
    while (s.bytes_left > 0) {
        uint32_t field;
        pb_wire_type_t wt;
        OF_TRY(of_in_tag(in, &s, &field, &wt));
        if (field != want) OF_TRY(of_in_skip_field(in, &s, wt));
        else if (field == 6 && wt == PB_WT_STRING) OF_TRY(typed_string(in, &s, o));
        else if (field == 4 && (wt == PB_WT_32BIT || wt == PB_WT_STRING))
            OF_TRY(typed_fixed(in, &s, wt, 4, o));
        else if (field == 10 && (wt == PB_WT_64BIT || wt == PB_WT_STRING))
            OF_TRY(typed_fixed(in, &s, wt, 8, o));
        else if (field != 6 && field != 4 && field != 10 &&
                 (wt == PB_WT_VARINT || wt == PB_WT_STRING))
            OF_TRY(typed_varints(in, &s, wt, o));
        else OF_TRY(of_in_skip_field(in, &s, wt));
    }
    return OF_OK;
}

/* Only entries that fit are taken, and all must come: a caller's buffer or stream may
 * hold other bytes than at load. */
of_status of_wire_read_typed(of_tensor *t, of_source *src, const of_wdata *w, of_err *e)
{
    of_dtype dt = (of_dtype)t->dtype;
    unsigned bits = of_dtypes[dt].bits;
    typed_out o = {t, NULL, 0, 0, 0};
    of_status st = OF_OK;
    o.total = bits == 4 || bits == 2               ? t->bytes
              : of_dtypes[dt].kind == OF_K_COMPLEX ? 2 * (uint64_t)t->count
                                                   : (uint64_t)t->count;
    OF_TRY(data_room(t, e));
    if (bits < 8) memset(t->data, 0, t->bytes); /* packed elements are or-ed in */
    o.p = t->data;
    if (dt == OF_STRING && w->text > 0) {
        t->pool = w->text <= SIZE_MAX ? of_mem_alloc(t->alloc, (size_t)w->text) : NULL;
        if (!t->pool) st = of_nomem(e);
        else t->pool_cap = (size_t)w->text;
    }
    for (size_t i = 0; i < w->n_bodies && st == OF_OK; i++) {
        of_in in;
        st = of_in_open(&in, t->alloc, src, w->bodies[i], e);
        if (st != OF_OK) break;
        st = typed_body(&in, &o, of_dtypes[dt].typed_field);
        of_in_close(&in);
    }
    if (st == OF_OK && o.at != o.total)
        st = of_fail(e, OF_E_CHANGED, "tensor data is not what it was at load");
    if (st == OF_OK && bits >= 32 &&
        (dt == OF_FLOAT || dt == OF_DOUBLE || of_dtypes[dt].kind == OF_K_COMPLEX))
        of_wire_swap(dt, t->data, t->bytes);
    if (st != OF_OK) data_drop(t);
    return st;
}

static of_status load_typed(of_tensor *t, of_err *e)
{
    if (t->data || t->bytes == 0) return OF_OK;
    if (!t->src || !t->ext) return of_fail(e, OF_E_INTERNAL, "a tensor without its source");
    return of_wire_read_typed(t, t->src, t->ext, e);
}

const of_tensor_loader of_wire_load_raw = {load_raw};
const of_tensor_loader of_wire_load_typed = {load_typed};
const of_tensor_loader of_wire_load_ext = {load_ext};
