/* The table of dimension expressions: atoms, monomials, polynomials. */
#include "ir/dimtab.h"

#include <string.h>

static bool atom_eq(const void *a, const void *b, void *user)
{
    const of_atom *x = a, *y = b;
    (void)user;
    return x->len == y->len && memcmp(x->text, y->text, x->len) == 0;
}

static bool mono_eq(const void *a, const void *b, void *user)
{
    const of_mono *x = a, *y = b;
    (void)user;
    return x->n == y->n && memcmp(x->atom, y->atom, x->n * sizeof x->atom[0]) == 0;
}

/* Keys are polynomials in their working form; items are expressions: both are compared
 * as a list of terms. */
typedef struct term_list {
    const of_term *t;
    size_t n;
    of_expr *expr;
} term_list;

static bool expr_eq(const void *a, const void *b, void *user)
{
    const term_list *x = a, *y = b;
    (void)user;
    if (x->n != y->n) return false;
    for (size_t i = 0; i < x->n; i++)
        if (x->t[i].c != y->t[i].c || x->t[i].m != y->t[i].m) return false;
    return true;
}

of_dimtab *of_dimtab_new(of_arena *ar, of_alloc *a)
{
    of_dimtab *t = OF_NEW(ar, of_dimtab);
    if (!t) return NULL;
    t->arena = ar;
    t->alloc = a;
    t->seed = of_hash_seed();
    t->n_exprs = 1;
    of_htab_init(&t->atoms, a, atom_eq, NULL);
    of_htab_init(&t->monos, a, mono_eq, NULL);
    of_htab_init(&t->exprs, a, expr_eq, NULL);
    return t;
}

void of_dimtab_free(of_dimtab *t)
{
    if (!t) return;
    of_mem_free(t->alloc, t->atom, t->cap_atoms * sizeof *t->atom);
    of_mem_free(t->alloc, t->expr, t->cap_exprs * sizeof *t->expr);
    of_mem_free(t->alloc, t->memo, t->cap_memo * sizeof *t->memo);
    of_mem_free(t->alloc, t->todo, t->cap_todo * sizeof *t->todo);
    of_htab_free(&t->atoms);
    of_htab_free(&t->monos);
    of_htab_free(&t->exprs);
}

bool of_dimtab_oom(of_dimtab *t)
{
    bool was = t->oom;

    t->oom = false;
    return was;
}

of_dim of_dim_fail(of_dimtab *t)
{
    t->oom = true;
    return of_dim_unknown();
}

/* ---- ranges: INT64_MIN and INT64_MAX stand for "no bound" ---- */

static int64_t low_add(int64_t a, int64_t b)
{
    int64_t r;
    if (a == INT64_MIN || b == INT64_MIN) return INT64_MIN;
    if (of_add_i64(a, b, &r)) return r;
    return a < 0 ? INT64_MIN : INT64_MAX - 1;
}

static int64_t high_add(int64_t a, int64_t b)
{
    int64_t r;
    if (a == INT64_MAX || b == INT64_MAX) return INT64_MAX;
    if (of_add_i64(a, b, &r)) return r;
    return a > 0 ? INT64_MAX : INT64_MIN + 1;
}

static int64_t low_mul(int64_t a, int64_t b) /* both >= 0 */
{
    int64_t r;
    return of_mul_i64(a, b, &r) ? r : INT64_MAX - 1;
}

static int64_t high_mul(int64_t a, int64_t b)
{
    int64_t r;
    if (a == 0 || b == 0) return 0;
    return of_mul_i64(a, b, &r) ? r : INT64_MAX;
}

static of_bounds mono_range(const of_dimtab *t, const of_mono *m)
{
    of_bounds r = {1, 1, 1};
    if (m->n == 1) return t->atom[m->atom[0]]->r;
    for (uint32_t i = 0; i < m->n; i++) {
        const of_bounds *a = &t->atom[m->atom[i]]->r;
        if (a->lo < 0) r.lo = INT64_MIN;
        if (a->lo1 < 0) r.lo1 = INT64_MIN;
        if (r.lo >= 0) r.lo = low_mul(r.lo, a->lo);
        if (r.lo1 >= 0) r.lo1 = low_mul(r.lo1, a->lo1);
        r.hi = r.lo >= 0 ? high_mul(r.hi, a->hi) : INT64_MAX;
    }
    return r;
}

/* What is unbounded, or too far out, stays so on its side. */
static int64_t low_times(int64_t c, int64_t end)
{
    return end != INT64_MIN && end != INT64_MAX && of_mul_i64(c, end, &end) ? end : INT64_MIN;
}

static int64_t high_times(int64_t c, int64_t end)
{
    return end != INT64_MIN && end != INT64_MAX && of_mul_i64(c, end, &end) ? end : INT64_MAX;
}

static of_bounds terms_range(const of_dimtab *t, const of_term *term, size_t n)
{
    of_bounds r = {0, 0, 0};
    for (size_t i = 0; i < n; i++) {
        const of_bounds m = mono_range(t, term[i].m);
        const int64_t c = term[i].c;
        r.lo = low_add(r.lo, low_times(c, c < 0 ? m.hi : m.lo));
        r.lo1 = low_add(r.lo1, low_times(c, c < 0 ? m.hi : m.lo1));
        r.hi = high_add(r.hi, high_times(c, c < 0 ? m.lo : m.hi));
    }
    return r;
}

of_bounds of_dim_bounds(const of_dimtab *t, of_dim d)
{
    if (!of_dim_known(d)) return (of_bounds){INT64_MIN, INT64_MAX, INT64_MIN};
    if (of_dim_is_num(d)) return (of_bounds){d.k, d.k, d.k};
    const of_bounds *r = &t->expr[d.sym]->r;
    return (of_bounds){low_add(r->lo, d.k), high_add(r->hi, d.k), low_add(r->lo1, d.k)};
}

void of_dim_range(const of_dimtab *t, of_dim d, int64_t *lo, int64_t *hi)
{
    const of_bounds r = of_dim_bounds(t, d);
    *lo = r.lo;
    *hi = r.hi;
}

bool of_dim_never_zero(const of_dimtab *t, of_dim d)
{
    return of_dim_bounds(t, d).lo1 >= 1;
}

/* ---- order ---- */

int of_atom_cmp(const of_dimtab *t, uint32_t a, uint32_t b)
{
    if (a == b) return 0;
    const of_atom *x = t->atom[a], *y = t->atom[b];
    int r = memcmp(x->text, y->text, x->len < y->len ? x->len : y->len);
    if (r) return r;
    return x->len < y->len ? -1 : 1;
}

/* By degree, then lexicographic: an order that multiplication keeps, as division needs. */
int of_mono_cmp(const of_dimtab *t, const of_mono *a, const of_mono *b)
{
    if (a == b) return 0;
    if (a->n != b->n) return a->n > b->n ? 1 : -1;
    for (uint32_t i = 0; i < a->n; i++) {
        int r = of_atom_cmp(t, a->atom[i], b->atom[i]);
        if (r) return r < 0 ? 1 : -1;
    }
    return 0;
}

int of_dim_cmp(const of_dimtab *t, of_dim a, of_dim b)
{
    if (a.sym != b.sym) {
        if (a.sym == 0 || b.sym == 0) return a.sym == 0 ? -1 : 1;
        if (a.sym == OF_SYM_UNKNOWN || b.sym == OF_SYM_UNKNOWN) return a.sym < b.sym ? -1 : 1;
        const of_expr *x = t->expr[a.sym], *y = t->expr[b.sym];
        for (uint32_t i = 0; i < x->n && i < y->n; i++) {
            int r = of_mono_cmp(t, x->t[i].m, y->t[i].m);
            if (r) return -r;
            if (x->t[i].c != y->t[i].c) return x->t[i].c < y->t[i].c ? -1 : 1;
        }
        return x->n < y->n ? -1 : 1;
    }
    return a.k < b.k ? -1 : a.k > b.k;
}

/* ---- monomials ---- */

static const of_mono *mono_intern(of_dimtab *t, const uint32_t *atom, uint32_t n)
{
    if (n == 1) return t->atom[atom[0]]->mono;
    union {
        of_mono m;
        uint32_t room[1 + OF_DIM_DEGREE];
    } key;
    key.room[0] = n;
    memcpy(&key.room[1], atom, n * sizeof *atom);
    uint64_t h = of_hash_bytes(t->seed, atom, n * sizeof *atom);
    of_mono *m = of_htab_find(&t->monos, h, &key);
    if (m) return m;
    m = of_arena_dup(t->arena, &key, (n + 1) * sizeof *atom);
    if (!m || of_htab_put(&t->monos, h, m) != OF_OK) {
        t->oom = true;
        return NULL;
    }
    return m;
}

const of_mono *of_mono_mul(of_dimtab *t, const of_mono *a, const of_mono *b)
{
    uint32_t atom[OF_DIM_DEGREE], n = 0, i = 0, j = 0;
    if (a->n + b->n > OF_DIM_DEGREE) return NULL;
    while (i < a->n || j < b->n)
        if (j == b->n || (i < a->n && of_atom_cmp(t, a->atom[i], b->atom[j]) <= 0))
            atom[n++] = a->atom[i++];
        else
            atom[n++] = b->atom[j++];
    return mono_intern(t, atom, n);
}

bool of_mono_div(of_dimtab *t, const of_mono *a, const of_mono *b, const of_mono **out)
{
    uint32_t atom[OF_DIM_DEGREE], n = 0, j = 0;
    *out = NULL;
    for (uint32_t i = 0; i < a->n; i++) {
        if (j < b->n && a->atom[i] == b->atom[j])
            j++;
        else
            atom[n++] = a->atom[i];
    }
    if (j < b->n) return false;
    if (n == 0) return true;
    *out = mono_intern(t, atom, n);
    return *out != NULL;
}

/* ---- polynomials ---- */

bool of_poly_add(const of_dimtab *t, of_poly *p, int64_t c, const of_mono *m)
{
    uint32_t i = 0;
    if (c == 0) return true;
    if (!m) return of_add_i64(p->k, c, &p->k);
    while (i < p->n && of_mono_cmp(t, p->t[i].m, m) > 0) i++;
    if (i < p->n && p->t[i].m == m) {
        if (!of_add_i64(p->t[i].c, c, &p->t[i].c)) return false;
        if (p->t[i].c == 0) {
            p->n--;
            memmove(&p->t[i], &p->t[i + 1], (p->n - i) * sizeof p->t[0]);
        }
        return true;
    }
    if (p->n == OF_DIM_TERMS) return false;
    memmove(&p->t[i + 1], &p->t[i], (p->n - i) * sizeof p->t[0]);
    p->t[i] = (of_term){c, m};
    p->n++;
    return true;
}

bool of_poly_load(const of_dimtab *t, of_dim d, of_poly *p)
{
    p->k = d.k;
    p->n = 0;
    if (!of_dim_known(d)) return false;
    if (of_dim_is_num(d)) return true;
    const of_expr *x = t->expr[d.sym];
    if (x->n == 1 && t->atom[x->t[0].m->atom[0]]->solid) return false;
    p->n = x->n;
    memcpy(p->t, x->t, x->n * sizeof x->t[0]);
    return true;
}

/* A new expression of these terms, not looked for; NULL: no memory. */
static of_expr *expr_new(of_dimtab *t, const of_term *term, uint32_t n)
{
    void *table = t->expr;
    of_status st = t->n_exprs < OF_SYM_UNKNOWN
                       ? of_vec_reserve(t->alloc, &table, &t->cap_exprs, t->n_exprs + 1, sizeof *t->expr)
                       : OF_E_NOMEM;
    t->expr = table;
    of_expr *x = st == OF_OK ? of_arena_alloc(t->arena, sizeof *x + n * sizeof *term) : NULL;
    if (!x) return NULL;
    x->id = (uint32_t)t->n_exprs;
    x->n = n;
    memcpy(x->t, term, n * sizeof *term);
    x->r = terms_range(t, term, n);
    x->hidden = false;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < term[i].m->n; k++) x->hidden = x->hidden || t->atom[term[i].m->atom[k]]->hidden;
    t->expr[t->n_exprs++] = x;
    return x;
}

of_dim of_poly_dim(of_dimtab *t, const of_poly *p)
{
    if (p->n == 0) return of_dim_num(p->k);
    if (p->n == 1 && p->t[0].c == 1 && p->t[0].m->n == 1)
        return (of_dim){p->k, t->atom[p->t[0].m->atom[0]]->expr};
    uint64_t h = t->seed;
    for (uint32_t i = 0; i < p->n; i++) {
        uint64_t part[2] = {(uint64_t)p->t[i].c, (uint64_t)(uintptr_t)p->t[i].m};
        h = of_hash_bytes(h, part, sizeof part);
    }
    term_list key = {p->t, p->n, NULL};
    term_list *found = of_htab_find(&t->exprs, h, &key);
    if (found) return (of_dim){p->k, found->expr->id};
    of_expr *x = expr_new(t, p->t, p->n);
    found = x ? of_arena_alloc(t->arena, sizeof *found) : NULL;
    if (!found) return of_dim_fail(t);
    *found = (term_list){x->t, x->n, x};
    if (of_htab_put(&t->exprs, h, found) != OF_OK) return of_dim_fail(t);
    return (of_dim){p->k, x->id};
}

const of_atom *of_dim_atom(const of_dimtab *t, of_dim d)
{
    if (of_dim_is_num(d) || !of_dim_known(d)) return NULL;
    const of_expr *x = t->expr[d.sym];
    if (x->n != 1 || x->t[0].c != 1 || x->t[0].m->n != 1) return NULL;
    return t->atom[x->t[0].m->atom[0]];
}

/* ---- atoms ---- */

of_atom *of_atom_find(const of_dimtab *t, const char *text, size_t len)
{
    of_atom key = {.text = text, .len = (uint32_t)len};
    return of_htab_find(&t->atoms, of_hash_bytes(t->seed, text, len), &key);
}

/* The parts of a new atom. An expression made for an atom that then fails is never
 * reached again. */
static bool atom_parts(of_dimtab *t, of_atom *a, const char *text, const of_dim *arg)
{
    a->text = of_arena_dup(t->arena, text, a->len);
    a->mono = of_arena_alloc(t->arena, sizeof(of_mono) + sizeof(uint32_t));
    if (!a->text || !a->mono) return false;
    if (a->n_arg) {
        a->arg = of_arena_dup(t->arena, arg, a->n_arg * sizeof *arg);
        if (!a->arg) return false;
    }
    a->hidden = a->kind == OF_ATOM_SYMBOL && text[0] == '?';
    for (uint8_t i = 0; i < a->n_arg; i++) a->hidden = a->hidden || of_dim_hidden(t, arg[i]);
    a->mono->n = 1;
    a->mono->atom[0] = a->id;
    t->atom[a->id] = a; /* the range of the expression asks for it */
    of_term term = {1, a->mono};
    of_expr *x = expr_new(t, &term, 1);
    if (!x) return false;
    a->expr = x->id;
    return of_htab_put(&t->atoms, of_hash_bytes(t->seed, text, a->len), a) == OF_OK;
}

of_dim of_atom_get(of_dimtab *t, of_atom_kind kind, const char *text, size_t len, const of_dim *arg,
                   uint8_t n_arg, of_bounds r)
{
    of_atom *a = of_atom_find(t, text, len);
    if (a) return (of_dim){0, a->expr};
    void *table = t->atom;
    of_status st = t->n_atoms < UINT32_MAX
                       ? of_vec_reserve(t->alloc, &table, &t->cap_atoms, t->n_atoms + 1, sizeof *t->atom)
                       : OF_E_NOMEM;
    t->atom = table;
    a = st == OF_OK ? OF_NEW(t->arena, of_atom) : NULL;
    if (!a) return of_dim_fail(t);
    a->id = (uint32_t)t->n_atoms;
    a->kind = (uint8_t)kind;
    a->len = (uint32_t)len;
    a->n_arg = n_arg;
    a->solid = len > OF_DIM_TEXT;
    a->r = r;
    if (!atom_parts(t, a, text, arg)) return of_dim_fail(t);
    t->n_atoms++;
    return (of_dim){0, a->expr};
}
