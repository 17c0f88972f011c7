/* Operators of com.microsoft. Their numbers are compared with onnxruntime's in test/conformance/runtime.py. */
#include "op_oom.h"

#define MS(name) "com.microsoft::" name
#define ONES "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"

static const op_row infer_rows[] = {
    {MS("FusedMatMul"), 1, "f[b,k,m] f[b,n,k]", "transA=1 transB=1", "f[b,m,n]", 0},
    {MS("FusedMatMul"), 1, "f[m,b,c,k] f[b,c,k,n]", "transBatchA=1", "f[b,c,m,n]", 0},
    {MS("FusedMatMul"), 1, "f[m,k] f[k,n]", "transBatchA=1 transBatchB=1", "f[m,n]", 0},
    {MS("FusedMatMul"), 1, "f[k] f[k,n]", "transBatchA=1", "none", 0},
    {MS("FusedConv"), 1, "f[n,4,5,5] f[6,4,3,3] f[6] f[n,6,3,3]", "activation='Relu'", "f[n,6,3,3]", 0},
    {MS("FusedConv"), 1, "f[n,4,5,5] f[6,4,3,3] - f[n,6,3,4]", "", "none", 0},
    {MS("FusedConv"), 1, "f[n,4,5,5] f[6,4,3,3]", "activation='Mish'", "none", 0},
    {MS("FusedConv"), 1, "f[n,4,5,5] f[6,4,3,3]", "activation='Clip' activation_params=[1f]", "none", 0},
    {MS("FusedGemm"), 1, "f[k,m] f[k,n] f[n]", "transA=1 activation='Tanh'", "f[m,n]", 0},
    {MS("FusedGemm"), 1, "f[m,k] f[k,n] f[n]", "activation='LeakyRelu'", "none", 0},
    {MS("FusedGemm"), 1, "f[m,k] f[k,n] f[n]", "activation='Clip'", "none", 0},
    {MS("BiasGelu"), 1, "f[a,3] f[4]", "", "none", 0},
    {MS("MatMulNBits"), 1, "f[b,s,64] u[32,2,16] f[64]", "K=64 N=32 bits=4 block_size=32", "f[b,s,32]", 0},
    {MS("MatMulNBits"), 1, "f[b,s,63] u[32,2,16] f[64]", "K=64 N=32 bits=4 block_size=32", "none", 0},
    {MS("MatMulNBits"), 1, "f[b,64] u[32,2,16] f[64]", "K=64 N=32 bits=4 block_size=24", "none", 0},
    {MS("MatMulNBits"), 1, "f[b,64] u[32,2,16] f[64]", "K=64 N=32 bits=4", "none", 0},
    {MS("MatMulNBits"), 1, "f[b,64] u[32,2,16] f[64]", "K=-1 N=32 block_size=32", "none", 0},
    {MS("MatMulNBits"), 1, "f[b,64] u[32,2,16] f[64]", "K=64 N=32 block_size=32 weight_prepacked=1", "none", 0},
    {MS("QLinearAdd"), 1, "u[a,1] f[] u[] u[3] f[] u[] f[] u[]", "", "u[a,3]", 0},
    {MS("QLinearAdd"), 1, "u[a,1] f[] u[] u[3] f[] u[]", "", "none", 0},
    {MS("QLinearMul"), 1, "u[2] f[] u[] u[3] f[] u[] f[] u[]", "", "none", 0},
    {MS("QLinearMul"), 1, "u[2] f[] u[] c[2] f[] u[] f[] u[]", "", "none", 0},
    {MS("QLinearSigmoid"), 1, "c[a] f[] c[] f[] c[]", "", "c[a]", 0},
    {MS("QLinearSigmoid"), 1, "c[a] f[] u[] f[] c[]", "", "none", 0},
    {MS("QLinearSigmoid"), 1, "c[a] f[] c[]", "", "none", 0},
    {MS("QLinearConcat"), 1, "f[] u[] u[n,2] f[] u[] u[n,k] f[] u[]", "axis=-1", "u[n,k+2]", 0},
    {MS("QLinearConcat"), 1, "f[] u[] u[n,2] f[] u[] u[n,k] f[] u[]", "", "none", 0},
    {MS("QLinearConcat"), 1, "f[] u[] u[n,2] f[] u[] u[n,k] f[]", "axis=1", "none", 0},
    {MS("QLinearConcat"), 1, "f[] u[] u[2,2] f[] u[] u[3,2] f[] u[]", "axis=1", "none", 0},
    {MS("QLinearConcat"), 1, "f[] u[] u[2,2] f[] u[]", "axis=2", "none", 0},
    {MS("QLinearSoftmax"), 1, "u[a,b] f[] u[] f[] u[]", "opset=13", "u[a,b]", 0},
    {MS("QLinearSoftmax"), 1, "u[a,b] f[] u[] f[] u[]", "", "none", 0},
    {MS("QLinearSoftmax"), 1, "u[a,b] f[] u[] f[] u[]", "opset=13 axis=2", "none", 0},
    {MS("QLinearAveragePool"), 1, "u[n,c,5,6] f[] u[] f[] u[]", "kernel_shape=[2,3]", "u[n,c,4,4]", 0},
    {MS("QLinearAveragePool"), 1, "u[n,5,6,c] f[] u[] f[] u[]", "kernel_shape=[2,3] channels_last=1", "u[n,4,4,c]", 0},
    {MS("QLinearAveragePool"), 1, "u[n,c] f[] u[] f[] u[]", "kernel_shape=[2,3]", "none", 0},
    {MS("QLinearAveragePool"), 1, "u[n,c,5,6] f[] u[] f[] u[]", "kernel_shape=[0,3]", "none", 0},
    {MS("QLinearGlobalAveragePool"), 1, "u[n,c,h,w] f[] u[] f[] u[]", "", "u[n,c,1,1]", 0},
    {MS("QLinearGlobalAveragePool"), 1, "u[n,h,w,c] f[] u[] f[] u[]", "channels_last=1", "u[n,1,1,c]", 0},
    {MS("MatMulIntegerToFloat"), 1, "u[b,m,k] c[k,n] f[] f[n]", "", "f[b,m,n]", 0},
    {MS("DynamicQuantizeMatMul"), 1, "f[b,m,k] c[k,n] f[n]", "", "f[b,m,n]", 0},
    {MS("SkipLayerNormalization"), 1, "f[a,b,8] f[a,b,8] f[8]", "", "f[a,b,8] f[a,b,1] f[a,b,1] f[a,b,8]", 4},
    {MS("SkipLayerNormalization"), 1, "f[a,b,8] f[1,b,8] f[8] f[8] f[8]", "", "f[a,b,8]", 0},
    {MS("SkipLayerNormalization"), 1, "f[a,b,8] f[b,8] f[8] f[8] f[8]", "", "f[a,b,8]", 0},
    {MS("SkipLayerNormalization"), 1, "f[a,4,8] f[a,1,8] f[8]", "", "none", 0},
    {MS("SkipLayerNormalization"), 1, "f[a,b,8] f[a,b,8] f[7]", "", "none", 0},
    {MS("SkipLayerNormalization"), 1, "f[a,8] f[1,8] f[8]", "", "f[a,8]", 0},
    {MS("SkipLayerNormalization"), 1, "f[3,8] f[1,8] f[8]", "", "none", 0},
    {MS("SkipSimplifiedLayerNormalization"), 1, "H[a,8] H[a,8] H[8]", "", "H[a,8]", 0},
    {"SimplifiedLayerNormalization", 17, "f[a,8] f[8]", "", "f[a,8]", 0},
    {MS("EmbedLayerNormalization"), 1, "j[b,s] j[b,s] f[9,8] f[9,8] f[2,8] f[8] f[8] j[b,s]", "",
     "f[b,s,8] j[b] f[b,s,8]", 3},
    {MS("EmbedLayerNormalization"), 1, "j[b,s] - f[9,8] f[9,8] - f[8] f[7]", "", "none", 0},
    {MS("EmbedLayerNormalization"), 1, "j[b,s] - f[9,8] f[9,7] - f[8] f[8]", "", "none", 0},
    {MS("EmbedLayerNormalization"), 1, "j[b,s] - f[9,8] f[9,8] - f[8]", "", "none", 0},
};

static const op_row eval_rows[] = {
    {MS("FusedMatMul"), 1, "f[2,1]=1,2 f[1,2]=3,4", "transA=1 transB=1 alpha=2f", "f[1,1]=22", 0},
    {MS("FusedMatMul"), 1, "f[1,2,2]=1,2,3,4 f[2,2,1]=1,1,1,1", "transBatchA=1", "f[2,1,1]=3,7", 0},
    {MS("FusedConv"), 1, "f[1,1,1,3]=1,2,3 f[1,1,1,2]=1,-1 f[1]=0.5", "activation='Relu'", "f[1,1,1,2]=0,0", 0},
    {MS("FusedConv"), 1, "f[1,1,1,3]=1,2,3 f[1,1,1,2]=1,-1 f[1]=0.5 f[1,1,1,2]=1,2", "activation='Clip' activation_params=[0f,1f]",
     "f[1,1,1,2]=0.5,1", 0},
    {MS("FusedConv"), 1, "H[1,1,1,2]=1,-2 H[1,1,1,1]=1", "activation='LeakyRelu' activation_params=[0.5f]",
     "H[1,1,1,2]=1,-1", 0},
    {MS("FusedGemm"), 1, "f[1,2]=1,2 f[2,1]=1,-1 f[1]=0.5", "activation='Elu' activation_alpha=0.5f", "f[1,1]=-0.196735", 0},
    {MS("FusedGemm"), 1, "f[1,2]=1,2 f[2,2]=1,1,-1,1", "activation='Softsign'", "f[1,2]=-0.5,0.75", 0},
    {MS("FusedGemm"), 1, "j[1,2]=1,2 j[2,1]=1,-1", "activation='Relu'", "!40", 0},
    {MS("FusedGemm"), 1, "j[1,2]=1,2 j[2,1]=1,-1", "", "j[1,1]=-1", 0},
    {MS("BiasGelu"), 1, "f[2,1]=-3,9 f[1]=3", "", "f[2,1]=0,12", 0},
    {MS("FastGelu"), 1, "f[]=0", "", "f[]=0", 0},
    {MS("QuickGelu"), 1, "f[1]=4", "alpha=0f", "f[1]=2", 0},
    {MS("DequantizeLinear"), 1, "u[2,1]=3,4 f[2]=2,3 u[2]=1,2", "axis=0", "f[2,1]=4,6", 0},
    {MS("DequantizeLinear"), 1, "n[2]=-8,7 f[]=0.5 n[]=1", "", "f[2]=-4.5,3", 0},
    {MS("QuantizeLinear"), 1, "f[2]=4,6 f[]=2 w[]=1", "", "w[2]=3,4", 0},
    {MS("QuantizeLinear"), 1, "H[2,1]=4,99 H[2]=2,4 N[2]=1,2", "axis=0", "N[2,1]=3,15", 0},
    {MS("MatMulNBits"), 1, "f[1,16]=" ONES " u[1,1,8]=152,152,152,152,152,152,152,152 f[1,1]=2",
     "K=16 N=1 block_size=16", "f[1,1]=16", 0},
    {MS("MatMulNBits"), 1, "H[1,16]=" ONES " u[1,8]=152,152,152,152,152,152,152,152 H[1]=2 u[1]=247 - H[1]=1",
     "K=16 N=1 block_size=16", "H[1,1]=49", 0},
    {MS("MatMulNBits"), 1, "f[1,16]=" ONES " u[1,1,8]=152,152,152,152,152,152,152,152 f[1,1]=2 f[1,1]=7.5",
     "K=16 N=1 block_size=16", "f[1,1]=32", 0},
    {MS("MatMulNBits"), 1, "f[1,16]=" ONES " u[1,1,16]=130,130,130,130,130,130,130,130,130,130,130,130,130,130,130,130 f[1]=2",
     "K=16 N=1 block_size=16 bits=8", "f[1,1]=64", 0},
    {MS("MatMulNBits"), 1, "f[1,16]=" ONES " u[1,1,4]=228,228,228,228 f[1]=2", "K=16 N=1 block_size=16 bits=2",
     "f[1,1]=-16", 0},
    {MS("MatMulNBits"), 1, "f[1,17]=" ONES ",1 u[1,2,8]=152,152,152,152,152,152,152,152,9,0,0,0,0,0,0,0 f[2]=2,3 u[1]=120",
     "K=17 N=1 block_size=16", "f[1,1]=22", 0},
    {MS("MatMulNBits"), 1, "f[1,16]=" ONES " u[1,1,0]= f[0]= - - f[1]=3", "K=16 N=1 block_size=16", "f[1,1]=3", 0},
    {MS("MatMulNBits"), 1, "f[1,16]=" ONES " u[1,2,0]= f[0]=", "K=16 N=1 block_size=16", "!41", 0},
    {MS("MatMulNBits"), 1, "f[1,16]=" ONES " u[1,1,7]=1,2,3,4,5,6,7 f[1]=2", "K=16 N=1 block_size=16", "!41", 0},
    {MS("MatMulNBits"), 1, "f[1,16]=" ONES " u[1,1,8]=1,2,3,4,5,6,7,8 f[2]=2,2", "K=16 N=1 block_size=16", "!41", 0},
    {MS("MatMulNBits"), 1, "f[1,16]=" ONES " u[1,1,8]=1,2,3,4,5,6,7,8 f[1]=2 u[2]=2,2", "K=16 N=1 block_size=16", "!41", 0},
    {MS("MatMulNBits"), 1, "f[1,16]=" ONES " u[1,1,8]=1,2,3,4,5,6,7,8 f[1]=2 - - f[2]=2,2", "K=16 N=1 block_size=16", "!41", 0},
    {MS("MatMulNBits"), 1, "f[1,16]=" ONES " u[1,1,8]=1,2,3,4,5,6,7,8 f[1]=2 - j[16]=0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1",
     "K=16 N=1 block_size=16", "!41", 0},
    {MS("MatMulNBits"), 1, "f[1,16]=" ONES " u[1,1,8]=152,152,152,152,152,152,152,152 f[1]=2 - j[16]=0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0",
     "K=16 N=1 block_size=16", "f[1,1]=16", 0},
    {MS("MatMulNBits"), 1, "f[1,16]=" ONES " u[1,1,12]=1,2,3,4,5,6,7,8,9,10,11,12 f[1]=2", "K=16 N=1 block_size=16 bits=6", "!40", 0},
    {MS("QLinearAdd"), 1, "u[2]=10,255 f[]=0.5 u[]=0 u[1]=4 f[]=0.25 u[]=0 f[]=1 u[]=1", "", "u[2]=7,130", 0},
    {MS("QLinearAdd"), 1, "c[2]=-128,127 f[]=1 c[]=0 c[1]=100 f[]=1 - f[]=1", "", "c[2]=-28,127", 0},
    {MS("QLinearAdd"), 1, "c[1]=1 f[]=0 c[]=0 c[1]=1 f[]=1 - f[]=1", "", "!41", 0},
    {MS("QLinearAdd"), 1, "c[1]=1 f[]=1 c[]=0 c[1]=1 f[]=1 - f[]=nan", "", "!41", 0},
    {MS("QLinearAdd"), 1, "c[1]=1 f[2]=1,2 c[]=0 c[1]=1 f[]=1 - f[]=1", "", "!40", 0},
    {MS("QLinearMul"), 1, "u[2]=10,20 f[]=0.5 u[]=10 u[2,1]=4,6 f[]=0.5 u[]=0 f[]=1 u[]=3", "", "u[2,2]=3,13,3,18", 0},
    {MS("QLinearSigmoid"), 1, "u[3]=0,128,255 f[]=1 u[]=128 f[]=0.00390625 u[]=0", "", "u[3]=0,128,255", 0},
    {MS("QLinearLeakyRelu"), 1, "c[3]=-10,0,10 f[]=1 c[]=0 f[]=1 c[]=5", "alpha=0.5f", "c[3]=0,5,15", 0},
    {MS("QLinearLeakyRelu"), 1, "c[1]=1 f[]=1 c[]=0 f[]=1 c[]=5", "alpha=inff", "!41", 0},
    {MS("QLinearConcat"), 1, "f[]=1 u[]=1 u[1,2]=4,6 f[]=0.5 u[]=0 u[1,1]=9 f[]=1 u[]=1", "axis=1", "u[1,3]=3,4,9", 0},
    {MS("QLinearSoftmax"), 1, "c[1,2]=-128,-128 f[]=1 c[]=0 f[]=0.00390625 c[]=-128", "opset=13", "c[1,2]=0,0", 0},
    {MS("QLinearSoftmax"), 1, "u[2,2]=9,9,0,255 f[]=1 u[]=0 f[]=0.00390625 u[]=0", "opset=11 axis=1", "u[2,2]=128,128,0,255", 0},
    {MS("QLinearAveragePool"), 1, "u[1,1,1,3]=2,4,8 f[]=1 u[]=0 f[]=0.5 u[]=1", "kernel_shape=[1,2]", "u[1,1,1,2]=7,13", 0},
    {MS("QLinearAveragePool"), 1, "c[1,1,2,2]=-2,1,-4,3 f[]=1 c[]=0 f[]=1 c[]=0", "kernel_shape=[1,2] channels_last=1",
     "c[1,1,1,2]=-3,2", 0},
    {MS("QLinearGlobalAveragePool"), 1, "u[1,2,1,2]=2,4,8,10 f[]=1 u[]=1 f[]=0.5 u[]=1", "", "u[1,2,1,1]=5,17", 0},
    {MS("QLinearGlobalAveragePool"), 1, "u[1,1,2,2]=2,4,8,10 f[]=1 u[]=1 f[]=0.5 u[]=1", "channels_last=1",
     "u[1,1,1,2]=9,13", 0},
    {MS("QLinearGlobalAveragePool"), 1, "u[1,1,0,2]= f[]=1 u[]=1 f[]=0.5 u[]=1", "", "!41", 0},
    {MS("MatMulIntegerToFloat"), 1, "u[1,2]=3,4 c[2,2]=1,-1,2,5 f[]=0.5 f[2]=2,4 u[]=1 c[]=0 f[2]=1,1", "", "f[1,2]=9,27", 0},
    {MS("MatMulIntegerToFloat"), 1, "u[1,2]=3,4 c[2,2]=1,-1,2,5 H[]=0.5 H[1]=2", "", "H[1,2]=11,17", 0},
    {MS("MatMulIntegerToFloat"), 1, "u[1,2]=3,4 c[2,2]=1,-1,2,5 f[2]=0.5,1 f[1]=2", "", "!40", 0},
    {MS("MatMulIntegerToFloat"), 1, "u[1,2]=3,4 c[2,2]=1,-1,2,5 f[]=0.5 f[1]=2 - - f[3]=1,1,1", "", "!41", 0},
    {MS("DynamicQuantizeMatMul"), 1, "f[1,2]=0,255 c[2,1]=1,2 f[]=0.5 c[]=1 f[1]=1", "", "f[1,1]=128.5", 0},
    {MS("DynamicQuantizeMatMul"), 1, "f[1,2]=0,nan c[2,1]=1,2 f[]=0.5", "", "!41", 0},
    {MS("SkipLayerNormalization"), 1, "f[1,1,2]=1,2 f[1,1,2]=1,4 f[2]=1,2 f[2]=5,5", "epsilon=0f", "f[1,1,2]=4,7", 0},
    {MS("SkipLayerNormalization"), 1, "f[2,1,2]=1,2,3,2 f[1,2]=1,4 f[2]=1,1 - f[2]=0,1", "epsilon=0f", "f[2,1,2]=-1,1,-1,1", 0},
    {MS("SkipSimplifiedLayerNormalization"), 1, "H[1,2]=1,2 H[1,2]=2,2 H[2]=1,1 H[2]=0,-1", "epsilon=0f", "H[1,2]=1,1", 0},
    {"SimplifiedLayerNormalization", 17, "f[1,2]=3,3 f[2]=1,2", "epsilon=0f", "f[1,2]=1,2", 0},
    {MS("SimplifiedLayerNormalization"), 1, "f[1,2]=3,3 f[2]=1,2", "epsilon=0f", "f[1,2]=1,2", 0},
    {MS("EmbedLayerNormalization"), 1, "j[1,2]=1,0 j[1,2]=0,0 f[2,2]=1,2,3,5 f[2,2]=0,0,0,0 f[1,2]=1,1 f[2]=1,1 f[2]=0,1 j[1,2]=1,0",
     "epsilon=0f", "f[1,2,2]=-1,2,-1,2 j[1]=1", 2},
    {MS("EmbedLayerNormalization"), 1, "j[1,1]=1 - f[2,2]=1,2,3,5 f[1,2]=1,1 - f[2]=1,1 f[2]=0,1 j[1,1]=1", "epsilon=0f",
     "f[1,1,2]=-1,2 j[1]=1 f[1,1,2]=4,6", 3},
    {MS("EmbedLayerNormalization"), 1, "j[1,1]=2 - f[2,2]=1,2,3,5 f[1,2]=1,1 - f[2]=1,1 f[2]=0,1", "", "!41", 0},
    {MS("EmbedLayerNormalization"), 1, "j[1,1]=1 - f[2,2]=1,2,3,5 f[1,2]=1,1 - f[2]=1,1 f[2]=0,1 - j[1,1]=-1", "", "!41", 0},
    {MS("EmbedLayerNormalization"), 1, "j[1,2]=1,1 - f[2,2]=1,2,3,5 f[2,2]=1,1,1,1 - f[2]=1,1 f[2]=0,1 j[1,2]=0,1", "", "!40", 2},
    {MS("EmbedLayerNormalization"), 1, "j[1,1]=1 j[1,1]=0 f[2,2]=1,2,3,5 f[1,2]=1,1 - f[2]=1,1 f[2]=0,1", "", "!41", 0},
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
    Suite *s = suite_create("op_microsoft");
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
