/* Each rule alone: where it fires and what is left, and every guard that holds it back. */
#include "graph_text.h"

typedef enum where { PLAIN, BRANCHES, OWN_BRANCHES } where;

/* Optimizes with all passes and that one rule. Returns how often it was applied. */
static uint64_t run(tmodel *t, const char *rule, int opset, const char *text, bool exact, where w)
{
    static of_str only[64];
    size_t n = 0;
    gtext g;

    g_parse(&g, text);
    ck_assert_msg(!g.bad, "text: %s", text);
    pb graph = w == PLAIN ? g_plain(&g) : g_branches(&g, w == OWN_BRANCHES);
    tm_make(t, 8, opset, &graph, NULL, "custom");
    for (const char *name; n < 32 && (name = of_pass_name(n)) != NULL && strcmp(name, of_rule_at(0)->name) != 0; n++)
        only[n] = (of_str){name, strlen(name)};
    only[n++] = (of_str){rule, strlen(rule)};
    t->o.skip = NULL;
    t->o.n_skip = 0;
    t->o.has_only = true;
    t->o.only = only;
    t->o.n_only = n;
    t->o.exact = exact;
    tm_run(t);
    uint64_t applied = tm_applied(t, rule), left = t->r.nodes_after;
    tm_run(t);
    ck_assert_msg(tm_applied(t, rule) == 0 && t->r.nodes_after == left, "%s once more: %s\n%s", rule, text, t->text);
    return applied;
}

/* Where a rule fires: nodes left, what the dump then holds, the values in between that must be free
 * of other uses, the newest operator set without what it puts in, and whether it keeps all bits. */
static const struct {
    const char *rule, *text;
    int opset, old;
    size_t left;
    const char *has, *inner;
    bool tight;
} fires[] = {
    {"no_op", "x:f[N,3];c=f[3]{1};m=Mul(x,c);y=Exp(m);!y:f", 17, 6, 1, "Exp(x)", NULL, false},
    {"collapse_slices", "x:f[N,4];s=l[1]{0};e=l[1]{9};a=l[1]{1};m=Slice(x,s,e,a);y=Exp(m);!y:f", 17, 0, 1, "Exp(x)", NULL, false},
    {"idempotent", "x:f[N];m=Floor(x);n=Ceil(m);y=Exp(n);!y:f", 17, 0, 2, "Exp(m)", NULL, false},
    {"idempotent", "x:f[N];m=Neg(x);n=Abs(m);y=Exp(n);!y:f", 17, 0, 2, "Abs(x)", "m", false},
    {"idempotent", "x:f[N];m=Sin(x);n=Max(m,m);y=Exp(n);!y:f", 17, 0, 2, "Exp(m)", NULL, false},
    {"materialize_reshape_shape", "x:f[N,4,6];i=l[1]{0};k=l[1]{-1};s=Shape(x);d=Gather(s,i);c=Concat(d,k) axis=0;m=Reshape(x,c);y=Exp(m);!y:f", 17, 0, 2, "{0,24}", NULL, false},
    {"materialize_reshape_shape", "x:f[N,4,M];b=l[1]{2};e=l[1]{99};i=l[1]{0};k=l[1]{-1};z=Slice(x,b,e,i);s=Shape(z);d=Gather(s,i);c=Concat(d,k) axis=0;m=Reshape(z,c);y=Exp(m);!y:f", 17, 0, 3, "{0,-1}", NULL, false},
    {"basic", "x:f[N,M,4];k=l[1]{1};q=l[4]{-1,2,0,2};a=Unsqueeze(x,k);b=Reshape(a,q);y=Exp(b);!y:f", 17, 0, 2, "{0,2,-1,2}", NULL, false},
    {"basic", "x:f[N,2];a=Cast(x) to=11;b=Cast(a) to=1;y=Exp(b);!y:f", 17, 0, 1, "Exp(x)", NULL, false},
    {"transpose_through_reshape", "x:f[N,3,4];k=l[1]{0};a=Transpose(x) perm=[1,2,0];b=Unsqueeze(a,k);c=Transpose(b) perm=[0,2,1,3];y=Exp(c);!y:f", 17, 0, 3, "perm=", "a b", false},
    {"cancel_transposes", "x:f[N,3,4,5];c=f[3]{*};a=Transpose(x) perm=[0,2,3,1];b=Add(a,c);d=Abs(b);e=Transpose(d) perm=[0,3,1,2];y=Exp(e);!y:f", 17, 6, 3, "float[3,1,1]", NULL, false},
    {"cancel_transposes", "x:f[N,3,4,5];c=f[1,4,1,1]{*};a=Transpose(x) perm=[0,2,3,1];b=PRelu(a,c);e=Transpose(b) perm=[0,3,1,2];y=Exp(e);w=Exp(b);!y:f;!w:f", 17, 6, 4, "PRelu(x", NULL, false},
    {"cancel_transposes", "x:f[N,3,4,5];a=Transpose(x) perm=[0,2,3,1];b=Sigmoid(a);d=Mul(a,b);e=Transpose(d) perm=[0,3,1,2];y=Exp(e);!y:f", 17, 0, 3, "Mul(x, ", NULL, true},
    {"cancel_transposes", "x:f[N,3,4,5];z:f[N,2,4,5];a=Transpose(x) perm=[0,2,3,1];b=Transpose(z) perm=[0,2,3,1];d=Concat(a,b) axis=-1;e,f=Split(d) axis=1;g=Mul(e,f);h=Transpose(g) perm=[0,3,1,2];y=Exp(h);!y:f", 17, 0, 4, "axis=2", NULL, false},
    {"cancel_transposes", "x:f[N,3,4,5];p=l[8]{0,1,2,0,0,3,4,0};a=Transpose(x) perm=[0,2,3,1];b=Pad(a,p);e=Transpose(b) perm=[0,3,1,2];y=Exp(e);!y:f", 17, 0, 2, "{0,0,1,2,0,0,3,4}", NULL, false},
    {"cancel_transposes", "x:f[N,3,4,5];a=Transpose(x) perm=[0,2,3,1];b=Pad(a) pads=[0,1,2,0,0,3,4,0];e=Transpose(b) perm=[0,3,1,2];y=Exp(e);!y:f", 10, 0, 2, "pads=[0,0,1,2,0,0,3,4]", NULL, false},
    {"cancel_transposes", "x:f[N,3,4,5];s=l[2]{0,1};m=l[2]{2,3};k=l[2]{-1,1};a=Transpose(x) perm=[0,2,3,1];b=Slice(a,s,m,k);e=Transpose(b) perm=[0,3,1,2];y=Exp(e);!y:f", 17, 0, 2, "{1,2}", NULL, false},
    {"cancel_transposes", "x:i[N,3,4,5];a=Transpose(x) perm=[0,2,3,1];b=ReduceMax(a) axes=[1,2];d=Abs(b);e=Transpose(d) perm=[0,3,1,2];y=Abs(e);!y:i", 17, 0, 3, "axes=[2,3]", NULL, false},
    {"cancel_transposes", "x:f[N,3,4,5];k=l[2]{-2,-3};a=Transpose(x) perm=[0,2,3,1];b=Abs(a);y=ReduceMax(b,k) keepdims=0;!y:f", 18, 0, 2, "{2,3}", NULL, true},
    {"cancel_transposes", "x:f[N,3,4,5];a=Transpose(x) perm=[0,2,3,1];b=ReduceMean(a) axes=[1,2];d=Mul(a,b);e=Transpose(d) perm=[0,3,1,2];y=Relu(e);!y:f", 17, 0, 3, "axes=[2,3]", NULL, true},
    {"cancel_transposes", "x:f[N,M];z:f[M,N];a=Transpose(x);b=Add(a,z);d=Transpose(b);e=Neg(d);g=Transpose(e);y=Exp(g);!y:f", 17, 0, 4, "Add(", NULL, false},
    {"cancel_transposes", "x:f[N,3,4,5];s=f[]{2};z=c[]{7};a=Transpose(x) perm=[0,2,3,1];b=QuantizeLinear(a,s,z);d=DequantizeLinear(b,s,z);e=Transpose(d) perm=[0,3,1,2];y=Exp(e);!y:f", 17, 0, 3, "QuantizeLinear(x", NULL, false},
    {"reduce_keepdims", "x:f[N,3,2];a=l[1]{1};m=ReduceMax(x,a);z=Squeeze(m,a);y=Exp(z);!y:f", 18, 0, 2, "keepdims=0", "m", false},
    {"reduce_keepdims", "x:f[N,3,2];a=l[1]{-1};m=ReduceMean(x) axes=[2];z=Squeeze(m,a);y=Exp(z);!y:f", 17, 0, 2, "keepdims=0", "m", false},
    {"equal_values", "x:f[N,3];e=Exp(x);a=Shape(x);b=Shape(e);y=custom::Op(a,b);!y:l;!e:f", 17, 0, 3, "Op(a, a)", NULL, false},
    {"gather_unsqueeze", "x:l[N];i=l[]{2};k=l[1]{0};a=Gather(x,i);b=Unsqueeze(a,k);y=Abs(b);!y:l", 17, 0, 2, "Gather(x", "a", false},
    {"gather_unsqueeze", "x:f[N,3,M];i=l[]{2};k=l[1]{-2};a=Gather(x,i) axis=1;b=Unsqueeze(a,k);y=Exp(b);!y:f", 17, 0, 2, "{axis=1}", "a", false},
    {"slice_squeeze", "x:f[N,3,M];s=l[1]{-2};e=l[1]{2};k=l[1]{1};a=Slice(x,s,e,k);b=Squeeze(a,k);y=Exp(b);!y:f", 17, 0, 2, "Gather(x", "a", false},
    {"slice_squeeze", "x:f[3,N];a=Slice(x) starts=[2] ends=[99];b=Squeeze(a) axes=[0];y=Exp(b);!y:f", 9, 0, 2, "Gather(x", "a", false},
    {"shape_of_part", "x:f[N,3,M];i=l[2]{-1,2};j=l[2]{1,2};s=Shape(x) start=0;y=Gather(s,j);!y:l", 15, 14, 1, "start=1, end=3", "s", false},
    {"shape_of_part", "x:f[N,3,M,K];a=l[1]{-2};b=l[1]{99};s=Shape(x) start=-3;y=Slice(s,a,b);!y:l", 15, 14, 1, "start=2, end=4", "s", false},
    {"consecutive_slices", "x:f[4,6];o=l[1]{1};t=l[1]{3};z=l[1]{0};a=Slice(x,o,t,z);b=Slice(a,o,t,o);y=Exp(b);!y:f", 17, 0, 2, "{0,1}", "a", false},
    {"consecutive_concats", "x:f[N,2];z:f[N,3];a=Concat(x,z) axis=1;b=Concat(a,x) axis=-1;y=Exp(b);!y:f", 17, 0, 2, "Concat(x, z, x)", "a", false},
    {"slices_to_split", "x:f[N,6];z=l[1]{0};h=l[1]{2};e=l[1]{9};k=l[1]{-1};b=Slice(x,h,e,k);a=Slice(x,z,h,k);y=Exp(a);w=Sin(b);!y:f;!w:f", 17, 0, 3, "{2,4}", NULL, false},
    {"slices_to_split", "x:f[6];a=Slice(x) starts=[0] ends=[3];b=Slice(x) starts=[-3] ends=[99];y=Exp(a);w=Sin(b);!y:f;!w:f", 9, 1, 3, "split=[3,3]", NULL, false},
    {"sequences", "x:f[5,2];t=l[]{2};i=l[]{0};j=l[]{-1};q=SplitToSequence(x,t) axis=0;a=SequenceAt(q,i);b=SequenceAt(q,j);y=Exp(a);w=Sin(b);!y:f;!w:f", 17, 0, 3, "{2,2,1}", NULL, false},
    {"cast_constant_of_shape", "x:l[2];c=ConstantOfShape(x) value=@f[1]{2.5};m=Cast(c) to=6;y=Abs(m);!y:i", 17, 0, 2, "value=", "c", false},
    {"cast_constant_of_shape", "x:l[2];c=ConstantOfShape(x);m=Cast(c) to=9;y=Not(m);!y:b", 9, 0, 2, "value=", "c", false},
    {"moved_constant_of_shape", "x:l[2];s=l[3]{4,2,3};c=ConstantOfShape(x) value=@i[1]{7};d=Expand(c,s);y=Abs(d);!y:i", 14, 0, 2, "= ConstantOfShape(", NULL, false},
    {"moved_constant_of_shape", "x:f[3,2];z:l[1];j=l[2,3]{0,1,0,0,1,1};c=ConstantOfShape(z);d=Gather(c,j);e=Transpose(d);y=Add(x,e);!y:f", 14, 0, 2, "Add(x, e)", NULL, false},
    {"cast_like", "x:f[N,3];z:i[N,3];m=CastLike(x,z);y=Abs(m);!y:i", 15, 0, 2, "Cast(x) {to=6}", NULL, false},
    {"cast_like", "x:f[N,3];z:h[M];m=CastLike(x,z) saturate=0;y=Abs(m);!y:h", 19, 0, 2, "Cast(x) {", NULL, false},
    {"where_not", "q:b[N];x:f[N];z:f[N];n=Not(q);y=Where(n,x,z);!y:f", 9, 0, 1, "Where(q, z, x)", "n", true},
    {"where_not", "q:b[N];x:i[N];z:i[N];n=Not(q);y=Where(n,x,z);!y:i", 9, 0, 1, "Where(q, z, x)", "n", false},
    {"redundant_scatter_nd", "x:f[3,N];u:f[3,N];i=l[3,1]{0,1,2};m=ScatterND(x,i,u);y=Exp(m);!y:f", 13, 0, 1, "Exp(u)", NULL, false},
    {"redundant_scatter_nd", "x:f[N,3];u:f[N,3];z=l[]{0};o=l[]{1};k=l[1]{-1};s=Shape(u);e=Gather(s,z);r=Range(z,e,o);c=Unsqueeze(r,k);m=ScatterND(x,c,u);y=Exp(m);!y:f", 17, 0, 1, "Exp(u)", NULL, false},
    {"remove_expand_before_binary_op", "x:f[3];z:f[N,3];s=Shape(z);e=Expand(x,s);y=Add(e,z);!y:f", 17, 0, 1, "Add(x, z)", "e", false},
    {"fuse_relus_clips", "x:f[N];a=Relu(x);b=Relu(a);y=Exp(b);!y:f", 6, 0, 2, "Exp(a)", NULL, false},
    {"fuse_relus_clips", "x:f[N];p=f[]{-1};q=f[]{6};a=Relu(x);b=Clip(a,p,q);y=Exp(b);!y:f", 17, 0, 2, "Clip(x", "a", true},
    {"fuse_relus_clips", "x:f[N];p=f[]{-1};q=f[]{6};r=f[]{5};s=f[]{9};a=Clip(x,p,q);b=Clip(a,r,s);y=Exp(b);!y:f", 13, 0, 2, "Clip(x, r, q)", "a", false},
    {"fuse_relus_clips", "x:f[N];a=Clip(x) max=6.0f;b=Relu(a);y=Exp(b);!y:f", 9, 5, 2, "min=0", "a", true},
    {"min_max_to_clip", "x:f[N,3];p=f[1]{2};q=f[]{5};a=Max(p,x);b=Min(a,q);y=Exp(b);!y:f", 11, 10, 2, "Clip(x", "a", true},
    {"min_max_to_clip", "x:d[N];p=d[]{2};q=d[]{5};a=Max(x,p);b=Min(a,q);y=Exp(b);!y:d", 12, 11, 2, "Clip(x, p, q)", "a", true},
    {"min_max_to_clip", "x:i[N];p=i[]{2};q=i[]{5};a=Min(x,q);b=Max(a,p);y=Abs(b);!y:i", 12, 11, 2, "Clip(x, p, q)", "a", false},
    {"min_max_to_clip", "x:f[N];p=f[]{2};q=f[]{5};a=Min(x,q);b=Min(a,p);y=Exp(b);!y:f", 8, 7, 2, "Min(x, p)", "a", false},
    {"min_max_to_clip", "x:f[N];z:f[N];w:f[N];a=Max(x,z);b=Max(a,w);y=Exp(b);!y:f", 8, 7, 2, "Max(x, z, w)", "a", false},
    {"fuse_pad_into_conv", "x:f[N,1,4,4];w=f[1,1,2,2]{*};p=l[8]{0,0,1,0,0,0,0,2};a=Pad(x,p);y=Conv(a,w);!y:f", 17, 0, 1, "pads=[1,0,0,2]", "a", false},
    {"fuse_pad_into_conv", "x:f[N,1,4,4];w=f[1,1,2,2]{*};p=l[2]{1,2};k=l[1]{-1};a=Pad(x,p,,k);y=Conv(a,w) pads=[0,0,3,0];!y:f", 18, 0, 1, "pads=[0,1,3,2]", "a", false},
    {"fuse_pad_into_conv", "x:f[N,1,4,4];w=f[1,1,2,2]{*};a=Pad(x) pads=[0,0,1,0,0,0,0,1];y=Conv(a,w) auto_pad=\"SAME_UPPER\" strides=[1,2];!y:f", 9, 1, 1, "pads=[1,0,1,2]", "a", false},
    {"pad_into_pool", "x:f[N,1,4,4];p=l[8]{0,0,1,0,0,0,0,1};a=Pad(x,p);y=AveragePool(a) kernel_shape=[2,2];!y:f", 17, 0, 1, "pads=[1,0,0,1]", "a", true},
    {"pad_into_pool", "x:f[N,1,4,4];p=l[8]{0,0,1,0,0,0,0,1};v=f[]{-inf};a=Pad(x,p,v);y=MaxPool(a) kernel_shape=[2,2];!y:f", 17, 0, 1, "pads=[1,0,0,1]", "a", false},
    {"fuse_batchnorm_anywhere", "x:f[N,1,4,4];w=f[2,1,1,1]{1,2};s=f[2]{2,3};v=f[2]{1,4};c=Conv(x,w);n=BatchNormalization(c,s,s,s,v);y=Exp(n);!y:f", 14, 0, 2, "Conv(x", "c", true},
    {"fuse_batchnorm_anywhere", "x:f[N,3];w=f[3,2]{*};s=f[2]{2,3};v=f[2]{1,4};b=f[2]{1,2};c=Gemm(x,w,b);n=BatchNormalization(c,s,v,v,v);y=Exp(n);!y:f", 14, 6, 2, "Gemm(x", "c", true},
    {"fuse_conv_affine_anywhere", "x:f[N,1,4,4];w=f[2,1,1,1]{1,2};b=f[2]{3,4};k=f[2,1,1]{2,3};c=Conv(x,w,b);n=Mul(k,c);y=Exp(n);!y:f", 14, 6, 2, "{6,12}", "c", true},
    {"fuse_batchnorm", "x:f[N,1,4,4];w=f[2,1,1,1]{1,2};s=f[2]{2,3};v=f[2]{1,4};c=Conv(x,w);n=BatchNormalization(c,s,s,s,v);y=Relu(n);!y:f", 14, 0, 2, "Conv(x", "c", true},
    {"fuse_batchnorm", "x:f[N,1,4,4];w=f[2,1,1,1]{1,2};s=f[2]{2,3};v=f[2]{1,4};k=f[1,2,1,1]{*};c=Conv(x,w);n=BatchNormalization(c,s,s,s,v);e=Sigmoid(n);m=Mul(n,e);y=Conv(m,k);!y:f", 14, 0, 4, "Conv(x", "c", true},
    {"fuse_batchnorm", "x:f[N,1,4,4];w=f[2,1,1,1]{1,2};s=f[2]{2,3};v=f[2]{1,4};k=f[1,2,1,1]{*};c=Conv(x,w);n=BatchNormalization(c,s,s,s,v);e=Softmax(n) axis=1;y=Conv(e,k);!y:f", 14, 0, 3, "Conv(x", "c", true},
    {"fuse_batchnorm", "x:d[N,3];w=d[3,2]{*};s=d[2]{2,3};v=d[2]{1,4};b=d[2]{1,2};c=Gemm(x,w,b);n=BatchNormalization(c,s,v,v,v);r=Softmax(n) axis=1;y=Reshape(r,k);k=l[1]{-1};!y:d", 14, 6, 3, "Gemm(x", "c", true},
    {"fuse_conv_affine", "x:f[N,1,4,4];w=f[2,1,1,1]{1,2};b=f[2]{3,4};k=f[2,1,1]{2,3};c=Conv(x,w,b);n=Mul(k,c);y=Relu(n);!y:f", 14, 6, 2, "{6,12}", "c", true},
    {"fuse_conv_affine", "x:f[N,1,4,4];w=f[1,2,1,1]{1,2};k=f[]{2};o=f[1]{1};c=ConvTranspose(x,w);n=Mul(c,k);y=Sub(o,n);!y:f", 14, 6, 2, "{2,4}", "c", true},
    {"conv_add_bias", "x:f[N,1,4,4];w=f[2,1,1,1]{1,2};b=f[2]{3,4};k=f[1,2,1,1]{2,3};c=Conv(x,w,b);n=Add(k,c);y=Relu(n);!y:f", 14, 6, 2, "{5,7}", "c", true},
    {"conv_add_bias", "x:f[N,1,4,4];w=f[1,2,1,1]{1,2};k=f[2,1,1]{2,3};c=ConvTranspose(x,w);n=Add(c,k);y=Exp(n);!y:f", 14, 6, 2, "{2,3}", "c", true},
    {"remove_optional_bias", "x:f[N,1,4,4];w=f[2,1,1,1]{1,2};b=f[2]{0};y=Conv(x,w,b);!y:f", 14, 0, 1, "Conv(x, w)", NULL, true},
    {"remove_optional_bias", "x:f[N,2];w=f[2,1]{1,2};b=f[1]{0};y=Gemm(x,w,b);!y:f", 11, 10, 1, "Gemm(x, w)", NULL, true},
    {"zero_initial_state", "x:f[5,N,8];w=f[1,16,8]{1};r=f[1,16,4]{1};c=f[1,1,16]{0};i=l[]{3};y=LSTM(x,w,r,,,,c) hidden_size=4;t=Transpose(y) perm=[0,2,1,3];s=Shape(t);d=Gather(s,i);e=Exp(y);!d:l;!e:f", 17, 0, 2, "d = int64[]{4}", NULL, false},
    {"zero_initial_state", "x:f[T,N,2];w=f[1,3,2]{*};r=f[1,3,3]{*};i=l[1]{1};k=l[1]{1};h=l[1]{3};s=Shape(x);n=Gather(s,i);c=Concat(k,n,h) axis=0;z=ConstantOfShape(c);y=RNN(x,w,r,,,z) hidden_size=3;!y:f", 13, 0, 1, "RNN(x, w, r)", NULL, false},
    {"zero_initial_state", "x:f[T,N,2];w=f[1,12,2]{*};r=f[1,12,3]{*};z=f[1,1,3]{0};a=l[3]{1,4,3};e:f[1,N,3];h=Expand(z,a);q=Concat(h,h) axis=0;b=l[1]{0};c=l[1]{1};g=Slice(q,b,c);y=LSTM(x,w,r,,,g,e) hidden_size=3;!y:f", 14, 0, 1, "LSTM(x, w, r, _, _, _, e)", NULL, false},
    {"broadcast_to_matmul", "x:f[N,2,3,4];z:f[N,2,4,5];s=l[3]{-1,3,4};t=l[3]{-1,4,5};o=l[4]{-1,2,3,5};a=Reshape(x,s);b=Reshape(z,t);m=MatMul(a,b);n=Reshape(m,o);y=Exp(n);!y:f", 17, 0, 2, "MatMul(x, z)", "m", false},
    {"broadcast_to_matmul", "x:f[N,3,4];w=f[4,5]{*};s=l[2]{-1,4};o=l[3]{-1,3,5};a=Reshape(x,s);m=MatMul(a,w);n=Reshape(m,o);y=Exp(n);!y:f", 17, 0, 2, "MatMul(x, w)", "m", true},
    {"broadcast_to_matmul", "x:f[N,3,4];w=f[4,5]{*};s=l[2]{-1,4};o=l[3]{-1,3,5};a=Reshape(x,s);m=Gemm(a,w) alpha=1.0f;n=Reshape(m,o);y=Exp(n);!y:f", 17, 0, 2, "MatMul(x, w)", "m", true},
    {"matmuls_to_split", "x:f[N,2,3];a=f[3,1]{*};b=f[3,2]{*};c=f[3,4]{*};o=MatMul(x,a);p=MatMul(x,b);q=MatMul(x,c);y=Exp(o);z=Exp(p);w=Exp(q);!y:f;!z:f;!w:f", 17, 0, 5, "{1,2,4}", NULL, true},
    {"matmuls_to_split", "x:f[N,3];a=f[3,2]{1,2,3,4,5,6};b=f[3,1]{7,8,9};c=f[3,1]{10,11,12};p=MatMul(x,b);q=MatMul(x,c);o=MatMul(x,a);y=Exp(o);z=Exp(p);w=Sum(q,q);!y:f;!z:f;!w:f", 11, 0, 5, "split=[1,1,2]", NULL, true},
    {"matmuls_to_split", "x:f[N,2];a=f[2,2]{1,2,3,4};b=f[2,1]{5,6};c=f[2,1]{7,8};o=MatMul(x,a);p=MatMul(x,b);q=MatMul(x,c);y=Exp(o);z=Exp(p);w=Exp(q);!y:f;!z:f;!w:f", 13, 0, 5, "{1,2,5,7,3,4,6,8}", NULL, true},
    {"gemm_to_matmul_add", "x:f[N,3,4];w=f[4,5]{*};c=f[5]{*};s=l[2]{-1,4};o=l[3]{-1,3,5};a=Reshape(x,s);m=Gemm(a,w,c);n=Reshape(m,o);y=Exp(n);!y:f", 17, 6, 3, "MatMul(x, w)", "a m", true},
    {"matmul_add_to_gemm", "x:f[N,2];w=f[2,3]{*};c=f[3]{*};m=MatMul(x,w);y=Add(c,m);!y:f", 7, 6, 1, "Gemm(x, w, c)", "m", true},
    {"transpose_into_gemm", "x:f[2,N];w:f[2,3];c=f[3]{1};a=Transpose(x) perm=[1,0];y=Gemm(a,w,c);!y:f", 7, 6, 1, "transA=1", "a", true},
    {"transpose_into_gemm", "x:f[N,2];w:f[2,3];c=f[2]{1};a=Transpose(w);y=Gemm(x,a,c) transA=1 transB=1;!y:f", 7, 6, 1, "transB=0", "a", true},
    {"layer_norm", "x:f[N,4];k=l[1]{-1};e=f[]{.5};p=f[]{2};s=f[4]{2};b=f[4]{1};m=ReduceMean(x,k);d=Sub(x,m);q=Pow(d,p);v=ReduceMean(q,k);a=Add(v,e);r=Sqrt(a);t=Div(d,r);z=Mul(t,s);y=Add(b,z);!y:f", 18, 16, 1, "LayerNormalization(x, s, b)", "m q v a r t", true},
    {"rms_normalization", "x:f[N,4];k=l[1]{-1};e=f[]{.5};s=f[4]{2};q=Mul(x,x);v=ReduceMean(q,k);a=Add(e,v);r=Sqrt(a);i=Reciprocal(r);t=Mul(i,x);y=Mul(s,t);!y:f", 23, 22, 1, "RMSNormalization(x, s)", "q v a r i t", true},
    {"rotary_embedding", "x:f[N,2,M,4];h:f[N,M,2];o=l[1]{1};i=Concat(h,h) axis=-1;j=Cos(i);k=Sin(i);c=Unsqueeze(j,o);s=Unsqueeze(k,o);p,q=Split(x) axis=3 num_outputs=2;m=Neg(q);r=Concat(m,p) axis=-1;t=Mul(x,c);u=Mul(r,s);y=Add(t,u);!y:f", 23, 22, 3, "RotaryEmbedding(x", "p q m r t u", true},
    {"rotary_embedding", "x:h[N,2,M,4];h:f[N,M,2];o=l[1]{-3};f=f[]{.5};i=Concat(h,h) axis=2;j=Cos(i);a=Mul(f,j);b=Cast(a) to=10;k=Sin(i);e=Cast(k) to=10;c=Unsqueeze(b,o);s=Unsqueeze(e,o);z=l[1]{0};w=l[1]{2};v=l[1]{99};d=l[1]{3};p=Slice(x,z,w,d);q=Slice(x,w,v,d);"
     "m=Neg(q);r=Concat(m,p) axis=3;t=Mul(c,x);u=Mul(s,r);y=Add(u,t);!y:h", 23, 22, 6, "RotaryEmbedding(x", "p q m r t u", true},
    {"rotary_embedding", "x:f[1,2,2,4];c=f[1,1,2,4]{1,2,1,2,3,4,3,4};s=f[1,1,2,4]{5,6,5,6,7,8,7,8};p,q=Split(x) axis=-1 num_outputs=2;m=Neg(q);r=Concat(m,p) axis=-1;t=Mul(x,c);u=Mul(r,s);y=Add(t,u);!y:f", 23, 22, 1, "{1,2,3,4}", "p q m r t u", true},
    {"rotary_embedding", "x:f[N,2,M,6];h:f[N,M,2];g:f[N,M,2];a,b=Split(x,l) axis=3;l=l[2]{4,2};r=RotaryEmbedding(a,h,g);y=Concat(r,b) axis=-1;!y:f", 23, 0, 1, "rotary_embedding_dim=4", "a b r", true},
    {"gqa", "q:f[N,4,3,2];k:f[N,2,M,2];v:f[N,2,M,2];x=l[1]{2};e=l[5]{1,1,2,1,1};t=l[4]{0,4,-1,2};a=Unsqueeze(k,x);b=Expand(a,e);c=Reshape(b,t);d=Unsqueeze(v,x);f=Expand(d,e);g=Reshape(f,t);y=Attention(q,c,g);!y:f", 23, 22, 1, "Attention(q, k, v)", "a b c d f g", true},
    {"gqa", "q:f[N,6,3,2];k:f[N,2,5,2];v:f[N,2,5,4];m:f[3,5];x=l[1]{-3};e=l[5]{1,2,3,1,1};t=l[4]{-1,6,5,2};w=l[4]{-1,6,5,4};a=Unsqueeze(k,x);b=Expand(a,e);c=Reshape(b,t);d=Unsqueeze(v,x);f=Expand(d,e);g=Reshape(f,w);y=Attention(q,c,g,m) is_causal=1;!y:f", 24, 22, 1, "Attention(q, k, v, m)", "a b c d f g", true},
    {"fuse_hardswish", "x:f[N];k=f[]{3};l=f[]{0};h=f[]{6};a=Add(x,k);c=Clip(a,l,h);m=Mul(c,x);y=Div(m,h);!y:f", 14, 13, 1, "HardSwish(x)", "a c m", true},
    {"fuse_hardswish", "x:f[N];k=f[]{3};l=f[]{0};h=f[]{6};a=Add(x,k);c=Clip(a,l,h);y=Div(c,h);!y:f", 13, 10, 1, "HardSigmoid(x)", "a c", true},
};

START_TEST(where_they_fire)
{
    for (size_t i = 0; i < sizeof fires / sizeof *fires; i++) {
        tmodel t;
        ck_assert_msg(run(&t, fires[i].rule, fires[i].opset, fires[i].text, false, PLAIN) > 0, "%s: %s\n%s", fires[i].rule,
                      fires[i].text, t.text);
        ck_assert_msg(tm_nodes(&t) == fires[i].left, "%s: %zu nodes: %s\n%s", fires[i].rule, tm_nodes(&t), fires[i].text, t.text);
        HAS(&t, fires[i].has);
        tm_free(&t);
    }
}
END_TEST

START_TEST(exact_keeps_bits)
{
    for (size_t i = 0; i < sizeof fires / sizeof *fires; i++) {
        tmodel t;
        bool fired = run(&t, fires[i].rule, fires[i].opset, fires[i].text, true, PLAIN) > 0;
        ck_assert_msg(fired == !fires[i].tight, "%s: %s\n%s", fires[i].rule, fires[i].text, t.text);
        tm_free(&t);
    }
}
END_TEST

/* What is behind a body's outputs is not looked at. */
static bool asks_what_follows(const char *rule, const char *text)
{
    return !strcmp(rule, "fuse_batchnorm") || !strcmp(rule, "fuse_conv_affine") ||
           (!strcmp(rule, "conv_add_bias") && strstr(text, "(x,w,b)")) ||
           (!strcmp(rule, "cancel_transposes") && strstr(text, "ReduceMean"));
}

/* The same in bodies, with what they capture and with constants of their own. */
START_TEST(inside_bodies)
{
    for (size_t i = 0; i < 2 * (sizeof fires / sizeof *fires); i++) {
        tmodel t;
        size_t k = i / 2;
        if (!strcmp(fires[k].rule, "equal_values")) continue; /* what is outside of both stands for both */
        uint64_t n = run(&t, fires[k].rule, fires[k].opset, fires[k].text, false, i % 2 ? BRANCHES : OWN_BRANCHES);
        /* pieces of a value from outside stay apart, and weights that both branches use stay as they are */
        bool may = !strstr(fires[k].rule, "_to_split") && !asks_what_follows(fires[k].rule, fires[k].text) &&
                   !(i % 2 && strstr(fires[k].rule, "_anywhere"));
        ck_assert_msg((n > 1) == may, "%s %d: %s\n%s", fires[k].rule, (int)(i % 2), fires[k].text, t.text);
        if (may) ck_assert_msg(tm_nodes(&t) == 1 + 2 * fires[k].left, "%s: %zu nodes: %s\n%s", fires[k].rule, tm_nodes(&t), fires[k].text, t.text);
        tm_free(&t);
    }
}
END_TEST

/* A value in between that the graph gives out, that another node uses, or that a body captures. */
START_TEST(used_elsewhere)
{
    for (size_t i = 0; i < 3 * (sizeof fires / sizeof *fires); i++) {
        const char *p = fires[i / 3].inner;
        while (p && *p) {
            char text[1024];
            tmodel t;
            size_t n = strcspn(p, " ");
            if (i % 3) snprintf(text, sizeof text, "%s;more=custom::Op(%.*s);!more:f", fires[i / 3].text, (int)n, p);
            else snprintf(text, sizeof text, "%s;!%.*s:f", fires[i / 3].text, (int)n, p);
            uint64_t k = run(&t, fires[i / 3].rule, fires[i / 3].opset, text, false, i % 3 == 2 ? BRANCHES : PLAIN);
            ck_assert_msg(k == 0, "%s: %s\n%s", fires[i / 3].rule, text, t.text);
            tm_free(&t);
            p += n + (p[n] == ' ');
        }
    }
}
END_TEST

/* What the operator set does not have yet is not put in. */
START_TEST(old_operator_sets)
{
    for (size_t i = 0; i < sizeof fires / sizeof *fires; i++) {
        tmodel t;
        if (!fires[i].old) continue;
        uint64_t n = run(&t, fires[i].rule, fires[i].old, fires[i].text, false, PLAIN);
        ck_assert_msg(n == 0 || (!strcmp(fires[i].rule, "fuse_hardswish") && !strstr(t.text, "HardSwish")), "%s at %d: %s\n%s",
                      fires[i].rule, fires[i].old, fires[i].text, t.text);
        tm_free(&t);
    }
}
END_TEST

/* Guards: the rule must not fire. */
static const struct {
    const char *rule;
    int opset;
    const char *text;
} holds[] = {
#include "rule_guards.h"
};

START_TEST(guards)
{
    for (size_t i = 0; i < 2 * (sizeof holds / sizeof *holds); i++) {
        tmodel t;
        uint64_t n = run(&t, holds[i / 2].rule, holds[i / 2].opset, holds[i / 2].text, false, i % 2 ? BRANCHES : PLAIN);
        ck_assert_msg(n == 0, "%s: %s\n%s", holds[i / 2].rule, holds[i / 2].text, t.text);
        tm_free(&t);
    }
}
END_TEST

/* The operator's clamping leaves one element, numpy's none. */
START_TEST(backwards_from_before_the_first)
{
    tmodel t;
    run(&t, "collapse_slices", 17, "x:f[N,4];s=l[1]{-9};e=l[1]{-9};a=l[1]{0};t=l[1]{-1};m=Slice(x,s,e,a,t);y=Abs(m);!y:f", false, PLAIN);
    HASNT(&t, "float[0,4]");
    tm_free(&t);
}
END_TEST

/* A node that a rule has taken the attributes of goes, even when dead nodes may stay. */
START_TEST(without_dead_code)
{
    static const of_str some[] = {{"infer", 5}, {"where_not", 9}, {"consecutive_concats", 19}, {"pad_into_pool", 13},
                                  {"reduce_keepdims", 15}, {"fuse_batchnorm_anywhere", 23}, {"gather_unsqueeze", 16}};
    for (size_t i = 0; i < sizeof fires / sizeof *fires; i++) {
        tmodel t;
        gtext g;
        g_parse(&g, fires[i].text);
        pb graph = g_plain(&g);
        tm_make(&t, 8, fires[i].opset, &graph, NULL, "custom");
        t.o.skip = NULL;
        t.o.n_skip = 0;
        t.o.has_only = true;
        t.o.only = some;
        t.o.n_only = sizeof some / sizeof *some;
        tm_run(&t);
        HASNT(&t, "= Concat(x, z)\n");
        tm_again(&t);
        tm_run(&t);
        tm_free(&t);
    }
}
END_TEST

/* In functions that are not inlined nothing is known of types: only what needs none is done. */
START_TEST(inside_functions)
{
    for (size_t i = 0; i < sizeof fires / sizeof *fires; i++) {
        tmodel t;
        gtext g;
        pb f = {0}, fs = {0}, main = {0};
        char ins[64] = "", outs[64] = "";
        g_parse(&g, fires[i].text);
        if (g.init.n) { /* a function has no initializers */
            g_free(&g);
            continue;
        }
        pb_str(&f, 1, "F");
        for (int k = 0; k < g.n_input; k++) {
            pb_str(&f, 4, g.input[k].name);
            snprintf(ins + strlen(ins), sizeof ins - strlen(ins), "%s%s", k ? " " : "", g.input[k].name);
            tg_in(&main, g.input[k].name, g.input[k].type, g.input[k].dims);
        }
        for (int k = 0; k < g.n_output; k++) {
            char y[16];
            snprintf(y, sizeof y, "Y%d", k);
            pb_str(&f, 5, g.output[k]);
            snprintf(outs + strlen(outs), sizeof outs - strlen(outs), "%s%s", k ? " " : "", y);
            tg_out(&main, y, g.out_type[k], NULL);
        }
        /* nodes: field 1 of a graph, 7 of a function */
        for (size_t at = 0; at < g.node.n;) {
            size_t len = 0, shift = 0, start = at + 1;
            do {
                len |= (size_t)(g.node.p[start] & 127) << shift;
                shift += 7;
            } while (g.node.p[start++] & 128);
            pb_bytes(&f, 7, g.node.p + start, len);
            at = start + len;
        }
        tm_opset(&f, 9, "", fires[i].opset);
        tm_opset(&f, 9, "custom", 1);
        pb_str(&f, 10, "custom");
        g_free(&g);
        pb_msg(&fs, 25, &f);
        tg_node(&main, "custom::F", ins, outs);
        tm_make(&t, 8, fires[i].opset, &main, &fs, "custom");
        t.o.skip = NULL;
        t.o.n_skip = 0;
        t.o.inline_functions = false;
        tm_run(&t);
        uint64_t left = t.r.nodes_after;
        tm_run(&t);
        ck_assert_uint_eq(t.r.nodes_after, left);
        tm_free(&t);
    }
}
END_TEST

TEST_SUITE("rewrite: one by one", where_they_fire, exact_keeps_bits, inside_bodies, used_elsewhere, old_operator_sets, guards,
           backwards_from_before_the_first, without_dead_code, inside_functions)
