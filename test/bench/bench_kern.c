/* How fast operators move bytes: each through the real evaluator on about 64 MiB, one thread,
 * against memcpy in the same process, taken in turns, all into memory that was written before. Bytes read and written
 * count alike. A ratio below its bound is marked and makes the exit status 1.
 *
 *     bench_kern [WORD...]     only rows with one of the words in them */
#include <stdio.h>

#include "bench_node.h"

typedef struct row {
    const char *op, *in, *attrs;
    const char *fill;
    double bound; /* of memcpy's bytes a second; 0: shown, not judged */
    int opset;
    unsigned n_out;
} row;

/* 16 Mi elements of 4 bytes, and what takes as much. */
#define M4 "[4096,4096]"
#define M2 "[8192,4096]"
#define M1 "[8192,8192]"
#define M8 "[2048,4096]"
#define CAST(in, to, bound) {"Cast", in, "to=" to, "n", bound, 0, 0}
/* To a type without negative numbers, where Cast of one has no result. */
#define CAST_UP(in, to, bound) {"Cast", in, "to=" to, "p", bound, 0, 0}

static const row rows[] = {
    /* data movement */
    {"Concat", "f" M8 " f" M8, "axis=0", "n", 0.8, 0, 0},
    {"Concat", "f" M8 " f" M8, "axis=1", "n", 0.8, 0, 0},
    {"Slice", "f" M4 " i[1]=1 i[1]=4095 i[1]=1", "", "n", 0.8, 0, 0},
    {"Slice", "f" M4 " i[1]=0 i[1]=4096 i[1]=0 i[1]=2", "", "n", 0.8, 0, 0},
    {"Gather", "f" M4 " i[4]=3,2,1,0", "axis=0", "n", 0, 0, 0},
    {"Expand", "f[1,4096] i[2]=4096,4096", "", "n", 0.8, 0, 0},
    {"Expand", "f[4096,1] i[2]=4096,4096", "", "n", 0.8, 0, 0},
    {"Tile", "f[64,4096] i[2]=64,1", "", "n", 0.8, 0, 0},
    {"Pad", "f" M4 " i[4]=1,1,1,1", "", "n", 0.8, 0, 0},
    {"Split", "f" M4, "axis=1 num_outputs=2", "n", 0.8, 0, 2},
    {"ConstantOfShape", "i[2]=4096,4096", "", "n", 0.8, 0, 0},
    {"DepthToSpace", "f[1,256,256,256]", "blocksize=2", "n", 0.5, 0, 0},
    {"SpaceToDepth", "f[1,64,512,512]", "blocksize=2", "n", 0.5, 0, 0},
    {"Transpose", "f" M4, "perm=[1,0]", "n", 0.5, 0, 0},
    {"Transpose", "f[64,64,4096]", "perm=[1,0,2]", "n", 0.5, 0, 0},
    {"Transpose", "f[64,256,32,32]", "perm=[0,2,3,1]", "n", 0.5, 0, 0},
    {"Transpose", "f[64,64,64,64]", "perm=[3,1,2,0]", "n", 0.5, 0, 0},
    {"Transpose", "u" M1, "perm=[1,0]", "n", 0.5, 0, 0},
    {"Transpose", "H" M2, "perm=[1,0]", "n", 0.5, 0, 0},
    {"Transpose", "d" M8, "perm=[1,0]", "n", 0.5, 0, 0},
    /* conversion */
    CAST("f" M4, "11", 0.8), CAST("d" M8, "1", 0.8), CAST("f" M4, "10", 0.8), CAST("H" M2, "1", 0.8),
    CAST("f" M4, "16", 0.8), CAST("B" M2, "1", 0.8), CAST("H" M2, "16", 0.8), CAST("B" M2, "10", 0.8),
    CAST("d" M8, "10", 0.8), CAST("d" M8, "16", 0.8), CAST("H" M2, "11", 0.8),
    CAST("f" M4, "17", 0.8), CAST("f" M4, "18", 0.8), CAST("f" M4, "19", 0.8), CAST("f" M4, "20", 0.8),
    CAST_UP("f" M4, "24", 0.8), CAST("f" M4, "23", 0.8), CAST("f" M4, "27", 0.8), CAST("f" M4, "28", 0.8),
    CAST("4" M4, "1", 0.8), CAST("z" M4, "1", 0.8), CAST("5" M4, "1", 0.8), CAST("y" M4, "1", 0.8),
    CAST("E" M4, "1", 0.8), CAST("q" M4, "1", 0.8), CAST("r" M4, "1", 0.8), CAST("H" M2, "17", 0.8),
    CAST("4" M4, "10", 0.8), CAST("f" M4, "6", 0.8), CAST("f" M4, "7", 0.8), CAST("f" M4, "3", 0.8),
    CAST_UP("f" M4, "2", 0.8), CAST("f" M4, "9", 0.8), CAST("b" M1, "1", 0.8), CAST("j" M4, "1", 0.8),
    CAST("i" M8, "1", 0.8), CAST("i" M8, "6", 0.8), CAST("j" M4, "7", 0.8), CAST("u" M4, "1", 0.8),
    CAST("c" M4, "1", 0.8), CAST("j" M4, "10", 0.8), CAST("f" M4, "22", 0.8),
    /* packed kinds */
    CAST("n" M4, "1", 0.8), CAST("N" M4, "1", 0.8), CAST("t" M4, "1", 0.8), CAST("T" M4, "1", 0.8),
    CAST("x" M4, "1", 0.8), CAST("n" M1, "3", 0.8), CAST("N" M1, "2", 0.8), CAST("c" M1, "22", 0.8),
    /* quantization */
    {"QuantizeLinear", "f" M4 " f[]=0.05 u[]=128", "", "n", 0.8, 0, 0},
    {"QuantizeLinear", "f" M4 " f[]=0.05 c[]=0", "", "n", 0.8, 0, 0},
    {"QuantizeLinear", "f" M4 " f[4096] c[4096]", "axis=1", "np0", 0.8, 0, 0},
    {"QuantizeLinear", "f" M4 " f[4096] c[4096]", "axis=0", "np0", 0.8, 0, 0},
    {"QuantizeLinear", "f" M4 " f[4096,128] n[4096,128]", "axis=1 block_size=32", "np0", 0.8, 21, 0},
    {"QuantizeLinear", "f" M4 " f[]=0.05 4[]=0", "", "n", 0.8, 0, 0},
    {"QuantizeLinear", "H" M2 " H[]=0.05 c[]=0", "", "n", 0.8, 0, 0},
    {"DequantizeLinear", "u" M4 " f[]=0.05 u[]=128", "", "n", 0.8, 0, 0},
    {"DequantizeLinear", "c" M4 " f[]=0.05", "", "n", 0.8, 0, 0},
    {"DequantizeLinear", "c" M4 " f[4096]", "axis=1", "np", 0.8, 0, 0},
    {"DequantizeLinear", "c" M4 " f[4096] c[4096]", "axis=0", "np0", 0.8, 0, 0},
    {"DequantizeLinear", "n" M4 " f[4096,128]", "axis=1 block_size=32", "np", 0.8, 21, 0},
    {"DequantizeLinear", "N" M4 " f[4096] N[4096]", "axis=0", "np0", 0.8, 21, 0},
    {"DequantizeLinear", "j" M4 " f[]=0.05", "", "n", 0.8, 0, 0},
    {"DequantizeLinear", "4" M4 " f[]=0.05", "", "n", 0.8, 0, 0},
    {"DequantizeLinear", "c" M2 " H[]=0.05", "", "n", 0.8, 0, 0},
    {"DynamicQuantizeLinear", "f" M4, "", "n", 0.8, 0, 3},
    /* arithmetic */
    {"Add", "f" M4 " f" M4, "", "n", 0.8, 0, 0},
    {"Mul", "f" M4 " f[4096]", "", "n", 0.8, 0, 0},
    {"Mul", "f" M4 " f[4096,1]", "", "n", 0.8, 0, 0},
    {"Mul", "f" M4 " f[]=3", "", "n", 0.8, 0, 0},
    {"Mul", "f[64,64,64,64] f[64,1,64,1]", "", "n", 0.8, 0, 0},
    {"Add", "f[1048576,16] f[16]", "", "n", 0.8, 0, 0},
    {"Add", "f[4194304,4] f[4]", "", "n", 0.8, 0, 0},
    {"Add", "f[4194304,4] f[4194304,1]", "", "n", 0.8, 0, 0},
    {"Div", "f" M4 " f" M4, "", "np", 0.8, 0, 0},
    {"Sub", "d" M8 " d" M8, "", "n", 0.8, 0, 0},
    {"Add", "H" M2 " H" M2, "", "n", 0.8, 0, 0},
    {"Mul", "B" M2 " B[4096]", "", "n", 0.8, 0, 0},
    {"Add", "j" M4 " j" M4, "", "n", 0.8, 0, 0},
    {"Mul", "i" M8 " i" M8, "", "n", 0.8, 0, 0},
    {"Div", "j" M4 " j" M4, "", "np", 0, 0, 0},
    {"Add", "c" M1 " c" M1, "", "n", 0.8, 24, 0},
    {"Max", "f" M4 " f" M4, "", "n", 0.8, 0, 0},
    {"Sum", "f" M4 " f" M4 " f" M4, "", "n", 0.8, 0, 0},
    {"Clip", "f" M4 " f[]=-1 f[]=1", "", "n", 0.8, 0, 0},
    {"Relu", "f" M4, "", "n", 0.8, 0, 0},
    {"Relu", "H" M2, "", "n", 0.8, 0, 0},
    {"PRelu", "f" M4 " f[4096]", "", "n", 0.8, 0, 0},
    {"LeakyRelu", "f" M4, "", "n", 0.8, 0, 0},
    {"HardSigmoid", "f" M4, "", "n", 0.8, 0, 0},
    {"Neg", "f" M4, "", "n", 0.8, 0, 0},
    {"Abs", "j" M4, "", "n", 0.8, 0, 0},
    {"Sqrt", "f" M4, "", "p", 0.8, 0, 0},
    {"Reciprocal", "f" M4, "", "p", 0.8, 0, 0},
    {"Floor", "f" M4, "", "n", 0.8, 0, 0},
    {"Round", "f" M4, "", "n", 0.8, 0, 0},
    {"Sign", "f" M4, "", "n", 0.8, 0, 0},
    {"Mod", "j" M4 " j" M4, "", "np", 0, 0, 0},
    {"BitShift", "v" M4 " v" M4, "direction='LEFT'", "p", 0.8, 0, 0},
    {"BitwiseAnd", "j" M4 " j" M4, "", "n", 0.8, 0, 0},
    /* comparison and selection */
    {"Less", "f" M4 " f" M4, "", "n", 0.8, 0, 0},
    {"Equal", "i" M8 " i" M8, "", "n", 0.8, 0, 0},
    {"GreaterOrEqual", "f" M4 " f[]=1", "", "n", 0.8, 0, 0},
    {"Less", "H" M2 " H" M2, "", "n", 0.8, 0, 0},
    {"Where", "b" M4 " f" M4 " f" M4, "", "n", 0.8, 0, 0},
    {"Where", "b" M4 " f[]=1 f" M4, "", "n", 0.8, 0, 0},
    {"Where", "b[4096] f" M4 " f" M4, "", "n", 0.8, 0, 0},
    {"Where", "b" M8 " d" M8 " d" M8, "", "n", 0.8, 0, 0},
    {"Where", "b" M2 " H" M2 " H" M2, "", "n", 0.8, 0, 0},
    {"And", "b" M1 " b" M1, "", "n", 0.8, 0, 0},
    {"Not", "b" M1, "", "n", 0.8, 0, 0},
    {"IsNaN", "f" M4, "", "n", 0.8, 0, 0},
    /* reductions */
    {"ReduceSum", "f" M4 " i[1]=1", "", "n", 0.8, 0, 0},
    {"ReduceSum", "f" M4 " i[1]=0", "", "n", 0.8, 0, 0},
    {"ReduceSum", "f" M4, "", "n", 0.8, 0, 0},
    {"ReduceMean", "f[64,256,1024] i[1]=1", "", "n", 0.8, 0, 0},
    {"ReduceMean", "f[64,64,64,64] i[2]=1,3", "", "n", 0.8, 0, 0},
    {"ReduceMax", "f" M4 " i[1]=1", "", "n", 0.8, 0, 0},
    {"ReduceMin", "f" M4 " i[1]=0", "", "n", 0.8, 0, 0},
    {"ReduceL2", "f" M4 " i[1]=1", "", "n", 0.8, 0, 0},
    {"ReduceProd", "f" M4 " i[1]=1", "", "n", 0.8, 0, 0},
    {"ReduceSum", "H" M2 " i[1]=1", "", "n", 0.8, 0, 0},
    {"ReduceSum", "j" M4 " i[1]=1", "", "n", 0.8, 0, 0},
    {"ReduceMax", "u" M1 " i[1]=1", "", "n", 0.8, 0, 0},
    {"ReduceSum", "i" M8 " i[1]=1", "", "n", 0.8, 0, 0},
    {"ReduceSum", "d" M8 " i[1]=0", "", "n", 0.8, 0, 0},
    {"ReduceSum", "f[4194304,4] i[1]=1", "", "n", 0.8, 0, 0},
    {"ReduceMax", "f[1048576,16] i[1]=1", "", "n", 0.8, 0, 0},
    {"ReduceSum", "f[2,2097152,4] i[1]=1", "", "n", 0.8, 0, 0},
    {"ArgMax", "f" M4, "axis=1", "n", 0.8, 0, 0},
    {"CumSum", "f" M4 " i[]=1", "", "n", 0, 0, 0},
};

static double copy(char *to, const char *from, size_t n)
{
    const double t = bench_now();

    memcpy(to, from, n);
    __asm__ volatile("" : : "r"(to) : "memory");
    return bench_now() - t;
}

static bool asked(const row *r, int argc, char **argv)
{
    char text[256];

    snprintf(text, sizeof text, "%s %s %s", r->op, r->in, r->attrs);
    for (int i = 1; i < argc; i++)
        if (strstr(text, argv[i])) return true;
    return argc == 1;
}

int main(int argc, char **argv)
{
    const size_t copied = (size_t)64 << 20;
    char *from = (char *)aligned_alloc(64,copied), *to = (char *)aligned_alloc(64,copied);
    int slow = 0, all = 0, broken = 0;

    if (!from || !to) return 1;
    memset(from, 1, copied);
    memset(to, 1, copied);
    printf("%-9s %-8s %-8s operator, operands, attributes\n", "of memcpy", "bound", "GB/s");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const row *r = &rows[i];
        static bench_node b;
        double plain = 1e9, ratio;
        if (!asked(r, argc, argv)) continue;
        bench_open(&b, r->op, r->opset ? r->opset : 23, r->in, r->attrs, r->n_out ? r->n_out : 1, r->fill);
        for (int k = 0; k < 7 && !b.failed; k++) {
            const double t = copy(to, from, copied);
            if (t < plain) plain = t;
            if (bench_run(&b, NULL) > 1 && k) break;
        }
        all++;
        if (b.failed) {
            printf("%-9s %-8s %-8s %s %s %s: %s\n", "-", "", "", r->op, r->in, r->attrs, b.c.err.msg);
            broken++;
        } else {
            const bool low = r->bound > 0;
            ratio = ((double)b.bytes / b.best) / (2.0 * (double)copied / plain);
            printf("%-9.2f %-4.1f%-4s %-8.2f %s %s %s\n", ratio, r->bound, low && ratio < r->bound ? "LOW" : "",
                   (double)b.bytes / b.best * 1e-9, r->op, r->in, r->attrs);
            slow += low && ratio < r->bound;
        }
        fflush(stdout);
        op_close(&b.c);
        bench_forget();
    }
    free(from);
    free(to);
    printf("%d rows, %d below their bound, %d failed\n", all, slow, broken);
    return slow || broken;
}
