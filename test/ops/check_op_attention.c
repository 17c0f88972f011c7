/* Attention, RotaryEmbedding, SwiGLU: equal scores make the weights exact. */
#include "op_oom.h"

static const op_row infer_rows[] = {
    {"Attention", 23, "f[b,8,q,64] f[b,2,k,64] f[b,2,k,32]", "",
     "f[b,8,q,32] f[b,2,k,64] f[b,2,k,32] f[b,8,q,k]", 4},
    {"Attention", 23, "f[b,q,64] f[b,k,16] f[b,k,8]", "q_num_heads=8 kv_num_heads=2",
     "f[b,q,32] f[b,2,k,8] f[b,2,k,4]", 3},
    {"Attention", 24, "f[b,2,1,8] f[b,2,1,8] f[b,2,1,8] - f[b,2,p,8] f[b,2,p,8]", "",
     "f[b,2,1,8] f[b,2,p+1,8] f[b,2,p+1,8] f[b,2,1,p+1]", 4},
    {"Attention", 23, "f[b,q,64] f[b,k,16] f[b,k,8]", "", "none", 1},
    {"Attention", 23, "f[1,3,2,4] f[1,2,2,4] f[1,2,2,4]", "", "none", 1},
    {"Attention", 23, "f[1,2,2,4] f[1,2,2,5] f[1,2,2,4]", "", "none", 1},
    {"Attention", 23, "f[1,2,2,4] f[1,2,2,4] f[1,2,2,4] f[3,2]", "", "none", 1},
    {"Attention", 23, "f[1,2,2,4] f[1,2,2,4] f[1,2,2,4] - f[1,2,2,4]", "", "none", 1},
    {"Attention", 23, "f* f* f*", "", "f*", 1},
    {"RotaryEmbedding", 23, "f[b,s,64] f[99,4] f[99,4] i[b,s]", "num_heads=8", "f[b,s,64]", 0},
    {"RotaryEmbedding", 23, "f[b,s,64] f[99,3] f[99,3] i[b,s]", "num_heads=8", "none", 0},
    {"RotaryEmbedding", 23, "f[b,s,64] f[99,4] f[99,4] i[b,s]", "", "none", 0},
    {"SwiGLU", 28, "f[a,3] f[a,3]", "", "f[a,3]", 0},
    {"SwiGLU", 28, "f[a,3] f[a,4]", "", "none", 0},
};

#define QKV "f[1,1,2,1]=0,0 f[1,1,2,1]=1,2 f[1,1,2,1]=4,8"

static const op_row eval_rows[] = {
    {"Attention", 23, QKV, "", "f[1,1,2,1]=6,6", 0},
    {"Attention", 23, QKV, "is_causal=1", "f[1,1,2,1]=4,6", 0},
    {"Attention", 23, QKV " b[2,2]=1,0,0,0", "", "f[1,1,2,1]=4,0", 0},
    {"Attention", 23, QKV " f[1,1,2,2]=0,-inf,-inf,0", "", "f[1,1,2,1]=4,8", 0},
    {"Attention", 24, QKV " f[2,0]=", "", "f[1,1,2,1]=0,0", 0},
    {"Attention", 24, QKV " b[2,1]=1,1", "", "!40", 0},
    {"Attention", 24, QKV " - - - i[1]=1", "", "f[1,1,2,1]=4,4", 0},
    {"Attention", 24, QKV " - - - i[1]=1", "is_causal=1", "f[1,1,2,1]=0,4", 0},
    {"Attention", 24, QKV " - - - i[1]=3", "", "!41", 0},
    {"Attention", 25, QKV, "left_window_size=0", "f[1,1,2,1]=6,8", 0},
    {"Attention", 25, QKV, "right_window_size=0", "f[1,1,2,1]=4,6", 0},
    {"Attention", 25, QKV, "left_window_size=-2", "!41", 0},
    {"Attention", 23, "f[1,2,1,1]=0,0 f[1,1,2,1]=1,2 f[1,1,2,1]=4,8", "", "f[1,2,1,1]=6,6", 0},
    {"Attention", 23, "f[1,1,2]=0,0 f[1,2,1]=1,2 f[1,2,1]=4,8", "q_num_heads=2 kv_num_heads=1",
     "f[1,1,2]=6,6", 0},
    {"Attention", 23, "f[1,1,2,1]=0,0 f[1,1,2,1]=1,2 f[1,1,2,1]=4,9 - f[1,1,1,1]=3 f[1,1,1,1]=2",
     "is_causal=1", "f[1,1,2,1]=3,5 f[1,1,3,1]=3,1,2 f[1,1,3,1]=2,4,9", 3},
    {"Attention", 23, "f[1,1,1,1]=3 f[1,1,2,1]=1,2 f[1,1,2,1]=4,8 f[1,2]=-1,-inf", "scale=1f",
     "f[1,1,1,1]=4 f[1,1,2,1]=1,2 f[1,1,2,1]=4,8 f[1,1,1,2]=3,6", 4},
    {"Attention", 23, "f[1,1,1,1]=3 f[1,1,2,1]=1,2 f[1,1,2,1]=4,8 f[1,2]=-1,-inf",
     "scale=1f qk_matmul_output_mode=2",
     "f[1,1,1,1]=4 f[1,1,2,1]=1,2 f[1,1,2,1]=4,8 f[1,1,1,2]=2,-inf", 4},
    {"Attention", 23, "f[1,1,1,1]=3 f[1,1,2,1]=1,2 f[1,1,2,1]=4,8 f[1,2]=-1,-inf",
     "scale=1f qk_matmul_output_mode=3",
     "f[1,1,1,1]=4 f[1,1,2,1]=1,2 f[1,1,2,1]=4,8 f[1,1,1,2]=1,0", 4},
    {"Attention", 23, "H[1,1,2,1]=0,0 H[1,1,2,1]=1,2 H[1,1,2,1]=4,8", "softmax_precision=1",
     "H[1,1,2,1]=6,6", 0},
    {"Attention", 23, "f[1,1,0,1]= f[1,1,2,1]=1,2 f[1,1,2,1]=4,8", "", "f[1,1,0,1]=", 0},
    {"Attention", 23, "f[1,1,1,1]=1 f[1,1,0,1]= f[1,1,0,1]=", "", "!40", 0},
    {"RotaryEmbedding", 23, "f[1,1,1,2]=1,2 f[1,1,1]=3 f[1,1,1]=4", "", "f[1,1,1,2]=-5,10", 0},
    {"RotaryEmbedding", 23, "f[1,1,2]=1,2 f[2,1]=0,3 f[2,1]=0,4 i[1,1]=1", "num_heads=1",
     "f[1,1,2]=-5,10", 0},
    {"RotaryEmbedding", 23, "f[1,1,2]=1,2 f[2,1]=0,3 f[2,1]=0,4 i[1,1]=2", "num_heads=1", "!41",
     0},
    {"RotaryEmbedding", 23, "f[1,1,1,4]=1,2,3,4 f[1,1,2]=1,2 f[1,1,2]=0,1", "",
     "f[1,1,1,4]=1,0,3,10", 0},
    {"RotaryEmbedding", 23, "f[1,1,1,4]=1,2,3,4 f[1,1,2]=1,2 f[1,1,2]=0,1", "interleaved=1",
     "f[1,1,1,4]=1,2,2,11", 0},
    {"RotaryEmbedding", 23, "f[1,1,1,4]=1,2,3,4 f[1,1,1]=3 f[1,1,1]=4", "rotary_embedding_dim=2",
     "f[1,1,1,4]=-5,10,3,4", 0},
    {"SwiGLU", 28, "f[2]=2,4 f[2]=3,5", "alpha=0f", "f[2]=3,10", 0},
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
    Suite *s = suite_create("op_attention");
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
