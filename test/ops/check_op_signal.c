/* Fourier transforms, windows, losses. */
#include "op_oom.h"

static const op_row infer_rows[] = {
    {"DFT", 17, "f[b,n,1]", "", "f[b,n,2]", 0},
    {"DFT", 17, "f[b,8,1]", "onesided=1", "f[b,5,2]", 0},
    {"DFT", 17, "f[b,5,2]", "onesided=1 inverse=1", "f[b,8,1]", 0},
    {"DFT", 17, "f[b,5,2] i[]=9", "onesided=1 inverse=1", "f[b,9,1]", 0},
    {"DFT", 17, "f[b,5,2]", "onesided=1", "none", 0},
    {"DFT", 20, "f[b,n,m,1]", "", "f[b,n,m,2]", 0},
    {"DFT", 20, "f[b,n,m,1] i[]=6 i[]=1", "", "f[b,6,m,2]", 0},
    {"DFT", 20, "f[b,n,m,1] i[]=6 i[]", "", "f[?,?,?,2]", 0},
    {"DFT", 20, "f[b,n,m,1] i[]=6 i[]=3", "", "none", 0},
    {"DFT", 17, "f[b,n,1] i[]=0", "", "none", 0},
    {"STFT", 17, "f[b,100,1] i[]=10 f[20]", "", "f[b,9,11,2]", 0},
    {"STFT", 17, "f[b,100,2] i[]=10 - i[]=20", "onesided=0", "f[b,9,20,2]", 0},
    {"STFT", 17, "f[b,100,2] i[]=10 - i[]=20", "", "none", 0},
    {"STFT", 17, "f[b,10,1] i[]=10 - i[]=20", "", "none", 0},
    {"STFT", 17, "f[b,100,1] i[]=10 f[20] i[]=21", "", "none", 0},
    {"HannWindow", 17, "i[]=7", "output_datatype=11", "d[7]", 0},
    {"HannWindow", 17, "i[]", "", "f[?]", 0},
    {"HannWindow", 17, "i[]", "output_datatype=8", "none", 0},
    {"MelWeightMatrix", 17, "i[]=8 i[]=16 i[]=8192 f[] f[]", "", "f[9,8]", 0},
    {"NegativeLogLikelihoodLoss", 13, "f[n,c,d] i[n,d]", "", "f[]", 0},
    {"NegativeLogLikelihoodLoss", 13, "f[n,c,d] i[n,d]", "reduction='none'", "f[n,d]", 0},
    {"NegativeLogLikelihoodLoss", 13, "f[n,c,d] i[n]", "", "none", 0},
    {"SoftmaxCrossEntropyLoss", 13, "f[n,c,d] i[n,d]", "", "f[] f[n,c,d]", 2},
    {"SoftmaxCrossEntropyLoss", 13, "f[n,c,d] i[n,d]", "reduction='most'", "none none", 2},
};

static const op_row eval_rows[] = {
    {"DFT", 17, "f[1,4,1]=1,2,3,4", "", "f[1,4,2]=10,0,-2,2,-2,0,-2,-2", 0},
    {"DFT", 17, "f[1,4,1]=1,2,3,4", "onesided=1", "f[1,3,2]=10,0,-2,2,-2,0", 0},
    {"DFT", 17, "f[1,4,2]=10,0,-2,2,-2,0,-2,-2", "inverse=1", "f[1,4,2]=1,0,2,0,3,0,4,0", 0},
    {"DFT", 17, "f[1,3,2]=10,0,-2,2,-2,0", "onesided=1 inverse=1", "f[1,4,1]=1,2,3,4", 0},
    {"DFT", 20, "f[2,1,1]=1,3 - i[]=0", "", "f[2,1,2]=4,0,-2,0", 0},
    {"DFT", 20, "f[3,1]=1,2,3 i[]=2", "", "f[2,2]=3,0,-1,0", 0},
    {"DFT", 20, "f[1,1]=1 i[]=2", "", "f[2,2]=1,0,1,0", 0},
    {"DFT", 20, "f[0,2,1]=", "", "f[0,2,2]=", 0},
    {"STFT", 17, "f[1,4,1]=1,2,3,4 i[]=2 - i[]=2", "", "f[1,2,2,2]=3,0,-1,0,7,0,-1,0", 0},
    {"STFT", 17, "f[1,4,1]=1,2,3,4 i[]=2 f[2]=2,1", "onesided=0",
     "f[1,2,2,2]=4,0,0,0,10,0,2,0", 0},
    {"HannWindow", 17, "i[]=4", "", "f[4]=0,0.5,1,0.5", 0},
    {"HannWindow", 17, "i[]=3", "periodic=0 output_datatype=3", "c[3]=0,1,0", 0},
    {"HannWindow", 17, "i[]=1", "periodic=0", "!40", 0},
    {"HannWindow", 17, "i[]=0", "", "f[0]=", 0},
    {"HannWindow", 17, "i[]=-1", "", "!41", 0},
    {"BlackmanWindow", 17, "i[]=2", "output_datatype=3", "c[2]=0,1", 0},
    {"MelWeightMatrix", 17, "i[]=1 i[]=4 i[]=1000 f[]=0 f[]=500", "", "f[3,1]=1,0,0", 0},
    {"MelWeightMatrix", 17, "i[]=1 i[]=4 i[]=1000 f[]=0 f[]=5000", "", "!41", 0},
    {"MelWeightMatrix", 17, "i[]=1 i[]=4 i[]=0 f[]=0 f[]=500", "", "!41", 0},
    {"NegativeLogLikelihoodLoss", 13, "f[2,2]=1,2,3,4 i[2]=0,1", "", "f[]=-2.5", 0},
    {"NegativeLogLikelihoodLoss", 13, "f[2,2]=1,2,3,4 i[2]=0,1", "reduction='none'", "f[2]=-1,-4",
     0},
    {"NegativeLogLikelihoodLoss", 13, "f[2,2]=1,2,3,4 j[2]=0,9", "ignore_index=9", "f[]=-1", 0},
    {"NegativeLogLikelihoodLoss", 13, "f[2,2]=1,2,3,4 i[2]=0,1 f[2]=1,3", "", "f[]=-3.25", 0},
    {"NegativeLogLikelihoodLoss", 13, "f[2,2]=1,2,3,4 i[2]=0,1 f[2]=1,3", "reduction='sum'",
     "f[]=-13", 0},
    {"NegativeLogLikelihoodLoss", 13, "f[2,2]=1,2,3,4 i[2]=0,2", "", "!41", 0},
    {"NegativeLogLikelihoodLoss", 13, "f[1,2]=1,2 i[1]=0", "ignore_index=0", "!40", 0},
    {"SoftmaxCrossEntropyLoss", 13, "f[1,2]=5,5 i[1]=0", "",
     "f[]=0.693147 f[1,2]=-0.693147,-0.693147", 2},
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
    Suite *s = suite_create("op_signal");
    TCase *t = tcase_create("rows");
    tcase_set_timeout(t, 60);
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
