/* Normalization over groups and channels; determinants. */
#include "op_case.h"

static const op_row infer_rows[] = {
    {"InstanceNormalization", 6, "f[n,3,h,w] f[3] f[3]", "", "f[n,3,h,w]", 0},
    {"InstanceNormalization", 6, "f[n,3,h,w] f[4] f[3]", "", "none", 0},
    {"InstanceNormalization", 6, "f[n,3] f[3] f[3]", "", "none", 0},
    {"GroupNormalization", 18, "f[n,4,h] f[2] f[2]", "num_groups=2", "f[n,4,h]", 0},
    {"GroupNormalization", 18, "f[n,4,h] f[4] f[4]", "num_groups=2", "none", 0},
    {"GroupNormalization", 21, "f[n,4,h] f[4] f[4]", "num_groups=2", "f[n,4,h]", 0},
    {"GroupNormalization", 21, "f[n,4,h] f[4] f[4]", "num_groups=3", "none", 0},
    {"GroupNormalization", 21, "f[n,4,h] f[4] f[4]", "", "none", 0},
    {"LRN", 13, "H[n,4,h]", "size=3", "H[n,4,h]", 0},
    {"LRN", 13, "f[n,4,h]", "", "none", 0},
    {"Det", 11, "f[n,3,3]", "", "f[n]", 0},
    {"Det", 11, "f[n,3,2]", "", "none", 0},
    {"Det", 11, "f*", "", "f*", 0},
};

static const op_row eval_rows[] = {
    {"InstanceNormalization", 6, "f[1,2,2]=1,3,5,9 f[2]=1,2 f[2]=0,10", "epsilon=0f", "f[1,2,2]=-1,1,8,12", 0},
    {"InstanceNormalization", 22, "B[1,1,2]=1,3 B[1]=1 B[1]=0", "epsilon=0f", "B[1,1,2]=-1,1", 0},
    {"InstanceNormalization", 6, "f[0,1,2]= f[1]=1 f[1]=0", "", "f[0,1,2]=", 0},
    {"GroupNormalization", 18, "f[1,4,1]=1,3,5,9 f[2]=1,2 f[2]=0,10", "num_groups=2 epsilon=0f", "f[1,4,1]=-1,1,8,12", 0},
    {"GroupNormalization", 21, "f[1,4,1]=1,3,5,9 f[4]=1,2,3,4 f[4]=0,10,20,30", "num_groups=2 epsilon=0f",
     "f[1,4,1]=-1,12,17,34", 0},
    {"GroupNormalization", 21, "H[1,2]=1,3 H[2]=1,1 H[2]=0,0", "num_groups=1 epsilon=0f", "H[1,2]=-1,1", 0},
    {"GroupNormalization", 21, "f[1,2]=1,3 f[2]=1,1 f[2]=0,0", "num_groups=1 stash_type=11", "!40", 0},
    {"LRN", 1, "f[1,4,1]=1,2,3,4", "size=3 alpha=3f beta=1f bias=0f", "f[1,4,1]=0.2,0.142857,0.103448,0.16", 0},
    {"LRN", 1, "f[1,3,1]=1,2,3", "size=2 alpha=2f beta=1f bias=0f", "f[1,3,1]=0.2,0.153846,0.333333", 0},
    {"Det", 11, "f[2,2]=1,2,3,4", "", "f[]=-2", 0},
    {"Det", 11, "d[2,2,2]=0,1,1,0,2,2,1,1", "", "d[2]=-1,0", 0},
    {"Det", 11, "f[0,0]=", "", "f[]=1", 0},
};

OP_ROWS(infer_rows, eval_rows)
TEST_SUITE("op_normgroup", infer, eval, no_memory)
