/* Patterns in RE2's syntax to programs. First to postfix: operands and operators in one
 * list, in which every subexpression is a contiguous piece, so that a counted repetition is
 * that piece copied. Then to states. Neither step recurses. */
#include "ops/op_regex.h"

#include <string.h>

enum { RE_MAX = 20000, RE_DEPTH = 200 };

typedef enum re_kind {
    RE_ATOM,  /* characters: an instruction of its own */
    RE_EMPTY,
    RE_PLACE, /* an assertion */
    RE_STAR, RE_PLUS, RE_OPTION,
    RE_CAT, RE_ALT,
} re_kind;

typedef struct re_item {
    uint8_t kind, place;
    bool negated;
    uint32_t lo, hi; /* ranges */
} re_item;

/* An open group. */
typedef struct re_group {
    uint32_t branches, terms; /* waiting to be joined */
    uint32_t start, last;     /* where it begins, and its last term */
    bool fold, multi, dot_all;
    bool repeated;            /* the last term is a repetition already */
} re_group;

typedef struct re_parse {
    of_opctx *c;
    of_str s;
    size_t at;
    re_item *item;
    uint32_t n;
    of_re_range *range;
    uint32_t n_range;
    re_group *g;
    uint32_t depth;
} re_parse;

static of_status re_no(re_parse *r, const char *why)
{
    return OF_UNSUP(r->c, "pattern: %s at %zu", why, r->at);
}

static of_status put(re_parse *r, re_kind kind)
{
    if (r->n >= RE_MAX) return re_no(r, "too long");
    r->item[r->n++] = (re_item){.kind = (uint8_t)kind};
    return OF_OK;
}

static of_status term(re_parse *r, re_kind kind)
{
    re_group *g = &r->g[r->depth];
    g->last = r->n;
    g->terms++;
    g->repeated = kind == RE_PLACE; /* an assertion is not repeated either */
    return put(r, kind);
}

static of_status place(re_parse *r, int what)
{
    OF_TRY(term(r, RE_PLACE));
    r->item[r->n - 1].place = (uint8_t)what;
    return OF_OK;
}

static of_status add_range(re_parse *r, uint32_t lo, uint32_t hi)
{
    if (r->n_range >= RE_MAX) return re_no(r, "too many characters");
    r->range[r->n_range++] = (of_re_range){lo, hi};
    return OF_OK;
}

/* A range and, case ignored, its other cases: of ASCII, with the two letters past it that
 * fold to it. Others are not known here. */
static of_status add_folded(re_parse *r, uint32_t lo, uint32_t hi)
{
    const bool fold = r->g[r->depth].fold;

    OF_TRY(add_range(r, lo, hi));
    if (!fold) return OF_OK;
    if (hi >= 0x80) return re_no(r, "case of characters past ASCII");
    for (uint32_t ch = lo; ch <= hi; ch++) {
        if ((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z')) OF_TRY(add_range(r, ch ^ 32, ch ^ 32));
        if (ch == 'k' || ch == 'K') OF_TRY(add_range(r, 0x212A, 0x212A));
        if (ch == 's' || ch == 'S') OF_TRY(add_range(r, 0x17F, 0x17F));
    }
    return OF_OK;
}

static of_status next_char(re_parse *r, uint32_t *ch)
{
    if (r->at >= r->s.n) return re_no(r, "it ends too early");
    return of_utf8_next(r->s, &r->at, ch) ? OF_OK : re_no(r, "not UTF-8");
}

static bool looking_at(const re_parse *r, const char *text)
{
    const size_t n = strlen(text);
    return r->s.n - r->at >= n && memcmp(r->s.p + r->at, text, n) == 0;
}

/* ---- classes ---- */

static const struct {
    const char *name;
    of_re_range range[4];
} re_classes[] = {
    {"alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
    {"alpha", {{'A', 'Z'}, {'a', 'z'}}},
    {"ascii", {{0, 0x7F}}},
    {"blank", {{'\t', '\t'}, {' ', ' '}}},
    {"cntrl", {{0, 0x1F}, {0x7F, 0x7F}}},
    {"digit", {{'0', '9'}}},
    {"graph", {{'!', '~'}}},
    {"lower", {{'a', 'z'}}},
    {"print", {{' ', '~'}}},
    {"punct", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
    {"space", {{'\t', '\r'}, {' ', ' '}}},
    {"upper", {{'A', 'Z'}}},
    {"word", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
    {"xdigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}},
    {"d", {{'0', '9'}}},
    {"s", {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}}}, /* no vertical tab */
    {"w", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
};

/* All ranges are disjoint and rise, so what is between them is the complement. */
static of_status add_class(re_parse *r, const char *name, size_t n, bool negated)
{
    for (size_t k = 0; k < sizeof re_classes / sizeof re_classes[0]; k++) {
        const of_re_range *q = re_classes[k].range;
        uint32_t from = 0;
        if (strlen(re_classes[k].name) != n || memcmp(re_classes[k].name, name, n) != 0) continue;
        for (int i = 0; i < 4 && (i == 0 || q[i].hi); i++) {
            if (!negated) OF_TRY(r->g[r->depth].fold ? add_folded(r, q[i].lo, q[i].hi) : add_range(r, q[i].lo, q[i].hi));
            else if (q[i].lo > from) OF_TRY(add_range(r, from, q[i].lo - 1));
            from = q[i].hi + 1;
        }
        if (negated && r->g[r->depth].fold) return re_no(r, "a negated class, case ignored");
        return negated ? add_range(r, from, 0x10FFFF) : OF_OK;
    }
    return re_no(r, "an unknown class");
}

static int hex_digit(uint32_t ch)
{
    if (ch >= '0' && ch <= '9') return (int)ch - '0';
    if (ch >= 'a' && ch <= 'f') return (int)ch - 'a' + 10;
    return ch >= 'A' && ch <= 'F' ? (int)ch - 'A' + 10 : -1;
}

/* Behind a backslash: a character, or *ch UINT32_MAX after a class went in. */
static of_status escape(re_parse *r, uint32_t *ch)
{
    static const char from[] = "afnrtv", to[] = "\a\f\n\r\t\v";
    uint32_t v = 0, d;
    const char *p;

    OF_TRY(next_char(r, ch));
    if (*ch == 'd' || *ch == 's' || *ch == 'w' || *ch == 'D' || *ch == 'S' || *ch == 'W') {
        const char name = (char)(*ch | 32);
        OF_TRY(add_class(r, &name, 1, *ch < 'a'));
        *ch = UINT32_MAX;
        return OF_OK;
    }
    p = *ch < 0x80 && *ch ? strchr(from, (int)*ch) : NULL;
    if (p) {
        *ch = (uint32_t)to[p - from];
        return OF_OK;
    }
    if (*ch == '0' || (*ch >= '1' && *ch <= '7' && r->at < r->s.n && r->s.p[r->at] >= '0' && r->s.p[r->at] <= '7')) {
        v = *ch - '0';
        for (int i = 0; i < 2 && r->at < r->s.n && r->s.p[r->at] >= '0' && r->s.p[r->at] <= '7'; i++)
            v = v * 8 + (uint32_t)(r->s.p[r->at++] - '0');
        *ch = v;
        return OF_OK;
    }
    if (*ch == 'x') {
        const bool braces = looking_at(r, "{");
        int n = 0;
        r->at += braces;
        for (;; n++) {
            if (!braces && n == 2) break;
            OF_TRY(next_char(r, &d));
            if (braces && d == '}') break;
            if (hex_digit(d) < 0) return re_no(r, "a bad \\x");
            v = v * 16 + (uint32_t)hex_digit(d);
            if (v > 0x10FFFF) return re_no(r, "a character past Unicode");
        }
        if (!n) return re_no(r, "a bad \\x");
        *ch = v;
        return OF_OK;
    }
    if (*ch < 0x80 && !((*ch | 32) >= 'a' && (*ch | 32) <= 'z') && !(*ch >= '0' && *ch <= '9')) return OF_OK;
    return re_no(r, "an unknown escape");
}

static of_status atom_done(re_parse *r, uint32_t lo, bool negated)
{
    OF_TRY(term(r, RE_ATOM));
    r->item[r->n - 1].lo = lo;
    r->item[r->n - 1].hi = r->n_range;
    r->item[r->n - 1].negated = negated;
    return OF_OK;
}

/* Behind [. */
static of_status bracket(re_parse *r)
{
    const uint32_t lo = r->n_range;
    const bool negated = looking_at(r, "^");
    bool first = true;

    r->at += negated;
    for (;; first = false) {
        uint32_t a, b;
        if (looking_at(r, "[:")) {
            size_t end = r->at + 2;
            const bool no = end < r->s.n && r->s.p[end] == '^';
            while (end < r->s.n && r->s.p[end] != ':' && r->s.p[end] != ']') end++;
            if (end + 1 >= r->s.n || r->s.p[end] != ':' || r->s.p[end + 1] != ']') return re_no(r, "a bad [: :]");
            if (end - r->at - 2 - no < 2) return re_no(r, "a bad [: :]");
            OF_TRY(add_class(r, r->s.p + r->at + 2 + no, end - r->at - 2 - no, no));
            r->at = end + 2;
            continue;
        }
        OF_TRY(next_char(r, &a));
        if (a == ']' && !first) break;
        /* RE2 wants a hyphen first, last or escaped */
        if (a == '-' && !first && !looking_at(r, "]")) return re_no(r, "a bad range");
        if (a == '\\') {
            OF_TRY(escape(r, &a));
            if (a == UINT32_MAX) continue;
        }
        b = a;
        if (looking_at(r, "-") && r->at + 1 < r->s.n && r->s.p[r->at + 1] != ']') {
            r->at++;
            OF_TRY(next_char(r, &b));
            if (b == '\\') OF_TRY(escape(r, &b));
            if (b == UINT32_MAX || b < a) return re_no(r, "a bad range");
        }
        OF_TRY(add_folded(r, a, b));
    }
    return atom_done(r, lo, negated);
}

/* ---- groups, repetitions ---- */

/* Joins the terms of a branch. */
static of_status close_branch(re_parse *r)
{
    re_group *g = &r->g[r->depth];

    if (!g->terms) OF_TRY(put(r, RE_EMPTY));
    for (; g->terms > 1; g->terms--) OF_TRY(put(r, RE_CAT));
    g->terms = 0;
    g->branches++;
    g->repeated = true; /* nothing to repeat */
    return OF_OK;
}

static of_status close_group(re_parse *r)
{
    re_group *g = &r->g[r->depth];

    OF_TRY(close_branch(r));
    for (; g->branches > 1; g->branches--) OF_TRY(put(r, RE_ALT));
    return OF_OK;
}

/* Behind (?: flags up to ) for the rest of this group, or up to : for a new one. */
static of_status flags(re_parse *r, re_group *g, bool *opens)
{
    bool on = true, any = false;

    for (;;) {
        uint32_t ch;
        OF_TRY(next_char(r, &ch));
        *opens = ch == ':';
        if ((ch == ':' || ch == ')') && (any || on)) return any || *opens ? OF_OK : re_no(r, "missing flags");
        any = true;
        if (ch == 'i') g->fold = on;
        else if (ch == 'm') g->multi = on;
        else if (ch == 's') g->dot_all = on;
        else if (ch == '-' && on) on = any = false;
        else if (ch != 'U') return re_no(r, "an unknown group");
    }
}

static of_status open_group(re_parse *r)
{
    re_group g = r->g[r->depth];
    bool opens = true;

    if (looking_at(r, "?P<") || looking_at(r, "?<")) {
        const size_t from = r->at + (r->s.p[r->at + 1] == 'P' ? 3 : 2);
        r->at = from;
        while (r->at < r->s.n && (hex_digit((unsigned char)r->s.p[r->at]) >= 0 || r->s.p[r->at] == '_' ||
                                  ((r->s.p[r->at] | 32) >= 'a' && (r->s.p[r->at] | 32) <= 'z')))
            r->at++;
        if (r->at == from || !looking_at(r, ">")) return re_no(r, "a bad group name");
        r->at++;
    } else if (looking_at(r, "?")) {
        r->at++;
        OF_TRY(flags(r, &g, &opens));
    }
    if (!opens) {
        r->g[r->depth].fold = g.fold;
        r->g[r->depth].multi = g.multi;
        r->g[r->depth].dot_all = g.dot_all;
        r->g[r->depth].repeated = true;
        return OF_OK;
    }
    if (r->depth + 1 >= RE_DEPTH) return re_no(r, "nested too deep");
    g.branches = g.terms = 0;
    g.start = r->n;
    g.repeated = true;
    r->g[++r->depth] = g;
    return OF_OK;
}

static bool small_number(re_parse *r, uint32_t *v)
{
    const size_t from = r->at;

    *v = 0;
    while (r->at < r->s.n && r->s.p[r->at] >= '0' && r->s.p[r->at] <= '9' && r->at - from < 5)
        *v = *v * 10 + (uint32_t)(r->s.p[r->at++] - '0');
    return r->at > from;
}

static of_status copy_term(re_parse *r, uint32_t from, uint32_t n)
{
    if (n > RE_MAX - r->n) return re_no(r, "too long");
    memcpy(r->item + r->n, r->item + from, n * sizeof *r->item);
    r->n += n;
    return OF_OK;
}

/* The last term min to max times; max UINT32_MAX: no end. */
static of_status repeat(re_parse *r, uint32_t min, uint32_t max)
{
    re_group *g = &r->g[r->depth];
    const uint32_t from = g->last, n = r->n - from, times = max == UINT32_MAX ? min : max;

    if (!g->terms || g->repeated) return re_no(r, "nothing to repeat");
    if (looking_at(r, "?")) r->at++; /* less is as good as more */
    g->repeated = true;
    if (max == UINT32_MAX && min < 2) return put(r, min ? RE_PLUS : RE_STAR);
    if (max == 0) {
        r->n = from;
        return put(r, RE_EMPTY);
    }
    for (uint32_t i = 1; i < times; i++) {
        OF_TRY(copy_term(r, from, n));
        if (max == UINT32_MAX && i + 1 == times) OF_TRY(put(r, RE_PLUS));
        if (i >= min) OF_TRY(put(r, RE_OPTION));
        OF_TRY(put(r, RE_CAT));
    }
    return min == 0 ? put(r, RE_OPTION) : OF_OK;
}

static of_status counted(re_parse *r, bool *literal)
{
    const size_t at = r->at;
    uint32_t min, max;

    *literal = false;
    if (small_number(r, &min)) {
        max = min;
        if (looking_at(r, ",")) {
            r->at++;
            if (!small_number(r, &max)) max = UINT32_MAX;
        }
        if (looking_at(r, "}")) {
            r->at++;
            if (min > 1000 || (max != UINT32_MAX && (max > 1000 || max < min))) return re_no(r, "a bad repetition");
            return repeat(r, min, max);
        }
    }
    r->at = at; /* no repetition: a brace like any character */
    *literal = true;
    return OF_OK;
}

/* ---- one piece of the pattern ---- */

static of_status literal(re_parse *r, uint32_t ch)
{
    const uint32_t lo = r->n_range;
    OF_TRY(add_folded(r, ch, ch));
    return atom_done(r, lo, false);
}

static of_status backslash(re_parse *r)
{
    const uint32_t lo = r->n_range;
    uint32_t ch;

    if (looking_at(r, "A") || looking_at(r, "z") || looking_at(r, "b") || looking_at(r, "B")) {
        const char what = r->s.p[r->at++];
        return place(r, what == 'A' ? OF_RE_BEGIN : what == 'z' ? OF_RE_END : what == 'b' ? OF_RE_WORD : OF_RE_NOT_WORD);
    }
    if (looking_at(r, "Q")) {
        r->at++;
        while (r->at < r->s.n && !looking_at(r, "\\E")) {
            OF_TRY(next_char(r, &ch));
            OF_TRY(literal(r, ch));
        }
        r->at += r->at < r->s.n ? 2 : 0;
        return OF_OK;
    }
    OF_TRY(escape(r, &ch));
    return ch == UINT32_MAX ? atom_done(r, lo, false) : literal(r, ch);
}

static of_status piece(re_parse *r)
{
    re_group *g = &r->g[r->depth];
    const uint32_t lo = r->n_range;
    bool plain = true;
    uint32_t ch;

    OF_TRY(next_char(r, &ch));
    switch (ch) {
    case '*': return repeat(r, 0, UINT32_MAX);
    case '+': return repeat(r, 1, UINT32_MAX);
    case '?': return repeat(r, 0, 1);
    case '{':
        OF_TRY(counted(r, &plain));
        return plain ? literal(r, ch) : OF_OK;
    case '|': return close_branch(r);
    case '(': return open_group(r);
    case ')':
        if (!r->depth) return re_no(r, "an unexpected )");
        OF_TRY(close_group(r));
        g = &r->g[--r->depth];
        g->last = r->g[r->depth + 1].start;
        g->terms++;
        g->repeated = false;
        return OF_OK;
    case '[': return bracket(r);
    case '\\': return backslash(r);
    case '^': return place(r, g->multi ? OF_RE_LINE_BEGIN : OF_RE_BEGIN);
    case '$': return place(r, g->multi ? OF_RE_LINE_END : OF_RE_END);
    case '.':
        if (!g->dot_all) OF_TRY(add_range(r, '\n', '\n'));
        return atom_done(r, lo, true);
    default: return literal(r, ch);
    }
}

/* ---- postfix to states: a piece is its first state and the state behind it ---- */

static of_status build(re_parse *r, of_re_prog *p)
{
    typedef struct piece_ends {
        uint32_t first, last; /* last: a jump whose target is what comes next */
    } piece_ends;
    piece_ends *stack = (piece_ends *)of_tmp(r->c, (size_t)r->n + 1, sizeof(piece_ends));
    const size_t cap = 2 * (size_t)r->n + 2;
    uint32_t top = 0, n = 0;

    p->inst = OF_NEW_N(r->c->tmp, of_re_inst, cap);
    if (!stack || !p->inst) return of_nomem(r->c->err);
    for (uint32_t k = 0; k < r->n; k++) {
        const re_item *i = &r->item[k];
        piece_ends a, b;
        switch ((re_kind)i->kind) {
        case RE_ATOM:
        case RE_PLACE:
        case RE_EMPTY:
            p->inst[n] = (of_re_inst){.op = i->kind == RE_ATOM ? OF_RE_CHARS : i->kind == RE_PLACE ? i->place : OF_RE_JUMP,
                                      .negated = i->negated, .lo = i->lo, .hi = i->hi, .a = n + 1};
            p->inst[n + 1].op = OF_RE_JUMP;
            stack[top++] = (piece_ends){n, n + 1};
            n += 2;
            break;
        case RE_STAR:
        case RE_PLUS:
        case RE_OPTION: /* n: the choice, n + 1: behind it */
            a = stack[top - 1];
            p->inst[n] = (of_re_inst){.op = OF_RE_SPLIT, .a = a.first, .b = n + 1};
            p->inst[n + 1].op = OF_RE_JUMP;
            p->inst[a.last].a = i->kind == RE_OPTION ? n + 1 : n;
            stack[top - 1] = (piece_ends){i->kind == RE_PLUS ? a.first : n, n + 1};
            n += 2;
            break;
        case RE_CAT:
            b = stack[--top];
            a = stack[top - 1];
            p->inst[a.last].a = b.first;
            stack[top - 1].last = b.last;
            break;
        default:
            b = stack[--top];
            a = stack[top - 1];
            p->inst[n] = (of_re_inst){.op = OF_RE_SPLIT, .a = a.first, .b = b.first};
            p->inst[n + 1].op = OF_RE_JUMP;
            p->inst[a.last].a = p->inst[b.last].a = n + 1;
            stack[top - 1] = (piece_ends){n, n + 1};
            n += 2;
            break;
        }
    }
    p->inst[n].op = OF_RE_MATCH;
    p->inst[stack[0].last].a = n;
    p->start = stack[0].first;
    p->n = n + 1;
    p->range = r->range;
    p->n_range = r->n_range;
    return OF_OK;
}

of_status of_re_compile(of_opctx *c, of_str pattern, of_re_prog *p)
{
    re_parse *r = OF_NEW(c->tmp, re_parse);

    if (!r) return of_nomem(c->err);
    r->c = c;
    r->s = pattern;
    r->item = OF_NEW_N(c->tmp, re_item, RE_MAX);
    r->range = OF_NEW_N(c->tmp, of_re_range, RE_MAX);
    r->g = OF_NEW_N(c->tmp, re_group, RE_DEPTH);
    if (!r->item || !r->range || !r->g) return of_nomem(c->err);
    r->g[0].repeated = true;
    OF_TRY(of_work(c, of_sat_mul(pattern.n, 16) + RE_MAX));
    while (r->at < pattern.n) OF_TRY(piece(r));
    if (r->depth) return re_no(r, "a missing )");
    OF_TRY(close_group(r));
    return build(r, p);
}
