/* RegexFullMatch: RE2's syntax, matched in time linear in text times pattern: the pattern
 * becomes a program of states, all of which that are alive walk the text together. Captures
 * and greed do not matter to a full match. What RE2 rejects, or what is not known here
 * (\p classes, \C), leaves the node alone. */
#include "ops/op_regex.h"
#include "ops/op_protos.h"

#include <string.h>

of_status of_infer_RegexFullMatch(of_opctx *c)
{
    const of_dtype dt = of_in_dtype(c, 0);

    OF_TRY(of_need_tensor(c, 0));
    if (dt != OF_UNDEFINED && dt != OF_STRING) return OF_INVALID(c, "the input is no text");
    if (!of_has_attr(c, "pattern")) return OF_INVALID(c, "pattern is missing");
    return of_set_out(c, 0, OF_BOOL, *of_in_shape(c, 0));
}

/* ---- the walk ---- */

typedef struct re_set {
    uint32_t *dense, *sparse;
    uint32_t n;
} re_set;

typedef struct re_walk {
    const of_re_prog *p;
    re_set now, next;
    uint32_t *stack;
} re_walk;

static bool is_word(uint32_t ch)
{
    return (ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') || ch == '_';
}

#define RE_EDGE UINT32_MAX /* before the first, behind the last character */

static bool assertion_holds(uint8_t what, uint32_t before, uint32_t after)
{
    const bool b = before != RE_EDGE && is_word(before), a = after != RE_EDGE && is_word(after);

    switch (what) {
    case OF_RE_BEGIN: return before == RE_EDGE;
    case OF_RE_END: return after == RE_EDGE;
    case OF_RE_LINE_BEGIN: return before == RE_EDGE || before == '\n';
    case OF_RE_LINE_END: return after == RE_EDGE || after == '\n';
    case OF_RE_WORD: return a != b;
    default: return a == b;
    }
}

/* Adds state s and all that it leads to without a character. */
static void add_state(re_walk *w, re_set *set, uint32_t s, uint32_t before, uint32_t after)
{
    size_t n = 0;

    w->stack[n++] = s;
    while (n) {
        const of_re_inst *i;
        s = w->stack[--n];
        if (set->sparse[s] < set->n && set->dense[set->sparse[s]] == s) continue;
        set->sparse[s] = set->n;
        set->dense[set->n++] = s;
        i = &w->p->inst[s];
        if (i->op == OF_RE_SPLIT) {
            w->stack[n++] = i->b;
            w->stack[n++] = i->a;
        } else if (i->op == OF_RE_JUMP || (i->op >= OF_RE_BEGIN && assertion_holds(i->op, before, after)))
            w->stack[n++] = i->a;
    }
}

static bool in_class(const of_re_prog *p, const of_re_inst *i, uint32_t ch)
{
    for (uint32_t k = i->lo; k < i->hi; k++)
        if (ch >= p->range[k].lo && ch <= p->range[k].hi) return !i->negated;
    return i->negated;
}

static of_status match_text(of_opctx *c, re_walk *w, of_str s, bool *yes)
{
    uint32_t before = RE_EDGE, ch = RE_EDGE, after;
    size_t at = 0;

    *yes = false;
    if (s.n && !of_utf8_next(s, &at, &ch)) return OF_UNSUP(c, "a text that is not UTF-8");
    w->now.n = 0;
    add_state(w, &w->now, w->p->start, before, ch);
    while (ch != RE_EDGE) {
        const re_set was = w->now;
        after = RE_EDGE;
        if (at < s.n && !of_utf8_next(s, &at, &after)) return OF_UNSUP(c, "a text that is not UTF-8");
        OF_TRY(of_work(c, 4 + 4 * (uint64_t)was.n));
        w->next.n = 0;
        for (uint32_t k = 0; k < was.n; k++) {
            const of_re_inst *i = &w->p->inst[was.dense[k]];
            if (i->op == OF_RE_CHARS && in_class(w->p, i, ch)) add_state(w, &w->next, i->a, ch, after);
        }
        w->now = w->next;
        w->next = was;
        before = ch;
        ch = after;
    }
    for (uint32_t k = 0; k < w->now.n; k++)
        if (w->p->inst[w->now.dense[k]].op == OF_RE_MATCH) *yes = true;
    return OF_OK;
}

of_status of_eval_RegexFullMatch(of_opctx *c)
{
    const of_tensor *in = of_in(c, 0);
    of_re_prog *p = OF_NEW(c->tmp, of_re_prog);
    of_tensor *out;
    of_str pattern;
    re_walk w;

    if (!p) return of_nomem(c->err);
    OF_TRY(of_get_str(c, "pattern", NULL, &pattern));
    OF_TRY(of_re_compile(c, pattern, p));
    OF_TRY(of_out(c, 0, &out));
    w.p = p;
    w.now.dense = OF_NEW_N(c->tmp, uint32_t, p->n);
    w.now.sparse = OF_NEW_N(c->tmp, uint32_t, p->n);
    w.next.dense = OF_NEW_N(c->tmp, uint32_t, p->n);
    w.next.sparse = OF_NEW_N(c->tmp, uint32_t, p->n);
    w.stack = OF_NEW_N(c->tmp, uint32_t, 2 * (size_t)p->n + 2);
    if (!w.now.dense || !w.now.sparse || !w.next.dense || !w.next.sparse || !w.stack) return of_nomem(c->err);
    for (int64_t i = 0; i < in->count; i++) {
        bool yes;
        OF_TRY(match_text(c, &w, ((const of_str *)in->data)[i], &yes));
        ((uint8_t *)out->data)[i] = yes;
    }
    return OF_OK;
}
