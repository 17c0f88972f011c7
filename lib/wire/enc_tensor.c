/* TensorProto, SparseTensorProto, TypeProto, ValueInfoProto, OperatorSetIdProto. */
#include "wire/dec.h"
#include "wire/enc.h"

#include <string.h>

static bool is_external(const of_tensor *t)
{
    return t && t->loader == &of_wire_load_ext;
}

/* Whether it goes into the new external file. Only initializers are put there: few
 * runtimes read attributes from files. What was in a file may stay in one. */
static bool goes_out(const of_enc *c, const of_tensor *t, bool init)
{
    return c->o->ext == OF_EXT_FILE && t->dtype != OF_STRING && t->bytes > 0 &&
           t->bytes >= c->o->ext_threshold && (init || is_external(t));
}

bool of_enc_moves(const of_enc *c, const of_tensor *t, bool init)
{
    if (!t || c->o->ext == OF_EXT_KEEP) return false;
    return is_external(t) || goes_out(c, t, init);
}

bool of_enc_sparse_moves(const of_enc *c, const of_sparse *sp)
{
    return sp && (of_enc_moves(c, sp->values, false) || of_enc_moves(c, sp->indices, false));
}

static of_status enc_entry(of_enc *c, const char *key, const char *p, size_t n)
{
    OF_TRY(of_enc_begin(c, 13));
    OF_TRY(of_enc_text(c, 1, key, strlen(key)));
    OF_TRY(of_enc_text(c, 2, p, n));
    return of_enc_end(c);
}

static of_status enc_entry_number(of_enc *c, const char *key, uint64_t v)
{
    char b[20];
    size_t i = sizeof b;
    do {
        b[--i] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    return enc_entry(c, key, b + i, sizeof b - i);
}

static of_status enc_new_external(of_enc *c, of_tensor *t)
{
    uint64_t align = c->o->ext_align ? c->o->ext_align : 4096, off = c->ext_end, rest = off % align;
    void *p = c->ext;
    if (rest && !of_add_u64(off, align - rest, &off))
        return of_fail(c->e, OF_E_LIMIT, "external data too large");
    if (!of_add_u64(off, t->bytes, &c->ext_end) || c->ext_end > INT64_MAX)
        return of_fail(c->e, OF_E_LIMIT, "external data too large");
    if (of_vec_reserve(c->a, &p, &c->cap_ext, c->n_ext + 1, sizeof *c->ext) != OF_OK)
        return of_nomem(c->e);
    c->ext = p;
    c->ext[c->n_ext++] = (of_enc_ext){t, off};
    OF_TRY(enc_entry(c, "location", c->o->ext_file ? c->o->ext_file : "",
                     c->o->ext_file ? strlen(c->o->ext_file) : 0));
    OF_TRY(enc_entry_number(c, "offset", off));
    OF_TRY(enc_entry_number(c, "length", t->bytes));
    return of_enc_int(c, 14, 1);
}

static of_status enc_old_external(of_enc *c, const of_wdata *w, const of_tensor *t)
{
    OF_TRY(enc_entry(c, "location", w->file->location->s, w->file->location->len));
    if (w->has_off) OF_TRY(enc_entry_number(c, "offset", w->off));
    if (w->has_len) OF_TRY(enc_entry_number(c, "length", t->bytes));
    if (w->checksum) OF_TRY(enc_entry(c, "checksum", w->checksum->s, w->checksum->len));
    return of_enc_int(c, 14, 1);
}

static of_status enc_strings(of_enc *c, of_tensor *t)
{
    bool had = t->data != NULL;
    const of_str *s;
    OF_TRY(of_tensor_load(t, c->e));
    s = t->data;
    for (int64_t i = 0; i < t->count; i++) OF_TRY(of_enc_text(c, 6, s[i].p, s[i].n));
    if (!had) of_tensor_unload(t);
    return OF_OK;
}

/* Fields lo to hi of a message in the source, but for those in the mask. */
static of_status enc_fields(of_enc *c, of_range body, uint32_t lo, uint32_t hi, uint32_t mask)
{
    of_in in;
    pb_istream_t s;
    of_status st;
    OF_TRY(of_in_open(&in, c->a, c->m->src, body, c->e));
    s = of_in_stream(&in);
    st = OF_OK;
    while (st == OF_OK && s.bytes_left > 0) {
        uint64_t at = of_in_pos(&in);
        uint32_t field;
        pb_wire_type_t wt;
        st = of_in_tag(&in, &s, &field, &wt);
        if (st == OF_OK) st = of_in_skip_field(&in, &s, wt);
        if (st == OF_OK && field >= lo && field <= hi && (field >= 32 || !(mask >> field & 1)))
            st = of_enc_copy(c, (of_range){at, of_in_pos(&in) - at});
    }
    of_in_close(&in);
    return st;
}

/* Fields of TensorProto that say where its data is, in two halves; and those kept as they
 * are: doc_string. */
#define DATA_LOW (1u << 4 | 1u << 5 | 1u << 6 | 1u << 7)
#define DATA_HIGH (1u << 9 | 1u << 10 | 1u << 11 | 1u << 13 | 1u << 14)
#define TENSOR_RAWS (1u << 12)

/* What cannot be copied is found out before anything is written. */
static of_status enc_embed(of_enc *c, of_tensor *t)
{
    of_source *src;
    uint64_t off;
    if (is_external(t)) OF_TRY(of_wire_ext_range(t, &src, &off, c->e));
    return of_enc_tensor_bytes(c, 9, t);
}

/* An attribute's tensor: as it stands in the source, but for its data when that moves. */
static of_status enc_same(of_enc *c, of_tensor *t, of_range body)
{
    if (!of_enc_moves(c, t, false)) return of_enc_copy(c, body);
    OF_TRY(enc_fields(c, body, 1, 8, DATA_LOW));
    if (!goes_out(c, t, false)) OF_TRY(enc_embed(c, t));
    OF_TRY(enc_fields(c, body, 9, 12, DATA_HIGH));
    if (goes_out(c, t, false)) OF_TRY(enc_new_external(c, t));
    return enc_fields(c, body, 13, UINT32_MAX, DATA_HIGH);
}

of_status of_enc_tensor(of_enc *c, uint32_t field, of_tensor *t, of_sym name, const of_init *init)
{
    const of_wdata *w = of_wire_data(t);
    bool out = goes_out(c, t, init != NULL);
    bool external = is_external(t) && !of_enc_moves(c, t, init != NULL);
    OF_TRY(of_enc_begin(c, field));
    if (!init && w && w->owner == t && w->body.len && of_sym_empty(name)) {
        OF_TRY(enc_same(c, t, w->body));
        return of_enc_end(c);
    }
    if (t->unpacked) OF_TRY(of_tensor_pack(t, c->e));
    for (uint32_t i = 0; i < t->rank; i++) OF_TRY(of_enc_int(c, 1, t->dims[i]));
    OF_TRY(of_enc_int(c, 2, t->dtype));
    if (t->dtype == OF_STRING) OF_TRY(enc_strings(c, t));
    OF_TRY(of_enc_sym_opt(c, 8, name));
    if (t->dtype != OF_STRING && !external && !out) OF_TRY(enc_embed(c, t));
    if (init) OF_TRY(of_enc_raws(c, init->raw, 12));
    if (external) OF_TRY(enc_old_external(c, w, t));
    if (out) OF_TRY(enc_new_external(c, t));
    if (init) OF_TRY(of_enc_props(c, 16, init->props));
    if (init) OF_TRY(of_enc_raws_rest(c, init->raw, TENSOR_RAWS));
    return of_enc_end(c);
}

of_status of_enc_sparse(of_enc *c, uint32_t field, const of_sparse *sp, of_sym name,
                        const of_init *init)
{
    OF_TRY(of_enc_begin(c, field));
    OF_TRY(of_enc_tensor(c, 1, sp->values, name, NULL));
    OF_TRY(of_enc_tensor(c, 2, sp->indices, NULL, NULL));
    for (size_t i = 0; i < sp->rank; i++) OF_TRY(of_enc_int(c, 3, sp->dims[i]));
    if (init) OF_TRY(of_enc_raws_rest(c, init->raw, 0));
    return of_enc_end(c);
}

/* A tensor of an element type this library does not know, under its present name. */
of_status of_enc_opaque_init(of_enc *c, const of_init *init, of_sym name)
{
    of_in in;
    pb_istream_t s, sub;
    uint32_t field;
    pb_wire_type_t wt;
    of_range body = {0, 0};
    of_status st;
    if (!init->src.len || !c->m->src)
        return of_fail(c->e, OF_E_INTERNAL, "an initializer without data");
    if (name == init->name) return of_enc_copy(c, init->src);
    if (of_init_opaque_sparse(init))
        return of_fail(c->e, OF_E_UNSUPPORTED,
                       "a sparse initializer of unknown type cannot be renamed");
    OF_TRY(of_in_open(&in, c->a, c->m->src, init->src, c->e));
    s = of_in_stream(&in);
    st = of_in_tag(&in, &s, &field, &wt);
    if (st == OF_OK) st = of_in_sub(&in, &s, &sub);
    if (st == OF_OK) body = (of_range){of_in_pos(&in), sub.bytes_left};
    of_in_close(&in);
    OF_TRY(st);
    OF_TRY(of_enc_begin(c, field));
    OF_TRY(enc_fields(c, body, 1, 7, 0));
    OF_TRY(of_enc_sym_opt(c, 8, name));
    OF_TRY(enc_fields(c, body, 9, UINT32_MAX, 0));
    return of_enc_end(c);
}

/* ---- types ---- */
static of_status enc_dims(of_enc *c, const of_shape *s)
{
    if (s->rank < 0) return OF_OK;
    OF_TRY(of_enc_begin(c, 2));
    for (int32_t i = 0; i < s->rank; i++) {
        OF_TRY(of_enc_begin(c, 1));
        if (of_dim_is_num(s->d[i])) {
            OF_TRY(of_enc_int(c, 1, s->d[i].k));
        } else {
            of_sym name = of_dim_name(c->m->dims, &c->m->names, s->d[i]);
            if (of_dimtab_oom(c->m->dims)) return of_nomem(c->e);
            OF_TRY(of_enc_sym_opt(c, 2, name));
        }
        OF_TRY(of_enc_end(c));
    }
    return of_enc_end(c);
}

/* The dims of a tensor in one piece. *n SIZE_MAX: they do not fit. */
static of_status dims_in_place(of_enc *c, const of_shape *s, uint8_t *b, size_t cap, size_t *n)
{
    size_t k = 0;
    for (int32_t i = 0; i < s->rank; i++) {
        of_sym name = NULL;
        uint8_t *at = b + k;
        bool number = of_dim_is_num(s->d[i]);
        if (!number) {
            name = of_dim_name(c->m->dims, &c->m->names, s->d[i]);
            if (of_dimtab_oom(c->m->dims)) return of_nomem(c->e);
        }
        *n = SIZE_MAX;
        if (cap - k < 13 || (name && name->len > cap - k - 4)) return OF_OK;
        at[0] = 1 << 3 | PB_WT_STRING;
        at[1] = 0;
        if (number) {
            at[2] = 1 << 3 | PB_WT_VARINT;
            at[1] = (uint8_t)(1 + of_put_varint(at + 3, (uint64_t)s->d[i].k));
        } else if (!of_sym_empty(name)) {
            at[2] = 2 << 3 | PB_WT_STRING;
            at[3] = (uint8_t)name->len;
            memcpy(at + 4, name->s, name->len);
            at[1] = (uint8_t)(2 + name->len);
        }
        k += 2 + (size_t)at[1];
    }
    *n = k;
    return OF_OK;
}

/* The type of a tensor with few dims, which is what nearly all of a model's types are. */
static of_status type_in_place(of_enc *c, uint32_t field, const of_type *t, bool *done)
{
    uint8_t dims[120], head[24]; /* lengths of one byte each */
    size_t n, h, rank, whole;
    *done = false;
    if (!t || t->kind != OF_T_TENSOR || t->dtype >= 0x80 || field > 15) return OF_OK;
    OF_TRY(dims_in_place(c, &t->shape, dims, 110, &n));
    if (n == SIZE_MAX) return OF_OK;
    rank = t->shape.rank >= 0 ? 2 + n : 0;
    whole = (t->dtype ? 2u : 0u) + rank;
    h = 0;
    head[h++] = (uint8_t)(field << 3 | PB_WT_STRING);
    head[h++] = (uint8_t)(2 + whole);
    head[h++] = 1 << 3 | PB_WT_STRING;
    head[h++] = (uint8_t)whole;
    if (t->dtype) {
        head[h++] = 1 << 3 | PB_WT_VARINT;
        head[h++] = t->dtype;
    }
    if (rank) {
        head[h++] = 2 << 3 | PB_WT_STRING;
        head[h++] = (uint8_t)n;
    }
    *done = true;
    return of_enc_lit(c, head, h, dims, n);
}

/* Types nest in a line, so the messages opened are counted and ended together. */
of_status of_enc_type(of_enc *c, uint32_t field, const of_type *t)
{
    static const uint8_t number[] = {
        [OF_T_TENSOR] = 1,   [OF_T_SPARSE] = 8, [OF_T_SEQUENCE] = 4,
        [OF_T_OPTIONAL] = 9, [OF_T_MAP] = 5,    [OF_T_OPAQUE] = 7,
    };
    size_t n = 1;
    bool done;
    OF_TRY(type_in_place(c, field, t, &done));
    if (done) return OF_OK;
    OF_TRY(of_enc_begin(c, field));
    for (; t && t->kind != OF_T_UNKNOWN; t = t->elem) {
        OF_TRY(of_enc_begin(c, number[t->kind]));
        n++;
        if (t->kind == OF_T_TENSOR || t->kind == OF_T_SPARSE) {
            if (t->dtype != OF_UNDEFINED) OF_TRY(of_enc_int(c, 1, t->dtype));
            OF_TRY(enc_dims(c, &t->shape));
            break;
        }
        if (t->kind == OF_T_OPAQUE) {
            OF_TRY(of_enc_sym_opt(c, 1, t->opaque_domain));
            OF_TRY(of_enc_sym_opt(c, 2, t->opaque_name));
            break;
        }
        if (t->kind == OF_T_MAP) OF_TRY(of_enc_int(c, 1, t->dtype));
        OF_TRY(of_enc_begin(c, t->kind == OF_T_MAP ? 2 : 1));
        n++;
    }
    while (n--) OF_TRY(of_enc_end(c));
    return OF_OK;
}

#define VINFO_RAWS (1u << 3)

of_status of_enc_vinfo(of_enc *c, uint32_t field, const of_vinfo *v)
{
    const of_raw *r = v->raw;
    if (v->drop) return OF_OK;
    if (!v->dirty && v->src.len) return of_enc_copy(c, v->src);
    OF_TRY(of_enc_begin(c, field));
    OF_TRY(of_enc_sym(c, 1, v->value ? v->value->name : v->name));
    while (r && r->field != OF_RAW_TYPE) r = r->next;
    if (r && ((const of_raw_type *)r)->type == v->type) OF_TRY(of_enc_copy(c, r->src));
    else if (v->type) OF_TRY(of_enc_type(c, 2, v->type));
    OF_TRY(of_enc_raws(c, v->raw, 3));
    OF_TRY(of_enc_props(c, 4, v->props));
    OF_TRY(of_enc_raws_rest(c, v->raw, VINFO_RAWS));
    return of_enc_end(c);
}

of_status of_enc_opsets(of_enc *c, uint32_t field, const of_opset *o, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (o[i].drop) continue;
        if (o[i].src.len) {
            OF_TRY(of_enc_copy(c, o[i].src));
            continue;
        }
        OF_TRY(of_enc_begin(c, field));
        OF_TRY(of_enc_sym(c, 1, o[i].domain));
        OF_TRY(of_enc_int(c, 2, o[i].version));
        OF_TRY(of_enc_end(c));
    }
    return OF_OK;
}
