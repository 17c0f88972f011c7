/* Shared by the fault programs: reading files, listing models, one pass through the library. */
#ifndef OF_FAULT_H
#define OF_FAULT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "onnxfold/onnxfold.h"

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

#endif
