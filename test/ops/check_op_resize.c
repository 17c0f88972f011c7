/* Resize and Upsample by version, mode and place. */
#include "op_case.h"

static const op_row infer_rows[] = {
    {"Resize", 13, "f[n,3,h,9] - f[4]=1,1,2,0.5", "", "f[n,3,2*h,4]", 0},
    {"Resize", 13, "f[n,3,h,9] - f[4]=1,1,0.5,3", "", "f[n,3,floor(h/2),27]", 0},
    {"Resize", 13, "f[n,3,h,w] - - i[4]{n,3,a,7}", "", "f[n,3,a,7]", 0},
    {"Resize", 18, "f[n,3,h,w] - - i[2]{a,7}", "axes=[2,-1]", "f[n,3,a,7]", 0},
    {"Resize", 18, "f[n,3,4,2] - - i[2]{7,6}", "axes=[2,3] keep_aspect_ratio_policy='not_larger'", "f[n,3,7,4]", 0},
    {"Resize", 18, "f[n,3,4,2] - - i[2]{7,6}", "axes=[2,3] keep_aspect_ratio_policy='not_smaller'", "f[n,3,12,6]", 0},
    {"Resize", 13, "f[n,3,h,w] - f[4]", "", "f[?,?,?,?]", 0},
    {"Resize", 13, "f[n,3,h,w] - f[3]=1,1,1", "", "none", 0},
    {"Resize", 13, "f[n,3] - f[2]=1,-1", "", "none", 0},
    {"Resize", 13, "f[n,3] - f[2]=1,1", "mode='other'", "none", 0},
    {"Upsample", 9, "f[n,3,h,w] f[4]=1,1,2,2", "", "f[n,3,2*h,2*w]", 0},
    {"Upsample", 1, "f[n,3,h,w]", "height_scale=2f width_scale=3f", "f[n,3,2*h,3*w]", 0},
};

static const op_row eval_rows[] = {
    {"Upsample", 9, "f[1,3]=1,2,3 f[2]=2,2", "", "f[2,6]=1,1,2,2,3,3,1,1,2,2,3,3", 0},
    {"Upsample", 9, "f[2]=1,3 f[1]=2", "mode='linear'", "f[4]=1,2,3,3", 0},
    {"Upsample", 1, "f[1,1,1,2]=1,3", "height_scale=1f width_scale=2f mode='bilinear'", "f[1,1,1,4]=1,2,3,3", 0},
    {"Resize", 10, "f[4]=1,2,3,4 f[1]=0.5", "", "f[2]=1,3", 0},
    {"Resize", 10, "f[4]=1,2,3,4 f[1]=0.6", "", "!40", 0},
    {"Resize", 11, "f[2]=1,3 f[0]= f[1]=2", "", "f[4]=1,1,3,3", 0},
    {"Resize", 13, "u[4]=1,2,3,4 - - i[1]=2", "", "u[2]=1,3", 0},
    {"Resize", 13, "f[4]=1,2,3,4 - - i[1]=2", "nearest_mode='ceil'", "f[2]=2,4", 0},
    {"Resize", 13, "s[2]=a,bc - - i[1]=3", "coordinate_transformation_mode='asymmetric' nearest_mode='floor'",
     "s[3]=a,a,bc", 0},
    {"Resize", 13, "f[2]=1,3 - f[1]=2", "mode='linear'", "f[4]=1,1.5,2.5,3", 0},
    {"Resize", 13, "f[2]=1,3 - f[1]=2", "mode='linear' coordinate_transformation_mode='align_corners'",
     "f[4]=1,1.66667,2.33333,3", 0},
    {"Resize", 13, "f[3]=1,3,5 - f[1]=0.5", "mode='linear' coordinate_transformation_mode='pytorch_half_pixel'", "f[1]=1", 0},
    {"Resize", 13, "u[2]=1,3 - f[1]=2", "mode='linear'", "!40", 0},
    {"Resize", 13, "u[2]=1,5 - f[1]=2", "mode='linear'", "u[4]=1,2,4,5", 0},
    {"Resize", 13, "f[4]=1,2,3,4 - f[1]=2", "mode='cubic' coordinate_transformation_mode='asymmetric'",
     "f[8]=1,1.40625,2,2.5,3,3.59375,4,4.09375", 0},
    {"Resize", 13, "f[4]=1,2,3,4 - f[1]=2", "mode='cubic' coordinate_transformation_mode='asymmetric' exclude_outside=1",
     "f[8]=1,1.37143,2,2.5,3,3.62857,4,4.1875", 0},
    {"Resize", 13, "f[3]=1,2,3 f[2]=0,2 - i[1]=3",
     "mode='linear' coordinate_transformation_mode='tf_crop_and_resize' extrapolation_value=9f", "!40", 0},
    {"Resize", 13, "f[3]=1,2,3 f[2]=0,2 - i[1]=5",
     "mode='linear' coordinate_transformation_mode='tf_crop_and_resize' extrapolation_value=9f", "f[5]=1,2,3,9,9", 0},
    {"Resize", 18, "f[4]=1,2,3,4 - f[1]=0.5", "mode='linear' antialias=1 exclude_outside=1", "f[2]=1.71429,3.28571", 0},
    {"Resize", 18, "f[1,4]=1,2,3,4 - - i[1]=2", "axes=[1]", "f[1,2]=1,3", 0},
    {"Resize", 13, "f[0]= - - i[1]=2", "", "!41", 0},
    {"Resize", 13, "f[2]=1,2 - - i[1]=0", "", "f[0]=", 0},
    {"Resize", 13, "f[2]=1,2 - f[1]=1 i[1]=2", "", "!41", 0},
    {"Resize", 13, "f[2]=1,2", "", "!41", 0},
};

OP_ROWS(infer_rows, eval_rows)
TEST_SUITE("op_resize", infer, eval, no_memory)
