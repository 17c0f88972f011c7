/* GridSample and NonMaxSuppression. */
#include "op_case.h"

static const op_row infer_rows[] = {
    {"GridSample", 16, "f[n,c,h,w] H[n,a,b,2]", "", "f[n,c,a,b]", 0},
    {"GridSample", 20, "s[n,c,d,h,w] f[n,a,b,e,3]", "mode='nearest'", "s[n,c,a,b,e]", 0},
    {"GridSample", 20, "f[n,c,h,w] f[n,a,b,2]", "mode='bilinear'", "none", 0},
    {"GridSample", 16, "f[n,c,h,w] f[n,a,b,3]", "", "none", 0},
    {"NonMaxSuppression", 11, "f[n,s,4] f[n,c,s]", "", "i[?,3]", 0},
    {"NonMaxSuppression", 11, "f[n,s,3] f[n,c,s]", "", "none", 0},
    {"NonMaxSuppression", 11, "f[2,5,4] f[2,c,6]", "", "none", 0},
};

static const op_row eval_rows[] = {
    {"GridSample", 16, "f[1,1,1,2]=1,3 f[1,1,3,2]=0,0,-1,0,0.5,0", "", "f[1,1,1,3]=2,0.5,3", 0},
    {"GridSample", 16, "f[1,1,1,2]=1,3 f[1,1,3,2]=0,0,-1,0,1,0", "padding_mode='border'", "f[1,1,1,3]=2,1,3", 0},
    {"GridSample", 16, "f[1,1,1,2]=1,3 f[1,1,2,2]=-1,0,1,0", "align_corners=1", "f[1,1,1,2]=1,3", 0},
    {"GridSample", 16, "f[1,1,1,4]=1,2,3,4 f[1,1,2,2]=-1.5,0,1.5,0", "padding_mode='reflection'", "f[1,1,1,2]=1.5,3.5", 0},
    {"GridSample", 20, "s[1,1,1,2]=a,b f[1,1,2,2]=-0.6,0.1,0.6,0.1", "mode='nearest'", "s[1,1,1,2]=a,b", 0},
    {"GridSample", 20, "f[1,1,1,2]=1,2 f[1,1,1,2]=0,0", "mode='nearest'", "f[1,1,1,1]=1", 0}, /* a tie, to even */
    {"GridSample", 20, "u[1,1,1,2]=1,2 f[1,1,1,2]=0,0", "", "!40", 0},
    {"GridSample", 20, "f[1,1,1,2]=1,2 f[1,1,1,2]=nan,0", "", "!40", 0},
    {"GridSample", 20, "d[1,1,1,4]=1,2,3,4 d[1,1,1,2]=0,0", "mode='cubic' padding_mode='border'", "d[1,1,1,1]=2.5", 0},
    {"NonMaxSuppression", 11, "f[1,3,4]=0,0,1,1,0,0.1,1,1.1,0,10,1,11 f[1,1,3]=0.9,0.75,0.6 i[]=3 f[]=0.5", "",
     "i[2,3]=0,0,0,0,0,2", 0},
    {"NonMaxSuppression", 11, "f[1,3,4]=0,0,1,1,0,0.1,1,1.1,0,10,1,11 f[1,1,3]=0.9,0.75,0.6 i[]=1 f[]=0.5", "",
     "i[1,3]=0,0,0", 0},
    {"NonMaxSuppression", 11, "f[1,2,4]=0,0,1,1,1,1,0,0 f[1,1,2]=0.5,0.9 i[]=5 f[]=0.5", "", "i[1,3]=0,0,1", 0},
    {"NonMaxSuppression", 10, "f[1,2,4]=0.5,0.5,1,1,5.5,5.5,1,1 f[1,1,2]=0.1,0.9 i[]=5 f[]=0.5 f[]=0.3", "center_point_box=1",
     "i[1,3]=0,0,1", 0},
    {"NonMaxSuppression", 11, "f[1,1,4]=0,0,1,1 f[1,1,1]=0.5", "", "i[0,3]=", 0},
    {"NonMaxSuppression", 11, "f[1,1,4]=0,0,1,1 f[1,1,1]=0.5 i[]=1 f[]=0 f[]=0.5", "", "!40", 0},
    {"NonMaxSuppression", 11, "f[1,1,4]=0,0,1,1 f[1,1,1]=0.5 i[]=1 f[]=2", "", "!41", 0},
};

OP_ROWS(infer_rows, eval_rows)
TEST_SUITE("op_sample", infer, eval, no_memory)
