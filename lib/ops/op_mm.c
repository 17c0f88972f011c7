/* Matrix products over a whole matrix: blocks, threads, batches. */
#include "ops/op_mm.h"

#include "ops/op_numeric.h"
#include "tensor/index.h"

/* Threads never change a result, only who computes a block. */
#define OF_MM_WORKERS 8
#define OF_MM_WORKER_SCRATCH ((size_t)OF_MM_SCRATCH + (size_t)OF_MM_ROWS * OF_MM_COLS)

of_status of_mm_begin(of_opctx *c, size_t m, size_t n, size_t k, of_mm_job *job)
{
    const uint64_t work = of_sat_mul(of_sat_mul(m, n), k);
    size_t doubles;

    job->c = c;
    job->workers = c->par && work > 1 << 20 ? OF_MM_WORKERS : 1;
    if (!of_mul_size(OF_MM_WORKER_SCRATCH, job->workers, &doubles)) return OF_E_NOMEM;
    job->scratch = (double *)of_tmp(c, doubles + 7, sizeof(double));
    if (!job->scratch) return of_nomem(c->err);
    /* vectors that lie in two lines of the cache cost twice */
    job->scratch += (64 - ((uintptr_t)job->scratch & 63)) / sizeof(double) & 7;
    return OF_OK;
}

typedef struct of_mm_share {
    const of_mm_job *job;
    const of_mm *p;
    of_mm_block_fn block;
    of_mm_finish finish;
    void *user;
    bool wide;
    void *ints;
    size_t across, blocks; /* blocks in a row of blocks; in all */
} of_mm_share;

static void of_mm_block(const of_mm_share *s, size_t index, double *scratch)
{
    const of_mm *p = s->p;
    const size_t i0 = index / s->across * OF_MM_ROWS, j0 = index % s->across * OF_MM_COLS;
    const size_t ni = p->m - i0 < OF_MM_ROWS ? p->m - i0 : OF_MM_ROWS;
    const size_t nj = p->n - j0 < OF_MM_COLS ? p->n - j0 : OF_MM_COLS;
    double *acc = scratch + OF_MM_SCRATCH;

    if (s->ints && s->wide) {
        s->job->c->kern->matmul.u64(p, i0, ni, j0, nj, (uint64_t *)s->ints + i0 * p->n + j0, p->n);
        return;
    }
    if (s->ints) {
        s->job->c->kern->matmul.u32(p, i0, ni, j0, nj, (uint32_t *)s->ints + i0 * p->n + j0, p->n);
        return;
    }
    s->block(p, i0, ni, j0, nj, scratch, acc);
    for (size_t i = 0; i < ni; i++) s->finish(s->user, i0 + i, j0, acc + i * OF_MM_COLS, nj);
}

/* Worker w takes blocks w, w + workers, ... */
static void of_mm_worker(void *arg, size_t w)
{
    const of_mm_share *s = (const of_mm_share *)arg;

    for (size_t b = w; b < s->blocks; b += s->job->workers)
        of_mm_block(s, b, s->job->scratch + w * OF_MM_WORKER_SCRATCH);
}

static void of_mm_all(of_mm_share *s)
{
    const struct of_par *par = s->job->c->par;

    s->across = (s->p->n + OF_MM_COLS - 1) / OF_MM_COLS;
    s->blocks = (s->p->m + OF_MM_ROWS - 1) / OF_MM_ROWS * s->across;
    if (s->job->workers > 1 && s->blocks > 1) par->run(par->user, s->job->workers, of_mm_worker, s);
    else
        for (size_t b = 0; b < s->blocks; b++) of_mm_block(s, b, s->job->scratch);
}

void of_mm_run(const of_mm_job *job, const of_mm *p, bool f64, of_mm_finish finish, void *user)
{
    const of_kern_matmul *k = &job->c->kern->matmul;
    of_mm_share s = {
        .job = job, .p = p, .block = f64 ? k->f64 : k->f32, .finish = finish, .user = user};

    of_mm_all(&s);
}

void of_mm_run_int(const of_mm_job *job, const of_mm *p, bool wide, void *c)
{
    of_mm_share s = {.job = job, .p = p, .wide = wide, .ints = c};

    of_mm_all(&s);
}

of_status of_mm_plan_make(of_opctx *c, const of_tensor *a, const of_tensor *b, of_mm_plan *p)
{
    const size_t ra = a->rank > 2 ? a->rank - 2u : 0, rb = b->rank > 2 ? b->rank - 2u : 0;
    const size_t rank = ra > rb ? ra : rb;
    int64_t *dims = (int64_t *)of_tmp(c, 3 * rank, sizeof *dims);
    int64_t *as = dims + rank, *bs = as + rank, na = 1, nb = 1;

    if (!dims) return of_nomem(c->err);
    if (a->rank == 0 || b->rank == 0) return OF_INVALID(c, "a scalar has no matrix product");
    p->m = a->rank > 1 ? (size_t)a->dims[a->rank - 2] : 1;
    p->k = (size_t)a->dims[a->rank - 1];
    p->n = b->rank > 1 ? (size_t)b->dims[b->rank - 1] : 1;
    if (p->k != (size_t)(b->rank > 1 ? b->dims[b->rank - 2] : b->dims[0]))
        return OF_INVALID(c, "inner sizes differ");
    p->batches = 1;
    p->rank = rank;
    for (size_t i = rank; i-- > 0;) {
        const int64_t da = i + ra >= rank ? a->dims[i + ra - rank] : 1;
        const int64_t db = i + rb >= rank ? b->dims[i + rb - rank] : 1;
        if (da != db && da != 1 && db != 1) return OF_INVALID(c, "batch sizes do not broadcast");
        dims[i] = da == 1 ? db : da;
        as[i] = da == 1 ? 0 : na;
        bs[i] = db == 1 ? 0 : nb;
        na *= da;
        nb *= db;
        p->batches *= (size_t)dims[i];
    }
    p->dims = dims;
    p->a_step = as;
    p->b_step = bs;
    return OF_OK;
}

void of_mm_plan_at(const of_mm_plan *p, size_t batch, size_t *a, size_t *b)
{
    *a = *b = 0;
    for (size_t i = p->rank; i-- > 0;) {
        const size_t at = batch % (size_t)p->dims[i];
        batch /= (size_t)p->dims[i];
        *a += at * (size_t)p->a_step[i];
        *b += at * (size_t)p->b_step[i];
    }
}

of_status of_mm_infer(of_opctx *c, uint32_t ia, uint32_t ib, of_shape *s)
{
    const of_shape *a = of_in_shape(c, ia), *b = of_in_shape(c, ib);
    int32_t ba, bb, batch, r;
    of_dim ka, kb;

    *s = of_shape_unknown();
    if (a->rank == 0 || b->rank == 0) return OF_INVALID(c, "a scalar has no matrix product");
    if (a->rank < 0 || b->rank < 0) return OF_OK;
    ka = a->d[a->rank - 1];
    kb = b->rank > 1 ? b->d[b->rank - 2] : b->d[0];
    if (of_dim_is_num(ka) && of_dim_is_num(kb) && ka.k != kb.k)
        return OF_INVALID(c, "inner sizes %lld and %lld differ", (long long)ka.k, (long long)kb.k);
    ba = a->rank > 2 ? a->rank - 2 : 0;
    bb = b->rank > 2 ? b->rank - 2 : 0;
    batch = ba > bb ? ba : bb;
    r = batch + (a->rank > 1) + (b->rank > 1);
    *s = of_shape_new(c, r);
    if (s->rank < 0) return OF_OK; /* of_set_out says so */
    for (int32_t i = 0; i < batch; i++) {
        const of_dim da = i + ba >= batch ? a->d[i + ba - batch] : of_dim_num(1);
        const of_dim db = i + bb >= batch ? b->d[i + bb - batch] : of_dim_num(1);
        if (!of_dim_broadcast(c->m->dims, da, db, &s->d[i]))
            return OF_INVALID(c, "batch sizes do not broadcast");
    }
    if (a->rank > 1) s->d[batch++] = a->d[a->rank - 2];
    if (b->rank > 1) s->d[batch++] = b->d[b->rank - 1];
    return OF_OK;
}

of_status of_mm_floats(of_opctx *c, const of_tensor *t, const void **data)
{
    float *wide;

    *data = t->data;
    if (t->dtype == OF_FLOAT || t->dtype == OF_DOUBLE) return OF_OK;
    wide = (float *)of_tmp(c, (size_t)t->count, sizeof *wide);
    if (!wide) return of_nomem(c->err);
    if (t->count) of_to_f32((of_dtype)t->dtype, t->data, wide, (size_t)t->count);
    *data = wide;
    return OF_OK;
}
