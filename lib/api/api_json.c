/* The report as JSON (RFC 8259). Numbers are written by hand: printf depends on the locale. */
#include "api/api.h"

#include <string.h>

typedef struct json {
    of_sink *out;
    of_err *e;
    of_status st; /* the first failure; nothing is written after it */
    bool first;   /* no comma before the next item */
} json;

static void put(json *j, const char *p, size_t n)
{
    if (j->st == OF_OK) j->st = of_sink_write(j->out, p, n, j->e);
}

static void lit(json *j, const char *s) { put(j, s, strlen(s)); }

static void item(json *j)
{
    if (!j->first) lit(j, ",");
    j->first = false;
}

static void begin(json *j, const char *bracket)
{
    lit(j, bracket);
    j->first = true;
}

static void end(json *j, const char *bracket)
{
    lit(j, bracket);
    j->first = false;
}

static void put_u64(json *j, uint64_t v)
{
    char buf[20], *p = buf + sizeof buf;
    do *--p = (char)('0' + v % 10);
    while ((v /= 10) != 0);
    put(j, p, (size_t)(buf + sizeof buf - p));
}

static void put_i64(json *j, int64_t v)
{
    if (v < 0) lit(j, "-");
    put_u64(j, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

/* Whole nanoseconds are as fine as the clock. */
static void put_seconds(json *j, double s)
{
    uint64_t ns = s > 0 && s < 1e9 ? (uint64_t)(s * 1e9 + 0.5) : 0;
    char frac[10] = {'.'};
    uint64_t f = ns % 1000000000;
    for (int i = 9; i > 0; i--, f /= 10) frac[i] = (char)('0' + f % 10);
    put_u64(j, ns / 1000000000);
    put(j, frac, sizeof frac);
}

/* Bytes of the UTF-8 character at p (n left), 0 when it is none (Unicode 15, table 3-7). */
static size_t utf8_len(const unsigned char *p, size_t n)
{
    unsigned char c = p[0], lo = 0x80, hi = 0xbf;
    size_t len;
    if (c < 0x80) return 1;
    if (c >= 0xc2 && c <= 0xdf) len = 2;
    else if (c >= 0xe0 && c <= 0xef) len = 3;
    else if (c >= 0xf0 && c <= 0xf4) len = 4;
    else return 0;
    if (c == 0xe0) lo = 0xa0;
    if (c == 0xed) hi = 0x9f;
    if (c == 0xf0) lo = 0x90;
    if (c == 0xf4) hi = 0x8f;
    if (n < len || p[1] < lo || p[1] > hi) return 0;
    for (size_t i = 2; i < len; i++)
        if (p[i] < 0x80 || p[i] > 0xbf) return 0;
    return len;
}

static void put_text(json *j, const char *s, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *p = (const unsigned char *)s;
    size_t from = 0, i = 0;
    lit(j, "\"");
    while (i < n) {
        size_t len = utf8_len(p + i, n - i);
        if (len > 1 || (len == 1 && p[i] >= 0x20 && p[i] != '"' && p[i] != '\\' && p[i] != 0x7f)) {
            i += len;
            continue;
        }
        put(j, s + from, i - from);
        if (len == 0) {
            lit(j, "\\ufffd");
        } else {
            char esc[6] = {'\\', 'u', '0', '0', hex[p[i] >> 4], hex[p[i] & 15]};
            put(j, esc, sizeof esc);
        }
        from = ++i;
    }
    put(j, s + from, n - from);
    lit(j, "\"");
}

static void key(json *j, const char *name)
{
    item(j);
    put_text(j, name, strlen(name));
    lit(j, ":");
}

static void key_u64(json *j, const char *name, uint64_t v)
{
    key(j, name);
    put_u64(j, v);
}

static void key_seconds(json *j, const char *name, double v)
{
    key(j, name);
    put_seconds(j, v);
}

static void key_text(json *j, const char *name, const char *s, size_t n)
{
    key(j, name);
    put_text(j, s, n);
}

static void put_totals(json *j, const onnxfold_report *r)
{
    key(j, "seconds");
    begin(j, "{");
    key_seconds(j, "load", r->load);
    key_seconds(j, "optimize", r->optimize);
    key_seconds(j, "save", r->save);
    key_seconds(j, "total", r->total);
    end(j, "}");
    key(j, "bytes");
    begin(j, "{");
    key_u64(j, "before", onnxfold_report_number(r, ONNXFOLD_NUM_BYTES_BEFORE));
    key_u64(j, "after", r->bytes_after);
    key_u64(j, "folded", r->folded_bytes);
    end(j, "}");
    key_u64(j, "work_steps", r->steps);
    key_u64(j, "memory_peak", onnxfold_report_number(r, ONNXFOLD_NUM_MEMORY_PEAK));
    key(j, "passes");
    begin(j, "{");
    for (size_t i = 0; of_pass_name(i); i++) {
        key(j, of_pass_name(i));
        begin(j, "{");
        key_u64(j, "applied", onnxfold_report_pass_applied(r, i));
        key_seconds(j, "seconds", onnxfold_report_pass_seconds(r, i));
        end(j, "}");
    }
    end(j, "}");
}

static void put_ops(json *j, const onnxfold_report *r)
{
    key(j, "ops");
    begin(j, "[");
    for (size_t i = 0; i < onnxfold_report_op_count(r); i++) {
        size_t n;
        const char *s = onnxfold_report_op_name(r, i, &n);
        item(j);
        begin(j, "{");
        key_text(j, "op", s, n);
        s = onnxfold_report_op_domain(r, i, &n);
        key_text(j, "domain", s, n);
        key_u64(j, "before", onnxfold_report_op_before(r, i));
        key_u64(j, "after", onnxfold_report_op_after(r, i));
        end(j, "}");
    }
    end(j, "]");
}

static void put_node(json *j, const onnxfold_report *r, size_t i)
{
    size_t n;
    const char *s = onnxfold_report_node_name(r, i, &n);
    item(j);
    begin(j, "{");
    key_text(j, "name", s, n);
    s = onnxfold_report_node_op(r, i, &n);
    key_text(j, "op", s, n);
    s = onnxfold_report_node_domain(r, i, &n);
    key_text(j, "domain", s, n);
    s = onnxfold_fate_name(onnxfold_report_node_fate(r, i));
    key_text(j, "fate", s, strlen(s));
    s = onnxfold_report_node_by(r, i);
    if (s) key_text(j, "by", s, strlen(s));
    int32_t why = onnxfold_report_node_why(r, i);
    s = onnxfold_why_name(why);
    if (why != ONNXFOLD_WHY_NONE && s) {
        key_text(j, "why", s, strlen(s));
        key(j, "number");
        put_i64(j, onnxfold_report_node_why_number(r, i));
        s = onnxfold_report_node_why_text(r, i, &n);
        key_text(j, "text", s, n);
    }
    end(j, "}");
}

static void put_nodes(json *j, const onnxfold_report *r)
{
    key(j, "nodes");
    begin(j, "{");
    key_u64(j, "before", r->nodes_before);
    key_u64(j, "after", r->nodes_after);
    for (int32_t f = 0; f < 4; f++) key_u64(j, onnxfold_fate_name(f), r->fate[f]);
    key(j, "list");
    begin(j, "[");
    for (size_t i = 0; j->st == OF_OK && i < onnxfold_report_node_count(r); i++) put_node(j, r, i);
    end(j, "]");
    end(j, "}");
}

of_status of_api_report_write_json(const onnxfold_report *r, of_sink *out, of_err *e)
{
    json j = {.out = out, .e = e};
    begin(&j, "{");
    key_text(&j, "onnxfold", onnxfold_version_string(), strlen(onnxfold_version_string()));
    put_totals(&j, r);
    put_ops(&j, r);
    put_nodes(&j, r);
    end(&j, "}");
    lit(&j, "\n");
    return j.st;
}
