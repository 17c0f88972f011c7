/* The command line. */
#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    OPT_EXCLUDE = 256, OPT_INCLUDE, OPT_KEEP_NODE, OPT_FORCE_NODE, OPT_QUANTIZATION, OPT_INPUT_SIZE_LIMIT,
    OPT_OUTPUT_SIZE_LIMIT, OPT_GROWTH_BUDGET, OPT_ONLY, OPT_SKIP, OPT_ENABLE, OPT_LIST, OPT_EXACT, OPT_BIND, OPT_SET,
    OPT_INITIALIZER_INPUTS, OPT_EXTERNAL_DATA, OPT_EXTERNAL_THRESHOLD, OPT_VERIFY, OPT_DRY_RUN, OPT_REPORT,
    OPT_EXPLAIN, OPT_QUIET, OPT_PROGRESS, OPT_DURABLE, OPT_CPU, OPT_THREADS, OPT_HELP, OPT_VERSION
};

static const struct option longs[] = {
    {"exclude", required_argument, NULL, OPT_EXCLUDE},
    {"include", required_argument, NULL, OPT_INCLUDE},
    {"keep-node", required_argument, NULL, OPT_KEEP_NODE},
    {"force-node", required_argument, NULL, OPT_FORCE_NODE},
    {"quantization", required_argument, NULL, OPT_QUANTIZATION},
    {"input-size-limit", required_argument, NULL, OPT_INPUT_SIZE_LIMIT},
    {"output-size-limit", required_argument, NULL, OPT_OUTPUT_SIZE_LIMIT},
    {"growth-budget", required_argument, NULL, OPT_GROWTH_BUDGET},
    {"only", required_argument, NULL, OPT_ONLY},
    {"skip", required_argument, NULL, OPT_SKIP},
    {"enable", required_argument, NULL, OPT_ENABLE},
    {"list", no_argument, NULL, OPT_LIST},
    {"exact", no_argument, NULL, OPT_EXACT},
    {"bind", required_argument, NULL, OPT_BIND},
    {"set", required_argument, NULL, OPT_SET},
    {"initializer-inputs", required_argument, NULL, OPT_INITIALIZER_INPUTS},
    {"external-data", required_argument, NULL, OPT_EXTERNAL_DATA},
    {"external-threshold", required_argument, NULL, OPT_EXTERNAL_THRESHOLD},
    {"verify", optional_argument, NULL, OPT_VERIFY},
    {"dry-run", no_argument, NULL, OPT_DRY_RUN},
    {"report", required_argument, NULL, OPT_REPORT},
    {"explain", required_argument, NULL, OPT_EXPLAIN},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"progress", no_argument, NULL, OPT_PROGRESS},
    {"durable", no_argument, NULL, OPT_DURABLE},
    {"cpu", required_argument, NULL, OPT_CPU},
    {"threads", required_argument, NULL, OPT_THREADS},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

void cli_print_help(void)
{
    fputs("usage: onnxfold [options] IN.onnx OUT.onnx\n"
          "Folds what does not depend on the inputs and simplifies the rest. - is stdin or stdout.\n"
          "  --exclude OP[,OP]          never fold these operators; none: empty the list first\n"
          "  --include OP[,OP]          take these from the excluded operators\n"
          "  --keep-node GLOB           never fold nodes of this name\n"
          "  --force-node GLOB          fold nodes of this name in spite of operator and size\n"
          "  --quantization preserve|islands|fold\n"
          "  --input-size-limit N       elements of one input, or unlimited (8192)\n"
          "  --output-size-limit N      elements of one output, or unlimited (262144)\n"
          "  --growth-budget BYTES      by which the model may grow, or unlimited (64 MiB)\n"
          "  --only NAME[,NAME]         run these passes and rules alone; none: write the same bytes\n"
          "  --skip NAME[,NAME]         do not run these\n"
          "  --enable NAME[,NAME]       run these beside the default ones\n"
          "  --list                     names of passes and rules\n"
          "  --exact                    only changes after which every output is bit-identical\n"
          "  --bind x:1,3,224,224       dimensions of an input (? leaves one open)\n"
          "  --bind batch=1             a symbol wherever it stands\n"
          "  --set name=value[,value]   an input becomes a constant\n"
          "  --initializer-inputs keep|constant\n"
          "  --external-data keep|embed|FILE\n"
          "  --external-threshold BYTES from which a tensor goes to FILE (1024)\n"
          "  --verify[=N]               run both models on N random inputs (3) and compare\n"
          "  --dry-run                  write nothing\n"
          "  --report FILE.json         what happened to each node (-: stdout)\n"
          "  --explain NODE             why this node was kept or what became of it\n"
          "  --quiet                    no table\n"
          "  --progress                 a progress bar, on a terminal\n"
          "  --durable                  flush file and folder to the disk\n"
          "  --cpu c|sse41|avx2|avx512|neon\n"
          "  --threads N                results do not depend on either\n"
          "  --help, --version\n"
          "Exit status: 0 done, 1 bad model or I/O, 2 usage.\n",
          stdout);
}

void cli_print_list(void)
{
    const char *name;
    for (size_t i = 0; (name = onnxfold_pass_name(i)) != NULL; i++)
        printf("%s%s\n", name, onnxfold_pass_default_on(i) ? "" : " (off)");
}

static int refused(const char *option, const char *value, onnxfold_status st)
{
    if (st == ONNXFOLD_E_NOMEM) return cli_fail(EXIT_BAD, "out of memory");
    return cli_fail(EXIT_USAGE, "--%s: '%s' %s", option, value,
                    st == ONNXFOLD_E_NOT_FOUND ? "is not known" : "is out of range");
}

/* Calls f for each of the comma-separated parts of text. */
static int each(const char *option, const char *text, int (*f)(cli *, const char *, int32_t, const char *), cli *c,
                int32_t list)
{
    int st = EXIT_DONE;
    char *copy = strdup(text);
    if (!copy) return cli_fail(EXIT_BAD, "out of memory");
    for (char *p = copy, *next; st == EXIT_DONE && p; p = next) {
        next = strchr(p, ',');
        if (next) *next++ = '\0';
        st = *p ? f(c, option, list, p) : cli_fail(EXIT_USAGE, "--%s: an empty name in '%s'", option, text);
    }
    free(copy);
    return st;
}

static int add(cli *c, const char *option, int32_t list, const char *name)
{
    onnxfold_status st;
    if (strcmp(name, "none") == 0 && list == ONNXFOLD_LIST_EXCLUDED_OPS)
        st = onnxfold_options_list_clear(c->options, list);
    else if (strcmp(name, "none") == 0 && list == ONNXFOLD_LIST_ONLY)
        st = onnxfold_options_list_enable(c->options, list, 1);
    else
        st = onnxfold_options_list_add(c->options, list, name);
    return st == ONNXFOLD_OK ? EXIT_DONE : refused(option, name, st);
}

static int take(cli *c, const char *option, int32_t list, const char *name)
{
    onnxfold_status st = onnxfold_options_list_remove(c->options, list, name);
    /* An operator that is not excluded is what was asked for. */
    return st == ONNXFOLD_OK || st == ONNXFOLD_E_NOT_FOUND ? EXIT_DONE : refused(option, name, st);
}

static bool number(const char *text, int64_t *v)
{
    char *end;
    if (strcmp(text, "unlimited") == 0) {
        *v = ONNXFOLD_UNLIMITED;
        return true;
    }
    if (*text < '0' || *text > '9') return false;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    *v = n;
    return errno == 0 && *end == '\0';
}

static int set_number(cli *c, const char *option, int32_t id, const char *text)
{
    int64_t v;
    if (!number(text, &v)) return cli_fail(EXIT_USAGE, "--%s: '%s' is not a number", option, text);
    onnxfold_status st = onnxfold_options_set_int(c->options, id, v);
    return st == ONNXFOLD_OK ? EXIT_DONE : refused(option, text, st);
}

typedef struct choice {
    const char *name;
    int64_t value;
} choice;

static int set_choice(cli *c, const char *option, int32_t id, const char *text, const choice *of)
{
    for (; of->name; of++)
        if (strcmp(of->name, text) == 0)
            return onnxfold_options_set_int(c->options, id, of->value) == ONNXFOLD_OK ? EXIT_DONE : EXIT_USAGE;
    return cli_fail(EXIT_USAGE, "--%s: '%s' is not known", option, text);
}

static const choice quantization[] = {{"preserve", ONNXFOLD_QUANT_PRESERVE},
                                      {"islands", ONNXFOLD_QUANT_ISLANDS},
                                      {"fold", ONNXFOLD_QUANT_FOLD},
                                      {NULL, 0}};
static const choice initializer_inputs[] = {{"keep", 0}, {"constant", 1}, {NULL, 0}};
static const choice cpu[] = {
    {"c", ONNXFOLD_CPU_C},
    {"sse41", ONNXFOLD_CPU_SSE41},
    {"avx2", ONNXFOLD_CPU_SSE41 | ONNXFOLD_CPU_AVX2},
    {"avx512", ONNXFOLD_CPU_SSE41 | ONNXFOLD_CPU_AVX2 | ONNXFOLD_CPU_AVX512},
    {"neon", ONNXFOLD_CPU_NEON},
    {NULL, 0},
};

static int external_data(cli *c, const char *text)
{
    if (strcmp(text, "keep") == 0 || strcmp(text, "embed") == 0) {
        onnxfold_options_set_int(c->options, ONNXFOLD_OPT_EXTERNAL_DATA,
                                 *text == 'k' ? ONNXFOLD_EXTERNAL_KEEP : ONNXFOLD_EXTERNAL_EMBED);
        return EXIT_DONE;
    }
    onnxfold_status st = onnxfold_options_set_string(c->options, ONNXFOLD_STR_EXTERNAL_FILE, text);
    if (st == ONNXFOLD_E_ARGUMENT)
        return cli_fail(EXIT_USAGE, "--external-data: '%s' is not a plain file name (it stands beside OUT)", text);
    if (st != ONNXFOLD_OK) return refused("external-data", text, st);
    onnxfold_options_set_int(c->options, ONNXFOLD_OPT_EXTERNAL_DATA, ONNXFOLD_EXTERNAL_FILE);
    return EXIT_DONE;
}

static int callbacks(cli *c)
{
    if (c->threads > 1) {
        onnxfold_parallel p = {sizeof p, cli_parallel, &c->threads};
        onnxfold_options_set_parallel(c->options, &p);
    }
    c->progress = c->progress && isatty(STDERR_FILENO);
    if (c->progress) {
        onnxfold_progress p = {sizeof p, cli_progress_bar, NULL};
        onnxfold_options_set_progress(c->options, &p);
    }
    return EXIT_DONE;
}

static int one_option(cli *c, int opt, const char *arg)
{
    int64_t n;
    switch (opt) {
    case OPT_EXCLUDE: return each("exclude", arg, add, c, ONNXFOLD_LIST_EXCLUDED_OPS);
    case OPT_INCLUDE: return each("include", arg, take, c, ONNXFOLD_LIST_EXCLUDED_OPS);
    case OPT_KEEP_NODE: return add(c, "keep-node", ONNXFOLD_LIST_KEEP_NODES, arg);
    case OPT_FORCE_NODE: return add(c, "force-node", ONNXFOLD_LIST_FORCE_NODES, arg);
    case OPT_QUANTIZATION: return set_choice(c, "quantization", ONNXFOLD_OPT_QUANTIZATION, arg, quantization);
    case OPT_INPUT_SIZE_LIMIT: return set_number(c, "input-size-limit", ONNXFOLD_OPT_INPUT_SIZE_LIMIT, arg);
    case OPT_OUTPUT_SIZE_LIMIT: return set_number(c, "output-size-limit", ONNXFOLD_OPT_OUTPUT_SIZE_LIMIT, arg);
    case OPT_GROWTH_BUDGET: return set_number(c, "growth-budget", ONNXFOLD_OPT_GROWTH_BUDGET, arg);
    case OPT_ONLY: return each("only", arg, add, c, ONNXFOLD_LIST_ONLY);
    case OPT_SKIP: return each("skip", arg, add, c, ONNXFOLD_LIST_SKIP);
    case OPT_ENABLE: return each("enable", arg, add, c, ONNXFOLD_LIST_EXTRA);
    case OPT_LIST: c->list = true; return EXIT_DONE;
    case OPT_EXACT: onnxfold_options_set_int(c->options, ONNXFOLD_OPT_EXACT, 1); return EXIT_DONE;
    case OPT_BIND: c->bind[c->n_bind++] = arg; return EXIT_DONE;
    case OPT_SET: c->set[c->n_set++] = arg; return EXIT_DONE;
    case OPT_INITIALIZER_INPUTS:
        return set_choice(c, "initializer-inputs", ONNXFOLD_OPT_INITIALIZER_INPUTS, arg, initializer_inputs);
    case OPT_EXTERNAL_DATA: return external_data(c, arg);
    case OPT_EXTERNAL_THRESHOLD: return set_number(c, "external-threshold", ONNXFOLD_OPT_EXTERNAL_THRESHOLD, arg);
    case OPT_VERIFY:
        n = 3;
        if (arg && (!number(arg, &n) || n < 1 || n > 1000000))
            return cli_fail(EXIT_USAGE, "--verify: '%s' is not a number of runs", arg);
        c->verify = (uint32_t)n;
        return EXIT_DONE;
    case OPT_DRY_RUN: c->dry_run = true; return EXIT_DONE;
    case OPT_REPORT: c->report = arg; return EXIT_DONE;
    case OPT_EXPLAIN: c->explain[c->n_explain++] = arg; return EXIT_DONE;
    case OPT_QUIET: c->quiet = true; return EXIT_DONE;
    case OPT_PROGRESS: c->progress = true; return EXIT_DONE;
    case OPT_DURABLE: onnxfold_options_set_int(c->options, ONNXFOLD_OPT_DURABLE, 1); return EXIT_DONE;
    case OPT_CPU: return set_choice(c, "cpu", ONNXFOLD_OPT_CPU, arg, cpu);
    case OPT_THREADS:
        if (!number(arg, &n) || n < 1 || n > 1024)
            return cli_fail(EXIT_USAGE, "--threads: '%s' is not a number of threads", arg);
        c->threads = (long)n;
        return EXIT_DONE;
    case OPT_HELP: c->help = true; return EXIT_DONE;
    case OPT_VERSION: c->version = true; return EXIT_DONE;
    default: return EXIT_USAGE;
    }
}

int cli_parse(cli *c, int argc, char **argv)
{
    int opt, st;
    size_t n = (size_t)argc + 1;
    memset(c, 0, sizeof *c);
    c->threads = 1;
    c->bind = calloc(n, sizeof *c->bind);
    c->set = calloc(n, sizeof *c->set);
    c->explain = calloc(n, sizeof *c->explain);
    if (!c->bind || !c->set || !c->explain || onnxfold_options_new(NULL, &c->options) != ONNXFOLD_OK)
        return cli_fail(EXIT_BAD, "out of memory");
    opterr = 0;
    while ((opt = getopt_long(argc, argv, ":", longs, NULL)) != -1) {
        if (opt == '?') return cli_fail(EXIT_USAGE, "option %s is not known, see --help", argv[optind - 1]);
        if (opt == ':') return cli_fail(EXIT_USAGE, "option %s needs a value", argv[optind - 1]);
        st = one_option(c, opt, optarg);
        if (st != EXIT_DONE) return st;
    }
    if (c->help || c->version || c->list) return EXIT_DONE;
    if (argc - optind != 2 && !(c->dry_run && argc - optind == 1))
        return cli_fail(EXIT_USAGE, "an input and an output file are needed, see --help");
    c->in = argv[optind];
    c->out = argc - optind == 2 ? argv[optind + 1] : NULL;
    return callbacks(c);
}

void cli_free(cli *c)
{
    onnxfold_options_free(&c->options);
    free(c->bind);
    free(c->set);
    free(c->explain);
}
