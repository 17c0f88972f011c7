/* Dimension expressions as text, and back.
 *
 * What is negative stands first ("-1+2*seq"), so that no text of ours is a name with a
 * hyphen, and a symbol whose name is no identifier stands in parentheses. Only text that
 * is exactly what would be printed is read as an expression: a dim_param means nothing
 * but itself otherwise (ONNX IR, "Static tensor shapes"). */
#include "ir/dimtab.h"

#include <string.h>

/* ---- writing ---- */

typedef struct text_out {
    char *p;
    size_t cap, len; /* len goes on past cap */
} text_out;

static void put(text_out *o, const char *s, size_t n)
{
    if (n && o->len < o->cap) memcpy(o->p + o->len, s, n < o->cap - o->len ? n : o->cap - o->len);
    o->len += n;
}

static void put_char(text_out *o, char c)
{
    put(o, &c, 1);
}

static void put_number(text_out *o, uint64_t x)
{
    char digit[20];
    size_t n = sizeof digit;
    do
        digit[--n] = (char)('0' + x % 10);
    while (x /= 10);
    put(o, digit + n, sizeof digit - n);
}

static uint64_t magnitude(int64_t x)
{
    return x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
}

static void put_term(text_out *o, const of_dimtab *t, int64_t c, const of_mono *m, bool first)
{
    uint64_t n = magnitude(c);
    if (c < 0)
        put_char(o, '-');
    else if (!first)
        put_char(o, '+');
    if (n != 1 || !m) put_number(o, n);
    for (uint32_t i = 0; m && i < m->n; i++) {
        const of_atom *a = t->atom[m->atom[i]];
        if (i || n != 1) put_char(o, '*');
        put(o, a->text, a->len);
    }
}

static void put_dim(text_out *o, const of_dimtab *t, of_dim d)
{
    const of_expr *x = d.sym && of_dim_known(d) ? t->expr[d.sym] : NULL;
    uint32_t n = x ? x->n : 0;
    bool first = true;
    if (!of_dim_known(d)) {
        put_char(o, '?');
        return;
    }
    for (int sign = -1; sign <= 1; sign += 2) {
        for (uint32_t i = 0; i < n; i++) {
            if ((x->t[i].c < 0) != (sign < 0)) continue;
            put_term(o, t, x->t[i].c, x->t[i].m, first);
            first = false;
        }
        if (sign < 0 ? d.k < 0 : d.k > 0 || first) {
            put_term(o, t, d.k, NULL, first);
            first = false;
        }
    }
}

/* d as one factor: in parentheses unless it is an atom, a number that is not negative, or
 * (with `product`) one product. */
static void put_factor(text_out *o, const of_dimtab *t, of_dim d, bool product)
{
    bool plain = of_dim_is_num(d) ? d.k >= 0 : d.k == 0 && of_dim_atom(t, d);
    if (product && d.k == 0 && !of_dim_is_num(d) && t->expr[d.sym]->n == 1 && t->expr[d.sym]->t[0].c > 0)
        plain = true;
    if (!plain) put_char(o, '(');
    put_dim(o, t, d);
    if (!plain) put_char(o, ')');
}

size_t of_dim_text(const of_dimtab *t, of_dim d, char *buf, size_t cap)
{
    text_out o = {buf, cap ? cap - 1 : 0, 0};
    put_dim(&o, t, of_dim_hidden(t, d) ? of_dim_unknown() : d);
    if (cap) buf[o.len < cap ? o.len : cap - 1] = 0;
    return o.len;
}

of_sym of_dim_name(of_dimtab *t, of_names *names, of_dim d)
{
    char buf[OF_DIM_TEXT + 1];
    if (of_dim_is_num(d) || !of_dim_known(d) || of_dim_hidden(t, d)) return NULL;
    const of_atom *a = d.k == 0 ? of_dim_atom(t, d) : NULL;
    if (a && a->name) return a->name;
    size_t n = of_dim_text(t, d, buf, sizeof buf);
    return n < sizeof buf ? of_names_get(names, buf, n) : NULL;
}

/* ---- atoms from their arguments ---- */

of_dim of_atom_floor(of_dimtab *t, of_dim a, of_dim b)
{
    char buf[OF_DIM_TEXT];
    text_out o = {buf, sizeof buf, 0};
    of_dim arg[2] = {a, b};
    const of_bounds x = of_dim_bounds(t, a), y = of_dim_bounds(t, b);
    of_bounds r = {INT64_MIN, INT64_MAX, INT64_MIN};
    bool up = of_dim_is_num(b) && b.k > 1 && a.k == b.k - 1; /* (x + n - 1) / n, rounded down */
    put(&o, up ? "ceil(" : "floor(", up ? 5 : 6);
    put_factor(&o, t, up ? (of_dim){0, a.sym} : a, true);
    put_char(&o, '/');
    put_factor(&o, t, b, false);
    put_char(&o, ')');
    if (o.len > sizeof buf) return of_dim_unknown();
    if (of_dim_is_num(b)) {
        if (x.lo != INT64_MIN) r.lo = x.lo / b.k - (x.lo % b.k < 0);
        if (x.lo1 != INT64_MIN) r.lo1 = x.lo1 / b.k - (x.lo1 % b.k < 0);
        if (x.hi != INT64_MAX) r.hi = x.hi / b.k - (x.hi % b.k < 0);
    } else {
        if (x.lo1 >= 0) r.lo1 = 0;
        if (x.lo >= 0) {
            r.lo = 0;
            if (x.hi != INT64_MAX) r.hi = x.hi / y.lo; /* which is >= 1 */
        }
    }
    return of_atom_get(t, OF_ATOM_FLOOR, buf, o.len, arg, 2, r);
}

of_dim of_atom_minmax(of_dimtab *t, of_atom_kind kind, const of_dim *arg, uint8_t n)
{
    char buf[OF_DIM_TEXT];
    text_out o = {buf, sizeof buf, 0};
    of_bounds r = {0, 0, 0};
    put(&o, kind == OF_ATOM_MIN ? "min(" : "max(", 4);
    for (uint8_t i = 0; i < n; i++) {
        const of_bounds a = of_dim_bounds(t, arg[i]);
        if (i) put_char(&o, ',');
        put_dim(&o, t, arg[i]);
        if (i == 0) r = a;
        if (kind == OF_ATOM_MIN ? a.lo < r.lo : a.lo > r.lo) r.lo = a.lo;
        if (kind == OF_ATOM_MIN ? a.lo1 < r.lo1 : a.lo1 > r.lo1) r.lo1 = a.lo1;
        if (kind == OF_ATOM_MIN ? a.hi < r.hi : a.hi > r.hi) r.hi = a.hi;
    }
    put_char(&o, ')');
    if (o.len > sizeof buf) return of_dim_unknown();
    return of_atom_get(t, kind, buf, o.len, arg, n, r);
}

/* ---- reading ---- */

static bool ident_char(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

static bool is_identifier(const char *p, size_t n)
{
    if (n == 0) return false;
    for (size_t i = 0; i < n; i++)
        if (!ident_char(p[i], i == 0)) return false;
    return true;
}

enum { STACK = 24 };

typedef struct reader {
    of_dimtab *t;
    const char *p, *end;
    of_dim val[STACK];
    char op[STACK]; /* + - * / ( and f c m M for floor ceil min max, r for a read quotient, , */
    size_t n_val, n_op;
    bool operand; /* an operand has just been read */
} reader;

static bool push_val(reader *r, of_dim d)
{
    if (r->n_val == STACK || !of_dim_known(d)) return false;
    r->val[r->n_val++] = d;
    return true;
}

static bool push_op(reader *r, char c)
{
    if (r->n_op == STACK) return false;
    r->op[r->n_op++] = c;
    return true;
}

static int rank_of(char c)
{
    return c == '*' || c == '/' ? 3 : c == '+' || c == '-' ? 2 : 0;
}

static bool reduce(reader *r)
{
    char c = r->op[--r->n_op];
    if (r->n_val < 2) return false;
    if (c == '/') return push_op(r, 'r'); /* both stay, for the floor or ceil around them */
    of_dim b = r->val[--r->n_val], a = r->val[--r->n_val];
    if (c == '*') return push_val(r, of_dim_mul(r->t, a, b));
    return push_val(r, c == '+' ? of_dim_add(r->t, a, b) : of_dim_sub(r->t, a, b));
}

static bool reduce_to(reader *r, int rank)
{
    while (r->n_op && rank_of(r->op[r->n_op - 1]) >= rank)
        if (!reduce(r)) return false;
    return true;
}

static bool close_group(reader *r)
{
    if (!reduce_to(r, 1)) return false;
    bool quotient = r->n_op && r->op[r->n_op - 1] == 'r';
    if (quotient) r->n_op--;
    size_t commas = 0;
    while (r->n_op && r->op[r->n_op - 1] == ',') {
        r->n_op--;
        commas++;
    }
    if (r->n_op == 0) return false;
    char c = r->op[--r->n_op];
    if (quotient != (c == 'f' || c == 'c')) return false;
    if (quotient) {
        if (commas || r->n_val < 2) return false;
        of_dim b = r->val[--r->n_val], a = r->val[--r->n_val];
        return push_val(r, c == 'f' ? of_dim_floordiv(r->t, a, b) : of_dim_ceildiv(r->t, a, b));
    }
    if (c == '(') return commas == 0;
    size_t n = commas + 1;
    if ((c != 'm' && c != 'M') || r->n_val < n) return false;
    r->n_val -= n;
    return push_val(r, of_dim_minmax(r->t, c == 'm' ? OF_ATOM_MIN : OF_ATOM_MAX, r->val + r->n_val, n));
}

static of_dim plain_symbol(of_dimtab *t, const char *p, size_t n)
{
    return of_atom_get(t, OF_ATOM_SYMBOL, p, n, NULL, 0,
                       (of_bounds){0, INT64_MAX, n && *p == '?' ? 0 : 1});
}

bool of_dim_hidden(const of_dimtab *t, of_dim d)
{
    return d.sym && of_dim_known(d) && t->expr[d.sym]->hidden;
}

/* No text that is read makes an atom that begins so: names that are no identifiers stand
 * in parentheses. */
of_dim of_dim_anon(of_dimtab *t)
{
    char buf[24];
    text_out o = {buf, sizeof buf, 0};

    put_char(&o, '?');
    put_number(&o, t->n_anon++);
    return plain_symbol(t, buf, o.len);
}

static bool read_word(reader *r)
{
    static const struct {
        const char *word;
        size_t n;
        char op;
    } calls[] = {{"floor", 5, 'f'}, {"ceil", 4, 'c'}, {"min", 3, 'm'}, {"max", 3, 'M'}};
    const char *s = r->p;
    while (r->p < r->end && ident_char(*r->p, r->p == s)) r->p++;
    size_t n = (size_t)(r->p - s);
    if (r->p < r->end && *r->p == '(') {
        r->p++;
        for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
            if (n == calls[i].n && memcmp(s, calls[i].word, n) == 0) return push_op(r, calls[i].op);
        return false;
    }
    r->operand = true;
    return push_val(r, plain_symbol(r->t, s, n));
}

static bool read_number(reader *r)
{
    int64_t k = 0;
    for (; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++)
        if (!of_mul_i64(k, 10, &k) || !of_add_i64(k, *r->p - '0', &k)) return false;
    r->operand = true;
    return push_val(r, of_dim_num(k));
}

static bool read_token(reader *r)
{
    char c = *r->p;
    if (!r->operand) {
        if (ident_char(c, true)) return read_word(r);
        if (c >= '0' && c <= '9') return read_number(r);
        r->p++;
        if (c == '(') return push_op(r, '(');
        return c == '-' && push_val(r, of_dim_num(0)) && push_op(r, '-'); /* a leading minus */
    }
    r->p++;
    if (c == ')') return close_group(r);
    r->operand = false;
    if (c == ',') return reduce_to(r, 1) && push_op(r, ',');
    int rank = rank_of(c);
    return rank && reduce_to(r, rank) && push_op(r, c);
}

/* The expression whose text this is; unknown when there is none. */
static of_dim parse(of_dimtab *t, const char *p, size_t n)
{
    char back[OF_DIM_TEXT + 1];
    reader r = {.t = t, .p = p, .end = p + n};
    if (n > OF_DIM_TEXT) return of_dim_unknown();
    while (r.p < r.end)
        if (!read_token(&r)) return of_dim_unknown();
    if (!r.operand || !reduce_to(&r, 1) || r.n_op || r.n_val != 1) return of_dim_unknown();
    of_dim d = r.val[0];
    if (of_dim_is_num(d) || of_dim_text(t, d, back, sizeof back) != n || memcmp(back, p, n) != 0)
        return of_dim_unknown();
    return d;
}

/* What exporters write for "not known", on as many dims as they like: "?", "-1", "None". */
static bool says_nothing(of_sym name)
{
    if (of_sym_is(name, "None")) return true;
    for (size_t i = 0; i < name->len; i++)
        if (ident_char(name->s[i], true) || (unsigned char)name->s[i] >= 128) return false;
    return true;
}

of_dim of_dim_symbol(of_dimtab *t, of_sym name)
{
    char buf[OF_DIM_TEXT + 1];
    const char *text;
    size_t n;
    if (of_sym_empty(name) || says_nothing(name)) return of_dim_unknown();
    text = name->s;
    n = name->len;
    if (n + 2 <= OF_DIM_TEXT && !is_identifier(text, n)) {
        buf[0] = '(';
        memcpy(buf + 1, text, n);
        buf[n + 1] = ')';
        text = buf;
        n += 2;
        if (!of_atom_find(t, text, n)) {
            of_dim d = parse(t, name->s, name->len);
            if (of_dim_known(d)) return d;
        }
    } else if (n <= OF_DIM_TEXT && !is_identifier(text, n)) {
        return of_dim_unknown(); /* too long to stand in parentheses */
    }
    of_dim d = plain_symbol(t, text, n);
    if (!of_dim_known(d)) return d;
    of_atom *a = of_atom_find(t, text, n);
    if (a && !a->name) a->name = name;
    return d;
}
