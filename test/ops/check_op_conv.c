/* Convolutions: windows, padding, groups, quantized and transposed forms. */
#include "op_oom.h"

static const op_row infer_rows[] = {
    {"Conv", 11, "f[n,3,h,w] f[8,3,3,3] f[8]", "pads=[1,1,1,1]", "f[n,8,h,w]", 0},
    {"Conv", 11, "f[n,3,224,w] f[8,3,3,3]", "strides=[2,2] pads=[1,1,1,1]", "f[n,8,112,ceil(w/2)]", 0},
    {"Conv", 11, "f[n,3,h,w] f[8,3,3,3]", "strides=[2,2] auto_pad='SAME_UPPER'", "f[n,8,ceil(h/2),ceil(w/2)]", 0},
    {"Conv", 11, "f[n,3,9] f[8,3,3]", "auto_pad='VALID' dilations=[2]", "f[n,8,5]", 0},
    {"Conv", 11, "f[n,4,9] f[8,2,3]", "group=2", "f[n,8,7]", 0},
    {"Conv", 11, "f* f[8,2,3]", "kernel_shape=[3]", "f[?,8,?]", 0},
    {"Conv", 11, "f* f*", "", "f*", 0},
    {"Conv", 11, "f[1,3,9] f[8,2,3]", "", "none", 0},
    {"Conv", 11, "f[1,3,9] f[8,3,3] f[7]", "", "none", 0},
    {"Conv", 11, "f[1,3,9] f[8,3,3]", "kernel_shape=[4]", "none", 0},
    {"Conv", 11, "f[1,3,9] f[8,3,3]", "group=0", "none", 0},
    {"Conv", 11, "f[1,3,9] f[8,3,3]", "pads=[1]", "none", 0},
    {"Conv", 11, "f[1,3,9] f[8,3,3]", "pads=[-1,0]", "none", 0},
    {"Conv", 11, "f[1,3,9] f[8,3,3]", "strides=[0]", "none", 0},
    {"Conv", 11, "f[1,3,9] f[8,3,3]", "auto_pad='OTHER'", "none", 0},
    {"Conv", 11, "f[1,3,2] f[8,3,3]", "", "none", 0},
    {"Conv", 11, "f[1,3] f[8,3]", "", "none", 0},
    {"Conv", 11, "f[1,3,9] d[8,3,3]", "", "none", 0},
    {"Conv", 11, "f[1,3,9] f[8,3,3]", "dilations=[9223372036854775807]", "none", 0},
    {"ConvTranspose", 11, "f[n,3,h,w] f[3,8,2,2]", "strides=[2,2]", "f[n,8,2*h,2*w]", 0},
    {"ConvTranspose", 11, "f[n,4,h] f[4,3,4] f[6]", "group=2 strides=[2] pads=[1,1]", "f[n,6,2*h]", 0},
    {"ConvTranspose", 11, "f[n,3,h] f[3,8,3]", "strides=[2] auto_pad='SAME_UPPER'", "f[n,8,2*h]", 0},
    {"ConvTranspose", 11, "f[n,3,h] f[3,8,3]", "output_shape=[10]", "f[n,8,10]", 0},
    {"ConvTranspose", 11, "f[n,3,5] f[3,8,3]", "output_padding=[1] strides=[2]", "f[n,8,12]", 0},
    {"ConvTranspose", 11, "f[n,3,5] f[4,8,3]", "", "none", 0},
    {"ConvInteger", 10, "u[n,3,h] c[8,3,1] u[] c[8]", "", "j[n,8,h]", 0},
    {"ConvInteger", 10, "f[n,3,h] c[8,3,1]", "", "none", 0},
    {"QLinearConv", 10, "u[n,3,h] f[] u[] c[8,3,1] f[8] c[8] f[] c[] j[8]", "", "c[n,8,h]", 0},
};

static const op_row eval_rows[] = {
    {"Conv", 11, "f[1,1,3]=1,2,3 f[1,1,2]=1,10", "", "f[1,1,2]=21,32", 0},
    {"Conv", 11, "f[1,1,3]=1,2,3 f[1,1,2]=1,10 f[1]=100", "pads=[1,1]", "f[1,1,4]=110,121,132,103", 0},
    {"Conv", 11, "f[1,1,3]=1,2,3 f[1,1,2]=1,10", "auto_pad='SAME_UPPER'", "f[1,1,3]=21,32,3", 0},
    {"Conv", 11, "f[1,1,3]=1,2,3 f[1,1,2]=1,10", "auto_pad='SAME_LOWER'", "f[1,1,3]=10,21,32", 0},
    {"Conv", 11, "f[1,1,4]=1,2,3,4 f[1,1,2]=1,10", "auto_pad='SAME_LOWER' strides=[2]", "f[1,1,2]=21,43", 0},
    {"Conv", 11, "f[1,1,4]=1,2,3,4 f[1,1,2]=1,10", "dilations=[2] strides=[2] pads=[0,1]", "f[1,1,2]=31,3", 0},
    {"Conv", 11, "f[1,1,2,2]=1,2,3,4 f[1,1,2,2]=1,10,100,1000", "pads=[0,1,0,0]", "f[1,1,1,2]=3010,4321", 0},
    {"Conv", 11, "f[1,1,2,1,2]=1,2,3,4 f[1,1,2,1,1]=1,10", "", "f[1,1,1,1,2]=31,42", 0},
    {"Conv", 11, "f[1,2,2]=1,2,3,4 f[2,1,1]=1,10", "group=2", "f[1,2,2]=1,2,30,40", 0},
    {"Conv", 11, "f[2,2,2]=1,2,3,4,5,6,7,8 f[1,2,1]=1,10", "", "f[2,1,2]=31,42,75,86", 0},
    {"Conv", 11, "f[0,2,2]= f[3,2,1]=1,1,1,1,1,1", "", "f[0,3,2]=", 0},
    {"Conv", 11, "f[1,0,2]= f[1,0,1]= f[1]=5", "", "f[1,1,2]=5,5", 0},
    {"Conv", 11, "d[1,1,2]=1,2 d[1,1,1]=0.1", "", "d[1,1,2]=0.1,0.2", 0},
    {"Conv", 11, "H[1,1,2]=2048,1 H[1,1,2]=1,1 H[1]=1", "", "H[1,1,1]=2050", 0}, /* one rounding */
    {"Conv", 22, "B[1,1,2]=256,1 B[1,1,2]=1,1", "", "B[1,1,1]=256", 0},
    /* cancellation that float sums would lose */
    {"Conv", 11, "f[1,1,3]=1e8,1,-1e8 f[1,1,3]=1,1,1", "", "f[1,1,1]=1", 0},
    {"ConvTranspose", 11, "f[1,1,3]=1,2,3 f[1,1,2]=1,10", "", "f[1,1,4]=1,12,23,30", 0},
    {"ConvTranspose", 11, "f[1,1,2]=1,2 f[1,1,2]=1,10 f[1]=100", "strides=[2]", "f[1,1,4]=101,110,102,120", 0},
    {"ConvTranspose", 11, "f[1,1,2]=1,2 f[1,1,2]=1,10", "strides=[3] output_padding=[1]", "f[1,1,6]=1,10,0,2,20,0", 0},
    {"ConvTranspose", 11, "f[1,1,3]=1,2,3 f[1,1,2]=1,10", "pads=[1,0] dilations=[2]", "f[1,1,4]=2,13,20,30", 0},
    {"ConvTranspose", 11, "f[1,1,3]=1,2,3 f[1,1,2]=1,10", "auto_pad='SAME_UPPER'", "f[1,1,3]=1,12,23", 0},
    {"ConvTranspose", 11, "f[1,1,3]=1,2,3 f[1,1,2]=1,10", "auto_pad='SAME_LOWER'", "f[1,1,3]=12,23,30", 0},
    {"ConvTranspose", 11, "f[1,1,3]=1,2,3 f[1,1,2]=1,10", "output_shape=[2]", "f[1,1,2]=12,23", 0},
    {"ConvTranspose", 11, "f[1,1,3]=1,2,3 f[1,1,2]=1,10", "output_shape=[6]", "f[1,1,6]=1,12,23,30,0,0", 0},
    {"ConvTranspose", 11, "f[1,1,3]=1,2,3 f[1,1,2]=1,10", "output_shape=[3]", "f[1,1,3]=12,23,30", 0},
    {"ConvTranspose", 1, "f[1,1,3]=1,2,3 f[1,1,2]=1,10", "output_shape=[3]", "!40", 0},
    {"ConvTranspose", 11, "f[1,1,3]=1,2,3 f[1,1,1]=1", "strides=[2] auto_pad='SAME_UPPER'", "!40", 0},
    {"ConvTranspose", 11, "f[1,2,1]=1,2 f[2,1,2]=1,10,3,30", "group=2", "f[1,2,2]=1,10,6,60", 0},
    {"ConvTranspose", 11, "f[1,2,1]=1,2 f[2,2,1]=1,10,3,30", "", "f[1,2,1]=7,70", 0},
    {"ConvTranspose", 11, "H[1,1,1,2]=1,2 H[1,1,2,1]=1,10", "", "H[1,1,2,2]=1,2,10,20", 0},
    {"ConvInteger", 10, "u[1,1,2]=255,3 c[1,1,2]=-128,1 u[]=3 c[]=1", "pads=[1,0]", "j[1,1,2]=0,-32508", 0},
    {"ConvInteger", 10, "u[1,1,1]=5 c[2,1,1]=2,2 u[]=0 c[2]=0,1", "", "j[1,2,1]=10,5", 0},
    {"ConvInteger", 10, "u[1,1,1]=5 c[2,1,1]=2,2 u[]=0 c[3]=0,1,2", "", "!41", 0},
    {"QLinearConv", 10, "u[1,1,3]=1,2,255 f[]=0.5 u[]=0 c[1,1,1]=1 f[]=1 c[]=0 f[]=1 u[]=3", "", "u[1,1,3]=3,4,131", 0},
    {"QLinearConv", 10, "u[1,1,1]=10 f[]=1 u[]=0 c[2,1,1]=1,1 f[2]=1,100 c[2]=0,0 f[]=1 c[]=0 j[2]=5,0", "",
     "c[1,2,1]=15,127", 0},
    {"QLinearConv", 10, "u[1,1,1]=10 f[]=1 u[]=0 c[1,1,1]=1 f[]=nan c[]=0 f[]=1 c[]=0", "", "!41", 0},
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
    Suite *s = suite_create("op_conv");
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
