/* Arithmetic on dimensions. Results are canonical; whatever does not fit (overflow, too
 * many terms, a divisor that may be 0) is unknown. */
#include "ir/dimtab.h"

static of_dim scaled_sum(of_dimtab *t, of_dim a, of_dim b, int64_t c) /* a + c * b */
{
    of_poly p, q;
    if (!of_poly_load(t, a, &p) || !of_poly_load(t, b, &q)) return of_dim_unknown();
    int64_t x;
    for (uint32_t i = 0; i < q.n; i++)
        if (!of_mul_i64(q.t[i].c, c, &x) || !of_poly_add(t, &p, x, q.t[i].m)) return of_dim_unknown();
    if (!of_mul_i64(q.k, c, &x) || !of_poly_add(t, &p, x, NULL)) return of_dim_unknown();
    return of_poly_dim(t, &p);
}

static of_dim shifted(of_dim a, int64_t k)
{
    return of_add_i64(a.k, k, &a.k) ? a : of_dim_unknown();
}

of_dim of_dim_add(of_dimtab *t, of_dim a, of_dim b)
{
    if (!of_dim_known(a) || !of_dim_known(b)) return of_dim_unknown();
    if (of_dim_is_num(a)) return shifted(b, a.k);
    if (of_dim_is_num(b)) return shifted(a, b.k);
    return scaled_sum(t, a, b, 1);
}

of_dim of_dim_sub(of_dimtab *t, of_dim a, of_dim b)
{
    if (!of_dim_known(a) || !of_dim_known(b)) return of_dim_unknown();
    if (a.sym == b.sym) {
        int64_t k;
        return of_sub_i64(a.k, b.k, &k) ? of_dim_num(k) : of_dim_unknown();
    }
    if (of_dim_is_num(b) && b.k != INT64_MIN) return shifted(a, -b.k);
    return scaled_sum(t, a, b, -1);
}

of_dim of_dim_mul(of_dimtab *t, of_dim a, of_dim b)
{
    if (of_dim_is(a, 0) || of_dim_is(b, 0)) return of_dim_num(0); /* even beside an unknown */
    if (of_dim_is(a, 1)) return b;
    if (of_dim_is(b, 1)) return a;
    if (!of_dim_known(a) || !of_dim_known(b)) return of_dim_unknown();
    if (of_dim_is_num(a)) return scaled_sum(t, of_dim_num(0), b, a.k);
    if (of_dim_is_num(b)) return scaled_sum(t, of_dim_num(0), a, b.k);
    of_poly p, q, r = {.n = 0};
    if (!of_poly_load(t, a, &p) || !of_poly_load(t, b, &q)) return of_dim_unknown();
    /* the constant parts take part as terms without a monomial */
    for (uint32_t i = 0; i <= p.n; i++)
        for (uint32_t j = 0; j <= q.n; j++) {
            const of_mono *m = i < p.n ? p.t[i].m : NULL, *n = j < q.n ? q.t[j].m : NULL;
            int64_t c, ci = i < p.n ? p.t[i].c : p.k, cj = j < q.n ? q.t[j].c : q.k;
            if (ci == 0 || cj == 0) continue;
            if (m && n) {
                m = of_mono_mul(t, m, n);
                if (!m) return of_dim_unknown();
            } else if (n) {
                m = n;
            }
            if (!of_mul_i64(ci, cj, &c) || !of_poly_add(t, &r, c, m)) return of_dim_unknown();
        }
    return of_poly_dim(t, &r);
}

/* ---- division ---- */

static int64_t floor_div(int64_t a, int64_t n) /* n > 0 */
{
    int64_t q = a / n;
    return q - (a % n < 0);
}

static int64_t gcd(int64_t a, int64_t b) /* both >= 0 */
{
    while (b) {
        int64_t x = a % b;
        a = b;
        b = x;
    }
    return a;
}

/* Numbers n > 0. Whole multiples of n leave the floor, common factors are cancelled, and
 * floor((floor(x / m) + k) / n) is floor((x + k*m) / (m*n)), exact for integers. */
static of_dim floor_by_number(of_dimtab *t, of_dim a, int64_t n)
{
    of_poly whole = {.n = 0}, p;
    for (;;) {
        of_poly rest = {.n = 0};
        if (!of_poly_load(t, a, &p)) return of_dim_unknown();
        int64_t g = n;
        for (uint32_t i = 0; i < p.n; i++) {
            int64_t q = floor_div(p.t[i].c, n), r = p.t[i].c - q * n;
            if (!of_poly_add(t, &whole, q, p.t[i].m)) return of_dim_unknown();
            if (!of_poly_add(t, &rest, r, p.t[i].m)) return of_dim_unknown();
            if (r) g = gcd(g, r);
        }
        int64_t q = floor_div(p.k, n);
        if (!of_add_i64(whole.k, q, &whole.k)) return of_dim_unknown();
        rest.k = p.k - q * n;
        if (rest.n == 0) return of_poly_dim(t, &whole);
        if (g > 1) {
            for (uint32_t i = 0; i < rest.n; i++) rest.t[i].c /= g;
            rest.k /= g; /* not negative */
            n /= g; /* still above 1, for each coefficient is below it */
        }
        a = of_poly_dim(t, &rest);
        if (!of_dim_known(a)) return a;
        const of_atom *in = of_dim_atom(t, a);
        if (!in || in->kind != OF_ATOM_FLOOR || !of_dim_is_num(in->arg[1])) break;
        int64_t m = in->arg[1].k, k, mn;
        if (!of_mul_i64(a.k, m, &k) || !of_mul_i64(n, m, &mn)) break;
        n = mn;
        a = shifted(in->arg[0], k);
        if (!of_dim_known(a)) return a;
    }
    int64_t lo, hi;
    of_dim_range(t, a, &lo, &hi);
    of_dim f;
    if (lo != INT64_MIN && hi != INT64_MAX && floor_div(lo, n) == floor_div(hi, n))
        f = of_dim_num(floor_div(lo, n));
    else
        f = of_atom_floor(t, a, of_dim_num(n));
    return of_dim_add(t, of_poly_dim(t, &whole), f);
}

of_dim of_dim_floordiv(of_dimtab *t, of_dim a, of_dim b)
{
    int64_t lo, hi, alo, ahi;
    of_dim q;
    if (!of_dim_known(b)) return of_dim_unknown();
    of_dim_range(t, b, &lo, &hi);
    if (hi < 0) {
        a = of_dim_sub(t, of_dim_num(0), a);
        b = of_dim_sub(t, of_dim_num(0), b);
        of_dim_range(t, b, &lo, &hi);
    }
    if (lo < 1 || !of_dim_known(a) || !of_dim_known(b)) return of_dim_unknown();
    if (of_dim_is(b, 1)) return a;
    if (of_dim_is_num(a) && of_dim_is_num(b)) return of_dim_num(floor_div(a.k, b.k));
    if (of_dim_is_num(b)) return floor_by_number(t, a, b.k);
    if (of_dim_div_exact(t, a, b, &q)) return q;
    of_dim_range(t, a, &alo, &ahi);
    if (alo >= 0 && ahi < lo) return of_dim_num(0);
    if (ahi < 0 && alo >= -lo) return of_dim_num(-1);
    return of_atom_floor(t, a, b);
}

of_dim of_dim_ceildiv(of_dimtab *t, of_dim a, of_dim b)
{
    int64_t lo, hi;
    if (!of_dim_known(b)) return of_dim_unknown();
    of_dim_range(t, b, &lo, &hi);
    if (hi < 0) {
        a = of_dim_sub(t, of_dim_num(0), a);
        b = of_dim_sub(t, of_dim_num(0), b);
    }
    return of_dim_floordiv(t, of_dim_add(t, a, of_dim_sub(t, b, of_dim_num(1))), b);
}

bool of_dim_div_exact(of_dimtab *t, of_dim a, of_dim b, of_dim *q)
{
    of_poly r, d, out = {.n = 0};
    *q = of_dim_unknown();
    if (!of_poly_load(t, a, &r) || !of_poly_load(t, b, &d)) return false;
    if (d.n == 0 && d.k == 0) return false;
    const of_mono *dm = d.n ? d.t[0].m : NULL;
    int64_t dc = d.n ? d.t[0].c : d.k;
    for (int steps = 0; r.n || r.k; steps++) {
        const of_mono *m = r.n ? r.t[0].m : NULL;
        int64_t c = r.n ? r.t[0].c : r.k, x;
        if (steps == 2 * OF_DIM_TERMS) return false;
        if (dc == -1 ? c == INT64_MIN : c % dc != 0) return false;
        c /= dc;
        if (dm && (!m || !of_mono_div(t, m, dm, &m))) return false;
        if (c == INT64_MIN || !of_poly_add(t, &out, c, m)) return false;
        for (uint32_t i = 0; i <= d.n; i++) { /* r -= c * m * d */
            const of_mono *n = i < d.n ? d.t[i].m : NULL;
            int64_t ci = i < d.n ? d.t[i].c : d.k;
            if (ci == 0) continue;
            if (n && m) {
                n = of_mono_mul(t, n, m);
                if (!n) return false;
            } else if (m) {
                n = m;
            }
            if (!of_mul_i64(-c, ci, &x) || !of_poly_add(t, &r, x, n)) return false;
        }
    }
    *q = of_poly_dim(t, &out);
    return of_dim_known(*q);
}

/* ---- min, max ---- */

/* Adds d to the arguments unless one of them makes it needless; drops those it makes
 * needless. */
static bool add_arg(of_dimtab *t, of_atom_kind kind, of_dim *arg, size_t *n, of_dim d)
{
    for (size_t i = 0; i < *n;) {
        int64_t lo, hi;
        of_dim_range(t, of_dim_sub(t, d, arg[i]), &lo, &hi);
        bool ge = lo >= 0, le = hi <= 0; /* d against arg[i] */
        if (kind == OF_ATOM_MIN ? ge : le) return true;
        if (kind == OF_ATOM_MIN ? le : ge)
            arg[i] = arg[--*n];
        else
            i++;
    }
    if (*n == OF_DIM_ARGS) return false;
    arg[(*n)++] = d;
    return true;
}

of_dim of_dim_minmax(of_dimtab *t, of_atom_kind kind, const of_dim *d, size_t n_in)
{
    of_dim arg[OF_DIM_ARGS];
    size_t n = 0;
    for (size_t i = 0; i < n_in; i++) {
        if (!of_dim_known(d[i])) return of_dim_unknown();
        const of_atom *a = of_dim_atom(t, d[i]);
        if (!a || a->kind != kind) {
            if (a && a->solid && n_in > 1 && !of_dim_same(d[0], d[1])) return of_dim_unknown();
            if (!add_arg(t, kind, arg, &n, d[i])) return of_dim_unknown();
            continue;
        }
        for (uint8_t k = 0; k < a->n_arg; k++) { /* min(min(x, y), z) is min(x, y, z) */
            of_dim x = shifted(a->arg[k], d[i].k);
            if (!of_dim_known(x) || !add_arg(t, kind, arg, &n, x)) return of_dim_unknown();
        }
    }
    if (n < 2) return n ? arg[0] : of_dim_unknown();
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0 && of_dim_cmp(t, arg[k - 1], arg[k]) > 0; k--) {
            of_dim x = arg[k];
            arg[k] = arg[k - 1];
            arg[k - 1] = x;
        }
    /* what all have in common leaves: min(a + 1, b + 1) is min(a, b) + 1 */
    int64_t off = of_dim_is_num(arg[0]) ? 0 : arg[0].k;
    if (off == INT64_MIN) return of_dim_unknown();
    for (size_t i = 0; i < n; i++) {
        arg[i] = shifted(arg[i], -off);
        if (!of_dim_known(arg[i])) return of_dim_unknown();
    }
    return of_dim_add(t, of_atom_minmax(t, kind, arg, (uint8_t)n), of_dim_num(off));
}

of_dim of_dim_min(of_dimtab *t, of_dim a, of_dim b)
{
    of_dim d[2] = {a, b};
    return of_dim_minmax(t, OF_ATOM_MIN, d, 2);
}

of_dim of_dim_max(of_dimtab *t, of_dim a, of_dim b)
{
    of_dim d[2] = {a, b};
    return of_dim_minmax(t, OF_ATOM_MAX, d, 2);
}

/* Whether m is the least of a and of what is at least 1. */
static bool min_of(const of_dimtab *t, of_dim m, of_dim a)
{
    const of_atom *x = of_dim_atom(t, m);
    bool holds = false;

    if (!x || x->kind != OF_ATOM_MIN) return false;
    for (uint8_t i = 0; i < x->n_arg; i++) {
        of_dim arg = x->arg[i]; /* m is m.k more than the least of these */
        int64_t lo, hi;
        if (!of_add_i64(arg.k, m.k, &arg.k)) return false;
        of_dim_range(t, arg, &lo, &hi);
        if (of_dim_same(arg, a)) holds = true;
        else if (lo < 1) return false;
    }
    return holds;
}

bool of_dim_broadcast(of_dimtab *t, of_dim a, of_dim b, of_dim *out)
{
    int64_t alo, ahi, blo, bhi;
    if (of_dim_is_num(a) && of_dim_is_num(b)) {
        *out = a.k == 1 ? b : a;
        return a.k == b.k || a.k == 1 || b.k == 1;
    }
    if (of_dim_is(a, 1) || of_dim_same(a, b)) {
        *out = b;
        return true;
    }
    if (of_dim_is(b, 1)) {
        *out = a;
        return true;
    }
    /* min(a,c) and a: where c counts it is 1, or the two do not go together. */
    if (min_of(t, b, a) || min_of(t, a, b)) {
        *out = min_of(t, b, a) ? a : b;
        return true;
    }
    /* One that cannot be 1 is the result, for the other is 1 or its equal. */
    of_dim_range(t, a, &alo, &ahi);
    of_dim_range(t, b, &blo, &bhi);
    bool a_wins = alo > 1 || ahi < 1, b_wins = blo > 1 || bhi < 1;
    if (a_wins && (!b_wins || of_dim_is_num(a) || (!of_dim_is_num(b) && of_dim_cmp(t, a, b) <= 0)))
        *out = a;
    else
        *out = b_wins ? b : of_dim_unknown();
    return true;
}

/* ---- substitution ---- */

/* The atoms d is made of: 0, 1, ... in the order of its terms; false at the end. */
typedef struct atom_iter {
    const of_expr *x;
    uint32_t term, at;
} atom_iter;

static bool next_atom(atom_iter *it, uint32_t *id)
{
    for (; it->x && it->term < it->x->n; it->term++, it->at = 0)
        if (it->at < it->x->t[it->term].m->n) {
            *id = it->x->t[it->term].m->atom[it->at++];
            return true;
        }
    return false;
}

static atom_iter atoms_of(const of_dimtab *t, of_dim d)
{
    return (atom_iter){d.sym && of_dim_known(d) ? t->expr[d.sym] : NULL, 0, 0};
}

static bool memo_has(const of_dimtab *t, uint32_t id)
{
    return id < t->n_memo && t->memo[id].round == t->round;
}

static bool memo_put(of_dimtab *t, uint32_t id, of_dim d)
{
    if (id >= t->n_memo) {
        void *p = t->memo;
        of_status st = of_vec_reserve(t->alloc, &p, &t->cap_memo, t->n_atoms, sizeof *t->memo);
        t->memo = p;
        if (st != OF_OK) return false;
        while (t->n_memo < t->n_atoms) t->memo[t->n_memo++].round = 0;
    }
    t->memo[id] = (struct of_dim_memo){d, t->round};
    return true;
}

/* Onto the list of atoms to be done, those of d that are not. */
static bool memo_want(of_dimtab *t, of_dim d, size_t *n)
{
    uint32_t id;
    for (atom_iter it = atoms_of(t, d); next_atom(&it, &id);) {
        if (memo_has(t, id)) continue;
        void *p = t->todo;
        of_status st = of_vec_reserve(t->alloc, &p, &t->cap_todo, *n + 1, sizeof *t->todo);
        t->todo = p;
        if (st != OF_OK) return false;
        t->todo[(*n)++] = id;
    }
    return true;
}

static of_dim rebuilt(of_dimtab *t, of_dim d)
{
    if (of_dim_is_num(d) || !of_dim_known(d)) return d;
    of_dim sum = of_dim_num(d.k);
    const of_expr *x = t->expr[d.sym];
    for (uint32_t i = 0; i < x->n; i++) {
        of_dim prod = of_dim_num(x->t[i].c);
        for (uint32_t k = 0; k < x->t[i].m->n; k++)
            prod = of_dim_mul(t, prod, t->memo[x->t[i].m->atom[k]].d);
        sum = of_dim_add(t, sum, prod);
    }
    return sum;
}

static of_dim rebuilt_atom(of_dimtab *t, const of_atom *a)
{
    of_dim arg[OF_DIM_ARGS];
    bool same = true;
    if (a->kind == OF_ATOM_SYMBOL)
        return a->name && a->name == t->memo_name ? t->memo_to : (of_dim){0, a->expr};
    for (uint8_t i = 0; i < a->n_arg; i++) {
        arg[i] = rebuilt(t, a->arg[i]);
        same = same && of_dim_same(arg[i], a->arg[i]);
    }
    if (same) return (of_dim){0, a->expr};
    if (a->kind == OF_ATOM_FLOOR) return of_dim_floordiv(t, arg[0], arg[1]);
    return of_dim_minmax(t, (of_atom_kind)a->kind, arg, a->n_arg);
}

of_dim of_dim_subst(of_dimtab *t, of_dim d, of_sym name, of_dim to)
{
    size_t n = 0;
    if (of_dim_is_num(d) || !of_dim_known(d)) return d;
    if (!of_dim_known(of_dim_symbol(t, name))) return of_dim_unknown(); /* its atom now knows its name */
    if (t->memo_name != name || t->memo_to.k != to.k || t->memo_to.sym != to.sym) {
        t->memo_name = name;
        t->memo_to = to;
        if (t->round == UINT32_MAX) t->n_memo = 0; /* every entry is made anew */
        t->round = t->round == UINT32_MAX ? 1 : t->round + 1;
    }
    if (!memo_want(t, d, &n)) return of_dim_fail(t);
    while (n) {
        uint32_t id = t->todo[n - 1];
        const of_atom *a = t->atom[id];
        size_t before = n;
        if (memo_has(t, id)) {
            n--;
            continue;
        }
        for (uint8_t i = 0; i < a->n_arg; i++)
            if (!memo_want(t, a->arg[i], &n)) return of_dim_fail(t);
        if (n > before) continue; /* its parts first */
        if (!memo_put(t, id, rebuilt_atom(t, a))) return of_dim_fail(t);
        n--;
    }
    return rebuilt(t, d);
}
