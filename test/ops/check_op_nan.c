/* Results that are not numbers are one and the same NaN, whatever NaN went in and whatever
 * instructions computed it. %: the type; nan becomes each of several NaN. */
#include "op_case.h"

typedef struct nan_row {
    const char *op;
    int opset;
    const char *in, *attrs, *types;
} nan_row;

static const nan_row rows[] = {
    {"Softmax", 13, "%[2,5]=1,nan,2,3,4,5,6,7,8,9", "", "fdHB"},
    {"Softmax", 13, "%[2,5]=1,2,inf,3,4,-inf,-inf,-inf,-inf,-inf", "", "fdHB"},
    {"Softmax", 11, "%[2,9]=1,2,3,4,5,6,7,8,nan,1,2,3,4,5,6,7,8,9", "", "fdHB"},
    {"LogSoftmax", 13, "%[2,5]=1,nan,2,3,4,inf,6,7,8,9", "", "fdHB"},
    {"LayerNormalization", 17, "%[2,3]=1,nan,2,inf,1,2 %[3]=1,2,3 %[3]=0,0,nan", "", "fdHB"},
    {"RMSNormalization", 23, "%[2,3]=1,nan,2,inf,1,2 %[3]=1,2,3", "", "fdHB"},
    {"LpNormalization", 1, "%[2,3]=1,nan,2,inf,1,2", "", "fdHB"},
    {"LpNormalization", 1, "%[2,3]=1,nan,2,inf,inf,2", "p=1", "fdHB"},
    {"MeanVarianceNormalization", 13, "%[2,1,3,1]=1,nan,2,inf,1,2", "", "fdHB"},
    {"InstanceNormalization", 6, "%[1,2,3]=1,nan,2,inf,1,2 %[2]=1,1 %[2]=0,0", "", "fdHB"},
    {"GroupNormalization", 21, "%[1,2,3]=1,nan,2,inf,1,2 %[2]=1,1 %[2]=0,0", "num_groups=1", "fdHB"},
    {"BatchNormalization", 15, "%[1,2,3]=1,nan,2,inf,1,2 %[2]=1,1 %[2]=0,0 %[2]=0,inf %[2]=1,nan", "", "fdHB"},
    {"LRN", 13, "%[1,2,3]=1,nan,2,inf,1,2", "size=3", "fdHB"},
    {"ReduceSum", 13, "%[2,40]=1,nan,2,inf,-inf,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8,9,0,0,0,0,0,0,0,0,nan,"
                      "1,2,inf,-inf,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8,9,0,0 i[1]=1", "", "fdHB"},
    {"ReduceSum", 13, "%[3,3]=1,nan,2,inf,3,3,-inf,4,5 i[1]=0", "", "fdHB"},
    {"ReduceMean", 18, "%[2,3]=1,nan,2,inf,-inf,2 i[1]=1", "", "fdHB"},
    {"ReduceMax", 20, "%[2,3]=1,nan,2,inf,nan,nan i[1]=1", "", "fdHB"},
    {"ReduceMin", 20, "%[2,3]=1,nan,2,inf,nan,nan i[1]=1", "", "fdHB"},
    {"ReduceMax", 20, "%[3,2]=1,nan,2,inf,nan,nan i[1]=0", "", "fdHB"},
    {"ReduceProd", 18, "%[2,3]=1,nan,2,inf,0,2 i[1]=1", "", "fdHB"},
    {"ReduceL1", 18, "%[2,3]=1,nan,2,inf,nan,2 i[1]=1", "", "fdHB"},
    {"ReduceL2", 18, "%[2,3]=1,nan,2,inf,nan,2 i[1]=1", "", "fdHB"},
    {"ReduceLogSum", 18, "%[2,3]=1,nan,2,-1,-1,-2 i[1]=1", "", "fdHB"},
    {"ReduceLogSumExp", 18, "%[2,3]=1,nan,2,inf,nan,2 i[1]=1", "", "fdHB"},
    {"ReduceSumSquare", 18, "%[2,3]=1,nan,2,inf,nan,2 i[1]=1", "", "fdHB"},
    {"GlobalAveragePool", 1, "%[1,2,3]=1,nan,2,inf,-inf,2", "", "fdHB"},
    {"GlobalMaxPool", 1, "%[1,2,3]=1,nan,2,inf,nan,2", "", "fdHB"},
    {"AveragePool", 11, "%[1,1,4]=1,nan,inf,-inf", "kernel_shape=[2]", "fdHB"},
    {"CumSum", 14, "%[4]=inf,-inf,nan,1 i[]=0", "", "fdHB"},
    {"MatMul", 13, "%[2,3]=1,nan,2,inf,0,1 %[3,2]=1,2,3,nan,0,0", "", "fdHB"},
    {"Gemm", 13, "%[2,3]=1,nan,2,inf,0,1 %[3,2]=1,2,3,nan,0,0 %[2]=nan,1", "", "fdHB"},
    {"Conv", 11, "%[1,1,4]=1,nan,inf,0 %[1,1,2]=0,1", "", "fdHB"},
    {"Einsum", 12, "%[2,3]=1,nan,2,inf,0,1 %[3]=0,1,nan", "equation='ij,j->i'", "fdH"},
    {"Mean", 13, "%[3]=nan,inf,1 %[3]=1,-inf,nan", "", "fdHB"},
    {"Sum", 13, "%[3]=nan,inf,1 %[3]=1,-inf,nan", "", "fdHB"},
    {"Add", 14, "%[4]=nan,inf,1,nan %[4]=1,-inf,nan,nan", "", "fdHB"},
    {"Sub", 14, "%[4]=nan,inf,1,nan %[4]=1,inf,nan,nan", "", "fdHB"},
    {"Mul", 14, "%[4]=nan,inf,1,nan %[4]=1,0,nan,nan", "", "fdHB"},
    {"Div", 14, "%[4]=nan,0,1,inf %[4]=1,0,nan,inf", "", "fdHB"},
    {"Sqrt", 13, "%[3]=nan,-1,4", "", "fdHB"},
    {"Exp", 13, "%[3]=nan,1,4", "", "fdHB"},
    {"Log", 13, "%[3]=nan,-1,4", "", "fdHB"},
    {"Sin", 22, "%[3]=nan,inf,-inf", "", "fdHB"},
    {"Pow", 15, "%[3]=nan,-1,-8 %[3]=1,0.5,nan", "", "fdHB"},
    {"com.microsoft::SkipLayerNormalization", 1, "%[1,3]=1,nan,2 %[1,3]=1,1,1 %[3]=1,1,1", "", "fHB"},
    {"ai.onnx.preview::FlexAttention", 1, "%[1,1,1,2]=1,nan %[1,1,2,2]=1,2,3,4 %[1,1,2,1]=1,2", "", "fdHB"},
};

/* Quiet, quiet with a sign and a payload, signalling. */
static uint64_t some_nan(size_t mem, of_dtype t, int which)
{
    static const uint64_t wide[] = {0x7ff8000000000000, 0xfff8000000012345, 0x7ff0000000000001};
    static const uint64_t single[] = {0x7fc00000, 0xffc12345, 0x7f800001};
    static const uint64_t half[] = {0x7e00, 0xfe01, 0x7c01}, brain[] = {0x7fc0, 0xffc1, 0x7f81};
    return mem == 8 ? wide[which] : mem == 4 ? single[which] : t == OF_FLOAT16 ? half[which] : brain[which];
}

static bool elem_is_nan(const of_tensor *t, int64_t i)
{
    double d;
    of_to_f64((of_dtype)t->dtype, (const char *)t->data + (size_t)i * of_dtypes[t->dtype].mem, &d, 1);
    return d != d;
}

static uint64_t elem_bits(const of_tensor *t, int64_t i)
{
    const size_t mem = of_dtypes[t->dtype].mem;
    const unsigned char *p = (const unsigned char *)t->data + (size_t)i * mem;
    uint16_t h;
    uint32_t w;
    uint64_t d;
    memcpy(&h, p, 2);
    if (mem == 2) return h;
    memcpy(&w, p, 4);
    if (mem == 4) return w;
    memcpy(&d, p, 8);
    return d;
}

static void elem_set(of_tensor *t, int64_t i, uint64_t bits)
{
    const size_t mem = of_dtypes[t->dtype].mem;
    unsigned char *p = (unsigned char *)t->data + (size_t)i * mem;
    const uint16_t h = (uint16_t)bits;
    const uint32_t w = (uint32_t)bits;
    memcpy(p, mem == 8 ? (const void *)&bits : mem == 4 ? (const void *)&w : (const void *)&h, mem);
}

static void check_row(const nan_row *r, char type, int which, uint32_t mask)
{
    static op_case c;
    char text[1024];
    of_val *out[1];
    of_tensor *y;
    of_status st;
    size_t n = 0, nans = 0;
    for (const char *s = r->in; *s; s++) text[n++] = *s == '%' ? type : *s;
    text[n] = 0;
    op_open(&c, r->op, r->opset, text, r->attrs, 1);
    of_kern_init(&c.ev.kern, mask);
    for (uint32_t i = 0; i < c.node->n_in; i++) {
        of_tensor *x = of_val_tensor(c.in[i]);
        for (int64_t k = 0; x && of_dtype_is_float((of_dtype)x->dtype) && k < x->count; k++)
            if (elem_is_nan(x, k)) elem_set(x, k, some_nan(of_dtypes[x->dtype].mem, (of_dtype)x->dtype, which));
    }
    st = of_eval_node(&c.ev, c.node, c.in, c.node->n_in, out, 1, &c.err);
    ck_assert_msg(st == OF_OK, "%s of %c: %s", r->op, type, c.err.msg);
    y = of_val_tensor(out[0]);
    for (int64_t k = 0; k < y->count; k++) {
        if (!elem_is_nan(y, k)) continue;
        nans++;
        ck_assert_msg(elem_bits(y, k) == some_nan(of_dtypes[y->dtype].mem, (of_dtype)y->dtype, 0),
                      "%s (%s), NaN %d, instructions %x: element %lld is %llx", r->op, text, which, (unsigned)mask,
                      (long long)k, (unsigned long long)elem_bits(y, k));
    }
    ck_assert_msg(nans > 0, "%s of %c has no NaN", r->op, type);
    of_val_unref(out[0]);
    op_close(&c);
}

START_TEST(one_nan)
{
    static const uint32_t masks[] = {0, OF_CPU_SSE41, OF_CPU_SSE41 | OF_CPU_AVX2, UINT32_MAX};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (const char *t = rows[i].types; *t; t++)
            for (int which = 0; which < 3; which++)
                for (size_t m = 0; m < 4; m++) check_row(&rows[i], *t, which, masks[m]);
}
END_TEST

TEST_SUITE("op_nan", one_nan)
