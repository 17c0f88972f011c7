/* mathd_eval NAME: doubles from standard input (pairs for pow), results to standard
 * output, both in the machine's bytes. For test/bench/ulp.py. */
#include <stdio.h>
#include <string.h>

#include "kern/kern_mathd.h"

static const struct {
    const char *name;
    double (*f)(double);
} all[] = {
    {"exp", of_m_exp},         {"expm1", of_m_expm1},       {"log", of_m_log},
    {"log1p", of_m_log1p},     {"sin", of_m_sin},           {"cos", of_m_cos},
    {"tan", of_m_tan},         {"asin", of_m_asin},         {"acos", of_m_acos},
    {"atan", of_m_atan},       {"sinh", of_m_sinh},         {"cosh", of_m_cosh},
    {"tanh", of_m_tanh},       {"asinh", of_m_asinh},       {"acosh", of_m_acosh},
    {"atanh", of_m_atanh},     {"erf", of_m_erf},           {"erfc", of_m_erfc},
    {"sigmoid", of_m_sigmoid}, {"softplus", of_m_softplus}, {"mish", of_m_mish},
    {"gelu", of_m_gelu},
};

int main(int argc, char **argv)
{
    double x[2], y;

    if (argc != 2) return 2;
    if (strcmp(argv[1], "pow") == 0) {
        while (fread(x, sizeof x, 1, stdin) == 1) {
            y = of_m_pow(x[0], x[1]);
            if (fwrite(&y, sizeof y, 1, stdout) != 1) return 1;
        }
        return 0;
    }
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(all[i].name, argv[1]) != 0) continue;
        while (fread(x, sizeof *x, 1, stdin) == 1) {
            y = all[i].f(*x);
            if (fwrite(&y, sizeof y, 1, stdout) != 1) return 1;
        }
        return 0;
    }
    return 2;
}
