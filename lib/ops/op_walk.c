#include "ops/op_walk.h"

/* ---- parts ---- */

enum { PARTS_MAX = 64, PART_WORK = 1 << 18 };

typedef struct parts {
    const of_kern_move *move;
    of_part_fn fn;
    void *arg;
    char *scratch;
    size_t room, n, step;
    bool failed[PARTS_MAX];
} parts;

static void do_part(void *arg, size_t i)
{
    parts *p = (parts *)arg;
    const size_t from = i * p->step, to = p->n - from < p->step ? p->n : from + p->step;

    if (!p->fn(p->arg, p->scratch + i * p->room, from, to)) p->failed[i] = true;
    p->move->far_done();
}

of_status of_parts(of_opctx *c, size_t n, size_t unit, uint64_t work, size_t scratch, of_part_fn fn, void *arg,
                   bool *ok)
{
    of_arena_mark mark = of_arena_save(c->tmp);
    size_t count = c->par ? (size_t)(work / PART_WORK) : 1, units = n / unit + (n % unit != 0);
    parts *p;

    *ok = true;
    if (n == 0) return OF_OK;
    if (count > PARTS_MAX) count = PARTS_MAX;
    if (count > units) count = units;
    if (count == 0) count = 1;
    p = OF_NEW(c->tmp, parts);
    if (!p) return of_nomem(c->err);
    p->move = &c->kern->move;
    p->fn = fn;
    p->arg = arg;
    p->n = n;
    p->step = (units / count + (units % count != 0)) * unit;
    count = n / p->step + (n % p->step != 0);
    p->room = (scratch + 63) & ~(size_t)63;
    if (p->room) {
        p->scratch = (char *)of_tmp(c, count, p->room);
        if (!p->scratch) return of_nomem(c->err);
    }
    if (count > 1) c->par->run(c->par->user, count, do_part, p);
    else do_part(p, 0);
    for (size_t i = 0; i < count; i++) *ok = *ok && !p->failed[i];
    of_arena_restore(c->tmp, mark);
    return OF_OK;
}

/* ---- walks ---- */

/* Inner runs shorter than this are taken together with the dimension around them. */
enum { SHORT_RUN = 64 };

/* Offset of operand k where the dims before `rank` stand at position s. */
static int64_t offset_of(const of_loop *l, size_t k, size_t rank, int64_t s)
{
    int64_t at = 0;

    for (size_t i = rank; i-- > 0 && s;) {
        at += s % l->dims[i] * l->stride[k][i];
        s /= l->dims[i];
    }
    return at;
}

/* Runs of rows x inner elements; operands that are not one run themselves are copied into one. */
static bool walk_short(const of_walk *w, char *scratch, size_t from, size_t to)
{
    const of_loop *l = w->l;
    const size_t last = l->rank - 1, inner = (size_t)l->inner, lines = (size_t)l->dims[last];
    const size_t most = OF_WALK_BLOCK / inner, n_in = l->n_op - 1;
    char *buf = scratch + w->scratch;
    const void *p[OF_LOOP_OPERANDS], *held[OF_LOOP_OPERANDS] = {NULL};
    ptrdiff_t step[OF_LOOP_OPERANDS];
    size_t held_rows[OF_LOOP_OPERANDS] = {0};

    for (size_t at = from; at < to;) {
        const size_t row = at / inner % lines, left = (to - at) / inner;
        size_t rows = lines - row < most ? lines - row : most;
        if (rows > left) rows = left;
        for (size_t k = 0; k < n_in; k++) {
            const int64_t s1 = l->stride[k + 1][last], s0 = l->inner_stride[k + 1];
            const int64_t off = offset_of(l, k + 1, last, (int64_t)(at / inner / lines)) + (int64_t)row * s1;
            const void *src = (const char *)w->data[k] + off * (int64_t)w->mem[k];
            char *to_buf = buf + k * OF_WALK_BLOCK * 16;
            p[k] = src;
            step[k] = 1;
            if (s0 == 0 && (s1 == 0 || rows == 1)) {
                step[k] = 0;
                continue;
            }
            if (s0 == 1 && (s1 == (int64_t)inner || rows == 1)) continue;
            p[k] = to_buf;
            if (s1 == 0 && held[k] == src && held_rows[k] >= rows) continue;
            w->c->kern->move.copy2[of_move_kind(w->mem[k])](to_buf, (int64_t)inner, 1, src, s1, s0, (int64_t)rows,
                                                            (int64_t)inner);
            held[k] = src;
            held_rows[k] = rows;
        }
        if (!w->fn(w, at, p, step, rows * inner, scratch)) return false;
        at += rows * inner;
    }
    return true;
}

static bool walk_part(void *arg, void *scratch, size_t from, size_t to)
{
    const of_walk *w = (const of_walk *)arg;
    const of_loop *l = w->l;
    const size_t inner = (size_t)l->inner, n_in = l->n_op - 1;
    const void *p[OF_LOOP_OPERANDS];
    ptrdiff_t step[OF_LOOP_OPERANDS];

    if (inner < SHORT_RUN && l->rank > 0) return walk_short(w, (char *)scratch, from, to);
    for (size_t at = from; at < to;) {
        const size_t col = at % inner, n = inner - col < to - at ? inner - col : to - at;
        for (size_t k = 0; k < n_in; k++) {
            const int64_t off = offset_of(l, k + 1, l->rank, (int64_t)(at / inner)) +
                                (int64_t)col * l->inner_stride[k + 1];
            p[k] = (const char *)w->data[k] + off * (int64_t)w->mem[k];
            step[k] = (ptrdiff_t)l->inner_stride[k + 1];
        }
        if (!w->fn(w, at, p, step, n, scratch)) return false;
        at += n;
    }
    return true;
}

of_status of_walk_run(of_opctx *c, of_walk *w, uint64_t work, bool *ok)
{
    const of_loop *l = w->l;
    const bool in_rows = l->inner < SHORT_RUN && l->rank > 0;

    *ok = true;
    if (l->done) return OF_OK;
    w->c = c;
    return of_parts(c, (size_t)l->total, in_rows ? (size_t)l->inner : OF_WALK_BLOCK, work,
                    w->scratch + (in_rows ? (l->n_op - 1) * OF_WALK_BLOCK * 16 : 0), walk_part, w, ok);
}
