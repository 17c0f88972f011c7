/* Graphs from text, for the tests of the rules. Statements end with ';':
 *   x:f[N,3]                 an input; a letter is a free dimension
 *   !y:f                     an output
 *   c=f[2]{1,-0}             an initializer; {*}: drawn; the last number fills what is left
 *   a,b=Op(x,,c) k=1 p=[1,0] e=0.5f s="text" v=@f[1]{2}    a node with attributes
 * Types: f d h (float16) l (int64) i (int32) c (int8) u (uint8) b. In templates <a|b|c> is one
 * of the texts, drawn, and `%k=<..>;` in front names what %k stands for. */
#ifndef OF_TEST_REWRITE_GRAPH_TEXT_H
#define OF_TEST_REWRITE_GRAPH_TEXT_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "../pass/build.h"
#include "tensor/convert.h"

typedef struct gtext {
    pb in, init, node, out;
    char name[24][16]; /* what nodes make, in order */
    int n_name;
    struct {
        char name[16], dims[32];
        int type;
    } input[8];
    int n_input;
    char output[8][16];
    int out_type[8];
    int n_output;
    bool bad;
} gtext;

static uint64_t g_seed;
static inline uint32_t g_rand(uint32_t n)
{
    g_seed ^= g_seed << 13;
    g_seed ^= g_seed >> 7;
    g_seed ^= g_seed << 17;
    return (uint32_t)((g_seed >> 20) % n);
}

static inline int g_type(char c)
{
    switch (c) {
    case 'f': return OF_FLOAT;
    case 'd': return OF_DOUBLE;
    case 'h': return OF_FLOAT16;
    case 'l': return OF_INT64;
    case 'i': return OF_INT32;
    case 'c': return OF_INT8;
    case 'u': return OF_UINT8;
    default: return OF_BOOL;
    }
}

static inline void g_store(int type, double v, void *to)
{
    int64_t k = v >= 0x1p63 ? INT64_MAX : v > -0x1p63 ? (int64_t)v : v < 0 ? INT64_MIN : 0; /* NaN: 0 */
    int32_t w = (int32_t)(uint32_t)k;
    int8_t s = (int8_t)(uint8_t)k;
    switch (type) {
    case OF_INT64: memcpy(to, &k, 8); break;
    case OF_INT32: memcpy(to, &w, 4); break;
    case OF_FLOAT:
    case OF_DOUBLE:
    case OF_FLOAT16: of_from_f64((of_dtype)type, &v, to, 1); break;
    case OF_BOOL: *(unsigned char *)to = v < 0 || v > 0; break;
    default: memcpy(to, &s, 1);
    }
}

/* "f[2,3]{...}" as a TensorProto; *at is moved behind it. */
static inline pb g_tensor(gtext *g, const char **at, const char *name)
{
    const char *p = *at;
    int type = g_type(*p);
    char dims[64] = "";
    unsigned char data[2048];
    size_t n = 1, size = of_dtypes[type].mem, k = 0;
    const char *end = strchr(p, ']');
    double last = 0;
    bool drawn = false;

    if (!end || end - p - 2 >= (long)sizeof dims || end[1] != '{') {
        g->bad = true;
        *at = p + strlen(p);
        return (pb){0};
    }
    memcpy(dims, p + 2, (size_t)(end - p - 2));
    for (const char *d = dims; *d; d += strcspn(d, ",") + (d[strcspn(d, ",")] == ',')) n *= (size_t)atoi(d);
    p = end + 2;
    if (n * size > sizeof data) g->bad = true, n = 0;
    if (*p == '*') drawn = true, p++;
    while (*p && *p != '}') {
        char *next;
        last = strtod(p, &next);
        if (next == p) break;
        if (k < n) g_store(type, last, data + k++ * size);
        p = next + (*next == ',');
    }
    for (; k < n; k++) g_store(type, drawn ? ((double)g_rand(17) - 8) / 4 : last, data + k * size);
    if (*p == '}') p++;
    *at = p;
    return tb_tensor(name, type, dims, data, n * size);
}

static inline void g_attr(gtext *g, pb *n, const char *name, const char **at)
{
    const char *p = *at;
    char *next;

    if (*p == '[') {
        int64_t v[16];
        size_t k = 0;
        p++;
        while (*p && *p != ']' && k < 16) {
            v[k++] = strtoll(p, &next, 10);
            if (next == p) break;
            p = next + (*next == ',');
        }
        tn_ints(n, name, v, k);
        *at = p + (*p == ']');
    } else if (*p == '"') {
        size_t len = strcspn(p + 1, "\"");
        pb a = {0};
        pb_str(&a, 1, name);
        pb_bytes(&a, 4, p + 1, len);
        pb_int(&a, 20, OF_A_STRING);
        pb_msg(n, 5, &a);
        *at = p + len + 2;
    } else if (*p == '@') {
        p++;
        pb t = g_tensor(g, &p, NULL);
        tn_tensor(n, name, t);
        *at = p;
    } else {
        double v = strtod(p, &next);
        if (*next == 'f') {
            float f = (float)v;
            pb a = {0};
            pb_str(&a, 1, name);
            pb_varint(&a, 2 << 3 | 5);
            pb_raw(&a, &f, 4);
            pb_int(&a, 20, OF_A_FLOAT);
            pb_msg(n, 5, &a);
            next++;
        } else tn_int(n, name, (int64_t)v);
        if (next == p) g->bad = true;
        *at = next;
    }
}

static inline void g_word(const char **at, const char *stops, char *to, size_t cap)
{
    size_t n;
    while (**at == ' ') (*at)++;
    n = strcspn(*at, stops);
    if (n >= cap) n = cap - 1;
    memcpy(to, *at, n);
    while (n && to[n - 1] == ' ') n--;
    to[n] = 0;
    *at += strcspn(*at, stops);
}

static inline void g_statement(gtext *g, const char *p)
{
    char w[64], ins[128] = "", outs[128] = "";

    while (isspace((unsigned char)*p)) p++;
    if (!*p) return;
    if (*p == '!') {
        p++;
        g_word(&p, ":", w, sizeof w);
        int type = g_type(p[1]);
        tg_info(&g->out, 12, w, type, NULL);
        if (g->n_output < 8) {
            snprintf(g->output[g->n_output], 16, "%.15s", w);
            g->out_type[g->n_output++] = type;
        }
        return;
    }
    g_word(&p, ":=", w, sizeof w);
    if (*p == ':') {
        char dims[32] = "";
        int type = g_type(p[1]);
        p += 3;
        g_word(&p, "]", dims, sizeof dims);
        tg_info(&g->in, 11, w, type, dims);
        if (g->n_input < 8) {
            snprintf(g->input[g->n_input].name, 16, "%.15s", w);
            snprintf(g->input[g->n_input].dims, 32, "%s", dims);
            g->input[g->n_input++].type = type;
        }
        return;
    }
    p++;
    if (p[1] == '[') {
        pb t = g_tensor(g, &p, w);
        pb_msg(&g->init, 5, &t);
        return;
    }
    char op[48];
    for (const char *o = w; *o; o++) {
        size_t n = strcspn(o, ",");
        if (g->n_name < 24) snprintf(g->name[g->n_name++], 16, "%.*s", (int)n, o);
        snprintf(outs + strlen(outs), sizeof outs - strlen(outs), "%s%.*s", *outs ? " " : "", (int)n, o);
        o += n;
        if (!*o) break;
    }
    g_word(&p, "(", op, sizeof op);
    if (*p) p++;
    while (*p && *p != ')') {
        g_word(&p, ",)", w, sizeof w);
        snprintf(ins + strlen(ins), sizeof ins - strlen(ins), "%s%s", *ins ? " " : "", *w ? w : "_");
        if (*p == ',') p++;
    }
    if (*p) p++;
    pb n = tn(op, ins, outs);
    while (*p == ' ') p++;
    while (*p && !g->bad) {
        g_word(&p, "=", w, sizeof w);
        if (*p) p++;
        g_attr(g, &n, w, &p);
        while (*p == ' ') p++;
    }
    tg_add(&g->node, n);
}

static inline void g_parse(gtext *g, const char *text)
{
    char one[512];

    memset(g, 0, sizeof *g);
    while (*text && !g->bad) {
        size_t n = strcspn(text, ";");
        if (n >= sizeof one) g->bad = true, n = 0;
        memcpy(one, text, n);
        one[n] = 0;
        g_statement(g, one);
        text += strcspn(text, ";");
        if (*text) text++;
    }
}

static inline void g_free(gtext *g)
{
    free(g->in.p);
    free(g->init.p);
    free(g->node.p);
    free(g->out.p);
}

/* All in one graph. g is spent. */
static inline pb g_plain(gtext *g)
{
    pb to = {0};
    pb_raw(&to, g->in.p, g->in.n);
    pb_raw(&to, g->init.p, g->init.n);
    pb_raw(&to, g->node.p, g->node.n);
    pb_raw(&to, g->out.p, g->out.n);
    g_free(g);
    return to;
}

/* The nodes in both branches of an If over the input `cond`; constants in the branches when
 * `own`, else outside. The outputs are called Y0, Y1, ... g is spent. */
static inline pb g_branches(gtext *g, bool own)
{
    pb to = {0}, n;
    char outs[64] = "";

    pb_raw(&to, g->in.p, g->in.n);
    tg_in(&to, "cond", OF_BOOL, "");
    if (!own) pb_raw(&to, g->init.p, g->init.n);
    for (int i = 0; i < g->n_output; i++)
        snprintf(outs + strlen(outs), sizeof outs - strlen(outs), "%sY%d", i ? " " : "", i);
    n = tn("If", "cond", outs);
    for (int b = 0; b < 2; b++) {
        pb body = {0};
        pb_str(&body, 2, b ? "else" : "then");
        if (own) pb_raw(&body, g->init.p, g->init.n);
        pb_raw(&body, g->node.p, g->node.n);
        pb_raw(&body, g->out.p, g->out.n);
        tn_graph(&n, b ? "else_branch" : "then_branch", &body);
    }
    tg_add(&to, n);
    for (int i = 0; i < g->n_output; i++) {
        char y[16];
        snprintf(y, sizeof y, "Y%d", i);
        tg_out(&to, y, g->out_type[i], NULL);
    }
    g_free(g);
    return to;
}

/* ---- templates ---- */

/* Appends to out what `in` becomes; draws. */
static inline const char *g_draw(const char *p, char *out, size_t cap, const char *stops)
{
    while (*p && !strchr(stops, *p)) {
        if (*p != '<') {
            size_t n = strlen(out);
            if (n + 1 < cap) out[n] = *p, out[n + 1] = 0;
            p++;
            continue;
        }
        /* as many as there are alternatives, at this depth */
        uint32_t count = 1, pick;
        int depth = 0;
        for (const char *q = p + 1; *q && (depth || *q != '>'); q++) {
            if (*q == '<') depth++;
            else if (*q == '>') depth--;
            else if (*q == '|' && !depth) count++;
        }
        pick = g_rand(count);
        p++;
        for (uint32_t i = 0; i < count; i++) {
            static char none[2048];
            none[0] = 0;
            p = g_draw(p, i == pick ? out : none, i == pick ? cap : sizeof none, "|>");
            if (*p) p++;
        }
    }
    return p;
}

/* A text without choices and names. */
static inline void g_expand(const char *in, char *out, size_t cap)
{
    char names[8][32], drawn[4096] = "";
    int n = 0;

    g_draw(in, drawn, sizeof drawn, "");
    const char *p = drawn;
    while (*p == '%' && n < 8) {
        const char *eq = strchr(p, '='), *end = strchr(p, ';');
        if (!eq || !end || eq > end) break;
        snprintf(names[n], sizeof names[n], "%c%.*s", p[1], (int)(end - eq - 1), eq + 1);
        n++;
        p = end + 1;
    }
    *out = 0;
    while (*p) {
        size_t len = strlen(out);
        int k = 0;
        while (*p == '%' && k < n && names[k][0] != p[1]) k++;
        if (*p == '%' && k < n) {
            snprintf(out + len, cap - len, "%s", names[k] + 1);
            p += 2;
        } else {
            if (len + 1 < cap) out[len] = *p, out[len + 1] = 0;
            p++;
        }
    }
}

#endif
