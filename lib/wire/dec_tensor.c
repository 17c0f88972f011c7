/* TensorProto and SparseTensorProto: what they hold and whether it fits together.
 *
 * All checks of size and field are made here, at load (onnx.proto, TensorProto: "exactly
 * one field is used", raw_data is fixed-width little-endian and not for strings). Typed
 * fields are counted while they pass by and read again when their tensor is wanted. */
#include "wire/dec.h"

#include <string.h>

#define FIELDS(t) t, (uint32_t)(sizeof(t) / sizeof((t)[0]))

static of_status tensor_dim_add(of_dec *d, int64_t *dims, uint32_t *rank, uint64_t v)
{
    if (*rank >= OF_MAX_RANK)
        return of_fail_at(d->e, OF_E_LIMIT, d->tag_off, "a tensor of more than %d dimensions",
                          OF_MAX_RANK);
    dims[(*rank)++] = (int64_t)v;
    return OF_OK;
}

static of_status tensor_dims_at(of_dec *d, of_dec_frame *f, int64_t *dims, uint32_t *rank)
{
    uint64_t v;
    pb_istream_t sub;
    if (d->wt == PB_WT_VARINT) {
        OF_TRY(of_in_varint(&d->in, &f->s, &v));
        return tensor_dim_add(d, dims, rank, v);
    }
    OF_TRY(of_in_sub(&d->in, &f->s, &sub));
    while (sub.bytes_left > 0) {
        OF_TRY(of_in_varint(&d->in, &sub, &v));
        OF_TRY(tensor_dim_add(d, dims, rank, v));
    }
    return OF_OK;
}

static of_status tensor_dims(of_dec *d, of_dec_frame *f)
{
    of_dec_tensor *ts = f->obj;
    return tensor_dims_at(d, f, ts->dims, &ts->rank);
}

static of_status tensor_dtype(of_dec *d, of_dec_frame *f)
{
    of_dec_tensor *ts = f->obj;
    OF_TRY(of_dec_int(d, f, &ts->dtype));
    ts->dtype = (int32_t)ts->dtype;
    return OF_OK;
}

static of_status tensor_segment(of_dec *d, of_dec_frame *f)
{
    ((of_dec_tensor *)f->obj)->segment = true;
    return of_in_skip_field(&d->in, &f->s, d->wt);
}

/* float_data and double_data */
static of_status tensor_fixed(of_dec *d, of_dec_frame *f)
{
    of_dec_tensor *ts = f->obj;
    pb_istream_t sub;
    size_t word = d->field == 4 ? 4 : 8;
    if (d->wt != PB_WT_STRING) {
        ts->n[d->field]++;
        return of_in_skip_field(&d->in, &f->s, d->wt);
    }
    OF_TRY(of_in_sub(&d->in, &f->s, &sub));
    if (sub.bytes_left % word)
        return of_fail_at(d->e, OF_E_WIRE, d->tag_off,
                          "malformed protobuf: packed list cut inside of an item");
    if (ts->n[d->field] == 0) ts->packed = (of_range){of_in_pos(&d->in), sub.bytes_left};
    ts->n[d->field] += sub.bytes_left / word;
    of_in_skip(&d->in, sub.bytes_left);
    return OF_OK;
}

/* int32_data, int64_data, uint64_data */
static of_status tensor_varints(of_dec *d, of_dec_frame *f)
{
    of_dec_tensor *ts = f->obj;
    pb_istream_t sub;
    uint64_t v, n = 0;
    if (d->wt == PB_WT_VARINT) {
        ts->n[d->field]++;
        return of_in_varint(&d->in, &f->s, &v);
    }
    OF_TRY(of_in_sub(&d->in, &f->s, &sub));
    for (; sub.bytes_left > 0; n++) OF_TRY(of_in_varint(&d->in, &sub, &v));
    ts->n[d->field] += n;
    return OF_OK;
}

static of_status tensor_string(of_dec *d, of_dec_frame *f)
{
    of_dec_tensor *ts = f->obj;
    pb_istream_t sub;
    OF_TRY(of_in_sub(&d->in, &f->s, &sub));
    ts->n[6]++;
    ts->text += sub.bytes_left; /* sum of disjoint parts of the file */
    of_in_skip(&d->in, sub.bytes_left);
    return OF_OK;
}

static of_status tensor_name(of_dec *d, of_dec_frame *f)
{
    return of_dec_sym(d, &f->s, &((of_dec_tensor *)f->obj)->name);
}

static of_status tensor_raw(of_dec *d, of_dec_frame *f)
{
    of_dec_tensor *ts = f->obj;
    pb_istream_t sub;
    OF_TRY(of_in_sub(&d->in, &f->s, &sub));
    ts->has_raw = true;
    ts->raw = (of_range){of_in_pos(&d->in), sub.bytes_left};
    of_in_skip(&d->in, sub.bytes_left);
    return OF_OK;
}

static of_status ext_number(of_dec *d, of_str s, const char *key, uint64_t *out)
{
    uint64_t v = 0;
    bool ok = s.n > 0;
    for (size_t i = 0; i < s.n && ok; i++) {
        unsigned c = (unsigned char)s.p[i];
        ok = c >= '0' && c <= '9' && of_mul_u64(v, 10, &v) && of_add_u64(v, c - '0', &v) &&
             v <= INT64_MAX;
    }
    if (!ok)
        return of_fail_at(d->e, OF_E_TENSOR, d->tag_off,
                          "external data: %s \"%.*s\" is not a number of bytes", key, of_clip(s.n),
                          s.p);
    *out = v;
    return OF_OK;
}

/* Keys that the specification does not have are ignored: nothing ever acts on them. */
static of_status ext_entry(of_dec *d, of_dec_ext *x, of_str key, of_str value)
{
    bool *has;
    if (of_str_is(key, "location")) has = &x->has_location;
    else if (of_str_is(key, "offset")) has = &x->has_offset;
    else if (of_str_is(key, "length")) has = &x->has_length;
    else if (of_str_is(key, "checksum")) has = &x->has_checksum;
    else return OF_OK;
    if (*has)
        return of_fail_at(d->e, OF_E_TENSOR, d->tag_off, "external data: key \"%.*s\" occurs twice",
                          of_clip(key.n), key.p);
    *has = true;
    if (has == &x->has_offset) return ext_number(d, value, "offset", &x->offset);
    if (has == &x->has_length) return ext_number(d, value, "length", &x->length);
    {
        of_sym s = of_names_get(&d->m->names, value.p, value.n);
        if (!s) return of_dec_nomem(d);
        if (has == &x->has_location) x->location = s;
        else x->checksum = s;
    }
    return OF_OK;
}

static of_status tensor_external(of_dec *d, of_dec_frame *f)
{
    of_dec_tensor *ts = f->obj;
    of_arena_mark mark = of_arena_save(&d->scratch);
    pb_istream_t sub;
    of_str key = {"", 0}, value = {"", 0};
    of_status st;
    OF_TRY(of_dec_inline(d, f, 1, &sub));
    while (sub.bytes_left > 0) {
        uint32_t field;
        pb_wire_type_t wt;
        pb_istream_t text;
        char *p;
        OF_TRY(of_in_tag(&d->in, &sub, &field, &wt));
        if (wt != PB_WT_STRING || field > 2) {
            OF_TRY(of_in_skip_field(&d->in, &sub, wt));
            continue;
        }
        OF_TRY(of_in_sub(&d->in, &sub, &text));
        p = of_arena_alloc(&d->scratch, text.bytes_left ? text.bytes_left : 1);
        if (!p) return of_dec_nomem(d);
        if (field == 1) key = (of_str){p, text.bytes_left};
        else value = (of_str){p, text.bytes_left};
        if (!pb_read(&text, (pb_byte_t *)p, text.bytes_left))
            return of_in_bad(&d->in, &text, d->tag_off);
    }
    st = ext_entry(d, &ts->ext, key, value);
    of_arena_restore(&d->scratch, mark);
    return st;
}

static of_status tensor_location(of_dec *d, of_dec_frame *f)
{
    return of_dec_int(d, f, &((of_dec_tensor *)f->obj)->location);
}

static of_status tensor_prop(of_dec *d, of_dec_frame *f)
{
    of_dec_tensor *ts = f->obj;
    return of_dec_prop(d, f, &ts->props, &ts->props_last);
}

/* External data of a tensor that is not looked into. */
static of_status tensor_carried(of_dec *d, of_dec_tensor *ts)
{
    of_wire_file *f;
    if (ts->location == 1 && ts->ext.has_location) {
        of_wire *w = of_wire_state(d->m);
        if (!w) return of_dec_nomem(d);
        OF_TRY(of_ext_check_location((of_str){ts->ext.location->s, ts->ext.location->len}, d->e));
        w->carried_external = true;
        OF_TRY(of_wire_file_get(d->m, ts->ext.location, &f, d->e));
        f->pinned = true;
    }
    of_dec_state_free(d, OF_DEC_TENSOR, ts);
    return OF_OK;
}

static of_status tensor_leave(of_dec *d, void *obj)
{
    of_dec_tensor *ts = obj;
    of_tensor *t = NULL;
    if (ts->to == OF_DEC_TO_INIT) {
        of_init *it = ts->init;
        it->name = ts->name;
        it->props = ts->props;
        it->raw = ts->raws.first;
        return of_dec_tensor_done(d, ts, false, &it->tensor);
    }
    if (ts->to == OF_DEC_TO_PARENT) return OF_OK;
    if (ts->to == OF_DEC_TO_NOWHERE) return tensor_carried(d, ts);
    OF_TRY(
        of_dec_push_vec(d, &d->tensors, &t, sizeof t)); /* a place first, so that nothing is lost */
    return of_dec_tensor_done(d, ts, true, &((of_tensor **)d->tensors.p)[d->tensors.n - 1]);
}

static const of_dec_field fields_tensor[] = {
    [1] = {tensor_dims, PB_WT_VARINT, true},       [2] = {tensor_dtype, PB_WT_VARINT, false},
    [3] = {tensor_segment, PB_WT_STRING, false},   [4] = {tensor_fixed, PB_WT_32BIT, true},
    [5] = {tensor_varints, PB_WT_VARINT, true},    [6] = {tensor_string, PB_WT_STRING, false},
    [7] = {tensor_varints, PB_WT_VARINT, true},    [8] = {tensor_name, PB_WT_STRING, false},
    [9] = {tensor_raw, PB_WT_STRING, false},       [10] = {tensor_fixed, PB_WT_64BIT, true},
    [11] = {tensor_varints, PB_WT_VARINT, true},   [13] = {tensor_external, PB_WT_STRING, false},
    [14] = {tensor_location, PB_WT_VARINT, false}, [16] = {tensor_prop, PB_WT_STRING, false},
};
static const of_dec_msg msg_tensor = {"TensorProto", FIELDS(fields_tensor), tensor_leave};

of_status of_dec_tensor_open(of_dec *d, of_dec_frame *f, of_dec_tensor **slot, unsigned to,
                             of_init *init)
{
    of_dec_tensor *ts = slot ? *slot : NULL;
    if (ts) { /* merged with what came before */
        of_raw *r = OF_NEW(&d->scratch, of_raw);
        if (!r) return of_dec_nomem(d);
        r->next = ts->more;
        ts->more = r;
        ts->n_more++;
        return of_dec_push(d, f, &msg_tensor, ts, &ts->raws, NULL, &r->src);
    }
    ts = of_dec_state(d, OF_DEC_TENSOR);
    if (!ts) return of_dec_nomem(d);
    ts->name = d->m->names.empty;
    ts->to = (uint8_t)to;
    ts->init = init;
    ts->at = d->tag_off;
    if (slot) *slot = ts;
    return of_dec_push(d, f, &msg_tensor, ts, &ts->raws, init ? &init->src : NULL, &ts->body);
}

static of_status tensor_bad(of_dec *d, const of_dec_tensor *ts, const char *what)
{
    return of_fail_at(d->e, OF_E_TENSOR, ts->at, "tensor \"%.*s\": %s", of_clip(ts->name->len),
                      ts->name->s, what);
}

/* Entries that the typed field of an element type holds for `count` elements. The 4-
 * and 2-bit types are packed, two and four to an entry; the 6-bit ones are not. */
static uint64_t typed_entries(of_dtype t, int64_t count, size_t bytes)
{
    unsigned bits = of_dtypes[t].bits;
    if (bits == 4 || bits == 2) return bytes;
    return of_dtypes[t].kind == OF_K_COMPLEX ? 2 * (uint64_t)count : (uint64_t)count;
}

static of_status tensor_check(of_dec *d, const of_dec_tensor *ts, of_dtype t, int64_t count,
                              size_t bytes, uint32_t *field)
{
    bool raw = ts->has_raw && ts->raw.len > 0;
    uint32_t used = 0, n_used = 0;
    for (uint32_t i = 4; i < 12; i++) {
        if (ts->n[i] == 0) continue;
        used = i;
        n_used++;
    }
    *field = used;
    if (ts->location != 0 && ts->location != 1)
        return tensor_bad(d, ts, "data_location is not known");
    if (ts->location == 1) {
        if (raw || n_used) return tensor_bad(d, ts, "data both in the model and external");
        if (t == OF_STRING) return tensor_bad(d, ts, "strings cannot be external");
        if (!ts->ext.has_location) return tensor_bad(d, ts, "external data without a location");
        if (ts->ext.has_length && ts->ext.length != bytes)
            return tensor_bad(d, ts, "length of the external data does not fit type and shape");
        return OF_OK;
    }
    if (n_used + (raw ? 1 : 0) > 1) return tensor_bad(d, ts, "data in more than one field");
    if (raw && t == OF_STRING) return tensor_bad(d, ts, "strings in raw_data");
    if (raw && ts->raw.len != bytes)
        return of_fail_at(d->e, OF_E_TENSOR, ts->at,
                          "tensor \"%.*s\": raw_data is %llu bytes where type and shape need %llu",
                          of_clip(ts->name->len), ts->name->s, (unsigned long long)ts->raw.len,
                          (unsigned long long)bytes);
    if (n_used && used != of_dtypes[t].typed_field)
        return tensor_bad(d, ts, "data in a field that its type does not use");
    if (n_used && ts->n[used] != typed_entries(t, count, bytes))
        return of_fail_at(d->e, OF_E_TENSOR, ts->at,
                          "tensor \"%.*s\": %llu entries of data where type and shape need %llu",
                          of_clip(ts->name->len), ts->name->s, (unsigned long long)ts->n[used],
                          (unsigned long long)typed_entries(t, count, bytes));
    if (!raw && !n_used && count != 0) return tensor_bad(d, ts, "no data");
    return OF_OK;
}

static of_status tensor_wdata(of_dec *d, const of_dec_tensor *ts, of_tensor *t, of_wdata **out)
{
    of_wdata *w = OF_NEW(&d->m->arena, of_wdata);
    of_range *r;
    if (!w) return of_dec_nomem(d);
    w->m = d->m;
    w->owner = t;
    if (ts->n_more == 0) w->body = ts->body;
    r = of_arena_array(&d->m->arena, ts->n_more + 1, sizeof *r);
    if (!r) return of_dec_nomem(d);
    w->n_bodies = ts->n_more + 1;
    w->bodies = r;
    r[0] = ts->body;
    {
        size_t i = ts->n_more;
        for (const of_raw *m = ts->more; m; m = m->next) r[i--] = m->src;
    }
    w->text = ts->text;
    t->ext = w;
    *out = w;
    return OF_OK;
}

static of_status tensor_from_raw(of_dec *d, of_range raw, of_tensor *t)
{
    const uint8_t *p;
    t->loader = &of_wire_load_raw;
    t->src = of_source_ref(d->m->src);
    t->src_off = raw.off;
    t->src_len = raw.len;
    if (raw.len > OF_INLINE_RAW) return OF_OK;
    p = of_in_peek(&d->in, raw);
    if (!p) return of_tensor_load(t, d->e);
    t->data = of_mem_alloc(t->alloc, t->bytes);
    if (!t->data) return of_dec_nomem(d);
    t->owned = true;
    t->data_cap = t->bytes;
    memcpy(t->data, p, t->bytes);
    of_wire_swap((of_dtype)t->dtype, t->data, t->bytes);
    return OF_OK;
}

/* A file that is there settles at load whether the bytes lie in it. One that is missing, or
 * may not be opened, is an error once something reads it: shapes can be worked on without. */
static of_status ext_fits(of_dec *d, const of_tensor *t, of_wire_file *file)
{
    of_source *src;
    uint64_t off;
    of_err quiet;
    of_status st;
    if (file->unusable) return OF_OK;
    of_err_clear(&quiet);
    st = of_wire_ext_range(t, &src, &off, &quiet);
    if (st == OF_E_TENSOR || st == OF_E_NOMEM) return of_fail_at(d->e, st, d->tag_off, "%s", quiet.msg);
    file->unusable = st != OF_OK;
    return OF_OK;
}

static of_status tensor_data(of_dec *d, const of_dec_tensor *ts, bool keep_body, of_tensor *t,
                             uint32_t field)
{
    of_wdata *w = NULL;
    bool typed = field != 0;
    if (keep_body || typed || ts->location == 1) OF_TRY(tensor_wdata(d, ts, t, &w));
    if (ts->location == 1) {
        OF_TRY(of_wire_file_get(d->m, ts->ext.location, &w->file, d->e));
        w->off = ts->ext.offset;
        w->has_off = ts->ext.has_offset;
        w->has_len = ts->ext.has_length;
        w->checksum = ts->ext.checksum;
        t->loader = &of_wire_load_ext;
        return ext_fits(d, t, w->file);
    }
    /* float_data and double_data in one packed run are the bytes that raw_data would be. */
    if (typed && (field == 4 || field == 10) && ts->packed.len == t->bytes && t->bytes > 0)
        return tensor_from_raw(d, ts->packed, t);
    if (typed) {
        t->loader = &of_wire_load_typed;
        t->src = of_source_ref(d->m->src);
        t->src_off = ts->body.off;
        t->src_len = ts->body.len;
        return t->bytes <= OF_INLINE_RAW && ts->text <= OF_INLINE_RAW ? of_tensor_load(t, d->e)
                                                                      : OF_OK;
    }
    if (t->bytes > 0) return tensor_from_raw(d, ts->raw, t);
    if (w) t->loader = &of_wire_load_raw; /* nothing to load: for the body alone */
    return OF_OK;
}

of_status of_dec_tensor_done(of_dec *d, of_dec_tensor *ts, bool keep_body, of_tensor **out)
{
    int64_t count;
    size_t bytes;
    uint32_t field;
    of_dtype t;
    *out = NULL;
    if (ts->location == 1 && ts->ext.has_location)
        OF_TRY(of_ext_check_location((of_str){ts->ext.location->s, ts->ext.location->len}, d->e));
    if (ts->segment) return tensor_bad(d, ts, "segments are not supported");
    if (ts->dtype <= 0) return tensor_bad(d, ts, "no element type");
    /* Newer than this library: carried along, never looked into. */
    if (!of_dtype_valid(ts->dtype)) return tensor_carried(d, ts);
    t = (of_dtype)ts->dtype;
    if (!of_tensor_size(t, ts->dims, ts->rank, &count, &bytes))
        return tensor_bad(d, ts, "dimensions are negative or too large");
    OF_TRY(tensor_check(d, ts, t, count, bytes, &field));
    OF_TRY(of_tensor_new(d->m->alloc, t, ts->dims, ts->rank, out, d->e));
    OF_TRY(tensor_data(d, ts, keep_body, *out, field));
    of_dec_state_free(d, OF_DEC_TENSOR, ts);
    return OF_OK;
}

/* ---- SparseTensorProto ---- */
static of_status sparse_part(of_dec *d, of_dec_frame *f)
{
    of_dec_sparse *ss = f->obj;
    return of_dec_tensor_open(d, f, d->field == 1 ? &ss->values : &ss->indices, OF_DEC_TO_PARENT,
                              NULL);
}

static of_status sparse_dims(of_dec *d, of_dec_frame *f)
{
    of_dec_sparse *ss = f->obj;
    return tensor_dims_at(d, f, ss->dims, &ss->rank);
}

static of_status sparse_leave(of_dec *d, void *obj)
{
    of_dec_sparse *ss = obj;
    of_sparse *sp = NULL;
    of_init *it = ss->init;
    if (it) {
        if (ss->values) it->name = ss->values->name;
        it->raw = ss->raws.first;
        OF_TRY(of_dec_sparse_done(d, ss, &it->sparse));
        if (!it->sparse) {
            of_dec_raws mark = {NULL, NULL};
            OF_TRY(of_dec_raw_add(d, &mark, OF_RAW_SPARSE, (of_range){0, 0}));
            mark.last->next = it->raw;
            it->raw = mark.first;
        }
        return OF_OK;
    }
    if (!ss->listed) return OF_OK;
    OF_TRY(of_dec_push_vec(d, &d->sparses, &sp, sizeof sp));
    return of_dec_sparse_done(d, ss, &((of_sparse **)d->sparses.p)[d->sparses.n - 1]);
}

static const of_dec_field fields_sparse[] = {
    [1] = {sparse_part, PB_WT_STRING, false},
    [2] = {sparse_part, PB_WT_STRING, false},
    [3] = {sparse_dims, PB_WT_VARINT, true},
};
static const of_dec_msg msg_sparse = {"SparseTensorProto", FIELDS(fields_sparse), sparse_leave};

of_status of_dec_sparse_open(of_dec *d, of_dec_frame *f, of_dec_sparse **slot, of_init *init,
                             bool listed)
{
    of_dec_sparse *ss = slot ? *slot : NULL;
    if (!ss) {
        ss = of_dec_state(d, OF_DEC_SPARSE);
        if (!ss) return of_dec_nomem(d);
        ss->sp = OF_NEW(&d->m->arena, of_sparse);
        if (!ss->sp) return of_dec_nomem(d);
        ss->sp->name = d->m->names.empty;
        ss->init = init;
        ss->listed = listed;
        ss->at = d->tag_off;
    }
    if (slot) *slot = ss;
    return of_dec_push(d, f, &msg_sparse, ss, &ss->raws, init ? &init->src : NULL, NULL);
}

static of_status sparse_bad(of_dec *d, const of_dec_sparse *ss, const char *what)
{
    return of_fail_at(d->e, OF_E_TENSOR, ss->at, "sparse tensor \"%.*s\": %s",
                      of_clip(ss->sp->name->len), ss->sp->name->s, what);
}

static of_status sparse_check(of_dec *d, const of_dec_sparse *ss, const of_sparse *sp)
{
    int64_t count;
    size_t bytes;
    const of_tensor *v = sp->values, *x = sp->indices;
    bool linear;
    if (v->dtype == OF_STRING) return sparse_bad(d, ss, "values are strings");
    if (!of_tensor_size((of_dtype)v->dtype, ss->dims, ss->rank, &count, &bytes))
        return sparse_bad(d, ss, "dimensions are negative or too large");
    if (v->rank != 1) return sparse_bad(d, ss, "values are not a list");
    if (x->dtype != OF_INT64) return sparse_bad(d, ss, "indices are not INT64");
    linear = x->rank == 1;
    if (!linear && !(x->rank == 2 && x->dims[1] == (int64_t)ss->rank))
        return sparse_bad(d, ss, "indices have the wrong shape");
    if (x->dims[0] != v->dims[0]) return sparse_bad(d, ss, "not as many indices as values");
    return OF_OK;
}

/* The parts are handed to the of_sparse as they are made, and that to *out before
 * anything can fail, so that whoever frees the model frees them. */
of_status of_dec_sparse_done(of_dec *d, of_dec_sparse *ss, of_sparse **out)
{
    of_sparse *sp = ss->sp;
    of_dec_tensor *v = ss->values, *x = ss->indices;
    ss->values = ss->indices = NULL;
    *out = sp;
    if (!v) return sparse_bad(d, ss, "no values");
    sp->name = v->name;
    OF_TRY(of_dec_tensor_done(d, v, true, &sp->values));
    if (!x) {
        if (sp->values && sp->values->count != 0) return sparse_bad(d, ss, "no indices");
        *out = NULL; /* nothing to see in it: carried along */
        of_sparse_release(sp);
        of_dec_state_free(d, OF_DEC_SPARSE, ss);
        return OF_OK;
    }
    OF_TRY(of_dec_tensor_done(d, x, true, &sp->indices));
    sp->rank = ss->rank;
    sp->dims = of_arena_dup(&d->m->arena, ss->dims, ss->rank * sizeof *sp->dims);
    if (!sp->dims) return of_dec_nomem(d);
    if (!sp->values || !sp->indices) { /* an element type this library does not know */
        of_sparse_release(sp);
        *out = NULL;
    } else {
        OF_TRY(sparse_check(d, ss, sp));
    }
    of_dec_state_free(d, OF_DEC_SPARSE, ss);
    return OF_OK;
}
