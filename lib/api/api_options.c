/* Options: integers, texts, lists. Callbacks are in api_callback.c. */
#include "api/api.h"

#include <errno.h>
#include <string.h>

typedef struct opt_row {
    int32_t id;
    const char *name;
    int64_t min, max, def;
} opt_row;

static const opt_row rows[API_N_OPTS] = {
#define OPT(ID, name, min, max, def) {ONNXFOLD_OPT_##ID, #name, (min), (max), (def)},
#include "api/options.def"
#undef OPT
};

/* semantics: quantization operators, and the generator whose result is mostly large */
static const of_str default_excluded[] = {
    {"ConstantOfShape", 15}, {"DequantizeLinear", 16}, {"DynamicQuantizeLinear", 21}, {"QuantizeLinear", 14}};
#define N_EXCLUDED (sizeof default_excluded / sizeof *default_excluded)

const onnxfold_options of_api_default_options = {
    .ints =
        {
#define OPT(ID, name, min, max, def) [API_##ID] = (def),
#include "api/options.def"
#undef OPT
        },
    .list[0] = {(of_str *)(uintptr_t)default_excluded, N_EXCLUDED, N_EXCLUDED},
};

of_api_guard of_api_enter(void)
{
    of_api_guard g = {errno};
    return g;
}

onnxfold_status of_api_leave(of_api_guard g, of_status st)
{
    errno = g.err;
    return (onnxfold_status)st;
}

bool of_api_copy_callbacks(void *to, const void *from, size_t size, size_t least)
{
    size_t theirs;
    memset(to, 0, size);
    if (!from) return true;
    memcpy(&theirs, from, sizeof theirs);
    if (theirs < least) return false;
    memcpy(to, from, theirs < size ? theirs : size);
    memcpy(to, &size, sizeof size);
    return true;
}

bool of_api_allocator(const onnxfold_allocator *in, of_alloc *out)
{
    onnxfold_allocator a;
    of_alloc_init_default(out);
    if (!in) return true;
    if (!of_api_copy_callbacks(&a, in, sizeof a, offsetof(onnxfold_allocator, user)) || !a.allocate || !a.release)
        return false;
    out->allocate = a.allocate;
    out->release = a.release;
    out->user = a.user;
    return true;
}

/* ---- lists ---- */

static void list_free(of_alloc *a, of_api_list *l)
{
    for (size_t i = 0; i < l->n; i++) of_mem_free(a, (void *)(uintptr_t)l->item[i].p, l->item[i].n + 1);
    of_mem_free(a, l->item, l->cap * sizeof *l->item);
    memset(l, 0, sizeof *l);
}

/* First item that is not less than text; *found when it is equal. */
static size_t list_find(const of_api_list *l, const char *text, bool *found)
{
    size_t lo = 0, hi = l->n;
    *found = false;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = strcmp(l->item[mid].p, text);
        if (c == 0) {
            *found = true;
            return mid;
        }
        if (c < 0) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

static char *text_copy(of_alloc *a, const char *text, size_t *len)
{
    *len = strlen(text);
    char *p = of_mem_alloc(a, *len + 1);
    if (p) memcpy(p, text, *len + 1);
    return p;
}

static of_status list_add(of_alloc *a, of_api_list *l, const char *text)
{
    bool found;
    size_t at = list_find(l, text, &found), len;
    void *v = l->item;
    if (found) return OF_OK;
    of_status st = of_vec_reserve(a, &v, &l->cap, l->n + 1, sizeof *l->item);
    l->item = v;
    if (st != OF_OK) return st;
    char *p = text_copy(a, text, &len);
    if (!p) return OF_E_NOMEM;
    memmove(l->item + at + 1, l->item + at, (l->n - at) * sizeof *l->item);
    l->item[at] = (of_str){p, len};
    l->n++;
    return OF_OK;
}

static of_status list_copy(of_alloc *a, of_api_list *to, const of_api_list *from)
{
    for (size_t i = 0; i < from->n; i++) OF_TRY(list_add(a, to, from->item[i].p));
    return OF_OK;
}

static of_api_list *list_of(const onnxfold_options *o, int32_t list)
{
    if (!o || list < 1 || list > API_N_LISTS) return NULL;
    return (of_api_list *)(uintptr_t)&o->list[list - 1];
}

/* ---- handle ---- */

static void custom_free(of_alloc *a, of_api_custom *c)
{
    of_mem_free(a, (void *)(uintptr_t)c->domain.p, c->domain.n + 1);
    of_mem_free(a, (void *)(uintptr_t)c->name.p, c->name.n + 1);
}

static void options_free(onnxfold_options *o)
{
    of_alloc a = o->alloc;
    for (int i = 0; i < API_N_LISTS; i++) list_free(&a, &o->list[i]);
    for (size_t i = 0; i < o->n_custom; i++) custom_free(&a, &o->custom[i]);
    of_mem_free(&a, o->custom, o->cap_custom * sizeof *o->custom);
    of_mem_free(&a, o->ext_file, o->ext_file_size);
    of_mem_free(&a, o, sizeof *o);
}

static of_status options_make(of_alloc a, const onnxfold_options *from, onnxfold_options **out)
{
    onnxfold_options *o = of_mem_zalloc(&a, sizeof(onnxfold_options));
    of_status st = OF_OK;
    if (!o) return OF_E_NOMEM;
    o->alloc = a;
    memcpy(o->ints, from->ints, sizeof o->ints);
    o->given = from->given;
    o->only_on = from->only_on;
    o->should_fold = from->should_fold;
    o->progress = from->progress;
    o->log = from->log;
    o->parallel = from->parallel;
    for (int i = 0; i < API_N_LISTS; i++)
        OF_TRY_TO(fail, st, list_copy(&o->alloc, &o->list[i], &from->list[i]));
    if (from->ext_file)
        OF_TRY_TO(fail, st, (of_status)onnxfold_options_set_string(o, ONNXFOLD_STR_EXTERNAL_FILE, from->ext_file));
    for (size_t i = 0; i < from->n_custom; i++) {
        const of_api_custom *c = &from->custom[i];
        onnxfold_custom_op op = {sizeof op, c->domain.p, c->name.p, c->infer, c->evaluate, c->user};
        OF_TRY_TO(fail, st, (of_status)onnxfold_options_add_custom_op(o, &op));
    }
    *out = o;
    return OF_OK;
fail:
    options_free(o);
    return st;
}

onnxfold_status onnxfold_options_new(const onnxfold_allocator *alloc, onnxfold_options **out)
{
    of_api_guard g = of_api_enter();
    of_alloc a;
    if (!out || !of_api_allocator(alloc, &a)) return ONNXFOLD_E_ARGUMENT;
    return of_api_leave(g, options_make(a, &of_api_default_options, out));
}

onnxfold_status onnxfold_options_copy(const onnxfold_options *o, onnxfold_options **out)
{
    of_api_guard g = of_api_enter();
    if (!o || !out) return ONNXFOLD_E_ARGUMENT;
    of_alloc a = o->alloc;
    a.live = a.peak = a.count = 0;
    return of_api_leave(g, options_make(a, o, out));
}

void onnxfold_options_free(onnxfold_options **o)
{
    of_api_guard g = of_api_enter();
    if (!o || !*o) return;
    options_free(*o);
    *o = NULL;
    of_api_leave(g, OF_OK);
}

/* ---- integers ---- */

static int slot_of(int32_t id)
{
    int lo = 0, hi = API_N_OPTS - 1;
    while (lo <= hi) {
        int mid = (lo + hi) / 2;
        if (rows[mid].id == id) return mid;
        if (rows[mid].id < id) lo = mid + 1;
        else hi = mid - 1;
    }
    return -1;
}

onnxfold_status onnxfold_options_set_int(onnxfold_options *o, int32_t id, int64_t value)
{
    int s = slot_of(id);
    if (!o || s < 0 || value < rows[s].min || value > rows[s].max) return ONNXFOLD_E_ARGUMENT;
    /* An alignment is used as a mask. */
    if (s == API_EXTERNAL_ALIGNMENT && (value & (value - 1)) != 0) return ONNXFOLD_E_ARGUMENT;
    o->ints[s] = value;
    o->given |= UINT64_C(1) << s;
    return ONNXFOLD_OK;
}

onnxfold_status onnxfold_options_get_int(const onnxfold_options *o, int32_t id, int64_t *value)
{
    int s = slot_of(id);
    if (!o || s < 0 || !value) return ONNXFOLD_E_ARGUMENT;
    *value = o->ints[s];
    return ONNXFOLD_OK;
}

onnxfold_status onnxfold_option_bounds(int32_t id, int64_t *min, int64_t *max, int64_t *def)
{
    int s = slot_of(id);
    if (s < 0) return ONNXFOLD_E_ARGUMENT;
    if (min) *min = rows[s].min;
    if (max) *max = rows[s].max;
    if (def) *def = rows[s].def;
    return ONNXFOLD_OK;
}

const char *onnxfold_option_at(size_t i, int32_t *id)
{
    if (i >= API_N_OPTS) return NULL;
    if (id) *id = rows[i].id;
    return rows[i].name;
}

/* ---- text ---- */

onnxfold_status onnxfold_options_set_string(onnxfold_options *o, int32_t id, const char *text)
{
    of_api_guard g = of_api_enter();
    char *p = NULL;
    size_t len = 0;
    if (!o || id != ONNXFOLD_STR_EXTERNAL_FILE) return ONNXFOLD_E_ARGUMENT;
    if (text) {
        /* The file stands beside the model: no folder, nothing that climbs. */
        if (!*text || strcmp(text, ".") == 0 || strcmp(text, "..") == 0 || strpbrk(text, "/\\"))
            return ONNXFOLD_E_ARGUMENT;
        p = text_copy(&o->alloc, text, &len);
        if (!p) return of_api_leave(g, OF_E_NOMEM);
    }
    of_mem_free(&o->alloc, o->ext_file, o->ext_file_size);
    o->ext_file = p;
    o->ext_file_size = p ? len + 1 : 0;
    return of_api_leave(g, OF_OK);
}

const char *onnxfold_options_get_string(const onnxfold_options *o, int32_t id)
{
    return o && id == ONNXFOLD_STR_EXTERNAL_FILE ? o->ext_file : NULL;
}

/* ---- list calls ---- */

static bool pass_known(const char *name)
{
    for (size_t i = 0; of_pass_name(i); i++)
        if (strcmp(of_pass_name(i), name) == 0) return true;
    return false;
}

onnxfold_status onnxfold_options_list_add(onnxfold_options *o, int32_t list, const char *text)
{
    of_api_guard g = of_api_enter();
    of_api_list *l = list_of(o, list);
    if (!l || !text || !*text) return ONNXFOLD_E_ARGUMENT;
    if (list >= ONNXFOLD_LIST_ONLY && !pass_known(text)) return ONNXFOLD_E_NOT_FOUND;
    return of_api_leave(g, list_add(&o->alloc, l, text));
}

onnxfold_status onnxfold_options_list_remove(onnxfold_options *o, int32_t list, const char *text)
{
    of_api_guard g = of_api_enter();
    of_api_list *l = list_of(o, list);
    bool found;
    if (!l || !text) return ONNXFOLD_E_ARGUMENT;
    size_t at = list_find(l, text, &found);
    if (!found) return ONNXFOLD_E_NOT_FOUND;
    of_mem_free(&o->alloc, (void *)(uintptr_t)l->item[at].p, l->item[at].n + 1);
    l->n--;
    memmove(l->item + at, l->item + at + 1, (l->n - at) * sizeof *l->item);
    return of_api_leave(g, OF_OK);
}

onnxfold_status onnxfold_options_list_clear(onnxfold_options *o, int32_t list)
{
    of_api_guard g = of_api_enter();
    of_api_list *l = list_of(o, list);
    if (!l) return ONNXFOLD_E_ARGUMENT;
    list_free(&o->alloc, l);
    return of_api_leave(g, OF_OK);
}

size_t onnxfold_options_list_count(const onnxfold_options *o, int32_t list)
{
    const of_api_list *l = list_of(o, list);
    return l ? l->n : 0;
}

const char *onnxfold_options_list_at(const onnxfold_options *o, int32_t list, size_t i)
{
    const of_api_list *l = list_of(o, list);
    return l && i < l->n ? l->item[i].p : NULL;
}

onnxfold_status onnxfold_options_list_enable(onnxfold_options *o, int32_t list, int on)
{
    if (!o || list != ONNXFOLD_LIST_ONLY) return ONNXFOLD_E_ARGUMENT;
    o->only_on = on != 0;
    return ONNXFOLD_OK;
}

/* ---- custom operators ---- */

onnxfold_status onnxfold_options_add_custom_op(onnxfold_options *o, const onnxfold_custom_op *op)
{
    of_api_guard g = of_api_enter();
    onnxfold_custom_op c;
    if (!o || !op || !of_api_copy_callbacks(&c, op, sizeof c, offsetof(onnxfold_custom_op, infer)) || !c.op_type ||
        !*c.op_type)
        return ONNXFOLD_E_ARGUMENT;
    /* "ai.onnx" is the default domain's other name (onnx.proto, OperatorSetIdProto). */
    const char *domain = c.domain && strcmp(c.domain, "ai.onnx") != 0 ? c.domain : "";
    of_api_custom new = {.infer = c.infer, .evaluate = c.evaluate, .user = c.user};
    for (size_t i = 0; i < o->n_custom; i++)
        if (strcmp(o->custom[i].domain.p, domain) == 0 && strcmp(o->custom[i].name.p, c.op_type) == 0) {
            o->custom[i].infer = c.infer;
            o->custom[i].evaluate = c.evaluate;
            o->custom[i].user = c.user;
            return ONNXFOLD_OK;
        }
    void *v = o->custom;
    of_status st = of_vec_reserve(&o->alloc, &v, &o->cap_custom, o->n_custom + 1, sizeof *o->custom);
    o->custom = v;
    if (st != OF_OK) return of_api_leave(g, st);
    new.domain.p = text_copy(&o->alloc, domain, &new.domain.n);
    if (!new.domain.p) return of_api_leave(g, OF_E_NOMEM);
    new.name.p = text_copy(&o->alloc, c.op_type, &new.name.n);
    if (!new.name.p) {
        of_mem_free(&o->alloc, (void *)(uintptr_t)new.domain.p, new.domain.n + 1);
        return of_api_leave(g, OF_E_NOMEM);
    }
    o->custom[o->n_custom++] = new;
    return of_api_leave(g, OF_OK);
}

onnxfold_status onnxfold_options_clear_custom_ops(onnxfold_options *o)
{
    of_api_guard g = of_api_enter();
    if (!o) return ONNXFOLD_E_ARGUMENT;
    for (size_t i = 0; i < o->n_custom; i++) custom_free(&o->alloc, &o->custom[i]);
    o->n_custom = 0;
    return of_api_leave(g, OF_OK);
}
