/* What fuzz_rules draws from: graphs that a rule is for, and those it must leave. */
#ifndef OF_TEST_REWRITE_RULE_TEMPLATES_H
#define OF_TEST_REWRITE_RULE_TEMPLATES_H

typedef struct ttemplate {
    const char *rule;
    bool sums; /* the order of sums changes when not exact */
    int opset[4];
    const char *text;
} ttemplate;

static const ttemplate templates[] = {
    {"no_op", false, {7, 13, 17, 21},
     "%k=<0|-0|1|-1|2>;x:f[<N,3|2,3|1,3|>];c=f[<|1|1,1|3|1,3|2,3|1,1,1>]{%k};m=<Add|Sub|Mul|Div|Pow>(<x,c|c,x>);y=Abs(m);!m:f;!y:f"},
    {"no_op", false, {7, 13, 17, 21},
     "x:<f|i|l|d>[N,3];a=Identity(x);b=Transpose(a) perm=<[0,1]|[1,0]>;c=<Flatten(b) axis=1|Identity(b)|Concat(b) axis=<0|1>|Max(b)>;y=Neg(c);!y:f;!c:f"},
    {"no_op", false, {13, 13, 17, 21},
     "x:f[N,3];p=l[4]{<0|0,1>};v=f[]{<0|2>};e=l[2]{1};q=b[<|1|3|1,1,3>]{<1|0>};a=Pad(x,p,v);b=<Expand|Tile>(a,e);z:f[<3|1,3|1>];y=Where(q,b,z);!y:f"},
    {"no_op", false, {13, 17, 18, 19},
     "x:<f|i>[N,4];s=l[2]{<0,4|-1,4|0,-1|1,-1>};a=Reshape(x,s);b=Cast(a) to=<1|6|11>;d=Dropout(b);y=Cast(d) to=1;!y:f"},
    {"collapse_slices", false, {10, 13, 17, 21},
     "x:f[<N|4>,4];s=l[1]{<0|-4|-9|1|3>};e=l[1]{<4|9|-1|9223372036854775807|-9>};a=l[1]{<0|1|-1>};t=l[1]{<1|1|1|2|-1>};m=Slice(x,s,e<|,a|,a,t>);y=Abs(m);!y:f"},
    {"idempotent", false, {13, 13, 17, 21},
     "x:f[N];a=<Abs|Ceil|Floor|Round|Sign|Neg|Relu>(x);b=<Abs|Ceil|Floor|Round|Sign|Neg>(a);c=<Max|Min>(b,<b|b|x>);y=Cos(c);!b:f;!y:f"},
    {"idempotent", false, {13, 13, 17, 21},
     "x:<l|i>[N];q:b[N];a=<Abs|Neg|Sign>(x);y=<Abs|Neg|Sign>(a);b=Not(q);c=Not(b);z=<And|Or>(c,<c|b>);!y:l;!z:b"},
    {"materialize_reshape_shape", false, {13, 14, 17, 21},
     "x:f[<N|2>,<4|M>,6];i=l[1]{<0|0|1>};k=l[1]{<-1|-1|24>};s=Shape(x);d=Gather(s,i);c=Concat(<d,k|k,d>) axis=0;m=Reshape(x,c)< | allowzero=1>;y=Abs(m);!y:f"},
    {"materialize_reshape_shape", false, {13, 14, 17, 21},
     "x:f[<N|2>,<4|M>,6];i=l[1]{<0|1|2>};k=l[1]{<24|-1|0|6>};s=Shape(x);d=Gather(s,i);c=Concat(<d,k|k,d|d,k,d>) axis=0;m=<Reshape|Expand>(x,c);y=Abs(m);!y:f"},
    {"basic", false, {13, 17, 19, 21},
     "x:<f|d|h|i|l|c|u|b>[N,2];a=Cast(x) to=<1|2|3|5|6|7|9|10|11>;b=Cast(a) to=<1|2|3|5|6|7|9|10|11>;y=Cast(b) to=11;!y:d;!b:f"},
    {"basic", false, {11, 13, 17, 21},
     "x:f[<N|2>,<1|3>,2];a=Transpose(x)< perm=<[1,0,2]|[2,1,0]|[1,2,0]|[0,2,1]>>;b=Transpose(a) perm=<[1,0,2]|[2,1,0]|[2,0,1]|[0,2,1]>;y=Abs(b);!y:f;!b:f"},
    {"basic", false, {13, 14, 17, 21},
     "x:f[<N|2|1>,1,3,1];i=l[<1|2>]{<1|-1|3,1|1,3>};j=l[1]{<1|0|-1|2>};k=l[1]{<0|1>};s=l[<1|2|3>]{<-1|-1,3|0,-1|-1,1,1|3,-1,1>};"
     "a=<Squeeze|Unsqueeze>(x,i);b=<Squeeze|Unsqueeze|Reshape>(a,<j|s>);c=<Flatten(b)|Unsqueeze(b,k)|Reshape(b,s)>;y=Abs(c);!y:f"},
    {"transpose_through_reshape", false, {13, 15, 17, 21},
     "x:f[<N|2|1>,3,<4|3|1>];k=l[<1|2>]{<0|1|-1|0,2|3,1|1,4>};a=Transpose(x) perm=<[1,2,0]|[2,0,1]|[0,2,1]|[2,1,0]>;b=Unsqueeze(a,k);c=Transpose(b)<| perm=<[0,2,1,3]|[3,1,2,0]|[1,3,0,2]>>;y=Abs(c);!y:f"},
    {"transpose_through_reshape", false, {13, 15, 17, 21},
     "x:f[<N|2|1>,1,<4|3|1>,M];k=l[<1|1|2>]{<0|1|2|-1|-2|-1,2>};s=l[<3|2>]{<-1,3,4|3,-1,4|4,3,-1|0,-1,0|-1,12>};a=Transpose(x) perm=<[1,2,0,3]|[2,0,1,3]|[0,2,1,3]|[3,2,1,0]>;b=<Squeeze(a,k)|Reshape(a,s)>;"
     "c=Transpose(b)<| perm=<[0,2,1]|[2,1,0]|[1,2,0]|[1,0]>>;y=Abs(c);!y:f"},
    {"cancel_transposes", false, {7, 11, 13, 21},
     "%p=<[0,2,3,1]|[0,2,3,1]|[0,2,1,3]|[3,2,1,0]>;%q=<[0,3,1,2]|[0,3,1,2]|[0,2,1,3]|[3,2,1,0]>;x:<f|f|f|d>[<N|2>,3,3,<3|M|1>];k=f[<|1|3|3,1|1,3,1|1,1,1,3|3,3|1,1,1,1,1>]{*};c=Cast(k) to=1;"
     "w=Cast(x) to=1;a=Transpose(w) perm=%p;b=<Add|Sub|Mul|Div>(<a,k|k,a>);d=<Relu|Abs|Neg|Sigmoid|Exp|Floor>(<a|b>);e=<Add|Sub|Mul|Div|PRelu>(<b|d>,<a|d|b|k>);f=<Transpose(w) perm=%p|Neg(e)|Relu(w)>;"
     "h=<Max|Min|Sum|Mean>(<e,f|e,f|e,d,a>);g=Transpose(<h|h|e>) perm=%q;y=<Relu|Abs>(<g|g|g|h>);!y:f<||;!e:f|;!g:f>"},
    {"cancel_transposes", false, {11, 13, 17, 21},
     "%p=<[0,2,3,1]|[2,0,1,3]|[0,2,1,3]|[3,2,1,0]>;%q=<[0,3,1,2]|[1,2,0,3]|[0,2,1,3]|[3,2,1,0]>;x:<f|i|f>[<N|2>,3,<2|M>,<3|M|1>];z:f[N,2,3,3];i=l[<|1>]{0};a=Transpose(x) perm=%p;b=Cast(a) to=<1|6>;c=Cast(b) to=1;"
     "o=l[8]{<0,1,0,0,0,0,0,0|0,0,1,2,0,1,0,0|1,0,0,0,0,0,0,1|0,0,-1,0,0,0,0,0>};v=f[]{<0|2>};d=Pad(c,o<|,v>)<|| mode=\"reflect\">;s=l[<1|2>]{<0|1|-2|0,1|-1,-2>};m=l[<1|2>]{<9|2|-1|9,9>};k=l[<1|2>]{<1|2|3|-1|0,2|2,1|-1,1|3,0>};"
     "e=Slice(<c|d>,s,m,k);f=Concat(<e,e|d,d|c,c|e,d|c,z|e,z>) axis=<0|1|2|3|-1|-3>;g=Transpose(<f|e|d>) perm=%q;h=Transpose(z) perm=<[0,1,2,3]|%q>;y=Neg(g);u=<Abs|Transpose>(f);!y:f;<|!u:f|!h:f>"},
    {"cancel_transposes", false, {13, 14, 17, 17},
     "%p=<[0,2,3,1]|[2,0,1,3]|[3,2,1,0]|[1,0,2,3]>;%q=<[0,3,1,2]|[1,2,0,3]|[3,2,1,0]|[1,0,2,3]>;x:f[4,4,4,4];z:b[<4|1>,4,1,<4|1>];j=l[2]{<2,2|1,3|4,0>};a=Transpose(x) perm=%p;b,c=Split(a<,j|>) axis=<0|1|2|-1>;d=Relu(<b|c>);e=<Concat(c,d) axis=<0|1|2|-1>|Concat(d,c) axis=<0|1|2|3>|Mul(b,b)|Mul(c,d)>;"
     "f=Where(z,<a|e>,<e|a|x>);g=Transpose(<f|e|e>) perm=%q;h=Transpose(<c|d|b>) perm=%q;y=<Neg|Relu>(g);w=<Relu|Transpose>(h);!y:f<;!w:f|>"},
    {"cancel_transposes", true, {11, 13, 17, 18},
     "%p=<[0,2,3,1]|[0,2,3,1]|[2,0,1,3]|[3,2,1,0]>;%q=<[0,3,1,2]|[0,3,1,2]|[1,2,0,3]|[3,2,1,0]>;%k=<| keepdims=<0|0|1>>;x:<f|f|i>[<N|2>,3,<2|M>,<3|1>];a=Transpose(x) perm=%p;b=Relu(a);"
     "r=<ReduceMax|ReduceMin|ReduceMean|ReduceMean|ReduceL1|ReduceProd>(<a|b>) axes=<[1,2]|[1,2]|[-1]|[2,1]|[0]|[0,3]>%k;s=<ReduceMean|ReduceMax>(b)%k;e=<Mul|Add>(b,<r|r|s>);g=Transpose(e) perm=%q;h=<Transpose(r) perm=%q|Relu(r)|Transpose(r)|Exp(r)>;y=<Relu(g)|Abs(g)|Identity(h)>;!y:f<;!h:f|>"},
    {"cancel_transposes", true, {18, 18, 19, 21},
     "%p=<[0,2,3,1]|[0,2,3,1]|[2,0,1,3]|[3,2,1,0]>;%q=<[0,3,1,2]|[0,3,1,2]|[1,2,0,3]|[3,2,1,0]>;%k=<| keepdims=<0|0|1>>;x:f[<N|2>,3,<2|M>,<3|1>];i=l[<1|2|>]{<1|2|-1|1,2|2,1|0,3>};a=Transpose(x) perm=%p;b=Relu(a);"
     "r=<ReduceMax|ReduceSum|ReduceMean|ReduceMean|ReduceSumSquare>(<a|b>,i)%k<|| noop_with_empty_axes=1>;s=<ReduceSum(b)|ReduceMin(b)|ReduceMean(b,i)>%k<|| noop_with_empty_axes=1>;e=<Mul|Add>(b,<r|r|s>);g=Transpose(e) perm=%q;h=<Transpose(r) perm=%q|Relu(r)|Transpose(r)|Exp(r)>;y=<Relu(g)|Abs(g)|Identity(h)>;!y:f<;!h:f|>"},
    {"cancel_transposes", false, {13, 17, 19, 21},
     "%p=<[0,2,3,1]|[0,2,1,3]|[3,2,1,0]>;%q=<[0,3,1,2]|[0,2,1,3]|[3,2,1,0]>;x:f[N,<3|1>,2,2];s=f[<||1|3>]{.5};z=c[<||1|3>]{<7|128>};l=f[]{-1};u=f[]{6};a=Transpose(x) perm=%p;b=QuantizeLinear(a,s,z)<| axis=<1|3>>;c=DequantizeLinear(b,s,z)<| axis=<1|3>>;"
     "d=Clip(<a|c|c>,l,u);e=Transpose(<d|c>) perm=%q;h=Transpose(b) perm=%q;y=<Relu|Identity>(e);g=<DequantizeLinear(h,s,z)|Cast(h) to=1|CastLike(h,l)>;!y:f;!g:f"},
    {"cancel_transposes", false, {13, 17, 19, 21},
     "%p=[0,2,3,1];%q=[0,3,1,2];x:f[N,3,2,2];v:f[N,3,2,2];c=f[<3|1,1,1,3|1,2,1,3>]{*};a=Transpose(x) perm=%p;b=Transpose(v) perm=<%p|%p|%q>;d=<Add(a,c)|Relu(a)>;e=<Mul(b,c)|Relu(b)|Add(b,d)>;f=Add(<d,e|e,d>);g=Transpose(d) perm=%q;h=Transpose(e) perm=<%q|%q|%p>;"
     "i=Transpose(f) perm=%q;j=<Neg(i)|Neg(g)|Neg(h)>;k=Transpose(j) perm=<%p|%p|%q>;l=<Add(k,f)|Relu(k)|Mul(k,k)>;o=Transpose(l) perm=%q;y=<Relu(o)|Abs(o)|Neg(l)>;!y:f<|;!f:f|;!g:f;!h:f>"},
    {"reduce_keepdims", false, {13, 17, 18, 21},
     "x:f[N,3,2];a=l[<1|2>]{<1|-1|0|1,2|2,1|-1,0>};b=l[<1|2>]{<1|-1|0|1,2|2,1|-1,0>};m=<ReduceSum|ReduceSum|ReduceMax|ReduceMean|ReduceL2>(x,a) keepdims=<1|1|1|0>;"
     "y=Squeeze(m,b);!y:f"},
    {"reduce_keepdims", false, {11, 12, 13, 17},
     "x:f[N,3,2];b=l[<1|2>]{<1|-1|1,2|2,1|-1,0>};m=<ReduceProd|ReduceMax|ReduceMean|ReduceL1>(x) axes=<[1]|[-1]|[1,2]|[2,1]|[0,-1]>;y=<Squeeze(m,b)|Squeeze(m) axes=<[1]|[-1]|[1,2]>>;!y:f"},
    {"equal_values", false, {13, 15, 17, 21},
     "x:f[N,3];z:f[M,3];e=Abs(x);i=l[<1|>]{<0|1>};a=Shape(x);b=Shape(<e|z>);c=Gather(a,i);d=Gather(b,i);y=Sub(c,d);w=Concat(a,b) axis=0;!y:l;!w:l"},
    {"gather_unsqueeze", false, {13, 15, 17, 21},
     "x:f[N,3,2];i=l[<||1>]{<0|1|-1>};k=l[1]{<0|-1>};s=Shape(x);a=<Gather(s,i)|Gather(s,i) axis=<0|-1>>;y=Unsqueeze(a,k);!y:l"},
    {"gather_unsqueeze", false, {13, 15, 17, 21},
     "x:<l|f>[<4|4|4,2>];i=l[<||1>]{<0|1|-1>};k=l[1]{<0|-1|1>};a=Gather(x,i);b=Unsqueeze(a,k);y=Abs(b);!y:l"},
    {"gather_unsqueeze", false, {13, 15, 17, 21},
     "%a=<0|1|2|-1>;x:f[<N|3>,3,2];i=l[<|||1>]{<0|1|-1>};k=l[1]{<%a|%a|0|-2>};a=Gather(x,i) axis=%a;y=Unsqueeze(a,k);!y:f"},
    {"slice_squeeze", false, {13, 15, 17, 21},
     "%a=<0|1|2|-1>;x:<f|l|b>[<N|3|1>,3,2];s=l[1]{<0|1|-1|2|-3|-9>};e=l[1]{<1|2|3|99|-1|-9|0>};k=l[1]{%a};t=l[1]{<1|1|1|-1|2>};a=Slice(x,s,e,k<|,t>);b=Squeeze(a,k);y=Cast(b) to=1;!y:f"},
    {"slice_squeeze", false, {9, 9, 11, 12},
     "x:f[<3|1>,3];s=l[1]{<0|1|-1>};e=l[1]{<1|2|99|-1>};a=Slice(x<) starts=[<0|1|-1|2>] ends=[<1|2|3>]|) starts=[<0|1|-1>] ends=[<1|2|-1>] axes=[<0|1>]>;y=Squeeze(a) axes=[<0|1|0>];!y:f"},
    {"shape_of_part", false, {13, 15, 17, 21},
     "x:f[N,3,M,2];i=l[<1|2|2|3|>]{<0|1|-1|1,2|2,3|0,1|-2,-1|1,0|0,2|1,1>};s=Shape(x)<| start=<1|-3|0|-9>>< | end=<3|-1|9>>;y=Gather(s,i);!y:l"},
    {"shape_of_part", false, {15, 17, 19, 21},
     "x:f[N,3,M,2];a=l[1]{<0|1|-1|-2|-9|3>};b=l[1]{<1|2|-1|9|4|0>};k=l[1]{0};t=l[1]{<1|1|-1|2>};s=Shape(x)<| start=<1|-3>>;y=Slice(s,a,b<|,k|,k,t>);!y:l"},
    {"consecutive_slices", false, {10, 13, 17, 21},
     "x:f[<N|4>,4,5];s=l[1]{<0|1|-3|-9>};e=l[1]{<3|9|-1>};a=l[1]{<0|1|-1>};b=l[1]{<0|1|2|-2>};t=l[1]{<1|2|-1>};m=Slice(x,s,e,a<|,t>);n=Slice(m,s,e,b<|,t>);y=Abs(n);!y:f;!n:f"},
    {"consecutive_concats", false, {13, 13, 17, 21},
     "%a=<0|1|-1>;x:f[<2|N>,2];z:f[<2|N>,2];e=f[2,0]{0};f=f[0,2]{0};m=Concat(x,z) axis=%a;n=Concat(<z,m|m,x|m,m|z,m,x|z,e|f,z|e>) axis=<%a|0|1>;y=Abs(n);!y:f"},
    {"slices_to_split", false, {10, 13, 17, 18},
     "%p=<1|2|-2|3>;%q=<%p|2|1>;%x=<0|1|1|-1|2>;x:<f|b|l>[<N|4>,4,<4|3|M>];s=l[1]{<0|0|-4|1>};a=l[1]{%p};b=l[1]{<%q|%p>};e=l[1]{<4|99|9223372036854775807>};k=l[1]{%x};t=l[1]{1};"
     "m=Slice(x,s,a,k<|,t>);n=Slice(x,b,e,k<|,t>);y=Cast(m) to=1;z=Cast(n) to=1;!z:f;!y:f<|;!m:f>"},
    {"slices_to_split", false, {10, 13, 17, 18},
     "%x=<0|1|-1>;x:f[6,6];z=l[1]{0};a=l[1]{<2|1>};b=l[1]{<4|-2|3>};e=l[1]{<6|-1|7>};k=l[1]{%x};u=Slice(x,b,e,k);m=Slice(x,z,a,k);n=Slice(x,a,b,k);o=<Slice(x,z,a,k)|Abs(x)>;"
     "y=Concat(m,u,n,o) axis=%x;!y:f"},
    {"slices_to_split", false, {7, 7, 8, 9},
     "x:f[6,6];m=Slice(x) starts=[0] ends=[3] axes=[<0|1>];n=Slice(x) starts=<[3]|[-3]> ends=[<6|9|-1>] axes=[<0|1>];y=Abs(m);z=Abs(n);!y:f;!z:f"},
    {"sequences", false, {11, 13, 17, 18},
     "x:f[<5|N>,2];t=l[<|1|2>]{<2|5|2,3|1,4>};i=l[]{<0|1|-1>};q=SplitToSequence(x<,t|,t|>) axis=<0|0|1>;a=SequenceAt(q,i);b=SequenceAt(q,<i|i>);y=Concat(a,b) axis=0;!y:f"},
    {"sequences", false, {11, 13, 17, 18},
     "x:f[N,2];z:f[N,2];i=l[]{<0|1|-1|-2>};q=SequenceConstruct(x,z);a=SequenceAt(q,i);b=ConcatFromSequence(q) axis=<0|1>< new_axis=<0|1>>;y=Abs(b);w=Abs(a);!y:f;!w:f"},
    {"cast_constant_of_shape", false, {9, 13, 17, 21},
     "x:f[N,3];s=Shape(x);c=ConstantOfShape(s)< | value=@<f|l|i|b|c|d|h>[1]{<0|1|-1|2.5|300|-0|nan>}>;m=Cast(c) to=<1|2|3|5|6|7|9|10|11>;y=Cast(m) to=11;!y:d;!m:f"},
    {"moved_constant_of_shape", false, {9, 13, 14, 21},
     "x:f[N,3,2];z:l[2];i=l[2]{<2,3|3,2|0,3>};s=l[3]{<2,3,2|1,3,2|2,2,3>};j=l[1]{<0|1|-1>};k=l[1]{<2|9|-1>};p=l[]{<0|1|-1>};c=ConstantOfShape(<i|i|z>)< | value=@f[1]{<2|-0>}>;d=<Expand(c,s)|Transpose(c)|Slice(c,j,k)|Gather(c,p)|Gather(c,j)|Flatten(c)|Tile(c,i)>;y=Neg(d);!y:f"},
    {"cast_like", false, {15, 17, 19, 21}, "x:<f|i|d>[N,3];z:<f|h|l|b>[M];m=CastLike(x,<z|x>);y=Cast(m) to=1;!y:f"},
    {"where_not", false, {9, 13, 17, 21}, "q:b[<N|1>,<3|1>];x:f[<N,3|3|>];z:f[<1,3|N,1>];n=Not(q);w=Where(n,x,z);y=Neg(w);!y:f<|;!n:b>"},
    {"redundant_scatter_nd", false, {11, 13, 16, 18},
     "x:f[<2|2|3>,<3|2>];u:f[<2,3|2,2|3,3>];i=l[<2,1|3,1|2,3,2>]{<0,1|1,0|0,1,2|0,0,0,1,0,2,1,0,1,1,1,2|0,-1>};m=ScatterND(x,i,u)< | reduction=\"<none|add>\">;y=Neg(m);!y:f"},
    {"redundant_scatter_nd", false, {13, 13, 16, 18},
     "x:f[N,3];u:f[N,3];w:f[M,3];z=l[]{<0|0|1>};o=l[]{<1|1|-1>};i=l[]{0};k=l[1]{<1|-1|1>};a=Shape(<x|u|w>);e=Gather(a,i);r=Range(z,e,o);c=Unsqueeze(r,k);m=ScatterND(x,c,u);y=Neg(m);!y:f"},
    {"remove_expand_before_binary_op", false, {13, 15, 17, 21},
     "x:f[<1,3|N,1|1|N,3|M,1>];z:f[<N,3|1,3|3|N,1>];a=Abs(<z|z|x>);s=Shape(a);e=Expand(x,s);y=<Add(e,z)|Sub(z,e)|Mul(e,z)|Pow(e,z)|Div(z,e)>;!y:f"},
    {"remove_expand_before_binary_op", false, {13, 15, 17, 21},
     "x:f[<1,3|3|1>];q:b[<2,3|1,3|2,1>];z:f[<2,3|1,3|1>];s=l[2]{<2,3|1,3|2,1>};e=Expand(x,s);m=<Where(q,e,z)|Where(q,z,e)|Less(e,z)|Greater(z,e)>;y=Cast(m) to=1;!y:f"},
    {"fuse_relus_clips", false, {6, 8, 9, 10},
     "x:f[N];a=<Relu(x)|Clip(x)|Clip(x) min=<0|-0|-1|2>.0f|Clip(x) min=<-1|0>.0f max=<3|6>.0f>;b=<Relu(a)|Clip(a) max=<0|-1|6>.0f|Clip(a) min=<-2|1|4|8>.0f max=<2|5>.0f>;y=Neg(b);!y:f"},
    {"fuse_relus_clips", false, {11, 12, 14, 17},
     "%t=<f|f|f|d|h|i>;x:%t[N];p=%t[<||1>]{<0|-0|-1|2|inf|nan>};q=%t[]{<6|3|0|-2>};r=%t[]{<-2|0|-0|1|4>};s=%t[]{<5|2|-0|0|inf>};a=<Relu(x)|Clip(x)|Clip(x,p)|Clip(x,,q)|Clip(x,p,q)>;"
     "b=<Relu(a)|Clip(a)|Clip(a,r)|Clip(a,,s)|Clip(a,r,s)>;y=Neg(b);!y:f;!b:f"},
    {"min_max_to_clip", false, {8, 11, 12, 17},
     "%t=<f|f|d|h|i|l|c>;x:%t[<N,3|3|>];z:%t[<N,3|3|1>];p=%t[<||1|1,1|3>]{<0|-0|-1|2|inf|nan>};q=%t[<||1>]{<3|0|-2|-0>};a=<Min|Max>(<x,p|p,x|x,z|x>);b=<Min|Max>(<a,q|q,a|a,z|z,a>);"
     "c=<Min(b,x)|Max(q,b)|Identity(b)>;y=Cast(c) to=11;!y:d;!c:f"},
    {"fuse_pad_into_conv", true, {11, 13, 17, 18},
     "%c=<2|1>;x:f[<N|1>,%c,<4|5|M>,3];p=l[8]{0,0,<0|1|2>,<0|1>,0,<0|0|1>,<0|1|3>,<0|2|-1>};v=f[]{<0|0|0|1|-0>};w=f[2,<%c|2>,<1|2|3>,<1|2>]{*};a=Pad(x,p<|,v|,v>)< | mode=\"<constant|edge>\">;"
     "y=Conv(a,w)< | auto_pad=\"<SAME_UPPER|SAME_LOWER|VALID|NOTSET>\"| pads=[<0|1>,0,1,<0|1>]>< | strides=<[2,1]|[2,2]>>;!y:f"},
    {"fuse_pad_into_conv", true, {7, 8, 9, 10},
     "x:f[N,2,4,3];w=f[2,2,2,2]{*};a=Pad(x) pads=[0,0,<0|1>,1,0,0,2,<0|1>]< | value=<0|1>.0f>;y=Conv(a,w)< | pads=[<0|1>,0,1,<0|1>]>;!y:f"},
    {"pad_into_pool", true, {11, 13, 17, 18},
     "x:f[N,2,4,5];p=l[8]{0,0,<0|1|2>,<0|1>,0,<0|0|1>,<0|1|2>,<0|1|-1>};v=f[]{<0|0|-inf|-inf|1|-0>};a=Pad(x,p<|,v|,v|,v>);y=<AveragePool|MaxPool>(a) kernel_shape=[<2|3>,<1|2>]"
     "< | count_include_pad=<1|0>>< | pads=[<0|1>,0,1,0]>< | strides=<[2,1]|[2,2]>>< | ceil_mode=1>< | auto_pad=\"<SAME_UPPER|VALID>\">;!y:f"},
    {"pad_into_pool", true, {11, 13, 17, 18},
     "x:f[N,2,4,5];p=l[8]{0,0,<0|1>,<0|1>,0,0,<0|1|2>,<0|1>};v=f[]{<0|-0|-inf>};a=Pad(x,p,v);y=<AveragePool|MaxPool>(a) kernel_shape=[3,2]< | count_include_pad=1>< | pads=[0,0,1,0]>< | strides=[2,1]>;!y:f"},
    {"pad_into_pool", true, {7, 8, 9, 10},
     "x:f[N,2,4,5];a=Pad(x) pads=[0,0,1,<0|1>,0,0,<0|1>,1]< | value=<0|1>.0f>;y=<AveragePool|AveragePool|MaxPool>(a) kernel_shape=[3,2]< | count_include_pad=1>< | pads=[0,0,1,0]>;!y:f"},
    {"fuse_batchnorm_anywhere", true, {7, 9, 14, 15},
     "%g=<1|1|2>;x:f[N,2,3,3];w=f[2,<2|1|2>,2,<1|2>]{*};b=f[2]{*};s=f[2]{<*|1,0|2,-3>};o=f[2]{*};m=f[2]{*};v=f[2]{<1,4|.5,1e-3|2,2>};c=Conv(x,w<|,b>) group=%g;"
     "n=BatchNormalization(c,s,o,m,v)< | epsilon=<0.25f|1e-3f>>< | training_mode=0>;y=Neg(n);!y:f"},
    {"fuse_batchnorm_anywhere", true, {7, 9, 14, 15},
     "%g=<1|2>;x:f[N,2,3,3];w=f[2,1,2,2]{*};s=f[<1|2>]{*};v=f[<1|2>]{1,4};b=f[<1|2>]{*};c=ConvTranspose(x,w<|,b>) group=%g;n=BatchNormalization(c,s,b,s,v);y=Neg(n);!y:f"},
    {"fuse_batchnorm_anywhere", true, {9, 11, 14, 15},
     "x:f[N,3];w=f[3,3]{*};s=f[3]{*};v=f[3]{1,4,2};b=f[3]{*};o=f[3]{*};c=Gemm(x,w<|,b>)< | transB=1| transA=0| alpha=2.0f>;n=BatchNormalization(c,s,o,s,v);y=Neg(n);!y:f"},
    {"fuse_conv_affine_anywhere", true, {11, 13, 17, 18},
     "x:f[N,2,3,3];w=f[2,2,2,2]{*};b=f[2]{*};k=f[<|1|2,1,1|1,2,1,1|2|1,2>]{*};a=f[<|1|2,1,1|1,2,1,1|2|1,1,2,1>]{*};c=<Conv|ConvTranspose>(x,w<|,b>)< | group=1>;m=Mul(<c,k|k,c>);y=Add(<m,a|a,m>);!y:f"},
    {"fuse_batchnorm", true, {7, 9, 14, 15},
     "%g=<1|2>;x:f[N,2,3,3];w=f[2,<2|1>,2,<1|2>]{*};b=f[2]{*};s=f[2]{<*|1,0|2,-3>};o=f[2]{*};m=f[2]{<*|*|300>};v=f[2]{<1,4|.5,1e-3|2,2>};k=f[2,2,1,1]{*};c=<Conv|Conv|ConvTranspose>(x,w<|,b>) group=%g;"
     "n=BatchNormalization(c,s,o,m,v);t=<Relu|Sigmoid|Tanh|Softmax|Identity|Exp|Abs>(n);u=<Add(t,n)|Mul(t,n)|Conv(t,k)|Conv(n,k)|Sub(t,n)|Max(t,n)>;y=<Relu|Identity|Sigmoid|GlobalAveragePool|Floor>(u);!y:f"},
    {"fuse_conv_affine", true, {11, 13, 17, 18},
     "x:f[N,2,3,3];w=f[2,2,2,2]{*};b=f[2]{*};k=f[<|1|2,1,1|1,2,1,1>]{*};a=f[<|2,1,1|1,2,1,1>]{*};c=<Conv|ConvTranspose>(x,w<|,b>);m=Mul(<c,k|k,c>);n=Add(<m,a|a,m>);y=<Relu|Abs|Log|Identity>(n);!y:f"},
    {"matmuls_to_split", true, {9, 11, 13, 18},
     "%t=<f|f|f|d>;x:%t[N,<2,|>3];a=%t[3,<1|2>]{*};b=%t[<3|3|2,3>,2]{*};c=%t[3,4]{*};d=%t[3,1]{*};k=%t[1]{2};o=MatMul(x,a);p=MatMul(x,<b|b|a>);q=MatMul(x,<c|c|d>);r=<MatMul(x,d)|Relu(x)>;"
     "y=Relu(o);z=<Neg(p)|Add(p,k)|Abs(p)>;u=Abs(q);v=Neg(r);!y:%t;!z:%t;!u:%t;!v:%t<|;!q:%t>"},
    {"rotary_embedding", true, {23, 23, 24, 23},
     "%t=<f|f|f|h>;x:%t[<N,2,M,4|N,2,M,4|1,2,3,4>];h:%t[<N,M,2|N,M,2|1,3,2>];o=l[1]{<1|1|-3>};f=%t[<|1>]{.5};i=Concat(h,h) axis=<-1|2>;j=Cos(i);w=<Identity(j)|Mul(j,f)|Mul(f,j)>;k=Sin(i);c=Unsqueeze(w,o);s=Unsqueeze(k,o);p,q=Split(x) axis=<3|-1> num_outputs=2;"
     "m=Neg(<q|q|q|p>);r=Concat(<m,p|m,p|m,p|p,m>) axis=<-1|3>;t=Mul(<x,c|c,x>);u=Mul(<r,s|s,r>);y=Add(<t,u|u,t>);!y:%t"},
    {"rotary_embedding", true, {23, 23, 24, 23},
     "x:f[N,2,3,6];h:f[N,3,2];g:f[N,3,2];l=l[2]{4,2};z=l[1]{0};c=l[1]{4};e=l[1]{9};k=l[1]{3};a,b=Split(x,l) axis=3;u=Slice(x,<z|z|c>,<c|c|e>,k);v=Slice(x,c,e,k);"
     "r=RotaryEmbedding(<a|u>,h,g)< | interleaved=1>;y=Concat(<r,b|r,v|b,r>) axis=<-1|3>;!y:f"},
    {"gqa", true, {23, 23, 24, 23},
     "q:f[N,4,3,2];k:f[N,2,M,2];v:f[N,2,M,2];x=l[1]{<2|2|2|-3|1>};e=l[5]{1,<1|2>,2,1,1};t=l[4]{0,4,-1,2};a=Unsqueeze(k,x);b=Expand(a,e);c=Reshape(b,t);d=Unsqueeze(v,x);f=Expand(d,e);g=Reshape(f,t);y=Attention(q,c,g)< | is_causal=1| scale=.5f>;!y:f"},
    {"conv_add_bias", true, {11, 13, 17, 18},
     "x:f[N,2,3,3];w=f[2,<2|1>,<1|2>,2]{*};b=f[2]{*};k=f[<2,1,1|1,2,1,1|1,1,1|2|1,2|2,1|2,2,1>]{*};c=<Conv|Conv|ConvTranspose>(x,w<|,b>)< | group=2>;y=Add(<c,k|k,c>);!y:f"},
    {"remove_optional_bias", false, {11, 13, 17, 18},
     "x:f[N,2,3,3];w=f[2,2,1,2]{*};b=f[2]{<0|-0|0,-0|1,0>};y=<Conv|ConvTranspose>(x,w,b);!y:f"},
    {"remove_optional_bias", false, {7, 9, 11, 17}, "x:f[N,2];w=f[2,3]{*};b=f[<3||1|1,3|2,3>]{<0|-0|1>};y=Gemm(x,w,b)< | beta=2.0f>;!y:f"},
    {"zero_initial_state", false, {7, 9, 13, 17},
     "x:f[2,N,2];w=f[1,<3|3|3>,2]{*};r=f[1,3,3]{*};k=l[1]{1};i=l[1]{1};h=l[1]{3};s=Shape(x);n=Gather(s,i);c=Concat(k,n,h) axis=0;z=ConstantOfShape(c)< || value=@f[1]{<0|1|-0>}>;o=f[1]{<0|0|2>};e=Expand(o,c);y=RNN(x,w,r,,,<z|e|z>) hidden_size=3;!y:f"},
    {"zero_initial_state", false, {9, 13, 14, 21},
     "x:f[2,N,2];w=f[1,12,2]{*};r=f[1,12,3]{*};k=l[1]{2};i=l[1]{1};h=l[1]{3};b=l[1]{0};d=l[1]{1};s=Shape(x);n=Gather(s,i);c=Concat(k,n,h) axis=0;z=ConstantOfShape(c)< | value=@f[1]{<0|2>}>;p=Slice(z,b,d,b);q=Slice(z,d,k,b);j=Neg(p);y=LSTM(x,w,r,,,<p|q|j>,<p|q|>) hidden_size=3;!y:f"},
    {"broadcast_to_matmul", false, {13, 14, 17, 21},
     "x:f[<2|N>,2,3,2];z:f[<2|N>,2,2,<3|1>];s=l[<3|3|4>]{<-1,3,2|0,-1,2|-1,1,3,2>};t=l[3]{<-1,2,3|-1,2,1|0,2,-1>};o=l[4]{<-1|2>,2,3,<3|1|-1>};a=Reshape(x,s);b=Reshape(z,t);m=MatMul(a,b);n=Reshape(m,o);y=Neg(n);!y:f"},
    {"broadcast_to_matmul", true, {13, 14, 17, 21},
     "x:f[<2|N>,2,3];w=f[3,<2|3>]{*};s=l[2]{<-1,3|6,-1|-1,3>};o=l[3]{<-1,2,2|-1,2,3|0,2,-1>};a=Reshape(x,s);m=MatMul(a,w);n=Reshape(m,o);y=Neg(n);!y:f"},
    {"gemm_to_matmul_add", true, {11, 13, 17, 21},
     "x:f[<2|N>,2,3];w=f[3,3]{*};c=f[<3|1|1,3|>]{*};s=l[2]{<-1,3|6,3>};o=l[3]{<-1,2,3|0,2,-1>};a=Reshape(x,s);m=Gemm(a,w,c)< | alpha=2.0f| transB=1>;n=Reshape(m,o);y=Neg(n);!y:f"},
    {"broadcast_to_matmul", true, {11, 13, 17, 21},
     "x:f[<2|N>,2,3];w=f[3,<3|1>]{*};s=l[2]{<-1,3|-1,3|6,3>};o=l[3]{<-1|0|2>,2,<3|3|1>};a=Reshape(x,s);m=Gemm(a,w)< | alpha=1.0f| beta=2.0f| alpha=2.0f>;n=Reshape(m,o);y=Neg(n);!y:f"},
    {"gemm_to_matmul_add", true, {11, 13, 17, 21},
     "x:f[<2|N>,2,3];w=f[3,<3|1>]{*};c=f[<3|3|1>]{*};s=l[2]{<-1,3|-1,3|6,3>};o=l[3]{<-1|0|2>,2,<3|3|1>};a=Reshape(x,s);m=Gemm(a,w,c)< | alpha=1.0f beta=1.0f>;n=Reshape(m,o);y=Neg(n);!y:f"},
    {"matmul_add_to_gemm", true, {7, 11, 13, 21},
     "x:f[<N,3|N,3|2,N,3>];w=f[3,<2|1>]{*};c=f[<2|1|1,2||2,2>]{*};m=MatMul(x,w);y=Add(<m,c|c,m>);!y:f"},
    {"matmul_add_to_gemm", true, {7, 11, 13, 21}, "x:<f|d|i>[2,3];w:f[3,2];c:f[<2,2|M,2|1,2|2,2,2>];m=MatMul(x,w);y=Add(m,c);!y:f"},
    {"transpose_into_gemm", true, {7, 11, 13, 21},
     "x:f[<N,3|3,N>];w:f[<2,3|3,2>];c=f[<2|>]{*};a=Transpose(x)< | perm=<[1,0]|[0,1]>>;b=Transpose(w);y=Gemm(<a|x>,<b|w>,c)< | transA=<1|0>>< | transB=<1|0>>;!y:f"},
    {"layer_norm", true, {17, 18, 20, 17},
     "x:f[N,2,3];e=f[<|1>]{<1e-3|.5>};p=f[]{<2|2|3>};s=f[<3|3|2,3|1>]{*};b=f[<3|3|2,3|>]{*};k=l[1]{-1};"
     "m=ReduceMean(x,k);d=Sub(x,m);q=<Pow(d,p)|Mul(d,d)>;v=ReduceMean(q,k);a=Add(<v,e|e,v>);r=Sqrt(a);t=Div(d,r);z=Mul(<t,s|s,t>);y=Add(z,b);!y:f"},
    {"layer_norm", true, {17, 17, 17, 17},
     "x:f[N,2,3];e=f[]{<1e-3|.5>};p=f[]{2};s=f[<3|2,3|1>]{*};b=f[<3|2,3|>]{*};"
     "m=ReduceMean(x) axes=<[-1]|[2,1]|[1]>;d=Sub(x,m);q=<Pow(d,p)|Mul(d,d)>;v=ReduceMean(q) axes=<[2]|[1,-1]|[1]>;a=Add(v,e);r=Sqrt(a);t=Div(d,r);z=Mul(<t,s|s,t>);y=Add(z,b);!y:f"},
    {"rms_normalization", true, {23, 23, 23, 22},
     "x:f[N,2,3];e=f[]{<1e-3|.5>};p=f[]{<2|2|3>};s=f[<3|2,3|1>]{*};k=l[<1|1|2>]{<-1|-1,1|1>};q=<Pow(x,p)|Mul(x,x)>;v=ReduceMean(q,k);a=Add(v,e);r=Sqrt(a);i=Reciprocal(r);t=<Div(x,r)|Mul(x,i)|Mul(i,x)>;y=Mul(<t,s|s,t>);!y:f"},
    {"fuse_hardswish", true, {11, 13, 14, 17},
     "x:f[N];k=f[<||1>]{<3|3|2>};l=f[]{0};h=f[]{<6|6|5>};s=f[]{6};a=Add(<x,k|k,x>);c=Clip(a,l,h);m=<Mul(x,c)|Mul(c,x)|Identity(c)>;y=Div(m,s);!y:f"},
};
#define N_TEMPLATES (sizeof templates / sizeof templates[0])

#endif
