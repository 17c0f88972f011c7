/* Selection and placement by index: bounds, duplicates, reductions, known elements. */
#include "op_case.h"

static const op_row infer_rows[] = {
    {"Gather", 13, "i[3]{a,b,3} i[]=-2", "", "i[]{b}", 0},
    {"Gather", 13, "i[3]{a,b,3} i[2]=2,0", "", "i[2]{3,a}", 0},
    {"Gather", 13, "i[3]{a,b,3} i[1]=3", "", "none", 0},
    {"Gather", 13, "f[a,b,c] i[x,y]", "axis=1", "f[a,x,y,c]", 0},
    {"Gather", 13, "f[] i[1]", "", "none", 0},
    {"Gather", 13, "f[a] f[1]", "", "none", 0},
    {"Gather", 13, "f[a,b] i*", "", "f*", 0},
    {"GatherElements", 13, "f[a,b] i[x,y]", "axis=1", "f[x,y]", 0},
    {"GatherElements", 13, "f[2,2] i[3,3]", "axis=1", "none", 0},
    {"GatherElements", 13, "f* i[3,3]", "axis=1", "f[3,3]", 0},
    {"GatherND", 13, "f[a,b,c] i[x,2]", "", "f[x,c]", 0},
    {"GatherND", 13, "f[a,b,c] i[a,2]", "batch_dims=1", "f[a]", 0},
    {"GatherND", 13, "f[a,b] i[x,3]", "", "none", 0},
    {"GatherND", 13, "f[a,b] i[x,?]", "", "f*", 0},
    {"GatherND", 13, "i[3]{a,b,3} i[2,1]=2,0", "", "i[2]{3,a}", 0},
    {"ScatterElements", 18, "i[3]{a,b,3} i[1]=-1 i[1]{n}", "", "i[3]{a,b,n}", 0},
    {"ScatterElements", 18, "i[3]{a,b,3} i[1]=-1 i[1]{n}", "reduction='add'", "i[3]", 0},
    {"ScatterND", 18, "i[3]{a,b,3} i[1,1]=0 i[1]{n}", "", "i[3]{n,b,3}", 0},
    {"ScatterND", 18, "f[a,b] i[x,1] f[x,b]", "", "f[a,b]", 0},
    {"ScatterND", 18, "f[a,b] i[x,1] f[x]", "", "none", 0},
    {"TensorScatter", 24, "f[n,s,4] f[n,1,4] i[n]", "axis=1", "f[n,s,4]", 0},
    {"NonZero", 13, "f[a,b]", "", "i[2,?]", 0},
    {"Compress", 11, "f[a,b] b[2]", "axis=1", "f[a,?]", 0},
    {"Compress", 11, "f[a,b] b[2]", "", "f[?]", 0},
    {"Unique", 11, "f[a,b]", "axis=0", "f[?,b] i[?]", 2},
};

START_TEST(infers)
{
    OP_CHECK(infer_rows, op_infer);
}
END_TEST

static const op_row eval_rows[] = {
    {"Gather", 13, "s[2,2]=a,b,c,d j[2]=-1,0", "axis=1", "s[2,2]=b,a,d,c", 0},
    {"Gather", 13, "i[2]=1,2 i[1]=2", "", "!41", 0},
    {"Gather", 13, "i[2]=1,2 i[1]=-3", "", "!41", 0},
    {"Gather", 13, "i[0]= i[1]=0", "", "!41", 0},
    {"Gather", 13, "i[0]= i[0]=", "", "i[0]=", 0},
    {"Gather", 13, "i[2,0]= i[1]=1", "", "i[1,0]=", 0},
    {"Gather", 13, "i[2,0]= i[1]=2", "", "!41", 0},
    {"GatherElements", 13, "i[2,2]=1,2,3,4 i[1,3]=0,1,-2", "axis=1", "i[1,3]=1,2,1", 0},
    {"GatherElements", 13, "i[2,3]=1,2,3,4,5,6 i[2,2]=1,0,-1,0", "axis=0", "i[2,2]=4,2,4,2", 0},
    {"GatherElements", 13, "i[2]=1,2 i[1]=-9223372036854775808", "", "!41", 0},
    {"GatherND", 13, "i[2,2]=1,2,3,4 i[2,2]=-1,0,0,1", "", "i[2]=3,2", 0},
    {"GatherND", 13, "i[2,2,2]=1,2,3,4,5,6,7,8 i[2,1]=1,0", "batch_dims=1", "i[2,2]=3,4,5,6", 0},
    {"GatherND", 13, "i[2,2]=1,2,3,4 i[1,2]=0,2", "", "!41", 0},
    {"GatherND", 13, "i[2]=1,2 i[1,0]=", "", "!41", 0},
    {"ScatterElements", 18, "i[3]=1,2,3 i[4]=0,0,-1,1 i[4]=5,6,7,8", "reduction='add'",
     "i[3]=12,10,10", 0},
    {"ScatterElements", 18, "i[2]=9223372036854775807,2 i[1]=0 i[1]=1", "reduction='add'",
     "i[2]=-9223372036854775808,2", 0},
    {"ScatterElements", 16, "i[1]=1 i[1]=0 i[1]=5", "reduction='max'", "!41", 0},
    {"ScatterElements", 18, "f[3]=1,nan,3 i[3]=0,1,2 f[3]=nan,5,7", "reduction='max'",
     "f[3]=nan,nan,7", 0},
    {"ScatterElements", 18, "b[4]=1,0,1,0 i[4]=0,1,2,3 b[4]=1,1,0,0", "reduction='mul'",
     "b[4]=1,0,0,0", 0},
    {"ScatterElements", 18, "s[1]=a i[1]=0 s[1]=b", "reduction='add'", "!40", 0},
    {"ScatterElements", 18, "s[2]=a,b i[1]=-1 s[1]=c", "", "s[2]=a,c", 0},
    {"ScatterElements", 18, "i[2]=1,2 i[1]=2 i[1]=5", "", "!41", 0},
    {"ScatterElements", 18, "i[2]=1,2 i[1]=0 f[1]=5", "", "!41", 0},
    {"ScatterElements", 18, "i[2]=1,2 i[1]=0 i[1]=5", "reduction='or'", "!41", 0},
    {"Scatter", 9, "f[1,5]=1,2,3,4,5 i[1,2]=1,3 f[1,2]=8,9", "axis=1", "f[1,5]=1,8,3,9,5", 0},
    {"ScatterND", 18, "i[2,2]=1,2,3,4 i[2,1]=1,-1 i[2,2]=5,6,7,8", "reduction='mul'",
     "i[2,2]=1,2,105,192", 0},
    {"ScatterND", 18, "H[2]=1,2 i[1,1]=0 H[1]=0.5", "reduction='add'", "H[2]=1.5,2", 0},
    {"ScatterND", 18, "i[2]=1,2 i[1,1]=2 i[1]=5", "", "!41", 0},
    {"TensorScatter", 24, "i[1,3,1]=1,2,3 i[1,2,1]=8,9 i[1]=2", "mode='circular'", "i[1,3,1]=9,2,8",
     0},
    {"TensorScatter", 24, "i[1,3,1]=1,2,3 i[1,2,1]=8,9 i[1]=2", "", "!41", 0},
    {"TensorScatter", 24, "i[1,3,1]=1,2,3 i[1,2,1]=8,9", "", "i[1,3,1]=8,9,3", 0},
    {"NonZero", 13, "f[4]=nan,-0,0,1", "", "i[1,2]=0,3", 0},
    {"NonZero", 13, "f[]=3", "", "i[0,1]=", 0},
    {"NonZero", 13, "i[2,2]=0,1,1,0", "", "i[2,2]=0,1,1,0", 0},
    {"Compress", 11, "i[2,2]=1,2,3,4 b[2]=0,1", "axis=1", "i[2,1]=2,4", 0},
    {"Compress", 11, "i[2,2]=1,2,3,4 b[3]=0,1,1", "", "i[2]=2,3", 0},
    {"Compress", 11, "i[2]=1,2 b[3]=0,0,1", "", "!41", 0},
    {"Unique", 11, "f[4]=2,-0,0,2", "", "f[2]=-0,2 i[2]=1,0 i[4]=1,0,0,1 i[2]=2,2", 4},
    {"Unique", 11, "i[4]=2,1,1,3", "sorted=0", "i[3]=2,1,3 i[3]=0,1,3 i[4]=0,1,1,2 i[3]=1,2,1", 4},
    {"Unique", 11, "i[3,2]=1,0,1,0,0,9", "axis=0", "i[2,2]=0,9,1,0 i[2]=2,0", 2},
    {"Unique", 11, "s[3]=b,a,b", "", "s[2]=a,b", 0},
    {"Unique", 11, "f[1]=nan", "", "!40", 0},
};

START_TEST(evaluates)
{
    OP_CHECK(eval_rows, op_eval);
}
END_TEST

START_TEST(memory)
{
    op_check_memory(eval_rows, sizeof eval_rows / sizeof eval_rows[0]);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ops: gather");
    TCase *t = tcase_create("gather");
    tcase_add_test(t, infers);
    tcase_add_test(t, evaluates);
    tcase_add_test(t, memory);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return of_test_main(suite());
}
