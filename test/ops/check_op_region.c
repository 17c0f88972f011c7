/* Col2Im, DeformConv, RoiAlign, MaxRoiPool, AffineGrid, FlexAttention without bodies, Gradient. */
#include "op_oom.h"

static const op_row infer_rows[] = {
    {"Col2Im", 18, "f[n,12,l] i[2]=4,4 i[2]=2,3", "", "f[n,2,4,4]", 0},
    {"Col2Im", 18, "s[n,12,6] i[2]{h,w} i[2]=2,3", "", "s[n,2,h,w]", 0},
    {"Col2Im", 18, "f[n,12,6] i[3] i[3]", "", "f[n,?,?,?,?]", 0},
    {"Col2Im", 18, "f* i[?] i[?]", "", "f*", 0},
    {"Col2Im", 18, "f[1,12,6] i[2]=4,4 i[3]=2,3,1", "", "none", 0},
    {"Col2Im", 18, "f[1,12,6] i[1]=4 i[1]=2", "", "none", 0},
    {"Col2Im", 18, "f[1,12,7] i[2]=4,4 i[2]=2,3", "", "none", 0},
    {"Col2Im", 18, "f[1,13,6] i[2]=4,4 i[2]=2,3", "", "none", 0},
    {"Col2Im", 18, "f[1,12,6] i[2]=1,4 i[2]=2,3", "", "none", 0},
    {"Col2Im", 18, "f[1,12,6] i[2]=9223372036854775807,9223372036854775807 i[2]=2,3", "pads=[1,1,1,1]", "none", 0},
    {"Col2Im", 18, "f[1,12,6] i[2]=4,4 i[2]=0,3", "", "none", 0},
    {"Col2Im", 18, "f[1,12,6] i[2]=4,4 i[2]=2,3", "strides=[0,1]", "none", 0},
    {"Col2Im", 18, "f[12,6] i[2]=4,4 i[2]=2,3", "", "none", 0},
    {"DeformConv", 19, "f[n,4,5,5] f[6,4,3,3] f[n,18,3,3]", "", "f[n,6,3,3]", 0},
    {"DeformConv", 22, "B[n,4,h,5] B[6,2,3,3] B[n,36,?,3] B[6] B[n,18,?,3]", "group=2 offset_group=2", "B[n,6,-2+h,3]", 0},
    {"DeformConv", 19, "f[n,4,5,5] f[6,4,3,3] f[n,17,3,3]", "", "none", 0},
    {"DeformConv", 19, "f[n,4,5,5] f[6,4,3,3] f[n,18,3,4]", "", "none", 0},
    {"DeformConv", 19, "f[n,4,5,5] f[6,4,3,3] f[n,18,3,3] f[5]", "", "none", 0},
    {"DeformConv", 19, "f[n,4,5,5] f[6,4,3,3] f[n,18,3,3]", "offset_group=3", "none", 0},
    {"DeformConv", 19, "f[n,4,5,5] f[6,4,3,3] f[n,18,3,3]", "auto_pad='SAME_UPPER'", "none", 0},
    {"RoiAlign", 16, "f[n,c,h,w] f[r,4] i[r]", "output_height=2 output_width=3", "f[r,c,2,3]", 0},
    {"RoiAlign", 10, "f[n,c,h,w] f[?,4] i[r]", "", "f[r,c,1,1]", 0},
    {"RoiAlign", 16, "f[n,c,h,w] f[r,5] i[r]", "", "none", 0},
    {"RoiAlign", 16, "f[n,c,h,w] f[3,4] i[2]", "", "none", 0},
    {"RoiAlign", 16, "f[n,c,h,w] f[r,4] i[r]", "output_height=-1", "none", 0},
    {"RoiAlign", 16, "f[n,c,h,w] f[r,4] i[r]", "mode='mean'", "none", 0},
    {"RoiAlign", 16, "f[n,c,h,w] f[r,4] i[r]", "sampling_ratio=-1", "none", 0},
    {"RoiAlign", 16, "f[n,c,h,w] f[r,4] i[r]", "coordinate_transformation_mode='half'", "none", 0},
    {"MaxRoiPool", 1, "f[n,c,h,w] f[r,5]", "pooled_shape=[2,3]", "f[r,c,2,3]", 0},
    {"MaxRoiPool", 22, "B[n,c,h,w] B[r,5]", "pooled_shape=[2,3]", "B[r,c,2,3]", 0},
    {"MaxRoiPool", 1, "f[n,c,h,w] f[r,5]", "", "none", 0},
    {"MaxRoiPool", 1, "f[n,c,h,w] f[r,4]", "pooled_shape=[2,3]", "none", 0},
    {"AffineGrid", 20, "f[n,2,3] i[4]{n,c,h,w}", "", "f[n,h,w,2]", 0},
    {"AffineGrid", 20, "d[n,3,4] i[?]", "", "d[n,?,?,?,3]", 0},
    {"AffineGrid", 20, "f[n,2,3] i[5]", "", "none", 0},
    {"AffineGrid", 20, "f[n,2,4] i[4]", "", "none", 0},
    {"AffineGrid", 20, "f[2,2,3] i[4]=3,1,2,2", "", "none", 0},
    {"ai.onnx.preview::FlexAttention", 1, "f[b,8,q,4] f[b,2,k,4] f[b,2,k,6]", "", "f[b,8,q,6]", 0},
    {"ai.onnx.preview::FlexAttention", 1, "f[b,8,q,4] f[b,3,k,4] f[b,3,k,6]", "", "none", 0},
    {"ai.onnx.preview::FlexAttention", 1, "f[b,8,q,4] f[b,2,k,5] f[b,2,k,6]", "", "none", 0},
    {"ai.onnx.preview::FlexAttention", 1, "f[b,8,q,4] f[b,2,3,4] f[b,2,4,6]", "", "none", 0},
    {"ai.onnx.preview::FlexAttention", 1, "f[b,8,q,4] H[b,2,k,4] f[b,2,k,6]", "", "none", 0},
    {"ai.onnx.preview::FlexAttention", 1, "f[b,8,q,4] f[b,2,k,4] f[b,2,k,6]", "softmax_precision=7", "none", 0},
    {"ai.onnx.preview::FlexAttention", 1, "f[b,8,q,4] f[b,2,k,4]", "", "none", 0},
    {"ai.onnx.preview.training::Gradient", 1, "f[a,2] H[3] i[4]", "xs=['p','q'] zs=['r'] y='s'", "f[a,2] H[3]", 2},
    {"ai.onnx.preview.training::Gradient", 1, "f[a,2] H[3]", "xs=['p','q'] zs=['r'] y='s'", "none none", 2},
    {"ai.onnx.preview.training::Gradient", 1, "f[a,2]", "xs=['p'] y='s'", "none none", 2},
    {"ai.onnx.preview.training::Gradient", 1, "f[a,2]", "xs=['p']", "none", 0},
    {"SpaceToDepth", 28, "f[n,1,4,2]", "blocksize=2 mode='CRD'", "f[n,4,2,1]", 0},
    {"SpaceToDepth", 28, "f[n,1,4,2]", "blocksize=2 mode='CDR'", "none", 0},
    {"SpaceToDepth", 13, "f[n,1,4,2]", "blocksize=2 mode='CDR'", "f[n,4,2,1]", 0},
};

static const op_row eval_rows[] = {
    {"Col2Im", 18, "f[1,4,4]=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16 i[2]=3,3 i[2]=2,2", "",
     "f[1,1,3,3]=1,7,6,12,34,22,11,27,16", 0},
    {"Col2Im", 18, "i[1,2,4]=1,2,3,4,5,6,7,8 i[2]=2,2 i[2]=1,2", "pads=[0,1,0,0]", "i[1,1,2,2]=7,6,11,8", 0},
    {"Col2Im", 18, "u[1,2,2]=200,1,100,2 i[2]=1,3 i[2]=1,2", "", "u[1,1,1,3]=200,101,2", 0},
    {"Col2Im", 18, "u[1,4,1]=200,1,100,2 i[2]=2,2 i[2]=2,2", "", "u[1,1,2,2]=200,1,100,2", 0},
    {"Col2Im", 18, "u[1,2,2]=200,1,100,2 i[2]=1,2 i[2]=1,2", "pads=[0,0,0,1]", "u[1,1,1,2]=200,101", 0},
    {"Col2Im", 18, "c[1,2,2]=100,1,100,2 i[2]=1,2 i[2]=1,2", "pads=[0,0,0,1]", "c[1,1,1,2]=100,101", 0},
    {"Col2Im", 18, "H[1,2,2]=1,2,3,4 i[2]=1,5 i[2]=1,2", "dilations=[1,2] strides=[1,2]", "H[1,1,1,5]=1,0,5,0,4", 0},
    {"Col2Im", 18, "s[1,2,2]=a,b,c,d i[2]=1,4 i[2]=1,2", "strides=[1,2]", "s[1,1,1,4]=a,c,b,d", 0},
    {"Col2Im", 18, "s[1,2,2]=a,b,c,d i[2]=1,3 i[2]=1,2", "", "!40", 0},
    {"Col2Im", 18, "b[1,2,2]=1,0,0,1 i[2]=1,4 i[2]=1,2", "strides=[1,2]", "b[1,1,1,4]=1,0,0,1", 0},
    {"Col2Im", 18, "f[0,2,2]= i[2]=1,3 i[2]=1,2", "", "f[0,1,1,3]=", 0},
    {"DeformConv", 19, "f[1,1,3,3]=0,1,2,3,4,5,6,7,8 f[1,1,2,2]=1,1,1,1 "
                       "f[1,8,1,1]=0,0,0,0,0,0,0,0 f[1]=1", "strides=[2,2]", "f[1,1,1,1]=9", 0},
    {"DeformConv", 19, "f[1,1,3,3]=0,1,2,3,4,5,6,7,8 f[1,1,1,1]=2 f[1,2,1,1]=0.5,0.5 - f[1,1,1,1]=0.5",
     "strides=[3,3]", "f[1,1,1,1]=2", 0},
    {"DeformConv", 19, "f[1,1,2,2]=1,2,3,4 f[1,1,1,1]=1 f[1,2,1,1]=-0.5,0", "strides=[2,2]", "f[1,1,1,1]=0.5", 0},
    {"DeformConv", 19, "f[1,1,2,2]=1,2,3,4 f[1,1,1,1]=1 f[1,2,1,1]=-1,0", "strides=[2,2]", "f[1,1,1,1]=0", 0},
    {"DeformConv", 19, "f[1,1,2,2]=1,2,3,4 f[1,1,1,1]=1 f[1,2,1,1]=1.5,0", "strides=[2,2]", "f[1,1,1,1]=1.5", 0},
    {"DeformConv", 19, "f[1,1,2,2]=1,2,3,4 f[1,1,1,1]=1 f[1,2,1,1]=inf,0", "strides=[2,2]", "!40", 0},
    {"DeformConv", 22, "B[1,2,1,2]=1,2,3,4 B[2,1,1,1]=1,2 B[1,4,1,2]=0,0,0,1,0,0,0,0", "group=2 offset_group=2",
     "B[1,2,1,2]=1,0,6,8", 0},
    {"RoiAlign", 16, "f[1,1,2,2]=1,2,3,4 f[1,4]=0,0,2,2 i[1]=0", "output_height=2 output_width=2 sampling_ratio=1",
     "f[1,1,2,2]=1,2,3,4", 0},
    {"RoiAlign", 10, "f[1,1,2,2]=1,2,3,4 f[1,4]=0,0,1,1 i[1]=0", "", "f[1,1,1,1]=2.5", 0},
    {"RoiAlign", 16, "f[1,1,2,2]=1,2,3,4 f[1,4]=0,0,1,1 i[1]=0", "coordinate_transformation_mode='output_half_pixel'",
     "f[1,1,1,1]=2.5", 0},
    {"RoiAlign", 22, "B[2,1,1,1]=1,2 B[1,4]=0,0,1,1 i[1]=1", "", "B[1,1,1,1]=2", 0},
    {"RoiAlign", 16, "f[1,1,2,2]=1,2,3,4 f[1,4]=0,0,1,1 i[1]=1", "", "!41", 0},
    {"RoiAlign", 16, "f[1,1,2,2]=1,2,3,4 f[1,4]=0,0,1,1 i[1]=-1", "", "!41", 0},
    {"RoiAlign", 16, "f[1,1,2,2]=1,2,3,4 f[1,4]=0,0,nan,1 i[1]=0", "", "!40", 0},
    {"RoiAlign", 16, "f[1,1,2,2]=1,2,3,4 f[1,4]=0,0,1e8,1e8 i[1]=0", "", "!40", 0},
    {"RoiAlign", 16, "f[1,1,2,2]=1,2,3,4 f[1,4]=9,9,10,10 i[1]=0", "", "f[1,1,1,1]=0", 0}, /* outside */
    {"RoiAlign", 16, "f[1,1,2,2]=1,2,3,4 f[1,4]=1,1,0,0 i[1]=0", "", "f[1,1,1,1]=0", 0},  /* inside out: no samples */
    {"RoiAlign", 16, "f[1,1,2,2]=1,2,3,4 f[1,4]=0,0,2,2 i[1]=0", "mode='max' sampling_ratio=2", "f[1,1,1,1]=4", 0},
    {"RoiAlign", 16, "f[1,1,2,2]=1,2,3,4 f[1,4]=0,0,2,2 i[1]=0", "sampling_ratio=2000000000", "!40", 0},
    {"RoiAlign", 16, "f[1,1,2,2]=1,2,3,4 f[1,4]=0,0,2,2 i[1]=0", "sampling_ratio=1000000", "!42", 0},
    {"MaxRoiPool", 1, "f[1,1,2,4]=1,2,3,4,5,6,7,8 f[1,5]=0,0,0,3,1", "pooled_shape=[1,2]", "f[1,1,1,2]=6,8", 0},
    {"MaxRoiPool", 1, "f[1,1,2,4]=1,2,3,4,5,6,7,8 f[2,5]=0,3,0,0,1,0,9,9,9,9", "pooled_shape=[1,1]",
     "f[2,1,1,1]=8,0", 0},
    {"MaxRoiPool", 1, "f[1,1,2,4]=1,2,3,4,5,6,7,8 f[1,5]=1,0,0,3,1", "pooled_shape=[1,2]", "!41", 0},
    {"MaxRoiPool", 1, "f[1,1,2,4]=1,2,3,nan,5,6,7,8 f[1,5]=0,0,0,3,1", "pooled_shape=[1,2]", "!40", 0},
    {"AffineGrid", 20, "f[1,2,3]=1,0,0,0,1,0 i[4]=1,1,2,2", "", "f[1,2,2,2]=-0.5,-0.5,0.5,-0.5,-0.5,0.5,0.5,0.5", 0},
    {"AffineGrid", 20, "f[1,2,3]=0,2,1,1,0,0 i[4]=1,1,2,2", "align_corners=1", "f[1,2,2,2]=-1,-1,-1,1,3,-1,3,1", 0},
    {"AffineGrid", 20, "H[1,3,4]=1,0,0,0,0,1,0,0,0,0,1,5 i[5]=1,1,1,2,2", "align_corners=1",
     "H[1,1,2,2,3]=-1,-1,4,1,-1,4,-1,1,4,1,1,4", 0},
    {"AffineGrid", 20, "f[1,2,3]=1,0,0,0,1,0 i[4]=1,1,1,2", "align_corners=1", "!40", 0},
    {"ai.onnx.preview::FlexAttention", 1, "f[1,1,1,1]=0 f[1,1,2,1]=1,2 f[1,1,2,1]=2,4", "", "f[1,1,1,1]=3", 0},
    {"ai.onnx.preview::FlexAttention", 1, "H[1,2,1,1]=0,0 H[1,1,2,1]=1,2 H[1,1,2,2]=2,4,6,8", "scale=0.25f",
     "H[1,2,1,2]=4,6,4,6", 0},
    {"ai.onnx.preview::FlexAttention", 1, "d[1,1,1,1]=0 d[1,1,2,1]=1,2 d[1,1,2,1]=2,4", "softmax_precision=16",
     "d[1,1,1,1]=3", 0},
    {"ai.onnx.preview.training::Gradient", 1, "f[1]=1", "xs=['p'] y='s'", "!40", 0},
    {"SpaceToDepth", 28, "f[1,2,2,2]=0,1,2,3,4,5,6,7", "blocksize=2 mode='CRD'", "f[1,8,1,1]=0,1,2,3,4,5,6,7", 0},
    {"SpaceToDepth", 28, "f[1,2,2,2]=0,1,2,3,4,5,6,7", "blocksize=2", "f[1,8,1,1]=0,4,1,5,2,6,3,7", 0},
    {"NonMaxSuppression", 11, "f[1,2,4]=0,0,1,1,0.5,0.5,1.5,1.5 f[1,1,2]=0.9,0.8 i[]=3 f[]=0.14285715", "",
     "i[2,3]=0,0,0,0,0,1", 0},
    {"NonMaxSuppression", 11, "f[1,2,4]=0,0,1,1,0.1,0.1,1.1,1.1 f[1,1,2]=0.9,0.8 i[]=3 f[]=0.6806723", "", "!40", 0},
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
    Suite *s = suite_create("op_region");
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
