/* Pools by kind, padding and version. */
#include "op_case.h"

static const op_row infer_rows[] = {
    {"MaxPool", 12, "f[n,3,h,w]", "kernel_shape=[3,3] strides=[2,2] pads=[1,1,1,1]", "f[n,3,ceil(h/2),ceil(w/2)] i[n,3,ceil(h/2),ceil(w/2)]", 2},
    {"MaxPool", 12, "f[n,3,7]", "kernel_shape=[2] strides=[2] ceil_mode=1", "f[n,3,4]", 0},
    {"MaxPool", 8, "f[n,3,7]", "kernel_shape=[2] strides=[2] ceil_mode=1", "f[n,3,3]", 0},
    {"MaxPool", 12, "f[n,3,2]", "kernel_shape=[1] strides=[3] pads=[0,1] ceil_mode=1", "f[n,3,1]", 0},
    {"MaxPool", 12, "c[n,3,7]", "kernel_shape=[2]", "c[n,3,6]", 0},
    {"MaxPool", 11, "c[n,3,7]", "kernel_shape=[2]", "none", 0},
    {"MaxPool", 11, "f[n,3,7]", "", "none", 0},
    {"MaxPool", 11, "f*", "kernel_shape=[2]", "f[?,?,?]", 0},
    {"AveragePool", 19, "H[n,3,h]", "kernel_shape=[2] dilations=[2]", "H[n,3,-2+h]", 0},
    {"AveragePool", 11, "f[n,3,h]", "kernel_shape=[2] dilations=[2]", "f[n,3,-1+h]", 0},
    {"LpPool", 18, "f[n,3,h]", "kernel_shape=[2] auto_pad='SAME_LOWER'", "f[n,3,h]", 0},
    {"GlobalAveragePool", 1, "f[n,c,h,w]", "", "f[n,c,1,1]", 0},
    {"GlobalMaxPool", 1, "f[n]", "", "none", 0},
    {"MaxUnpool", 11, "f[n,c,h] i[n,c,h]", "kernel_shape=[2] strides=[2]", "f[n,c,2*h]", 0},
    {"MaxUnpool", 11, "f[n,c,h] i[n,c,h] i[3]{a,b,9}", "kernel_shape=[2]", "f[a,b,9]", 0},
};

static const op_row eval_rows[] = {
    {"MaxPool", 12, "f[1,1,4]=3,1,2,5", "kernel_shape=[2]", "f[1,1,3]=3,2,5 i[1,1,3]=0,2,3", 2},
    {"MaxPool", 12, "f[1,1,4]=-3,-1,-2,-5", "kernel_shape=[2] pads=[1,0] strides=[2]", "f[1,1,2]=-3,-1", 0},
    {"MaxPool", 12, "f[1,1,3]=1,1,0", "kernel_shape=[2] dilations=[2]", "f[1,1,1]=1 i[1,1,1]=0", 2},
    {"MaxPool", 12, "f[1,2,2,3]=1,2,3,4,5,6,7,8,9,0,0,0", "kernel_shape=[2,2]", "f[1,2,1,2]=5,6,8,9 i[1,2,1,2]=4,5,7,8", 2},
    {"MaxPool", 12, "f[1,2,2,3]=1,2,3,4,5,6,7,8,9,0,0,0", "kernel_shape=[2,2] storage_order=1", "f[1,2,1,2]=5,6,8,9 i[1,2,1,2]=3,5,8,10", 2},
    {"MaxPool", 12, "c[1,1,3]=-128,3,-1", "kernel_shape=[2]", "c[1,1,2]=3,3", 0},
    {"MaxPool", 12, "u[1,1,3]=200,3,1", "kernel_shape=[2]", "u[1,1,2]=200,3", 0},
    {"MaxPool", 12, "f[1,1,2]=nan,1", "kernel_shape=[2]", "!40", 0},
    {"MaxPool", 12, "f[1,1,2]=1,1", "kernel_shape=[1] pads=[1,0]", "!41", 0},
    {"MaxPool", 12, "f[0,1,2]=", "kernel_shape=[2]", "f[0,1,1]=", 0},
    {"MaxPool", 12, "f[1,1,5]=1,2,3,4,5", "kernel_shape=[2] strides=[2] ceil_mode=1", "f[1,1,3]=2,4,5", 0},
    {"MaxPool", 12, "f[1,1,5]=1,2,3,4,5", "kernel_shape=[2] strides=[2] ceil_mode=1 auto_pad='VALID'", "!40", 0},
    {"AveragePool", 11, "f[1,1,4]=1,2,3,6", "kernel_shape=[2] pads=[1,1]", "f[1,1,5]=1,1.5,2.5,4.5,6", 0},
    {"AveragePool", 11, "f[1,1,4]=1,2,3,6", "kernel_shape=[2] pads=[1,1] count_include_pad=1", "f[1,1,5]=0.5,1.5,2.5,4.5,3", 0},
    {"AveragePool", 1, "f[1,1,4]=1,2,3,6", "kernel_shape=[2] pads=[1,1] count_include_pad=1", "f[1,1,5]=1,1.5,2.5,4.5,6", 0},
    {"AveragePool", 19, "f[1,1,5]=1,2,3,4,5", "kernel_shape=[2] strides=[2] ceil_mode=1 count_include_pad=1", "f[1,1,3]=1.5,3.5,5", 0},
    {"AveragePool", 11, "f[1,1,5]=1,2,3,4,5", "kernel_shape=[2] strides=[2] ceil_mode=1 count_include_pad=1", "!40", 0},
    {"AveragePool", 19, "f[1,1,4]=1,2,3,6", "kernel_shape=[2] dilations=[2]", "f[1,1,2]=2,4", 0},
    {"LpPool", 2, "f[1,1,3]=3,-4,0", "kernel_shape=[2]", "f[1,1,2]=5,4", 0},
    {"LpPool", 2, "f[1,1,3]=3,-4,0", "kernel_shape=[2] p=1 pads=[1,0]", "f[1,1,3]=3,7,4", 0},
    {"LpPool", 1, "f[1,1,2]=1,2", "kernel_shape=[2] p=3f", "f[1,1,1]=2.08008", 0},
    {"LpPool", 2, "f[1,1,2]=1,2", "kernel_shape=[2] p=0", "!41", 0},
    {"GlobalAveragePool", 1, "H[1,2,2]=1,2,3,5", "", "H[1,2,1]=1.5,4", 0},
    {"GlobalMaxPool", 1, "d[1,2,2]=1,2,-3,-5", "", "d[1,2,1]=2,-3", 0},
    {"GlobalMaxPool", 1, "d[1,2,0]=", "", "!41", 0},
    {"GlobalLpPool", 2, "f[1,1,1,2]=3,4", "", "f[1,1,1,1]=5", 0},
    {"GlobalLpPool", 1, "f[1,1,1,2]=3,4", "p=1f", "f[1,1,1,1]=7", 0},
    {"MaxUnpool", 11, "f[1,1,2]=5,6 i[1,1,2]=1,2", "kernel_shape=[2] strides=[2]", "f[1,1,4]=0,5,6,0", 0},
    {"MaxUnpool", 11, "f[1,1,1,2]=5,6 i[1,1,1,2]=1,6 i[4]=1,1,3,5", "kernel_shape=[2,2] strides=[2,2]", "f[1,1,3,5]=0,5,0,0,0,0,0,6,0,0,0,0,0,0,0", 0},
    {"MaxUnpool", 11, "f[1,1,1]=5 i[1,1,1]=2", "kernel_shape=[2]", "!41", 0},
    {"MaxUnpool", 11, "f[1,1,1]=5 i[1,1,1]=-1", "kernel_shape=[2]", "!41", 0},
    {"MaxUnpool", 11, "f[1,1,1]=5 i[1,1,2]=0,0", "kernel_shape=[2]", "!41", 0},
};

OP_ROWS(infer_rows, eval_rows)
TEST_SUITE("op_pool", infer, eval, no_memory)
