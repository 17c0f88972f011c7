/* The plan of a save: making it, and writing it out. */
#include "wire/enc.h"

#include <string.h>

/* protobuf's own limit on a message. */
#define ENC_MAX (((uint64_t)1 << 31) - 1)

#define TAG_MAX 5
#define VARINT_MAX 10

size_t of_put_varint(uint8_t *b, uint64_t v)
{
    size_t n = 0;
    for (; v >= 0x80; v >>= 7) b[n++] = (uint8_t)(v | 0x80);
    b[n++] = (uint8_t)v;
    return n;
}

static size_t put_tag(uint8_t *b, uint32_t field, pb_wire_type_t wt)
{
    return of_put_varint(b, (uint64_t)field << 3 | (uint64_t)wt);
}

static of_status enc_nomem(of_enc *c)
{
    return of_nomem(c->e);
}

static of_status enc_op(of_enc *c, of_enc_op op)
{
    void *p = c->ops;
    if (c->n_ops == c->cap_ops) {
        if (of_vec_reserve(c->a, &p, &c->cap_ops, c->n_ops + 1, sizeof *c->ops) != OF_OK)
            return enc_nomem(c);
        c->ops = p;
    }
    c->ops[c->n_ops++] = op;
    return OF_OK;
}

/* Gives the open messages that have none their LEN: the last op, which holds the bytes that
 * were meant for their lengths, is cut there. */
static of_status enc_fix(of_enc *c)
{
    for (; c->n_fixed < c->n_open; c->n_fixed++) {
        of_enc_open *o = &c->open[c->n_fixed];
        of_enc_op *last = &c->ops[c->n_ops - 1];
        size_t at = o->op, rest = c->n_lit - at - 1;
        last->len = at - last->off; /* its tag at least */
        OF_TRY(enc_op(c, (of_enc_op){OF_ENC_LEN, 0, 0, NULL}));
        o->op = c->n_ops - 1;
        o[-1].size--;
        if (rest) OF_TRY(enc_op(c, (of_enc_op){OF_ENC_LIT, at + 1, rest, NULL}));
    }
    return OF_OK;
}

/* An op that is not of literal bytes. */
static of_status enc_other(of_enc *c, of_enc_op op)
{
    OF_TRY(enc_fix(c));
    return enc_op(c, op);
}

/* Room for so many literal bytes. */
static of_status enc_room(of_enc *c, size_t need)
{
    void *lit = c->lit;
    if (OF_LIKELY(need <= c->cap_lit)) return OF_OK;
    /* about what the names of a graph take, so that few grow it */
    if (!c->cap_lit && need < 4096 + 16 * c->m->n_values) need = 4096 + 16 * c->m->n_values;
    if (of_vec_reserve(c->a, &lit, &c->cap_lit, need, 1) != OF_OK) return enc_nomem(c);
    c->lit = lit;
    return OF_OK;
}

of_status of_enc_lit(of_enc *c, const uint8_t *head, size_t n_head, const void *p, size_t n)
{
    of_enc_op *last = c->n_ops ? &c->ops[c->n_ops - 1] : NULL;
    size_t all, need;
    if (!of_add_size(n_head, n, &all) || !of_add_size(c->n_lit, all, &need)) return enc_nomem(c);
    OF_TRY(enc_room(c, need));
    if (last && last->kind == OF_ENC_LIT) last->len += all;
    else OF_TRY(enc_op(c, (of_enc_op){OF_ENC_LIT, c->n_lit, all, NULL}));
    memcpy(c->lit + c->n_lit, head, n_head);
    if (n) memcpy(c->lit + c->n_lit + n_head, p, n);
    c->n_lit = need;
    c->open[c->n_open - 1].size = of_sat_add(c->open[c->n_open - 1].size, all);
    return OF_OK;
}

static of_status enc_open(of_enc *c, size_t at)
{
    void *p = c->open;
    if (c->n_open == c->cap_open) {
        if (of_vec_reserve(c->a, &p, &c->cap_open, c->n_open + 1, sizeof *c->open) != OF_OK)
            return enc_nomem(c);
        c->open = p;
    }
    c->open[c->n_open++] = (of_enc_open){at, 0};
    return OF_OK;
}

of_status of_enc_start(of_enc *c, of_model *m, const of_encode_opts *o, of_err *e)
{
    memset(c, 0, sizeof *c);
    c->m = m;
    c->o = o;
    c->e = e;
    c->a = m->alloc;
    if (o->ext_sink) c->ext_end = of_sink_offset(o->ext_sink);
    c->n_fixed = 1;
    return enc_open(c, 0);
}

void of_enc_close(of_enc *c)
{
    of_mem_free(c->a, c->ops, c->cap_ops * sizeof *c->ops);
    of_mem_free(c->a, c->lit, c->cap_lit);
    of_mem_free(c->a, c->open, c->cap_open * sizeof *c->open);
    of_mem_free(c->a, c->stack, c->cap * sizeof *c->stack);
    of_mem_free(c->a, c->ext, c->cap_ext * sizeof *c->ext);
    of_mem_free(c->a, c->node_mark, c->n_node_mark);
    of_mem_free(c->a, c->graph_mark, c->n_graph_mark);
}

static of_status enc_number(of_enc *c, uint32_t field, pb_wire_type_t wt, uint64_t v)
{
    uint8_t b[TAG_MAX + VARINT_MAX];
    size_t n = put_tag(b, field, wt);
    return of_enc_lit(c, b, n + of_put_varint(b + n, v), NULL, 0);
}

of_status of_enc_int(of_enc *c, uint32_t field, int64_t v)
{
    return enc_number(c, field, PB_WT_VARINT, (uint64_t)v);
}

of_status of_enc_float(of_enc *c, uint32_t field, float v)
{
    uint8_t b[TAG_MAX + 4];
    size_t n = put_tag(b, field, PB_WT_32BIT);
    uint32_t x;
    memcpy(&x, &v, 4);
    for (unsigned i = 0; i < 4; i++) b[n++] = (uint8_t)(x >> 8 * i);
    return of_enc_lit(c, b, n, NULL, 0);
}

of_status of_enc_text(of_enc *c, uint32_t field, const char *p, size_t n)
{
    uint8_t b[TAG_MAX + VARINT_MAX];
    size_t head = put_tag(b, field, PB_WT_STRING);
    return of_enc_lit(c, b, head + of_put_varint(b + head, n), p, n);
}

of_status of_enc_sym(of_enc *c, uint32_t field, of_sym s)
{
    return s ? of_enc_text(c, field, s->s, s->len) : of_enc_text(c, field, "", 0);
}

of_status of_enc_sym_opt(of_enc *c, uint32_t field, of_sym s)
{
    return of_sym_empty(s) ? OF_OK : of_enc_text(c, field, s->s, s->len);
}

of_status of_enc_copy(of_enc *c, of_range r)
{
    of_enc_op *last = c->n_ops ? &c->ops[c->n_ops - 1] : NULL;
    if (r.len == 0) return OF_OK;
    c->open[c->n_open - 1].size += r.len;
    if (last && last->kind == OF_ENC_COPY && last->off + last->len == r.off) {
        last->len += r.len;
        return OF_OK;
    }
    return enc_other(c, (of_enc_op){OF_ENC_COPY, r.off, r.len, NULL});
}

of_status of_enc_begin(of_enc *c, uint32_t field)
{
    uint8_t b[TAG_MAX + 1];
    size_t n = put_tag(b, field, PB_WT_STRING);
    b[n] = 0;
    OF_TRY(of_enc_lit(c, b, n + 1, NULL, 0));
    return enc_open(c, c->n_lit - 1);
}

static uint64_t varint_len(uint64_t v)
{
    uint64_t n = 1;
    for (; v >= 0x80; v >>= 7) n++;
    return n;
}

of_status of_enc_end(of_enc *c)
{
    of_enc_open o = c->open[--c->n_open];
    uint64_t *up = &c->open[c->n_open - 1].size;
    size_t more, need;
    if (c->n_open < c->n_fixed) {
        c->n_fixed = c->n_open;
        c->ops[o.op].len = o.size;
        *up = of_sat_add(*up, of_sat_add(o.size, varint_len(o.size)));
        return OF_OK;
    }
    more = (size_t)varint_len(o.size) - 1;
    if (more) {
        if (!of_add_size(c->n_lit, more, &need)) return enc_nomem(c);
        OF_TRY(enc_room(c, need));
        memmove(c->lit + o.op + 1 + more, c->lit + o.op + 1, (size_t)o.size);
        c->ops[c->n_ops - 1].len += more;
        c->n_lit = need;
    }
    (void)of_put_varint((uint8_t *)c->lit + o.op, o.size);
    *up = of_sat_add(*up, of_sat_add(o.size, more));
    return OF_OK;
}

of_status of_enc_tensor_bytes(of_enc *c, uint32_t field, of_tensor *t)
{
    OF_TRY(enc_number(c, field, PB_WT_STRING, t->bytes));
    if (t->bytes == 0) return OF_OK;
    c->open[c->n_open - 1].size = of_sat_add(c->open[c->n_open - 1].size, t->bytes);
    return enc_other(c, (of_enc_op){OF_ENC_TENSOR, 0, t->bytes, t});
}

of_status of_enc_raws(of_enc *c, const of_raw *r, uint32_t field)
{
    for (; r; r = r->next)
        if (r->field == field) OF_TRY(of_enc_copy(c, r->src));
    return OF_OK;
}

of_status of_enc_raws_rest(of_enc *c, const of_raw *r, uint32_t mask)
{
    for (; r; r = r->next)
        if (r->field != OF_RAW_TYPE && (r->field >= 32 || !(mask >> r->field & 1)))
            OF_TRY(of_enc_copy(c, r->src));
    return OF_OK;
}

of_status of_enc_props(of_enc *c, uint32_t field, const of_prop *p)
{
    for (; p; p = p->next) {
        OF_TRY(of_enc_begin(c, field));
        OF_TRY(of_enc_text(c, 1, p->key.p, p->key.n));
        OF_TRY(of_enc_text(c, 2, p->value.p, p->value.n));
        OF_TRY(of_enc_end(c));
    }
    return OF_OK;
}

/* ---- writing ---- */
static of_status write_memory(of_enc *c, of_sink *out, const of_tensor *t)
{
#if OF_HOST_BE
    uint8_t part[512];
    size_t done = 0;
    while (done < t->bytes) {
        size_t n = t->bytes - done < sizeof part ? t->bytes - done : sizeof part;
        memcpy(part, (const uint8_t *)t->data + done, n);
        of_wire_swap((of_dtype)t->dtype, part, n);
        OF_TRY(of_sink_write(out, part, n, c->e));
        done += n;
    }
    return OF_OK;
#else
    return of_sink_write(out, t->data, t->bytes, c->e);
#endif
}

/* Little-endian bytes of a tensor. From memory what is there; else from where it lies,
 * without passing through memory of ours. */
static of_status write_tensor(of_enc *c, of_sink *out, of_tensor *t)
{
    of_status st;
    if (t->bytes == 0) return OF_OK;
    if (t->data) return write_memory(c, out, t);
    if (t->loader == &of_wire_load_raw && t->src) {
        if (t->src != c->m->src) OF_TRY(of_source_check(t->src, c->e));
        return of_sink_copy(out, t->src, t->src_off, t->bytes, c->e);
    }
    if (t->loader == &of_wire_load_ext) {
        of_source *src;
        uint64_t off;
        OF_TRY(of_wire_ext_range(t, &src, &off, c->e));
        return of_sink_copy(out, src, off, t->bytes, c->e);
    }
    OF_TRY(of_tensor_load(t, c->e));
    st = write_memory(c, out, t);
    of_tensor_unload(t);
    return st;
}

static of_status write_ext(of_enc *c)
{
    of_sink *out = c->o->ext_sink;
    for (size_t i = 0; i < c->n_ext; i++) {
        uint64_t at = of_sink_offset(out);
        if (at > c->ext[i].off)
            return of_fail(c->e, OF_E_INTERNAL, "the external file is longer than planned");
        OF_TRY(of_sink_zeros(out, c->ext[i].off - at, c->e));
        OF_TRY(write_tensor(c, out, c->ext[i].t));
    }
    return OF_OK;
}

of_status of_enc_write(of_enc *c, of_sink *out)
{
    uint64_t size = c->open[0].size, at = of_sink_offset(out);
    if (size > ENC_MAX)
        return of_fail(c->e, OF_E_LIMIT,
                       "the model would be %llu bytes, past protobuf's limit of 2 GiB: save its "
                       "tensors as external data",
                       (unsigned long long)size);
    if (c->n_ext && !c->o->ext_sink)
        return of_fail(c->e, OF_E_ARGUMENT, "no file to write external data to");
    if (c->n_ext) OF_TRY(write_ext(c));
    for (size_t i = 0; i < c->n_ops; i++) {
        const of_enc_op *op = &c->ops[i];
        uint8_t len[VARINT_MAX];
        switch (op->kind) {
        case OF_ENC_LIT:
            OF_TRY(of_sink_write(out, c->lit + op->off, (size_t)op->len, c->e));
            break;
        case OF_ENC_COPY:
            OF_TRY(of_sink_copy(out, c->m->src, op->off, op->len, c->e));
            break;
        case OF_ENC_LEN:
            OF_TRY(of_sink_write(out, len, of_put_varint(len, op->len), c->e));
            break;
        default:
            OF_TRY(write_tensor(c, out, op->t));
            break;
        }
    }
    if (of_sink_offset(out) - at != size)
        return of_fail(c->e, OF_E_INTERNAL, "more or less was written than planned");
    /* What was read is one state of the source, or nothing is written. */
    return c->m->src ? of_source_check(c->m->src, c->e) : OF_OK;
}
