/* Shapes, movement of data and generators: edges of their definitions, and what is
 * inferred where dimensions are symbolic. */
#include "op_case.h"

static const op_row infer_rows[] = {
    /* Shape, Size, Identity */
    {"Shape", 13, "f[batch,3,?]", "", "i[3]{batch,3,?}", 0},
    {"Shape", 15, "f[batch,3,s]", "start=-1", "i[1]{s}", 0},
    {"Shape", 15, "f[batch,3]", "start=-9 end=9", "i[2]{batch,3}", 0},
    {"Shape", 15, "f[batch,3]", "start=2 end=1", "i[0]{}", 0},
    {"Shape", 13, "f*", "", "i[?]", 0},
    {"Size", 13, "f[batch,3,s]", "", "i[]{3*batch*s}", 0},
    {"Size", 13, "f[batch,0,?]", "", "i[]{0}", 0},
    {"Identity", 16, "i[2]{a,3}", "", "i[2]{a,3}", 0},
    /* Reshape: the one open dimension, whatever the symbols are */
    {"Reshape", 13, "f[batch,seq,768] i[4]{batch,seq,12,64}", "", "f[batch,seq,12,64]", 0},
    {"Reshape", 13, "f[batch,seq,768] i[4]{batch,seq,12,-1}", "", "f[batch,seq,12,64]", 0},
    {"Reshape", 13, "f[batch,seq,768] i[3]=0,-1,64", "", "f[batch,12*seq,64]", 0},
    {"Reshape", 13, "f[batch,seq,768] i[2]=-1,768", "", "f[batch*seq,768]", 0},
    {"Reshape", 13, "f[?,4,6] i[2]=0,-1", "", "f[?,24]", 0},
    {"Reshape", 13, "f[?,4,6] i[2]=-1,24", "", "f[?,24]", 0},
    {"Reshape", 13, "f[a,4] i[2]{?,4}", "", "f[a,4]", 0},
    {"Reshape", 13, "f[a,4] i[3]", "", "f[?,?,?]", 0},
    {"Reshape", 13, "f* i[2]=0,4", "", "f[?,4]", 0},
    {"Reshape", 14, "f[a,4] i[2]=0,4", "allowzero=1", "f[0,4]", 0},
    {"Reshape", 13, "f[2,3] i[2]=4,-1", "", "none", 0},
    {"Reshape", 13, "f[2,3] i[3]=1,6,0", "", "none", 0},
    {"Reshape", 13, "f[2,3] i[2]=-1,-1", "", "none", 0},
    {"Reshape", 13, "f[2,3] i[1]=-2", "", "none", 0},
    {"Reshape", 13, "i[1]{a} i[0]=", "", "i[]{a}", 0},
    {"Reshape", 1, "f[2,3]", "shape=[3,-1]", "f[3,2]", 0},
    /* Squeeze, Unsqueeze, Flatten, Transpose */
    {"Squeeze", 13, "f[1,a,1] i[2]=0,-1", "", "f[a]", 0},
    {"Squeeze", 13, "f[1,a,1] i[1]", "", "f[?,?]", 0},
    {"Squeeze", 11, "f[1,3,1]", "", "f[3]", 0},
    {"Squeeze", 11, "f[1,a,1]", "", "f*", 0},
    {"Squeeze", 13, "f[2,1] i[1]=0", "", "none", 0},
    {"Squeeze", 13, "f[1,1] i[2]=0,-2", "", "none", 0},
    {"Unsqueeze", 13, "i[]{a} i[1]=0", "", "i[1]{a}", 0},
    {"Unsqueeze", 13, "f[a,b] i[2]=-1,0", "", "f[1,a,b,1]", 0},
    {"Unsqueeze", 13, "f[a,b] i[1]", "", "f[?,?,?]", 0},
    {"Unsqueeze", 11, "f[a,b]", "axes=[3]", "none", 0},
    {"Flatten", 13, "f[a,b,3,4]", "axis=2", "f[a*b,12]", 0},
    {"Flatten", 13, "f[a,b]", "axis=-2", "f[1,a*b]", 0},
    {"Flatten", 13, "f[]", "axis=0", "f[1,1]", 0},
    {"Transpose", 13, "f[a,b,3]", "perm=[0,2,1]", "f[a,3,b]", 0},
    {"Transpose", 13, "f[a,b,3]", "", "f[3,b,a]", 0},
    {"Transpose", 13, "f[a,b]", "perm=[0,0]", "none", 0},
    {"Transpose", 13, "f*", "perm=[1,0]", "f[?,?]", 0},
    /* Concat, Split */
    {"Concat", 13, "i[1]{a} i[2]=3,-1", "axis=0", "i[3]{a,3,-1}", 0},
    {"Concat", 13, "f[a,3] f[?,4]", "axis=1", "f[a,7]", 0},
    {"Concat", 13, "f[a,3] f[b,4]", "axis=-1", "f[a,7]", 0},
    {"Concat", 13, "f[2,3] f*", "axis=0", "f[?,3]", 0},
    {"Concat", 13, "f[2,3] f[3,3]", "axis=1", "none", 0},
    {"Concat", 13, "f[2,3] f[3,3]", "", "none", 0},
    {"Concat", 1, "f[2,3] f[2,4]", "", "f[2,7]", 0},
    {"Split", 13, "f[a,6]", "axis=1", "f[a,3] f[a,3]", 2},
    {"Split", 13, "f[a,6] i[2]=2,4", "axis=1", "f[a,2] f[a,4]", 2},
    {"Split", 13, "f[a,6] i[2]=2,5", "axis=1", "none none", 2},
    {"Split", 13, "i[3]{a,b,3} i[2]=2,1", "", "i[2]{a,b} i[1]{3}", 2},
    {"Split", 18, "f[7]", "num_outputs=3", "f[3] f[3] f[1]", 3},
    {"Split", 18, "f[7]", "num_outputs=2", "none none none", 3},
    {"Split", 11, "f[7]", "", "none none", 2},
    {"Split", 13, "f[a,6] i[2]", "axis=1", "f[a,?] f[a,?]", 2},
    /* Slice */
    {"Slice", 13, "f[a,s] i[1]=0 i[1]=9223372036854775807 i[1]=1", "", "f[a,s]", 0},
    {"Slice", 13, "f[a,s] i[1]=1 i[1]=2147483647 i[1]=1", "", "f[a,max(0,-1+s)]", 0},
    {"Slice", 13, "f[a,s] i[1]=-1 i[1]=2147483647 i[1]=1", "", "f[a,min(1,s)]", 0},
    {"Slice", 13, "f[a,s] i[1]=0 i[1]{s} i[1]=1", "", "f[a,s]", 0},
    {"Slice", 13, "f[a,s] i[1]=0 i[1]=5 i[1]=1 i[1]=2", "", "f[a,ceil(min(5,s)/2)]", 0},
    {"Slice", 13, "f[a,s] i[1]=-1 i[1]=-9223372036854775807 i[1]=1 i[1]=-1", "", "f[a,s]", 0},
    {"Slice", 13, "f[a,9] i[1]=-1 i[1]=-9223372036854775807 i[1]=-1 i[1]=-4", "", "f[a,3]", 0},
    {"Slice", 13, "f[a,9] i[1] i[1] i[1]=1", "", "f[a,?]", 0},
    {"Slice", 13, "f[a,9] i[1] i[1]", "", "f[?,9]", 0},
    {"Slice", 13, "f[a,9] i[1] i[1] i[1]", "", "f[?,?]", 0},
    {"Slice", 13, "i[4]{a,b,3,?} i[1]=-3 i[1]=3", "", "i[2]{b,3}", 0},
    {"Slice", 13, "i[4]{a,b,3,?} i[1]=3 i[1]=-9223372036854775807 i[1]=0 i[1]=-2", "", "i[2]{?,b}",
     0},
    {"Slice", 13, "f[4] i[1]=0 i[1]=2 i[1]=0 i[1]=0", "", "none", 0},
    {"Slice", 13, "f[4,4] i[2]=0,0 i[2]=2,2 i[2]=0,-2", "", "none", 0},
    {"Slice", 13, "f[4] i[1]=3 i[1]=9223372036854775807 i[1]=0 i[1]=-1", "", "f[?]", 0},
    {"Slice", 1, "f[a,9]", "starts=[2] ends=[-1] axes=[1]", "f[a,6]", 0},
    /* Expand, Tile, Pad */
    {"Expand", 13, "f[a,1] i[2]{1,b}", "", "f[a,b]", 0},
    {"Expand", 13, "f[3] i[3]{b,1,1}", "", "f[b,1,3]", 0},
    {"Expand", 13, "i[1]{a} i[1]=2", "", "i[2]{a,a}", 0},
    {"Expand", 13, "f[3] i[1]=2", "", "none", 0},
    {"Tile", 13, "f[a,3] i[2]=2,3", "", "f[2*a,9]", 0},
    {"Tile", 13, "i[2]{a,3} i[1]=2", "", "i[4]{a,3,a,3}", 0},
    {"Tile", 13, "f[a,3] i[1]=2", "", "none", 0},
    {"Pad", 13, "f[a,3] i[4]=0,1,2,1", "", "f[a+2,5]", 0},
    {"Pad", 18, "f[a,3] i[2]=1,1 - i[1]=-1", "", "f[a,5]", 0},
    {"Pad", 13, "f[a,3] i[4]", "", "f[?,?]", 0},
    {"Pad", 13, "f[2] i[2]=-2,-1", "", "none", 0},
    {"Pad", 18, "f[2] i[2]=1,1", "mode='wrap'", "none", 0},
    {"CenterCropPad", 18, "f[a,b] i[1]{c}", "axes=[1]", "f[a,c]", 0},
    /* generators */
    {"Range", 11, "i[]=0 i[]{n} i[]=1", "", "i[n]", 0},
    {"Range", 11, "i[]=2 i[]=7 i[]=2", "", "i[3]{2,4,6}", 0},
    {"Range", 11, "i[] i[] i[]", "", "i[?]", 0},
    {"Range", 11, "i[]=2 i[]=7 i[]=0", "", "none", 0},
    {"ConstantOfShape", 9, "i[2]{a,3}", "", "f[a,3]", 0},
    {"ConstantOfShape", 9, "i[1]=2", "value=@i[1]=-1", "i[2]{-1,-1}", 0},
    {"ConstantOfShape", 9, "i[3]", "", "f[?,?,?]", 0},
    {"ConstantOfShape", 9, "i[1]=-1", "", "none", 0},
    {"OneHot", 11, "i[a] i[]{d} f[2]", "axis=0", "f[d,a]", 0},
    {"EyeLike", 9, "f[a,b]", "dtype=7", "i[a,b]", 0},
    {"DepthToSpace", 13, "f[n,12,h,w]", "blocksize=2", "f[n,3,2*h,2*w]", 0},
    {"SpaceToDepth", 13, "f[n,3,4,6]", "blocksize=2", "f[n,12,2,3]", 0},
    {"SpaceToDepth", 13, "f[n,3,5,6]", "blocksize=2", "none", 0},
};

START_TEST(infers)
{
    OP_CHECK(infer_rows, op_infer);
}
END_TEST

#define MIN64 "-9223372036854775808"
#define MAX64 "9223372036854775807"

static const op_row eval_rows[] = {
    {"Shape", 15, "f[2,3]=0,0,0,0,0,0", "end=-5", "i[0]=", 0},
    {"Size", 13, "f[0,3]=", "", "i[]=0", 0},
    {"Identity", 13, "s[2]=ab,c", "", "s[2]=ab,c", 0},
    {"Reshape", 14, "f[0,5]= i[2]=5,0", "allowzero=1", "f[5,0]=", 0},
    {"Reshape", 14, "f[0,5]= i[2]=0,-1", "", "!41", 0},
    {"Reshape", 13, "f[2]=1,2 i[1]=3", "", "!41", 0},
    {"Reshape", 13, "f[4]=1,2,3,4 f[1]=4", "", "!41", 0},
    {"Squeeze", 13, "f[1,2]=1,2 i[0]=", "", "!40", 0},
    {"Squeeze", 13, "f[3,2]=1,2,3,4,5,6 i[0]=", "", "f[3,2]=1,2,3,4,5,6", 0},
    {"Transpose", 13, "s[2,2]=a,b,c,d", "", "s[2,2]=a,c,b,d", 0},
    {"Transpose", 13, "f[1,3,1]=1,2,3", "", "f[1,3,1]=1,2,3", 0},
    {"Transpose", 13, "f[2,0,3]=", "", "f[3,0,2]=", 0},
    {"Concat", 13, "f[2,1]=1,2 f[2,0]= f[2,2]=3,4,5,6", "axis=-1", "f[2,3]=1,3,4,2,5,6", 0},
    {"Concat", 13, "f[1]=1 i[1]=1", "axis=0", "!41", 0},
    {"Split", 18, "f[5]=0,1,2,3,4", "num_outputs=3", "f[2]=0,1 f[2]=2,3 f[1]=4", 3},
    {"Split", 18, "f[5]=0,1,2,3,4", "num_outputs=4", "!41", 4},
    {"Split", 18, "f[4]=0,1,2,3 i[2]=2,2", "num_outputs=2", "!41", 2},
    {"Split", 13, "f[4]=0,1,2,3 i[2]=-1,5", "", "!41", 2},
    {"Split", 1, "f[4]=0,1,2,3 f[2]=1,3", "", "f[1]=0 f[3]=1,2,3", 2},
    {"Split", 1, "f[4]=0,1,2,3 f[2]=1.5,2.5", "", "!41", 2},
    /* Slice: the clamping of the text, at the ends of int64 */
    {"Slice", 13, "i[4]=0,1,2,3 i[1]=-9 i[1]=" MIN64 " i[1]=0 i[1]=-1", "", "i[1]=0", 0},
    {"Slice", 13, "i[4]=0,1,2,3 i[1]=" MAX64 " i[1]=" MIN64 " i[1]=0 i[1]=-1", "", "i[4]=3,2,1,0",
     0},
    {"Slice", 13, "i[4]=0,1,2,3 i[1]=3 i[1]=" MIN64 " i[1]=0 i[1]=" MIN64, "", "i[1]=3", 0},
    {"Slice", 13, "i[4]=0,1,2,3 i[1]=" MIN64 " i[1]=" MAX64 " i[1]=0 i[1]=" MAX64, "", "i[1]=0", 0},
    {"Slice", 13, "i[4]=0,1,2,3 i[1]=3 i[1]=0 i[1]=-1 i[1]=-2", "", "i[2]=3,1", 0},
    {"Slice", 13, "i[4]=0,1,2,3 i[1]=3 i[1]=" MAX64 " i[1]=0 i[1]=-1", "", "!40", 0},
    {"Slice", 13, "i[0]= i[1]=-1 i[1]=" MIN64 " i[1]=0 i[1]=-1", "", "i[0]=", 0},
    {"Slice", 13, "i[2,2]=0,1,2,3 j[1]=-1 j[1]=2147483647", "", "i[1,2]=2,3", 0},
    {"Slice", 13, "i[4]=0,1,2,3 i[2]=0,0 i[1]=1", "", "!41", 0},
    {"Slice", 1, "f[4]=0,1,2,3", "starts=[1] ends=[9]", "f[3]=1,2,3", 0},
    {"Expand", 13, "i[2,1]=1,2 i[3]=2,1,2", "", "i[2,2,2]=1,1,2,2,1,1,2,2", 0},
    {"Expand", 13, "i[1]=1 i[1]=0", "", "i[0]=", 0},
    {"Expand", 13, "i[1]=1 i[1]=-1", "", "!41", 0},
    {"Tile", 13, "i[2,2]=1,2,3,4 i[2]=1,2", "", "i[2,4]=1,2,1,2,3,4,3,4", 0},
    {"Tile", 13, "i[2]=1,2 i[1]=0", "", "i[0]=", 0},
    {"Tile", 13, "i[2]=1,2 i[1]=" MAX64, "", "!40", 0},
    {"Tile", 1, "f[2]=1,2 f[]=2 f[]=0", "", "f[4]=1,2,1,2", 0},
    {"Pad", 1, "f[2]=1,2", "paddings=[1,0] value=7f", "f[3]=7,1,2", 0},
    {"Pad", 13, "s[1]=a i[2]=1,0", "", "s[2]=,a", 0},
    {"Pad", 13, "i[4]=0,1,2,3 i[2]=-5,7 i[]=9", "", "i[6]=9,9,9,9,9,9", 0},
    {"Pad", 13, "i[4]=0,1,2,3 i[2]=6,5", "mode='reflect'", "i[15]=0,1,2,3,2,1,0,1,2,3,2,1,0,1,2",
     0},
    {"Pad", 13, "i[4]=0,1,2,3 i[2]=-1,2", "mode='reflect'", "i[5]=1,2,3,2,1", 0},
    {"Pad", 19, "i[4]=0,1,2,3 i[2]=-1,4", "mode='wrap'", "i[7]=1,2,3,1,2,3,1", 0},
    {"Pad", 13, "i[0]= i[2]=1,0", "mode='edge'", "!41", 0},
    {"Pad", 13, "i[1]=1 i[2]=" MIN64 "," MAX64, "", "!41", 0},
    {"Pad", 18, "i[2,2]=1,2,3,4 i[2]=1,0 i[]=0 j[1]=-1", "", "i[2,3]=0,1,2,0,3,4", 0},
    {"CenterCropPad", 18, "i[5]=0,1,2,3,4 i[1]=2", "", "i[2]=1,2", 0},
    {"CenterCropPad", 18, "i[2]=1,2 i[1]=5", "", "i[5]=0,1,2,0,0", 0},
    {"Range", 11, "i[]=" MIN64 " i[]=" MAX64 " i[]=4611686018427387904", "",
     "i[4]=-9223372036854775808,-4611686018427387904,0,4611686018427387904", 0},
    {"Range", 11, "i[]=5 i[]=0 i[]=" MIN64, "", "i[1]=5", 0},
    {"Range", 11, "i[]=0 i[]=0 i[]=0", "", "!41", 0},
    {"Range", 11, "f[]=0 f[]=1 f[]=nan", "", "!41", 0},
    {"Range", 11, "f[]=0 f[]=inf f[]=1", "", "!41", 0},
    {"Range", 11, "f[]=0 f[]=-inf f[]=1", "", "f[0]=", 0},
    {"Range", 11, "f[]=10 f[]=4 f[]=-2.5", "", "f[3]=10,7.5,5", 0},
    {"Range", 11, "h[]=32766 h[]=32767 h[]=5", "", "h[1]=32766", 0},
    {"Range", 27, "H[]=0 H[]=2 H[]=0.5", "", "H[4]=0,0.5,1,1.5", 0},
    {"Range", 27, "B[]=0 B[]=2 B[]=0.5", "stash_type=11", "B[4]=0,0.5,1,1.5", 0},
    {"OneHot", 11, "i[3]=-1,3,1 i[]=3 i[2]=5,8", "", "i[3,3]=5,5,8,5,5,5,5,8,5", 0},
    {"OneHot", 11, "f[2]=1.7,-1.2 f[1]=2.9 i[2]=0,1", "axis=0", "i[2,2]=0,0,1,1", 0},
    {"OneHot", 11, "i[1]=0 i[]=-1 i[2]=0,1", "", "!41", 0},
    {"EyeLike", 9, "f[2,3]=0,0,0,0,0,0", "k=1 dtype=9", "b[2,3]=0,1,0,0,0,1", 0},
    {"EyeLike", 9, "f[2,2]=0,0,0,0", "k=" MIN64, "f[2,2]=0,0,0,0", 0},
    {"ConstantOfShape", 9, "i[0]=", "", "f[]=0", 0},
    {"ConstantOfShape", 9, "i[1]=2", "value=@s[1]=xy", "s[2]=xy,xy", 0},
    {"Trilu", 14, "i[2,2]=1,2,3,4 i[]=" MAX64, "upper=0", "i[2,2]=1,2,3,4", 0},
    {"Trilu", 14, "i[2,2]=1,2,3,4 i[]=" MIN64, "upper=0", "i[2,2]=0,0,0,0", 0},
    {"Trilu", 14, "i[2,3]=1,2,3,4,5,6", "", "i[2,3]=1,2,3,0,5,6", 0},
    {"ReverseSequence", 10, "i[2,2]=0,1,2,3 i[2]=0,2", "", "i[2,2]=0,3,2,1", 0},
    {"ReverseSequence", 10, "i[2,2]=0,1,2,3 i[2]=3,2", "", "!41", 0},
    {"DepthToSpace", 11, "i[1,4,1,1]=1,2,3,4", "blocksize=2 mode='CRD'", "i[1,1,2,2]=1,2,3,4", 0},
    {"DepthToSpace", 11, "i[1,4,1,1]=1,2,3,4", "blocksize=0", "!41", 0},
    {"Constant", 13, "", "value=@s[2]=a,bc", "s[2]=a,bc", 0},
    {"Constant", 13, "", "value_ints=[]", "i[0]=", 0},
    {"Constant", 13, "", "value_float=1.5f", "f[]=1.5", 0},
    {"Constant", 13, "", "value_string='xyz'", "s[]=xyz", 0},
    {"Constant", 11, "", "value_int=3", "!41", 0},
    {"Constant", 13, "", "value_int=3 value_float=1f", "!41", 0},
    {"Constant", 13, "", "", "!41", 0},
};

START_TEST(evaluates)
{
    OP_CHECK(eval_rows, op_eval);
}
END_TEST

/* Sizes beyond the budget, or beyond any address, are refused before memory is asked for. */
START_TEST(bounds)
{
    static const op_row rows[] = {
        {"ConstantOfShape", 9, "i[1]=100000000000", "", "!42", 0},
        {"Expand", 13, "i[1]=1 i[3]=100000,100000,100", "", "!42", 0},
        {"Tile", 13, "i[1]=1 i[1]=100000000000", "", "!42", 0},
        {"Pad", 13, "i[1]=1 i[2]=100000000000,0", "", "!42", 0},
        {"Pad", 13, "i[1]=1 i[2]=100000000000,0", "mode='edge'", "!42", 0},
        {"Range", 11, "i[]=0 i[]=100000000000 i[]=1", "", "!42", 0},
        {"OneHot", 11, "i[1]=1 i[]=100000000000 i[2]=0,1", "", "!42", 0},
        {"CenterCropPad", 18, "i[1]=1 i[1]=100000000000", "", "!42", 0},
    };
    OP_CHECK(rows, op_eval);
}
END_TEST

START_TEST(memory)
{
    op_check_memory(eval_rows, sizeof eval_rows / sizeof eval_rows[0]);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ops: shape");
    TCase *t = tcase_create("shape");
    tcase_add_test(t, infers);
    tcase_add_test(t, evaluates);
    tcase_add_test(t, bounds);
    tcase_add_test(t, memory);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return of_test_main(suite());
}
