/* Where. */
#include "ops/op_elementwise.h"
#include "ops/op_moves.h"

/* Elements that the condition decides, or that are the same on both sides. */
static of_status of_where_known(of_opctx *c, of_dtype t)
{
    of_dim *cond, *x, *y, *r;
    size_t nc, nx, ny, n;

    if (c->evaluating || t == OF_UNDEFINED) return OF_OK;
    OF_TRY(of_ew_known(c, 0, &cond, &nc));
    OF_TRY(of_ew_known(c, 1, &x, &nx));
    OF_TRY(of_ew_known(c, 2, &y, &ny));
    if (!cond || !x || !y || !nc || !nx || !ny) return OF_OK;
    n = nc > nx ? nc : nx;
    n = n > ny ? n : ny;
    if ((nc != n && nc != 1) || (nx != n && nx != 1) || (ny != n && ny != 1)) return OF_OK;
    r = (of_dim *)of_tmp(c, n, sizeof(of_dim));
    if (!r) return of_ew_nomem(c);
    for (size_t i = 0; i < n; i++) {
        of_dim k = cond[nc == 1 ? 0 : i], a = x[nx == 1 ? 0 : i], b = y[ny == 1 ? 0 : i];
        if (of_dim_is_num(k)) r[i] = k.k ? a : b;
        else r[i] = of_dim_same(a, b) ? a : of_dim_unknown();
        r[i] = of_ew_fit(t, r[i]);
    }
    return of_set_known(c, 0, r, n);
}

of_status of_infer_Where(of_opctx *c)
{
    of_dtype k = of_in_dtype(c, 0), a = of_in_dtype(c, 1), b = of_in_dtype(c, 2);
    of_shape s;

    if (k != OF_UNDEFINED && k != OF_BOOL) return OF_INVALID(c, "the condition is %s", of_dtypes[k].name);
    if (a != OF_UNDEFINED && b != OF_UNDEFINED && a != b)
        return OF_INVALID(c, "inputs are %s and %s", of_dtypes[a].name, of_dtypes[b].name);
    if (a == OF_UNDEFINED) a = b;
    OF_TRY(of_broadcast_ins(c, 0, 3, &s));
    OF_TRY(of_set_out(c, 0, a, s));
    return of_where_known(c, a);
}

static bool of_where_block(const of_walk *w, size_t at, const void *const *p, const ptrdiff_t *step, size_t n,
                           void *scratch)
{
    const of_tensor *out = (const of_tensor *)w->arg;
    const of_kern_pick_fn pick = w->c->kern->arith.pick[of_move_kind(w->mem[1])];
    const size_t mem = w->mem[1];
    char *d = (char *)out->data + at * mem;

    if (!of_is_far(w->c, out)) {
        pick(d, (const uint8_t *)p[0], step[0], p[1], step[1], p[2], step[2], n);
        return true;
    }
    for (size_t i = 0; i < n; i += OF_WALK_BLOCK) {
        const size_t m = n - i < OF_WALK_BLOCK ? n - i : OF_WALK_BLOCK;
        of_far_in(step[1] != 0, (const char *)p[1] + i * mem, m * mem);
        of_far_in(step[2] != 0, (const char *)p[2] + i * mem, m * mem);
        pick(scratch, (const uint8_t *)p[0] + (step[0] ? i : 0), step[0], (const char *)p[1] + (step[1] ? i : 0) * mem,
             step[1], (const char *)p[2] + (step[2] ? i : 0) * mem, step[2], m);
        of_far_out(w->c, true, d + i * mem, scratch, m * mem);
    }
    return true;
}

of_status of_eval_Where(of_opctx *c)
{
    const of_tensor *in[3] = {of_in(c, 0), of_in(c, 1), of_in(c, 2)};
    of_dtype t = (of_dtype)in[1]->dtype;
    of_tensor *out;
    of_loop *l;
    of_walk w;
    bool ok;

    if (in[0]->dtype != OF_BOOL || in[2]->dtype != t) return OF_INVALID(c, "input types do not agree");
    OF_TRY(of_out_raw(c, 0, &out));
    OF_TRY(of_work(c, (uint64_t)out->count));
    if (out->count == 0) return OF_OK;
    l = OF_NEW(c->tmp, of_loop);
    if (!l) return of_ew_nomem(c);
    of_loop_init_broadcast(l, out->dims, out->rank, in, 3);
    w = (of_walk){.l = l, .fn = of_where_block, .arg = out, .scratch = OF_WALK_BLOCK * of_mem_of(out)};
    for (int k = 0; k < 3; k++) {
        w.data[k] = in[k]->data;
        w.mem[k] = of_dtypes[in[k]->dtype].mem;
    }
    return of_walk_run(c, &w, (uint64_t)out->count, &ok);
}
