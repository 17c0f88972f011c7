/* Shared by the fault programs: reading files, listing models, one pass through the library. */
#ifndef OF_FAULT_H
#define OF_FAULT_H

#include "onnxfold/onnxfold.h"
#define OF_TEST_NO_CHECK
#include "of_test.h"

#include <string.h>

typedef struct blob {
    unsigned char *p;
    size_t n;
} blob;

static inline blob read_file(const char *path)
{
    blob b = {NULL, 0};
    FILE *f = fopen(path, "rb");
    long n;
    if (!f) return b;
    fseek(f, 0, SEEK_END);
    n = ftell(f);
    rewind(f);
    b.p = (unsigned char *)malloc((size_t)n + 1);
    if (b.p) b.n = fread(b.p, 1, (size_t)n, f);
    fclose(f);
    return b;
}

/* main on a 64 KiB stack */
typedef struct fault_call {
    int (*run)(int argc, char **argv);
    int argc, status;
    char **argv;
} fault_call;

static void *fault_thread(void *arg)
{
    fault_call *c = (fault_call *)arg;
    c->status = c->run(c->argc, c->argv);
    return NULL;
}

static inline int fault_main(int (*run)(int argc, char **argv), int argc, char **argv)
{
    fault_call c = {run, argc, 2, argv};
    return of_test_narrow(fault_thread, &c) ? 2 : c.status;
}

#endif
