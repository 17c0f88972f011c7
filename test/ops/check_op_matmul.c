/* Matrix products: shapes, blocking against a plain loop, threads, integers, Einsum. */
#include "op_case.h"

static const op_row infer_rows[] = {
    {"MatMul", 13, "f[a,b,3] f[3,c]", "", "f[a,b,c]", 0},
    {"MatMul", 13, "f[a,1,b,3] f[5,3,c]", "", "f[a,5,b,c]", 0},
    {"MatMul", 13, "f[3] f[a,3,c]", "", "f[a,c]", 0},
    {"MatMul", 13, "f[a,b,3] f[3]", "", "f[a,b]", 0},
    {"MatMul", 13, "f[3] f[3]", "", "f[]", 0},
    {"MatMul", 13, "f[a,3] f[4,b]", "", "none", 0},
    {"MatMul", 13, "f[] f[3]", "", "none", 0},
    {"MatMul", 13, "f* f[3,4]", "", "f*", 0},
    {"MatMul", 13, "f[2,3] d[3,4]", "", "none", 0},
    {"MatMul", 13, "f[2,a,3] f[4,3,b]", "", "none", 0},
    {"Gemm", 13, "f[a,3] f[3,b] f[b]", "", "f[a,b]", 0},
    {"Gemm", 13, "f[3,a] f[b,3]", "transA=1 transB=1", "f[a,b]", 0},
    {"Gemm", 13, "f* f[3,5]", "", "f[?,5]", 0},
    {"Gemm", 13, "f[2,3] f[3,5] f[4]", "", "none", 0},
    {"Gemm", 6, "f[2,3] f[3,5] f[5]", "", "none", 0},
    {"Gemm", 6, "f[2,3] f[3,5] f[5]", "broadcast=1", "f[2,5]", 0},
    {"MatMulInteger", 10, "u[a,3] c[3,b]", "", "j[a,b]", 0},
    {"QLinearMatMul", 10, "u[a,3] f[] u[] c[3,b] f[] c[] f[] u[]", "", "u[a,b]", 0},
    {"Einsum", 12, "f[a,3] f[3,b]", "equation='ij,jk->ik'", "f[a,b]", 0},
    {"Einsum", 12, "f[a,3] f[3,b]", "equation='ij,jk'", "f[a,b]", 0},
    {"Einsum", 12, "f[a,b,3,3]", "equation='...ii->...i'", "f[a,b,3]", 0},
    {"Einsum", 12, "f[a,b,c]", "equation='ij'", "none", 0},
    {"Einsum", 12, "f[a,b]", "equation='ij,jk'", "none", 0},
    {"Einsum", 12, "f[a,b]", "equation='ij->ik'", "none", 0},
    {"Einsum", 12, "f[2,3] f[4,5]", "equation='ij,jk'", "none", 0},
    {"Einsum", 12, "f[a,b]", "equation='i.j'", "none", 0},
    {"Einsum", 12, "f[a,b]", "", "none", 0},
    {"Einsum", 12, "f* f[a]", "equation='ij,j'", "f*", 0},
};

static const op_row eval_rows[] = {
    {"MatMul", 13, "f[2,2]=1,2,3,4 f[2,2]=5,6,7,8", "", "f[2,2]=19,22,43,50", 0},
    {"MatMul", 13, "f[2]=1,2 f[2]=3,4", "", "f[]=11", 0},
    {"MatMul", 13, "f[2,0]= f[0,2]=", "", "f[2,2]=0,0,0,0", 0},
    {"MatMul", 13, "f[0,2]= f[2,3]=1,2,3,4,5,6", "", "f[0,3]=", 0},
    {"MatMul", 13, "f[1,3]=1e30,1,-1e30 f[3,1]=1e30,1,1e30", "", "f[1,1]=0", 0},
    {"MatMul", 13, "f[1,2]=3e38,-3e38 f[2,1]=3,3", "", "f[1,1]=0", 0},
    {"MatMul", 9, "j[1,2]=2147483647,2 j[2,1]=2,1", "", "j[1,1]=0", 0},
    {"MatMul", 9, "i[1,1]=9223372036854775807 i[1,1]=2", "", "i[1,1]=-2", 0},
    {"MatMul", 13, "H[1,2]=300,300 H[2,1]=300,-300", "", "H[1,1]=0", 0},
    {"MatMul", 13, "f[2,1,2]=1,2,3,4 f[2,1]=1,1", "", "f[2,1,1]=3,7", 0},
    {"MatMul", 13, "f[2]=1,1 f[2,2,1]=1,2,3,4", "", "f[2,1]=3,7", 0},
    {"Gemm", 13, "f[1,2]=1,2 f[2,1]=3,4 f[1]=5", "alpha=0.5f beta=2f", "f[1,1]=15.5", 0},
    {"Gemm", 13, "f[1,2]=1,2 f[2,1]=3,4 f[1]=nan", "beta=0f", "f[1,1]=11", 0},
    {"Gemm", 13, "f[2,1]=1,2 f[1,2]=3,4 f[2,1]=10,20", "", "f[2,2]=13,14,26,28", 0},
    {"Gemm", 13, "f[2,0]= f[0,2]= f[2]=1,2", "", "f[2,2]=1,2,1,2", 0},
    {"Gemm", 13, "j[1,1]=3 j[1,1]=5 j[]=1", "alpha=0.5f", "j[1,1]=8", 0},
    {"Gemm", 13, "j[1,1]=2147483647 j[1,1]=1 j[]=1", "", "j[1,1]=-2147483648", 0},
    {"Gemm", 13, "j[1,1]=2147483647 j[1,1]=1", "alpha=4f", "!41", 0},
    {"MatMulInteger", 10, "u[1,2]=255,0 c[2,1]=-128,127 u[]=255 c[]=127", "", "j[1,1]=0", 0},
    {"MatMulInteger", 10, "u[2,1]=1,2 u[1,2]=3,4 u[2]=0,1 u[2]=1,2", "", "j[2,2]=2,2,2,2", 0},
    {"QLinearMatMul", 10, "u[1,2]=10,20 f[]=0.5 u[]=0 u[2,1]=2,3 f[]=0.5 u[]=1 f[]=1 u[]=7", "",
     "u[1,1]=19", 0}, /* 12.5 to 12, then + 7 */
    {"QLinearMatMul", 10, "u[1,1]=255 f[]=1 u[]=0 c[1,1]=-128 f[]=1 c[]=0 f[]=1 c[]=0", "",
     "c[1,1]=-128", 0},
    {"QLinearMatMul", 21, "4[1,2]=1,2 f[]=2 4[]=0 4[2,1]=3,4 f[]=1 4[]=0 f[]=2 4[]=0", "",
     "4[1,1]=11", 0},
    {"Einsum", 12, "f[2,3]=1,2,3,4,5,6", "equation='ij->ji'", "f[3,2]=1,4,2,5,3,6", 0},
    {"Einsum", 12, "f[2,2]=1,2,3,4", "equation='ii'", "f[]=5", 0},
    {"Einsum", 12, "j[2]=1,2 j[2]=3,4 j[2]=5,6", "equation='i,i,i->'", "j[]=63", 0},
    {"Einsum", 12, "f[2,1]=1,2 f[3,1]=3,4,5", "equation='ij,jk->ik'", "f[2,1]=12,24", 0},
    {"Einsum", 12, "f[0]=", "equation='i->'", "f[]=0", 0},
};

OP_ROWS(infer_rows, eval_rows)

/* Blocks of every size against the sum in order, with each stride that can be one. */
START_TEST(kernel_blocks)
{
    static const size_t sizes[][3] = {{1, 1, 1},   {4, 4, 4},    {5, 7, 3},   {3, 9, 300},
                                      {96, 8, 5},  {97, 193, 6}, {13, 5, 257}, {7, 200, 512}};
    float *x = malloc(200000 * sizeof *x);
    double *scratch = malloc(OF_MM_SCRATCH * sizeof *scratch);
    double *acc = malloc(OF_MM_ROWS * OF_MM_COLS * sizeof *acc);
    of_kern k;
    of_kern_init(&k, UINT32_MAX);
    for (size_t i = 0; i < 200000; i++) x[i] = (float)((double)(i * 2654435761u % 1000003) / 7.0 - 70000);
    for (size_t c = 0; c < 32; c++) {
        const size_t *s = sizes[c / 4], m = s[0], n = s[1], d = s[2];
        of_mm p = {.m = m, .n = n, .k = d, .a = x, .b = x + 5};
        p.a_row = c & 1 ? 1 : (ptrdiff_t)d;
        p.a_col = c & 1 ? (ptrdiff_t)m : 1;
        p.b_row = c & 2 ? 1 : (ptrdiff_t)n;
        p.b_col = c & 2 ? (ptrdiff_t)d : 1;
        for (size_t i0 = 0; i0 < m; i0 += OF_MM_ROWS)
            for (size_t j0 = 0; j0 < n; j0 += OF_MM_COLS) {
                const size_t ni = m - i0 < OF_MM_ROWS ? m - i0 : OF_MM_ROWS;
                const size_t nj = n - j0 < OF_MM_COLS ? n - j0 : OF_MM_COLS;
                k.matmul.f32(&p, i0, ni, j0, nj, scratch, acc);
                for (size_t i = 0; i < ni; i++)
                    for (size_t j = 0; j < nj; j++) {
                        double sum = 0;
                        for (size_t l = 0; l < d; l++)
                            sum += (double)x[(ptrdiff_t)(i0 + i) * p.a_row + (ptrdiff_t)l * p.a_col] *
                                   (double)x[5 + (ptrdiff_t)l * p.b_row + (ptrdiff_t)(j0 + j) * p.b_col];
                        ck_assert(memcmp(&sum, &acc[i * OF_MM_COLS + j], sizeof sum) == 0);
                    }
            }
    }
    free(x);
    free(scratch);
    free(acc);
}
END_TEST

/* Runs the parts backwards: a result does not depend on order. */
static void backwards(void *user, size_t n, void (*fn)(void *arg, size_t i), void *arg)
{
    ++*(int *)user;
    while (n-- > 0) fn(arg, n);
}

START_TEST(threads)
{
    static op_case c;
    int calls = 0;
    of_val *out[2][1];
    of_tensor *x, *y;
    const int64_t dims[2] = {210, 210};
    op_open(&c, "MatMul", 13, "f[210,210] f[210,210]", "", 1);
    ck_assert_int_eq(of_tensor_new_data(&c.alloc, NULL, OF_FLOAT, dims, 2, false, &x, &c.err), OF_OK);
    for (int64_t i = 0; i < x->count; i++) ((float *)x->data)[i] = (float)(i % 1009) / 3 - 100;
    for (int k = 0; k < 2; k++) {
        of_val *in[2] = {&x->base, &x->base};
        c.ev.has_par = k == 1;
        c.ev.par = (of_par){backwards, &calls};
        ck_assert_int_eq(of_eval_node(&c.ev, c.node, in, 2, out[k], 1, &c.err), OF_OK);
    }
    ck_assert_int_gt(calls, 0);
    ck_assert(of_tensor_equal(of_val_tensor(out[0][0]), of_val_tensor(out[1][0])));
    for (int k = 0; k < 2; k++) {
        y = of_val_tensor(out[k][0]);
        of_tensor_unref(y);
    }
    of_tensor_unref(x);
    op_close(&c);
}
END_TEST

/* A product past the budget is refused before it starts. */
START_TEST(budget)
{
    static op_case c;
    of_val *out[1], *in[2];
    of_tensor *x;
    const int64_t dims[2] = {64, 64};
    op_open(&c, "MatMul", 13, "f[64,64] f[64,64]", "", 1);
    c.budget.steps_max = 64 * 64 * 64;
    ck_assert_int_eq(of_tensor_new_data(&c.alloc, NULL, OF_FLOAT, dims, 2, false, &x, &c.err), OF_OK);
    in[0] = in[1] = &x->base;
    ck_assert_int_eq(of_eval_node(&c.ev, c.node, in, 2, out, 1, &c.err), OF_E_BUDGET);
    of_tensor_unref(x);
    op_close(&c);
}
END_TEST

TEST_SUITE("op_matmul", infer, eval, no_memory, kernel_blocks, threads, budget)
