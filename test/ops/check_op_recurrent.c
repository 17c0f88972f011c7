/* RNN, GRU, LSTM, and the recurrences of LinearAttention and CausalConvWithState. Activations
 * are linear where that makes the results exact. */
#include "op_case.h"

#define LINEAR "activations=['Affine','affine'] activation_alpha=[1f,1f] activation_beta=[0f,0f]"
#define LINEAR3                                                                                    \
    "activations=['Affine','Affine','Affine'] activation_alpha=[1f,1f,1f] "                        \
    "activation_beta=[0f,0f,0f]"

static const op_row infer_rows[] = {
    {"RNN", 14, "f[s,b,4] f[1,3,4] f[1,3,3]", "hidden_size=3", "f[s,1,b,3] f[1,b,3]", 2},
    {"RNN", 14, "f[s,b,4] f[1,3,4] f[1,3,3]", "hidden_size=4", "none none", 2},
    {"RNN", 14, "f[b,s,4] f[1,3,4] f[1,3,3]", "layout=1", "f[b,s,1,3] f[b,1,3]", 2},
    {"RNN", 7, "f* f* f*", "hidden_size=3 direction='reverse'", "f[?,1,?,3] f[1,?,3]", 2},
    {"RNN", 7, "f[s,b,4] f[1,3,5] f[1,3,3]", "", "none none", 2},
    {"RNN", 7, "f[s,b,4] f[1,3,4] f[1,3,3]", "direction='sideways'", "none none", 2},
    {"RNN", 7, "f[s,b,4] f[1,3,4] d[1,3,3]", "", "none none", 2},
    {"GRU", 14, "f[s,b,4] f[2,9,4] f[2,9,3]", "direction='bidirectional'",
     "f[s,2,b,3] f[2,b,3]", 2},
    {"GRU", 14, "f[s,b,4] f[1,9,4] f*", "", "f[s,1,b,3] f[1,b,3]", 2},
    {"LSTM", 14, "H[s,b,4] H[1,12,4] H[1,12,3] H[1,24] j[b] - - H[1,9]", "",
     "H[s,1,b,3] H[1,b,3] H[1,b,3]", 3},
    {"LSTM", 14, "f[s,b,4] f[1,12,4] f[1,12,3] f[1,23]", "", "none none none", 3},
    {"LSTM", 14, "f[s,b,4] f[1,12,4] f[1,12,3]", "activations=['Tanh']", "none none none", 3},
    {"LinearAttention", 27, "f[b,t,8] f[b,t,4] f[b,t,6]",
     "q_num_heads=4 kv_num_heads=2 update_rule='linear'", "f[b,t,12] f[b,2,2,3]", 2},
    {"LinearAttention", 27, "f[b,t,8] f[b,t,4] f[b,t,6]", "q_num_heads=4 kv_num_heads=2",
     "none none", 2},
    {"CausalConvWithState", 27, "f[b,c,l] f[c,1,4]", "", "f[b,c,l] f[b,c,3]", 2},
};

static const op_row eval_rows[] = {
    {"RNN", 14, "f[3,1,1]=1,2,3 f[1,1,1]=1 f[1,1,1]=1", "activations=['Relu']",
     "f[3,1,1,1]=1,3,6 f[1,1,1]=6", 2},
    {"RNN", 7, "f[3,1,1]=1,2,3 f[1,1,1]=1 f[1,1,1]=1", "activations=['Relu'] direction='reverse'",
     "f[3,1,1,1]=6,5,3 f[1,1,1]=6", 2},
    {"RNN", 7, "f[3,1,1]=1,2,3 f[2,1,1]=1,1 f[2,1,1]=1,1",
     "activations=['Relu','Relu'] direction='bidirectional'",
     "f[3,2,1,1]=1,6,3,5,6,3 f[2,1,1]=6,6", 2},
    {"RNN", 14, "f[3,2,1]=1,10,2,20,3,30 f[1,1,1]=1 f[1,1,1]=1 - j[2]=3,1",
     "activations=['Relu'] direction='reverse'", "f[3,1,2,1]=6,10,5,0,3,0 f[1,2,1]=6,10", 2},
    {"RNN", 14, "f[2,3,1]=1,2,3,10,20,30 f[1,1,1]=1 f[1,1,1]=1 - j[2]=3,2",
     "activations=['Relu'] layout=1", "f[2,3,1,1]=1,3,6,10,30,0 f[2,1,1]=6,30", 2},
    {"RNN", 14, "f[3,1,1]=1,2,3 f[1,1,1]=1 f[1,1,1]=1", "activations=['Relu'] clip=2f",
     "f[3,1,1,1]=1,2,2 f[1,1,1]=2", 2},
    {"RNN", 14, "f[1,1,1]=1 f[1,1,1]=1 f[1,1,1]=1 f[1,2]=0.5,0.25 - f[1,1,1]=4",
     "activations=['Relu']", "f[1,1,1,1]=5.75 f[1,1,1]=5.75", 2},
    {"RNN", 14, "f[3,1,1]=1,2,3 f[1,1,1]=1 f[1,1,1]=1",
     "activations=['Affine'] activation_alpha=[2f] activation_beta=[1f]",
     "f[3,1,1,1]=3,11,29 f[1,1,1]=29", 2},
    {"RNN", 14, "f[1,1,1]=-2 f[1,1,1]=1 f[1,1,1]=1", "activations=['LeakyRelu']",
     "f[1,1,1,1]=-0.02 f[1,1,1]=-0.02", 2},
    {"RNN", 14, "f[1,1,1]=1 f[1,1,1]=1 f[1,1,1]=1", "activations=['Affine']", "!40", 1},
    {"RNN", 14, "f[1,1,1]=1 f[1,1,1]=1 f[1,1,1]=1", "activations=['Swing']", "!40", 1},
    {"RNN", 14, "f[1,2,1]=1,1 f[1,1,1]=1 f[1,1,1]=1 - j[2]=1,0", "", "!40", 1},
    {"RNN", 14, "f[1,1,1]=1 f[1,1,1]=1 f[1,1,1]=1 - j[1]=2", "", "!41", 1},
    {"RNN", 14, "f[0,1,1]= f[1,1,1]=1 f[1,1,1]=1", "", "!40", 1},
    {"RNN", 14, "f[2,0,1]= f[1,1,1]=1 f[1,1,1]=1", "", "f[2,1,0,1]= f[1,0,1]=", 2},
    {"GRU", 14, "f[2,1,1]=1,1 f[1,3,1]=0.5,2,3 f[1,3,1]=1,1,2", LINEAR,
     "f[2,1,1,1]=1.5,-10.5 f[1,1,1]=-10.5", 2},
    {"GRU", 14, "f[2,1,1]=1,1 f[1,3,1]=0.5,2,3 f[1,3,1]=1,1,2 f[1,6]=0,0,0,0,0,1", LINEAR,
     "f[2,1,1,1]=2,-25 f[1,1,1]=-25", 2},
    {"GRU", 14, "f[2,1,1]=1,1 f[1,3,1]=0.5,2,3 f[1,3,1]=1,1,2 f[1,6]=0,0,0,0,0,1",
     LINEAR " linear_before_reset=1", "f[2,1,1,1]=2.5,-52.5 f[1,1,1]=-52.5", 2},
    {"LSTM", 14, "f[2,1,1]=1,1 f[1,4,1]=0.5,2,1,3 f[1,4,1]=1,1,1,1", LINEAR3,
     "f[2,1,1,1]=3,135 f[1,1,1]=135 f[1,1,1]=27", 3},
    {"LSTM", 14, "f[1,1,1]=1 f[1,4,1]=0.5,2,1,3 f[1,4,1]=1,1,1,1 - - - f[1,1,1]=2 f[1,3]=1,1,1",
     LINEAR3, "f[1,1,1,1]=209.25 f[1,1,1]=209.25 f[1,1,1]=13.5", 3},
    {"LSTM", 14, "f[1,1,1]=1 f[1,4,1]=0.5,2,1,3 f[1,4,1]=1,1,1,1 - - - f[1,1,1]=2",
     LINEAR3 " input_forget=1", "f[1,1,1,1]=5 f[1,1,1]=5 f[1,1,1]=2.5", 3},
    {"LSTM", 14, "f[1,1,1]=1 f[1,4,1]=0.5,2,1,3 f[1,4,1]=1,1,1,1 - - - f[1,1,1]=20",
     "clip=3f", "!40", 1},
    {"LinearAttention", 27, "f[1,2,1]=1,1 f[1,2,1]=1,2 f[1,2,1]=3,4",
     "q_num_heads=1 kv_num_heads=1 update_rule='linear' scale=1f", "f[1,2,1]=3,11 f[1,1,1,1]=11",
     2},
    {"LinearAttention", 27, "f[1,2,1]=1,1 f[1,2,1]=1,2 f[1,2,1]=3,4 - - f[1,2,1]=1,0.5",
     "q_num_heads=1 kv_num_heads=1 update_rule='delta' scale=1f", "f[1,2,1]=3,1 f[1,1,1,1]=1", 2},
    {"LinearAttention", 27, "f[1,1,2]=1,2 f[1,1,1]=1 f[1,1,1]=3 f[1,1,1,1]=5 f[1,1,1]=0",
     "q_num_heads=2 kv_num_heads=1 update_rule='gated' scale=1f", "f[1,1,2]=8,16 f[1,1,1,1]=8", 2},
    {"CausalConvWithState", 27, "f[1,1,3]=1,2,3 f[1,1,2]=10,1", "", "f[1,1,3]=1,12,23 f[1,1,1]=3",
     2},
    {"CausalConvWithState", 27, "f[1,1,1]=1 f[1,1,3]=100,10,1 f[1]=1000 f[1,1,2]=5,6", "",
     "f[1,1,1]=1561 f[1,1,2]=6,1", 2},
};

OP_ROWS(infer_rows, eval_rows)
TEST_SUITE("op_recurrent", infer, eval, no_memory)
