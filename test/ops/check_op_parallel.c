/* Threads lent by the caller never show: the same bytes with and without them, however many there
 * are, whatever order the parts are done in; the same failures, too. */
#include <math.h>
#include <stdatomic.h>

#include "op_fill.h"

typedef struct par_row {
    const char *op;
    int opset;
    const char *in, *attrs, *fill;
    bool whole; /* not split, whatever is lent */
    uint32_t n_out;
} par_row;

/* A few parts each, sizes no multiple of anything. */
static const par_row rows[] = {
    {"Add", 14, "f[1031,1027] f[1031,1027]", "", "n", false, 0},
    {"Add", 14, "f[1031,1027] f[1027]", "", "n", false, 0},
    {"Mul", 14, "f[1031,1] f[1,1027]", "", "n", false, 0},
    {"Sub", 14, "d[37,1,29,31] d[37,33,1,31]", "", "n", false, 0},
    {"Div", 14, "H[400003,3] H[400003,1]", "", "np", false, 0},
    {"Add", 14, "f[70001,3,5] f[3,1]", "", "n", false, 0},
    {"Add", 14, "i[1200007] i[1]", "", "n", false, 0},
    {"Pow", 15, "f[101,1,1001] f[11,1]", "", "pn", false, 0},
    {"Max", 13, "B[1031,1027] B[1031,1] B[]", "", "n", false, 0},
    {"Sum", 13, "f[1031,1027] f[1027] f[1031,1]", "", "n", false, 0},
    {"Less", 13, "f[1031,1027] f[1027]", "", "n", false, 0},
    {"And", 7, "b[1031,1] b[1027]", "", "n", false, 0},
    {"Exp", 13, "f[1031,301]", "", "n", false, 0},
    {"Tanh", 13, "H[1031,301]", "", "n", false, 0},
    {"Erf", 13, "d[1031,301]", "", "n", false, 0},
    {"Gelu", 20, "B[1031,301]", "", "n", false, 0},
    {"Relu", 14, "f[1031,1027]", "", "n", false, 0},
    {"Clip", 13, "f[1031,1027] f[]=-1 f[]=1", "", "n", false, 0},
    {"PRelu", 16, "f[1031,1027] f[1031,1]", "", "n", false, 0},
    {"Where", 16, "b[1031,1] f[1031,1027] f[1027]", "", "n", false, 0},
    {"Where", 16, "b[70001,3,5] f[3,1] f[5]", "", "n", false, 0},
    {"Where", 16, "b[1031,1027] H[] H[1031,1027]", "", "n", false, 0},
    {"Cast", 19, "f[1031,1027]", "to=10", "n", false, 0},
    {"Cast", 19, "f[1031,1027]", "to=17", "n", false, 0},
    {"Cast", 21, "f[1031,1027]", "to=22", "n", false, 0},
    {"Cast", 21, "n[1031,1027]", "to=1", "n", false, 0},
    {"Cast", 19, "d[1031,1027]", "to=6", "n", false, 0},
    {"Cast", 19, "H[1031,1027]", "to=9", "n", false, 0},
    {"QuantizeLinear", 21, "f[1031,1027] f[]=0.05 u[]=128", "", "n", false, 0},
    {"QuantizeLinear", 21, "f[1031,1027] f[1031] c[1031]", "axis=0", "np0", false, 0},
    {"QuantizeLinear", 21, "f[1031,1056] f[1031,33] n[1031,33]", "axis=1 block_size=32", "np0", false, 0},
    {"QuantizeLinear", 21, "H[1031,1027] H[1027] 4[1027]", "axis=1", "np0", false, 0},
    {"DequantizeLinear", 21, "c[1031,1027] f[1027] c[1027]", "axis=1", "np0", false, 0},
    {"DequantizeLinear", 21, "n[1031,1056] f[1031,33]", "axis=1 block_size=32", "np", false, 0},
    {"DynamicQuantizeLinear", 11, "f[1031,1027]", "", "n", true, 3},
    {"ReduceSum", 18, "f[1031,1027] i[1]=1", "", "n", false, 0},
    {"ReduceSum", 18, "f[1031,1027] i[1]=0", "", "n", false, 0},
    {"ReduceSum", 18, "H[101,103,107] i[2]=0,2", "", "n", false, 0},
    {"ReduceMean", 18, "d[101,103,107] i[1]=1", "", "n", false, 0},
    {"ReduceMax", 20, "f[350003,3] i[1]=1", "", "n", false, 0},
    {"ReduceL2", 18, "f[1031,1027] i[1]=1", "", "n", false, 0},
    {"ReduceLogSumExp", 18, "f[1031,1027] i[1]=1", "", "n", false, 0},
    {"ReduceProd", 18, "i[1031,1027] i[1]=0", "", "n", false, 0},
    {"Softmax", 13, "f[1031,1027]", "axis=1", "n", false, 0},
    {"Softmax", 13, "H[1031,1027]", "axis=0", "n", false, 0},
    {"Softmax", 11, "d[103,101,107]", "axis=1", "n", false, 0},
    {"LogSoftmax", 13, "f[103,101,107]", "axis=1", "n", false, 0},
    {"MatMul", 13, "f[301,203] f[203,401]", "", "n", false, 0},
    {"MatMul", 13, "d[3,1,99,203] d[5,203,197]", "", "n", false, 0},
    {"MatMul", 13, "i[301,203] i[203,401]", "", "n", false, 0},
    {"Gemm", 13, "H[301,203] H[401,203] H[401]", "transB=1 alpha=0.5f", "n", false, 0},
    {"MatMulInteger", 10, "u[301,203] c[203,401]", "", "n", false, 0},
    {"Conv", 11, "f[2,17,45,43] f[101,17,3,3] f[101]", "pads=[1,1,1,1]", "n", false, 0},
    {"Conv", 11, "d[1,16,45,43] d[202,8,3,3]", "group=2 strides=[2,1]", "n", false, 0},
    {"ConvTranspose", 11, "f[1,101,41,43] f[101,17,3,3]", "strides=[2,2]", "n", false, 0},
    {"Einsum", 12, "f[301,203] f[203,401]", "equation='ij,jk->ki'", "n", true, 0},
    {"Attention", 23, "f[1,2,301,64] f[1,2,307,64] f[1,2,307,64]", "", "n", false, 0},
    {"Transpose", 13, "f[1031,1027]", "perm=[1,0]", "n", true, 0},
    {"Transpose", 13, "H[67,31,17,29]", "perm=[3,1,0,2]", "n", true, 0},
    {"Transpose", 21, "n[1031,1027]", "perm=[1,0]", "n", true, 0},
    {"Transpose", 13, "f[67,31,16,32]", "perm=[3,1,2,0]", "n", true, 0},
    {"Transpose", 13, "d[96,31,16]", "perm=[1,2,0]", "n", true, 0},
    {"Transpose", 13, "u[192,1031]", "perm=[1,0]", "n", true, 0},
    {"Transpose", 13, "H[10,320,1031]", "perm=[0,2,1]", "n", true, 0},
    {"Concat", 13, "f[101,1027] f[101,13]", "axis=1", "n", true, 0},
    {"Split", 18, "f[101,1027]", "axis=1 num_outputs=3", "n", true, 3},
    {"Pad", 18, "f[31,17,1027] i[6]=1,-2,3,0,4,1 f[]=2", "", "n", true, 0},
    {"Pad", 18, "f[31,17,1027] i[6]=1,2,-1027,0,4,5", "", "n", true, 0},
    {"Pad", 18, "H[17,1027] i[4]=-20,2,25,5", "", "n", true, 0},
    {"CenterCropPad", 18, "u[31,1027] i[2]=40,1000", "", "n", true, 0},
    {"Expand", 13, "f[101,1] i[2]=101,1027", "", "n", true, 0},
    {"Tile", 13, "H[3,1027] i[2]=41,2", "", "n", true, 0},
    {"Slice", 13, "f[103,1027] i[2]=1,3 i[2]=100,1020 i[2]=0,1", "", "n", true, 0},
    {"LayerNormalization", 17, "f[1031,1027] f[1027] f[1027]", "", "n", true, 0},
    {"CumSum", 14, "f[1031,1027] i[]=1", "", "n", true, 0},
};

/* ---- what a caller may lend ---- */

enum { LENT_MAX = 8 };

typedef struct lent {
    int threads; /* 0: the caller's own thread alone */
    size_t chunk; /* parts that a thread takes at a time; 0: an equal share for each */
    bool backwards;
    size_t calls, parts; /* so far; the most in one call */
} lent;

typedef struct lent_call {
    const lent *how;
    size_t n;
    void (*fn)(void *arg, size_t i);
    void *arg;
    atomic_size_t next;
} lent_call;

static void *lent_thread(void *user)
{
    lent_call *l = (lent_call *)user;
    const size_t threads = l->how->threads ? (size_t)l->how->threads : 1;
    const size_t chunk = l->how->chunk ? l->how->chunk : (l->n + threads - 1) / threads;

    for (;;) {
        const size_t from = atomic_fetch_add(&l->next, chunk), to = from + chunk < l->n ? from + chunk : l->n;
        if (from >= l->n) return NULL;
        for (size_t k = from; k < to; k++) l->fn(l->arg, l->how->backwards ? l->n - 1 - k : k);
    }
}

/* Lent threads have no more stack than the library may use, and do everything: the caller waits. */
static void lent_run(void *user, size_t n, void (*fn)(void *arg, size_t i), void *arg)
{
    lent *how = (lent *)user;
    lent_call l = {how, n, fn, arg, 0};
    pthread_t th[LENT_MAX];
    pthread_attr_t attr;
    int started = 0;

    how->calls++;
    if (n > how->parts) how->parts = n;
    pthread_attr_init(&attr);
#ifndef OF_TEST_BIG_STACK
    pthread_attr_setstacksize(&attr, 65536);
#endif
    while (started < how->threads && !pthread_create(&th[started], &attr, lent_thread, &l)) started++;
    if (!started) lent_thread(&l);
    for (int i = 0; i < started; i++) pthread_join(th[i], NULL);
    pthread_attr_destroy(&attr);
}

static const lent ways[] = {
#ifndef OF_TEST_BIG_STACK /* what a sanitizer looks for shows either way */
    {0, 0, false, 0, 0}, {1, 3, true, 0, 0}, {2, 0, true, 0, 0}, {3, 1, false, 0, 0}, {3, 2, true, 0, 0},
#endif
    {0, 0, true, 0, 0}, {8, 1, true, 0, 0},
};

/* ---- one row ---- */

static void par_open(op_case *c, const par_row *r, lent *how)
{
    op_open(c, r->op, r->opset, r->in, r->attrs, r->n_out ? r->n_out : 1);
    op_fill_in(c, r->fill);
    c->ev.has_par = how != NULL;
    c->ev.par = (of_par){lent_run, how};
}

static of_status par_run(op_case *c, of_val **out)
{
    return of_eval_node(&c->ev, c->node, c->in, c->node->n_in, out, c->node->n_out, &c->err);
}

static bool same(const of_tensor *a, const of_tensor *b)
{
    return a->dtype == b->dtype && a->rank == b->rank && a->bytes == b->bytes &&
           memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims) == 0 && memcmp(a->data, b->data, a->bytes) == 0;
}

START_TEST(same_bytes)
{
    static op_case alone, together;
    const par_row *r = &rows[_i];
    of_val *want[3], *got[3];

    par_open(&alone, r, NULL);
    ck_assert_msg(par_run(&alone, want) == OF_OK, "%s (%s): %s", r->op, r->in, alone.err.msg);
    for (size_t k = 0; k < sizeof ways / sizeof ways[0]; k++) {
        lent how = ways[k];
        par_open(&together, r, &how);
        ck_assert_msg(par_run(&together, got) == OF_OK, "%s (%s): %s", r->op, r->in, together.err.msg);
        ck_assert_msg(r->whole || (how.calls > 0 && how.parts > 1), "%s (%s) is not split", r->op, r->in);
        for (uint32_t i = 0; i < alone.node->n_out; i++) {
            ck_assert_msg(same(of_val_tensor(want[i]), of_val_tensor(got[i])),
                          "%s-%d (%s) %s: output %u differs with %d threads, %zu at a time", r->op, r->opset, r->in,
                          r->attrs, i, how.threads, how.chunk);
            of_val_unref(got[i]);
        }
        ck_assert_uint_eq(alone.budget.steps_used, together.budget.steps_used);
        op_close(&together);
    }
    for (uint32_t i = 0; i < alone.node->n_out; i++) of_val_unref(want[i]);
    op_close(&alone);
}
END_TEST

/* Results that are written past the caches, on every CPU, are those that are not. */
START_TEST(past_caches)
{
    static const uint32_t masks[] = {0, OF_CPU_SSE41, OF_CPU_SSE41 | OF_CPU_AVX2,
                                     OF_CPU_SSE41 | OF_CPU_AVX2 | OF_CPU_AVX512, OF_CPU_NEON};
    static op_case near, far;
    const par_row *r = &rows[_i];
    of_val *want[3], *got[3];

    par_open(&near, r, NULL);
    near.ev.kern.move.far_min = SIZE_MAX;
    ck_assert_msg(par_run(&near, want) == OF_OK, "%s (%s): %s", r->op, r->in, near.err.msg);
    for (size_t k = 0; k < sizeof masks / sizeof masks[0]; k++) {
        par_open(&far, r, NULL);
        of_kern_init(&far.ev.kern, masks[k]);
        far.ev.kern.move.far_min = 1;
        ck_assert_msg(par_run(&far, got) == OF_OK, "%s (%s): %s", r->op, r->in, far.err.msg);
        for (uint32_t i = 0; i < near.node->n_out; i++) {
            ck_assert_msg(same(of_val_tensor(want[i]), of_val_tensor(got[i])), "%s-%d (%s) %s: output %u differs",
                          r->op, r->opset, r->in, r->attrs, i);
            of_val_unref(got[i]);
        }
        op_close(&far);
    }
    for (uint32_t i = 0; i < near.node->n_out; i++) of_val_unref(want[i]);
    op_close(&near);
}
END_TEST

/* ---- what does not go well ---- */

START_TEST(out_of_memory)
{
    static op_case c;
    const par_row *r = &rows[_i];
    of_val *out[3];
    bool hit = true;

    for (size_t k = 1; hit; k++) {
        lent how = {2, 1, true, 0, 0};
        of_status st;
        par_open(&c, r, &how);
        op_starving = (op_starvation){k, false, false};
        st = par_run(&c, out);
        hit = op_starving.hit;
        op_starving = (op_starvation){0};
        ck_assert_msg(!hit || st == OF_E_NOMEM || (st == OF_OK && of_dtype_packed((of_dtype)of_val_tensor(out[0])->dtype)),
                      "%s (%s): allocation %zu failed: %d", r->op, r->in, k, (int)st);
        ck_assert_msg(hit || st == OF_OK, "%s (%s): %s", r->op, r->in, c.err.msg);
        for (uint32_t i = 0; i < c.node->n_out; i++) of_val_unref(out[i]);
        op_close(&c);
    }
}
END_TEST

/* One element without a result, in the first part, in the midst of one, in the last: the same
 * message as without threads, no result, nothing left behind. */
START_TEST(no_result)
{
    static const par_row failing[] = {
        {"Cast", 19, "f[1031,1027]", "to=2", "p", false, 0},
        {"Cast", 25, "f[1031,1027]", "to=24", "p", false, 0},
        {"Cast", 19, "d[1031,1027]", "to=7", "p", false, 0},
        {"QuantizeLinear", 21, "f[1031,1027] f[]=0.05 u[]=128", "", "n", false, 0},
    };
    static const size_t places[] = {0, 1, 262143, 262144, 524287, 1031 * 1027 - 1};
    static op_case c;
    const par_row *r = &failing[_i];

    for (size_t p = 0; p < sizeof places / sizeof places[0]; p++) {
        char message[sizeof c.err.msg];
        for (size_t k = 0; k <= sizeof ways / sizeof ways[0]; k++) {
            lent how = ways[k ? k - 1 : 0];
            const of_tensor *x;
            of_val *out[1];
            of_status st;
            par_open(&c, r, k ? &how : NULL);
            x = of_val_tensor(c.in[0]);
            if (x->dtype == OF_DOUBLE) ((double *)x->data)[places[p]] = (double)NAN;
            else ((float *)x->data)[places[p]] = r->op[0] == 'Q' ? NAN : -3.0f;
            st = par_run(&c, out);
            ck_assert_msg(st == OF_E_EVAL, "%s (%s) %s: element %zu: %d", r->op, r->in, r->attrs, places[p], (int)st);
            ck_assert_ptr_null(out[0]);
            if (!k) memcpy(message, c.err.msg, sizeof message);
            ck_assert_str_eq(c.err.msg, message);
            ck_assert(!k || how.calls > 0);
            op_close(&c);
        }
    }
}
END_TEST

typedef struct cancel {
    pthread_t caller;
    size_t left, asked;
    bool strange; /* asked on a thread that was lent */
} cancel;

static int cancel_poll(void *user)
{
    cancel *a = (cancel *)user;
    if (!pthread_equal(pthread_self(), a->caller)) a->strange = true;
    a->asked++;
    if (a->left == 0) return 1;
    a->left--;
    return 0;
}

/* Cancelled at each of the times that the library asks, which it does on the caller's thread alone. */
START_TEST(cancelled)
{
    static op_case c;
    const par_row *r = &rows[_i];
    bool stopped = true;

    for (size_t left = 0; stopped; left++) {
        lent how = {2, 1, true, 0, 0};
        cancel a = {pthread_self(), left, 0, false};
        of_val *out[3];
        of_status st;
        par_open(&c, r, &how);
        c.budget.poll = cancel_poll;
        c.budget.poll_user = &a;
        st = par_run(&c, out);
        stopped = a.asked > left;
        ck_assert(!a.strange);
        ck_assert_msg(st == (stopped ? OF_E_CANCELLED : OF_OK), "%s (%s): %d", r->op, r->in, (int)st);
        for (uint32_t i = 0; i < c.node->n_out; i++) {
            ck_assert(!stopped || !out[i]);
            of_val_unref(out[i]);
        }
        op_close(&c);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("op_parallel");
    TCase *t = tcase_create("rows");
    const int n = (int)(sizeof rows / sizeof rows[0]);
    tcase_set_timeout(t, 0);
    tcase_add_loop_test(t, same_bytes, 0, n);
    tcase_add_loop_test(t, past_caches, 0, n);
    tcase_add_loop_test(t, out_of_memory, 0, n);
    tcase_add_loop_test(t, no_result, 0, 4);
    tcase_add_loop_test(t, cancelled, 0, n);
    suite_add_tcase(s, t);
    return s;
}

int main(void) { return of_test_main(suite()); }
