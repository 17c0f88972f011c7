/* Enough of a protobuf writer to make small models in tests. Numbers are those of onnx.proto. */
#ifndef TEST_API_PROTO_H
#define TEST_API_PROTO_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct pb {
    unsigned char *p;
    size_t n, cap;
} pb;

static inline void pb_put(pb *b, const void *p, size_t n)
{
    if (b->n + n > b->cap) {
        b->cap = (b->n + n) * 2;
        b->p = realloc(b->p, b->cap);
    }
    if (n) memcpy(b->p + b->n, p, n);
    b->n += n;
}

static inline void pb_varint(pb *b, uint64_t v)
{
    do {
        unsigned char c = (unsigned char)((v & 127) | (v > 127 ? 128 : 0));
        pb_put(b, &c, 1);
    } while ((v >>= 7) != 0);
}

static inline void pb_int(pb *b, int field, int64_t v)
{
    pb_varint(b, (uint64_t)field << 3);
    pb_varint(b, (uint64_t)v);
}

static inline void pb_bytes(pb *b, int field, const void *p, size_t n)
{
    pb_varint(b, (uint64_t)field << 3 | 2);
    pb_varint(b, n);
    pb_put(b, p, n);
}

static inline void pb_text(pb *b, int field, const char *s) { pb_bytes(b, field, s, strlen(s)); }

/* Appends sub as a message and frees it. */
static inline void pb_message(pb *b, int field, pb sub)
{
    pb_bytes(b, field, sub.p, sub.n);
    free(sub.p);
}

/* dims: n numbers; -1 is the symbol "batch", -2 no dimension at all. */
static inline pb pb_info(const char *name, int dtype, int n, const int64_t *dims)
{
    pb info = {0}, type = {0}, tensor = {0}, shape = {0};
    for (int i = 0; i < n; i++) {
        pb dim = {0};
        if (dims[i] >= 0) pb_int(&dim, 1, dims[i]);
        if (dims[i] == -1) pb_text(&dim, 2, "batch");
        pb_message(&shape, 1, dim);
    }
    pb_int(&tensor, 1, dtype);
    pb_message(&tensor, 2, shape);
    pb_message(&type, 1, tensor);
    pb_text(&info, 1, name);
    pb_message(&info, 2, type);
    return info;
}

static inline pb pb_tensor(const char *name, int dtype, int n, const int64_t *dims, const void *raw, size_t size)
{
    pb t = {0};
    for (int i = 0; i < n; i++) pb_int(&t, 1, dims[i]);
    pb_int(&t, 2, dtype);
    pb_text(&t, 8, name);
    pb_bytes(&t, 9, raw, size);
    return t;
}

/* in, out: names separated by spaces. */
static inline pb pb_node(const char *domain, const char *op, const char *name, const char *in, const char *out)
{
    pb node = {0};
    const char *const list[2] = {in, out};
    for (int k = 0; k < 2; k++)
        for (const char *p = list[k]; *p;) {
            size_t n = strcspn(p, " ");
            pb_bytes(&node, k + 1, p, n);
            p += n + (p[n] == ' ');
        }
    pb_text(&node, 3, name);
    pb_text(&node, 4, op);
    if (*domain) pb_text(&node, 7, domain);
    return node;
}

/* The model around a finished graph (which is freed). */
static inline pb pb_model(pb graph, const char *extra_domain)
{
    pb m = {0}, opset = {0};
    pb_int(&m, 1, 8);
    pb_message(&m, 7, graph);
    pb_int(&opset, 2, 17);
    pb_message(&m, 8, opset);
    if (extra_domain) {
        pb other = {0};
        pb_text(&other, 1, extra_domain);
        pb_int(&other, 2, 1);
        pb_message(&m, 8, other);
    }
    return m;
}

/* y = (a + b) * x with a, b constants of two floats; x is [batch, 2]. */
static inline pb pb_small(void)
{
    static const int64_t two[1] = {2}, in[2] = {-1, 2};
    static const float a[2] = {1, 2}, b[2] = {3, 4};
    pb g = {0};
    pb_message(&g, 1, pb_node("", "Add", "sum", "a b", "c"));
    pb_message(&g, 1, pb_node("", "Mul", "scale", "c x", "y"));
    pb_text(&g, 2, "g");
    pb_message(&g, 5, pb_tensor("a", 1, 1, two, a, sizeof a));
    pb_message(&g, 5, pb_tensor("b", 1, 1, two, b, sizeof b));
    pb_message(&g, 11, pb_info("x", 1, 2, in));
    pb_message(&g, 12, pb_info("y", 1, 2, in));
    return pb_model(g, NULL);
}

/* y = x + Clamp01(a) of com.example, a = {-1, 0.5, 2}. */
static inline pb pb_custom(void)
{
    static const int64_t three[1] = {3};
    static const float a[3] = {-1, 0.5f, 2};
    pb g = {0};
    pb_message(&g, 1, pb_node("com.example", "Clamp01", "clamp", "a", "c"));
    pb_message(&g, 1, pb_node("", "Add", "add", "x c", "y"));
    pb_text(&g, 2, "g");
    pb_message(&g, 5, pb_tensor("a", 1, 1, three, a, sizeof a));
    pb_message(&g, 11, pb_info("x", 1, 1, three));
    pb_message(&g, 12, pb_info("y", 1, 1, three));
    return pb_model(g, "com.example");
}

#endif
