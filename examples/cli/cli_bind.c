/* --bind and --set. */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char *copy_of(const char *p, size_t n)
{
    char *s = malloc(n + 1);
    if (s) {
        memcpy(s, p, n);
        s[n] = '\0';
    }
    return s;
}

/* "1,3,?,224" for input name. */
static int bind_dims(onnxfold_model *m, const char *name, const char *dims, const char *whole)
{
    int32_t axis = 0;
    for (const char *p = dims;; p++, axis++) {
        char *end = NULL;
        if (*p == '?') {
            p++;
        } else {
            errno = 0;
            long long v = *p >= '0' && *p <= '9' ? strtoll(p, &end, 10) : -1;
            if (v < 0 || errno) return cli_fail(EXIT_USAGE, "--bind: '%s' is not name:number,number", whole);
            onnxfold_status st = onnxfold_model_bind_dim(m, name, axis, v);
            if (st != ONNXFOLD_OK) return cli_fail_model("--bind", st, m);
            p = end;
        }
        if (*p == '\0') return EXIT_DONE;
        if (*p != ',') return cli_fail(EXIT_USAGE, "--bind: '%s' is not name:number,number", whole);
    }
}

static int bind(onnxfold_model *m, const char *text)
{
    /* Names may hold both signs: the last one is ours. */
    const char *colon = strrchr(text, ':'), *equal = strrchr(text, '=');
    const char *at = !colon || (equal && equal > colon) ? equal : colon;
    if (!at || at == text) return cli_fail(EXIT_USAGE, "--bind: '%s' is neither input:dims nor symbol=number", text);
    char *name = copy_of(text, (size_t)(at - text));
    int result;
    if (!name) return cli_fail(EXIT_BAD, "out of memory");
    if (*at == ':') {
        result = bind_dims(m, name, at + 1, text);
    } else {
        char *end;
        errno = 0;
        long long v = strtoll(at + 1, &end, 10);
        if (at[1] < '0' || at[1] > '9' || *end || errno) {
            result = cli_fail(EXIT_USAGE, "--bind: '%s' is not symbol=number", text);
        } else {
            onnxfold_status st = onnxfold_model_bind_symbol(m, name, v);
            result = st == ONNXFOLD_OK ? EXIT_DONE : cli_fail_model("--bind", st, m);
        }
    }
    free(name);
    return result;
}

static bool find_input(const onnxfold_model *m, const char *name, size_t *at)
{
    for (size_t i = 0; i < onnxfold_model_input_count(m); i++)
        if (strcmp(onnxfold_model_input_name(m, i, NULL), name) == 0) {
            *at = i;
            return true;
        }
    return false;
}

/* The declared shape with count elements: one open dimension takes what is left. */
static bool shape_for(const onnxfold_model *m, size_t input, size_t count, int64_t *dims, int32_t *rank)
{
    int32_t open = -1;
    int64_t known = 1, v;
    onnxfold_model_input_type(m, input, NULL, rank);
    if (*rank < 0) { /* nothing declared: one value is a scalar, more are a vector */
        *rank = count == 1 ? 0 : 1;
        dims[0] = (int64_t)count;
        return true;
    }
    for (int32_t i = 0; i < *rank; i++) {
        onnxfold_model_input_dim(m, input, i, &v, NULL);
        if (v < 0) {
            if (open >= 0) return false;
            open = i;
            continue;
        }
        dims[i] = v;
        if (v > 0 && known > (int64_t)(SIZE_MAX / 16) / v) return false;
        known *= v;
    }
    if (open >= 0) {
        if (known == 0 || (int64_t)count % known != 0) return false;
        dims[open] = (int64_t)count / known;
        known *= dims[open];
    }
    return known == (int64_t)count;
}

static int set(onnxfold_model *m, const char *text)
{
    const char *at = strchr(text, '=');
    int64_t dims[64];
    int32_t rank, dtype;
    size_t input, size, count;
    void *data = NULL;
    int result = EXIT_DONE;
    for (; at; at = strchr(at + 1, '=')) { /* the first sign with an input's name before it */
        char *name = copy_of(text, (size_t)(at - text));
        if (!name) return cli_fail(EXIT_BAD, "out of memory");
        bool found = find_input(m, name, &input);
        free(name);
        if (found) break;
    }
    if (!at) return cli_fail(EXIT_BAD, "--set: '%s' names no input", text);
    onnxfold_model_input_type(m, input, &dtype, NULL);
    count = cli_parse_values(at + 1, dtype, &data, &size);
    if (!size) return cli_fail(EXIT_USAGE, "--set: '%s' is no value of type %s", at + 1, onnxfold_dtype_name(dtype));
    if (!shape_for(m, input, count, dims, &rank)) {
        result = cli_fail(EXIT_BAD, "--set: '%s' has not as many values as the input has elements", text);
    } else {
        onnxfold_status st = onnxfold_model_bind_input(m, onnxfold_model_input_name(m, input, NULL), dtype, dims, rank,
                                                       data, size);
        if (st != ONNXFOLD_OK) result = cli_fail_model("--set", st, m);
    }
    free(data);
    return result;
}

int cli_apply(const cli *c, onnxfold_model *m)
{
    int st = EXIT_DONE;
    for (size_t i = 0; i < c->n_bind && st == EXIT_DONE; i++) st = bind(m, c->bind[i]);
    for (size_t i = 0; i < c->n_set && st == EXIT_DONE; i++) st = set(m, c->set[i]);
    return st;
}
