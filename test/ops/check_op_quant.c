/* Quantization by type, granularity and version; normalization; Dropout. */
#include "op_oom.h"

static const op_row infer_rows[] = {
    {"QuantizeLinear", 10, "f[a,b] f[]", "", "u[a,b]", 0},
    {"QuantizeLinear", 13, "f[a,b] f[3] c[3]", "axis=1", "c[a,b]", 0},
    {"QuantizeLinear", 21, "f[a,b] f[]", "output_dtype=22", "n[a,b]", 0},
    {"QuantizeLinear", 21, "f[a,b] f[] u[]", "output_dtype=3", "none", 0},
    {"QuantizeLinear", 21, "f[a,b] f[]", "output_dtype=1", "none", 0},
    {"QuantizeLinear", 13, "i[a,b] f[]", "", "none", 0},
    {"DequantizeLinear", 13, "u[a,b] f[] u[]", "", "f[a,b]", 0},
    {"DequantizeLinear", 19, "u[a,b] H[] u[]", "", "H[a,b]", 0},
    {"DequantizeLinear", 23, "u[a,b] f[] u[]", "output_dtype=10", "H[a,b]", 0},
    {"DequantizeLinear", 24, "u[a,b] E[] u[]", "", "none", 0},
    {"DequantizeLinear", 24, "u[a,b] E[] u[]", "output_dtype=16", "B[a,b]", 0},
    {"DequantizeLinear", 13, "u[a,b] f[] c[]", "", "none", 0},
    {"DynamicQuantizeLinear", 11, "f[a,b]", "", "u[a,b] f[] u[]", 3},
    {"LayerNormalization", 17, "f[a,b,3] f[3] f[3]", "", "f[a,b,3] f[a,b,1] f[a,b,1]", 3},
    {"LayerNormalization", 17, "H[a,b,3] H[b,3]", "axis=1", "H[a,b,3] f[a,1,1] f[a,1,1]", 3},
    {"LayerNormalization", 17, "f[2,3] f[4]", "", "none", 0},
    {"LayerNormalization", 17, "f[2,3] f[3]", "axis=2", "none", 0},
    {"RMSNormalization", 23, "H[a,3] f[3]", "", "f[a,3]", 0},
    {"LpNormalization", 22, "f[a,3]", "p=3", "none", 0},
    {"MeanVarianceNormalization", 13, "f[a,b,3,4]", "", "f[a,b,3,4]", 0},
    {"MeanVarianceNormalization", 13, "f[a,b]", "", "none", 0},
    {"BatchNormalization", 15, "f[a,3,4] f[3] f[3] f[3] f[3]", "", "f[a,3,4]", 0},
    {"BatchNormalization", 15, "H[a,3,4] f[3] f[3] d[3] d[3]", "training_mode=1", "H[a,3,4] d[3] d[3]", 3},
    {"BatchNormalization", 15, "f[a,3,4] f[4] f[3] f[3] f[3]", "", "none", 0},
    {"Dropout", 13, "f[a,b]", "", "f[a,b] b[a,b]", 2},
    {"Dropout", 7, "f[a,b]", "", "f[a,b] f[a,b]", 2},
};

static const op_row eval_rows[] = {
    /* ties to even, saturation, zero point after rounding */
    {"QuantizeLinear", 10, "f[5]=0.5,1.5,2.5,-0.5,-1.5 f[]=1 u[]=3", "", "u[5]=3,5,5,3,1", 0},
    {"QuantizeLinear", 10, "f[4]=1e30,-1e30,inf,-inf f[]=1 u[]=3", "", "u[4]=255,0,255,0", 0},
    {"QuantizeLinear", 10, "f[4]=1e30,-1e30,inf,-inf f[]=1 c[]=3", "", "c[4]=127,-128,127,-128", 0},
    {"QuantizeLinear", 10, "f[1]=nan f[]=1 c[]=3", "", "!41", 0},
    {"QuantizeLinear", 10, "f[2]=1,2 f[2]=1,2", "", "!41", 0},
    {"QuantizeLinear", 13, "f[2,2]=1,2,3,4 f[2]=1,2", "axis=0", "u[2,2]=1,2,2,2", 0},
    {"QuantizeLinear", 13, "f[2,2]=1,2,3,4 f[2]=1,2 u[2]=0,1", "", "u[2,2]=1,2,3,3", 0},
    {"QuantizeLinear", 13, "f[2,2]=1,2,3,4 f[3]=1,2,3", "", "!41", 0},
    {"QuantizeLinear", 13, "f[2]=1,2 f[]=1 u[2]=1,2", "axis=0", "!41", 0},
    {"QuantizeLinear", 13, "f[2,0]= f[]=1", "", "u[2,0]=", 0},
    {"QuantizeLinear", 13, "f[]=2.5 f[]=1", "", "u[]=2", 0},
    {"QuantizeLinear", 21, "f[2,3]=2,4,6,8,10,12 f[2,2]=1,2,4,1", "block_size=2", "u[2,3]=2,4,3,2,2,12", 0},
    {"QuantizeLinear", 21, "f[3,2]=2,4,6,8,10,12 f[2,2]=1,2,5,6", "axis=0 block_size=2",
     "u[3,2]=2,2,6,4,2,2", 0},
    {"QuantizeLinear", 21, "f[2,3]=2,4,6,8,10,12 f[2,2]=1,2,4,1", "block_size=1", "!41", 0},
    {"QuantizeLinear", 21, "f[4]=-9,7.5,8,1 f[]=1 n[]=0", "", "n[4]=-8,7,7,1", 0},
    {"QuantizeLinear", 21, "f[3]=-1,14.5,99 f[]=1 N[]=1", "", "N[3]=0,15,15", 0},
    {"QuantizeLinear", 19, "j[3]=7,5,-5 j[]=2 c[]=0", "", "c[3]=4,2,-2", 0}, /* 3.5, 2.5, -2.5 */
    {"QuantizeLinear", 13, "j[2]=7,5 f[]=2", "", "u[2]=4,2", 0},
    {"QuantizeLinear", 19, "f[3]=1000,-1000,0.3 f[]=1 4[]=0", "", "4[3]=448,-448,0.3125", 0},
    {"QuantizeLinear", 19, "f[2]=1000,1 f[]=1 4[]=0", "saturate=0", "4[2]=nan,1", 0},
    {"QuantizeLinear", 19, "f[2]=1e6,nan f[]=1 5[]=0", "saturate=0", "5[2]=inf,nan", 0},
    {"QuantizeLinear", 23, "f[3]=100,-0.3,2.5 f[]=1 x[]=0", "", "x[3]=6,-0.5,2", 0},
    /* the quotient is rounded in the precision that is asked for: 2049 is not a float16 */
    {"QuantizeLinear", 23, "f[1]=2049 f[]=1", "output_dtype=5", "h[1]=2049", 0},
    {"QuantizeLinear", 23, "f[1]=2049 f[]=1", "output_dtype=5 precision=10", "h[1]=2048", 0},
    {"QuantizeLinear", 24, "f[2]=6,10 E[]=4 c[]=0", "", "c[2]=2,2", 0},
    {"DequantizeLinear", 10, "u[3]=0,128,255 f[]=0.5 u[]=128", "", "f[3]=-64,0,63.5", 0},
    {"DequantizeLinear", 10, "j[2]=2147483647,-3 f[]=1", "", "f[2]=2.14748e+09,-3", 0},
    {"DequantizeLinear", 13, "c[2,2]=1,2,3,4 f[2]=1,10 c[2]=1,2", "axis=0", "f[2,2]=0,1,10,20", 0},
    {"DequantizeLinear", 21, "n[2,3]=-8,7,1,2,3,4 H[2,2]=1,2,3,4", "block_size=2",
     "H[2,3]=-8,7,2,6,9,16", 0},
    {"DequantizeLinear", 19, "4[2]=448,0.5 f[]=2", "", "f[2]=896,1", 0},
    {"DequantizeLinear", 24, "u[2]=1,2 E[]=0.5 u[]=0", "output_dtype=1", "f[2]=0.5,1", 0},
    {"DequantizeLinear", 13, "u[1]=1 f[1]=2 u[]=1", "", "f[1]=0", 0},
    {"DynamicQuantizeLinear", 11, "f[3]=-1,0,1.55", "", "u[3]=0,100,255 f[]=0.01 u[]=100", 3},
    {"DynamicQuantizeLinear", 11, "f[2]=0,0", "", "!41", 3},
    {"DynamicQuantizeLinear", 11, "f[0]=", "", "!41", 3},
    {"DynamicQuantizeLinear", 11, "f[2]=1,nan", "", "!41", 3},
    /* normalization */
    {"LayerNormalization", 17, "f[1,2]=1,3 f[2]=1,2 f[2]=0,10", "epsilon=0f", "f[1,2]=-1,12 f[1,1]=2 f[1,1]=1", 3},
    {"LayerNormalization", 17, "f[2,0]= f[0]=", "", "!41", 0},
    {"RMSNormalization", 23, "f[1,2]=3,4 f[2]=5,5", "epsilon=0f", "f[1,2]=4.24264,5.65685", 0},
    {"LpNormalization", 22, "f[2,2]=-3,4,0,0", "", "f[2,2]=-0.6,0.8,0,0", 0},
    {"LpNormalization", 1, "f[2,2]=-3,4,1,0", "p=1 axis=0", "f[2,2]=-0.75,1,0.25,0", 0},
    {"MeanVarianceNormalization", 13, "f[1,2,2]=1,3,5,9", "axes=[0,2]", "f[1,2,2]=-1,1,-1,1", 0},
    {"BatchNormalization", 9, "f[1,2,2]=1,2,3,4 f[2]=2,2 f[2]=1,1 f[2]=1,3 f[2]=4,1", "epsilon=0f",
     "f[1,2,2]=1,2,1,3", 0},
    {"BatchNormalization", 9, "f[2]=1,2 f[1]=1 f[1]=0 f[1]=1 f[1]=1", "epsilon=0f", "f[2]=0,1", 0},
    {"BatchNormalization", 7, "f[1,2,1]=1,2 f[2,1]=1,2 f[2,1]=0,0 f[2,1]=0,0 f[2,1]=1,1",
     "epsilon=0f spatial=0", "f[1,2,1]=1,4", 0},
    {"BatchNormalization", 6, "f[1,1,1]=1 f[1]=1 f[1]=0 f[1]=0 f[1]=1", "", "!40", 0},
    {"BatchNormalization", 15, "f[2,1]=1,3 f[1]=1 f[1]=0 f[1]=10 f[1]=10",
     "training_mode=1 momentum=0.5f epsilon=0f", "f[2,1]=-1,1 f[1]=6 f[1]=5.5", 3},
    /* Dropout */
    {"Dropout", 13, "f[2]=1,2", "", "f[2]=1,2 b[2]=1,1", 2},
    {"Dropout", 13, "f[2]=1,2 f[]=0.5 b[]=1", "", "!40", 0},
    {"Dropout", 13, "f[2]=1,2 f[]=0 b[]=1", "", "f[2]=1,2 b[2]=1,1", 2},
    {"Dropout", 13, "f[2]=1,2 - b[]=1", "", "!40", 0},
    {"Dropout", 7, "f[2]=1,2", "", "f[2]=1,2", 0},
    {"Dropout", 7, "f[2]=1,2", "", "!40", 2},
    {"Dropout", 6, "f[2]=1,2", "", "!40", 0},
    {"Dropout", 6, "f[2]=1,2", "is_test=1", "f[2]=1,2", 0},
};

START_TEST(infer)
{
    OP_CHECK(infer_rows, op_infer);
}
END_TEST

START_TEST(eval)
{
    OP_CHECK(eval_rows, op_eval);
}
END_TEST

START_TEST(no_memory)
{
    OP_OOM(eval_rows);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("op_quant");
    TCase *t = tcase_create("rows");
    tcase_add_test(t, infer);
    tcase_add_test(t, eval);
    tcase_add_test(t, no_memory);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return of_test_main(suite());
}
