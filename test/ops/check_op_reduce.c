/* Reductions, cumulative sums, ArgMax, TopK, Softmax: axes and empty sets by version, NaN,
 * signed zero, wrapping, and what is inferred where dimensions are symbolic. */
#include "op_case.h"

static const op_row infer_rows[] = {
    {"ReduceSum", 1, "f[a,b,3]", "axes=[1]", "f[a,1,3]", 0},
    {"ReduceSum", 11, "f[a,b,3]", "axes=[-1] keepdims=0", "f[a,b]", 0},
    {"ReduceSum", 11, "f[a,b]", "", "f[1,1]", 0},
    {"ReduceSum", 13, "f[a,b] i[1]=1", "keepdims=0", "f[a]", 0},
    {"ReduceSum", 13, "f[a,b] i[1]", "keepdims=0", "f[?]", 0},
    {"ReduceSum", 13, "f[a,b] i[1]", "", "f[?,?]", 0},
    {"ReduceSum", 13, "f[a,b] i[0]", "", "f[1,1]", 0},
    {"ReduceSum", 13, "f[a,b] i[0]", "noop_with_empty_axes=1", "f[a,b]", 0},
    {"ReduceSum", 13, "f[a,b]", "noop_with_empty_axes=1", "f[a,b]", 0},
    {"ReduceSum", 13, "f*", "keepdims=0", "f[]", 0},
    {"ReduceSum", 13, "f*", "", "f*", 0},
    {"ReduceSum", 13, "f[a,b] i[1]=2", "", "none", 0},
    {"ReduceSum", 13, "f[a,b] i[2]=1,-1", "", "none", 0},
    {"ReduceSum", 13, "b[a,b]", "", "none", 0},
    {"ReduceMax", 20, "b[a,b]", "keepdims=0", "b[]", 0},
    {"ReduceMean", 18, "f[a,b] i[2]=0,1", "", "f[1,1]", 0},
    {"ReduceMean", 13, "f[a,b] i[2]=0,1", "", "none", 0},
    /* shape arithmetic */
    {"ReduceProd", 13, "i[3]{a,b,2}", "keepdims=0", "i[]{2*a*b}", 0},
    {"ReduceProd", 18, "i[2]{a,b} i[1]=0", "", "i[1]{a*b}", 0},
    {"ReduceProd", 18, "i[0]=", "keepdims=0", "i[]{1}", 0},
    {"ReduceSum", 13, "i[3]{a,b,2}", "keepdims=0", "i[]{a+b+2}", 0},
    {"ReduceMax", 13, "i[2]{3,7}", "", "i[1]{7}", 0},
    {"ReduceMin", 13, "i[2]{3,7}", "", "i[1]{3}", 0},
    {"ReduceSum", 13, "i[2]{a,?}", "", "i[1]{?}", 0},
    {"ReduceSum", 13, "i[2]{a,b}", "noop_with_empty_axes=1", "i[2]{a,b}", 0},
    {"ArgMax", 13, "f[a,b,3]", "axis=1", "i[a,1,3]", 0},
    {"ArgMax", 13, "f[a,b,3]", "axis=-1 keepdims=0", "i[a,b]", 0},
    {"ArgMin", 1, "f*", "", "i*", 0},
    {"ArgMin", 13, "f[]", "", "none", 0},
    {"TopK", 1, "f[a,b]", "k=3", "f[a,3] i[a,3]", 2},
    {"TopK", 10, "f[a,b] i[1]{k}", "", "f[a,k] i[a,k]", 2},
    {"TopK", 11, "f[a,b] i[1]", "axis=0", "f[?,b] i[?,b]", 2},
    {"TopK", 11, "f[2,3] i[1]=4", "", "none none", 2},
    {"TopK", 11, "f[2,3] i[1]=-1", "", "none none", 2},
    {"TopK", 11, "f[2,3] i[2]=1,1", "", "none none", 2},
    {"CumSum", 14, "f[a,b] j[]=0", "", "f[a,b]", 0},
    {"CumSum", 14, "f[a,b] j[]=2", "", "none", 0},
    {"Softmax", 13, "f[a,b]", "axis=2", "none", 0},
    {"Softmax", 13, "H[a,b]", "", "H[a,b]", 0},
    {"Softmax", 7, "f[a]", "", "none", 0}, /* the default axis is 1 */
};

static const op_row eval_rows[] = {
    {"ReduceSum", 13, "f[2,3]=1,2,3,4,5,6 i[1]=1", "keepdims=0", "f[2]=6,15", 0},
    {"ReduceSum", 13, "f[2,3]=1,2,3,4,5,6 i[1]=0", "", "f[1,3]=5,7,9", 0},
    {"ReduceSum", 13, "f[2,2,2]=1,2,3,4,5,6,7,8 i[2]=0,2", "keepdims=0", "f[2]=14,22", 0},
    {"ReduceSum", 13, "f[]=3", "", "f[]=3", 0},
    {"ReduceSum", 13, "f[1]=-0", "", "f[1]=-0", 0},
    {"ReduceSum", 13, "f[2]=-0,0", "", "f[1]=0", 0},
    {"ReduceSum", 13, "f[3]=1e30,1,-1e30", "", "f[1]=1", 0}, /* lane 0 meets lane 2 first */
    {"ReduceSum", 13, "f[3]=3e38,3e38,-3e38", "", "f[1]=3e+38", 0}, /* double has the room */
    {"ReduceSum", 13, "H[3]=60000,60000,-60000", "", "H[1]=60000", 0},
    {"ReduceSum", 13, "j[2]=2147483647,1", "", "j[1]=-2147483648", 0},
    {"ReduceSum", 13, "i[2]=9223372036854775807,1", "", "i[1]=-9223372036854775808", 0},
    {"ReduceProd", 13, "i[2]=4294967296,4294967296", "", "i[1]=0", 0},
    {"ReduceL1", 13, "j[1]=-2147483648", "", "j[1]=-2147483648", 0},
    {"ReduceL1", 13, "f[2]=-3,4", "", "f[1]=7", 0},
    {"ReduceL2", 13, "f[2]=-3,4", "", "f[1]=5", 0},
    {"ReduceL2", 13, "f[2]=3e30,4e30", "", "f[1]=5e+30", 0},
    {"ReduceL2", 13, "i[2]=1,2", "", "i[1]=2", 0},
    {"ReduceSumSquare", 13, "f[2]=3,4", "", "f[1]=25", 0},
    {"ReduceSumSquare", 18, "f[2]=3,4", "noop_with_empty_axes=1", "f[2]=9,16", 0},
    {"ReduceLogSum", 18, "f[2]=1,1", "noop_with_empty_axes=1", "f[2]=0,0", 0},
    {"ReduceLogSum", 13, "i[2]=3,5", "", "i[1]=2", 0},
    {"ReduceLogSum", 13, "i[2]=3,-5", "", "!41", 0},
    {"ReduceLogSumExp", 13, "f[2]=-inf,-inf", "", "f[1]=-inf", 0},
    {"ReduceLogSumExp", 13, "f[2]=inf,1", "", "f[1]=inf", 0},
    {"ReduceLogSumExp", 13, "f[2]=nan,1", "", "f[1]=nan", 0},
    {"ReduceLogSumExp", 13, "f[2]=1000,1000", "keepdims=0", "f[]=1000.69", 0},
    {"ReduceLogSumExp", 13, "j[2]=1,1", "", "!40", 0},
    {"ReduceMean", 13, "j[2]=2147483647,2147483647", "", "j[1]=2147483647", 0},
    {"ReduceMean", 13, "i[2]=9223372036854775807,9223372036854775807", "",
     "i[1]=9223372036854775807", 0},
    {"ReduceMean", 13, "i[3]=-9223372036854775807,-9223372036854775807,-5", "",
     "i[1]=-6148914691236517206", 0},
    {"ReduceMean", 13, "i[2]=-4,-3", "", "i[1]=-3", 0},
    {"ReduceMean", 13, "U[2]=18446744073709551615,18446744073709551613", "",
     "U[1]=18446744073709551614", 0},
    {"ReduceMean", 13, "j[2]=-4,-3", "", "j[1]=-3", 0},
    {"ReduceMax", 13, "f[4]=1,nan,3,2", "", "f[1]=nan", 0},
    {"ReduceMin", 13, "f[4]=1,nan,3,2", "", "f[1]=nan", 0},
    {"ReduceMax", 20, "b[2,2]=0,1,0,0 i[1]=1", "keepdims=0", "b[2]=1,0", 0},
    {"ReduceMin", 20, "b[2,2]=1,1,0,1 i[1]=1", "keepdims=0", "b[2]=1,0", 0},
    {"ReduceMax", 13, "c[3]=-128,-5,-7", "", "c[1]=-5", 0},
    /* empty sets */
    {"ReduceSum", 13, "f[2,0]= i[1]=1", "keepdims=0", "f[2]=0,0", 0},
    {"ReduceProd", 18, "f[2,0]= i[1]=1", "keepdims=0", "f[2]=1,1", 0},
    {"ReduceMax", 20, "f[2,0]= i[1]=1", "keepdims=0", "f[2]=-inf,-inf", 0},
    {"ReduceMin", 20, "f[2,0]= i[1]=1", "keepdims=0", "f[2]=inf,inf", 0},
    {"ReduceMax", 20, "j[0]=", "", "j[1]=-2147483648", 0},
    {"ReduceMin", 20, "u[0]=", "", "u[1]=255", 0},
    {"ReduceMin", 20, "b[0]=", "", "b[1]=1", 0},
    {"ReduceMax", 20, "b[0]=", "", "b[1]=0", 0},
    {"ReduceLogSum", 18, "f[0]=", "", "f[1]=-inf", 0},
    {"ReduceLogSum", 13, "j[0]=", "", "!41", 0},
    {"ReduceMean", 18, "f[0]=", "", "!41", 0},
    {"ReduceMean", 18, "f[0,2]= i[1]=1", "", "f[0,1]=", 0},
    /* ArgMax, ArgMin */
    {"ArgMax", 13, "f[4]=1,3,3,2", "", "i[1]=1", 0},
    {"ArgMax", 13, "f[4]=1,3,3,2", "select_last_index=1", "i[1]=2", 0},
    {"ArgMax", 13, "f[5]=1,nan,9,nan,2", "", "i[1]=1", 0},
    {"ArgMax", 13, "f[5]=1,nan,9,nan,2", "select_last_index=1", "i[1]=3", 0},
    {"ArgMin", 13, "f[5]=1,nan,9,nan,2", "", "i[1]=1", 0},
    {"ArgMin", 13, "u[2,2]=1,0,0,0", "axis=-1 keepdims=0", "i[2]=1,0", 0},
    {"ArgMin", 13, "f[2]=0,-0", "", "i[1]=0", 0},
    {"ArgMin", 13, "f[2,0]=", "axis=1", "!41", 0},
    {"ArgMin", 13, "f[0,2]=", "axis=1", "i[0,1]=", 0},
    {"ArgMax", 13, "B[3]=1,-1,2", "keepdims=0", "i[]=2", 0},
    /* TopK */
    {"TopK", 11, "f[5]=1,nan,3,nan,2 i[1]=5", "", "f[5]=nan,nan,3,2,1 i[5]=1,3,2,4,0", 2},
    {"TopK", 11, "f[5]=1,nan,3,nan,2 i[1]=5", "largest=0", "f[5]=1,2,3,nan,nan i[5]=0,4,2,1,3", 2},
    {"TopK", 11, "f[4]=0,-0,-0,0 i[1]=3", "", "f[3]=0,-0,-0 i[3]=0,1,2", 2},
    {"TopK", 11, "j[2,3]=5,5,5,1,2,3 i[1]=2", "sorted=0", "j[2,2]=5,5,3,2 i[2,2]=0,1,2,1", 2},
    {"TopK", 11, "j[3,2]=5,1,6,1,7,0 i[1]=2", "axis=0", "j[2,2]=7,1,6,1 i[2,2]=2,0,1,1", 2},
    {"TopK", 11, "U[2]=18446744073709551615,9223372036854775807 i[1]=1", "",
     "U[1]=18446744073709551615 i[1]=0", 2},
    {"TopK", 11, "f[3]=1,2,3 i[1]=0", "", "f[0]= i[0]=", 2},
    {"TopK", 1, "f[3]=1,2,3", "k=2", "f[2]=3,2 i[2]=2,1", 2},
    {"TopK", 24, "B[3]=1,2,3 i[1]=1", "largest=0", "B[1]=1 i[1]=0", 2},
    /* CumSum, CumProd */
    {"CumSum", 11, "f[3]=1,2,3 j[]=0", "", "f[3]=1,3,6", 0},
    {"CumSum", 11, "f[3]=1,2,3 j[]=0", "exclusive=1", "f[3]=0,1,3", 0},
    {"CumSum", 11, "f[3]=1,2,3 j[]=-1", "reverse=1", "f[3]=6,5,3", 0},
    {"CumSum", 11, "f[3]=1,2,3 j[]=0", "exclusive=1 reverse=1", "f[3]=5,3,0", 0},
    {"CumSum", 14, "i[2,2]=1,2,3,4 i[]=0", "", "i[2,2]=1,2,4,6", 0},
    {"CumSum", 14, "j[2]=2147483647,1 i[]=0", "", "j[2]=2147483647,-2147483648", 0},
    {"CumSum", 14, "f[2]=-0,-0 i[]=0", "", "f[2]=-0,-0", 0},
    {"CumProd", 26, "i[3]=2,3,4 i[]=0", "exclusive=1 reverse=1", "i[3]=12,4,1", 0},
    /* Softmax and its kin */
    {"Softmax", 13, "f[2,2]=0,0,5,5", "axis=0", "f[2,2]=0.00669285,0.00669285,0.993307,0.993307", 0},
    {"Softmax", 11, "f[2,2]=0,0,0,0", "axis=0", "f[2,2]=0.25,0.25,0.25,0.25", 0},
    {"Softmax", 13, "f[2]=-inf,-inf", "", "f[2]=nan,nan", 0},
    {"Softmax", 13, "f[2]=10000,-10000", "", "f[2]=1,0", 0},
    {"Softmax", 13, "f[2,0]=", "", "f[2,0]=", 0},
    {"LogSoftmax", 13, "f[2]=-inf,1", "", "f[2]=-inf,0", 0},
    {"LogSoftmax", 13, "f[2]=10000,0", "", "f[2]=0,-10000", 0},
    {"Hardmax", 13, "f[2,3]=1,3,3,1,nan,2", "", "f[2,3]=0,1,0,0,1,0", 0},
    {"Hardmax", 11, "f[2,1,2]=1,3,4,2", "", "f[2,1,2]=0,1,1,0", 0},
};

OP_ROWS(infer_rows, eval_rows)

/* Runs and rows agree with a plain loop, in the order the header defines. */
START_TEST(kernel_order)
{
    of_kern k;
    float x[67];
    double lane[OF_REDUCE_LANES], sum;
    of_kern_init(&k, UINT32_MAX);
    for (size_t i = 0; i < 67; i++) x[i] = (float)(1.0 / (double)(i + 3)) * (i % 3 ? 1e10f : -1e-10f);
    for (size_t n = 0; n <= 67; n++) {
        of_reduce_acc acc = of_reduce_neutral(OF_RED_SUM, OF_RED_F32);
        for (size_t j = 0; j < OF_REDUCE_LANES; j++) lane[j] = -0.0;
        for (size_t i = 0; i < n; i++) lane[i % OF_REDUCE_LANES] += (double)x[i];
        for (size_t h = OF_REDUCE_LANES / 2; h; h /= 2)
            for (size_t j = 0; j < h; j++) lane[j] += lane[j + h];
        sum = -0.0 + lane[0];
        k.reduce.run[OF_RED_SUM][OF_RED_F32](&acc, x, n);
        ck_assert(memcmp(&acc.f, &sum, sizeof sum) == 0);
    }
}
END_TEST

TEST_SUITE("op_reduce", infer, eval, no_memory, kernel_order)
