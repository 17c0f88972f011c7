/* mutate MODEL...: every truncation, and six mutations of every byte (00 01 7F 80 FF and a
 * flipped bit), through load, optimize, save and load again (threats.md R4). What is
 * accepted must come back as a model that loads. Sanitizers watch the rest. */
#include "fault.h"

static size_t accepted, tried;
static int failures;

static void one(const char *path, const unsigned char *p, size_t n, size_t at, onnxfold_options *o)
{
    onnxfold_model *m = NULL, *again = NULL;
    onnxfold_buffer *out = NULL;
    onnxfold_status st;

    tried++;
    if (onnxfold_model_new(o, &m)) return;
    st = onnxfold_model_load_memory(m, p, n, NULL, o);
    if (st == ONNXFOLD_OK) {
        accepted++;
        st = onnxfold_model_optimize(m, o);
        if (st != ONNXFOLD_OK && st != ONNXFOLD_E_PATH && st != ONNXFOLD_E_TENSOR) {
            if (failures++ < 20) printf("%s: byte %zu: optimize %s: %s\n", path, at, onnxfold_status_name(st), onnxfold_model_error_message(m));
        }
        st = onnxfold_model_save_memory(m, o, &out);
        if (st == ONNXFOLD_OK) {
            st = onnxfold_model_new(o, &again);
            if (!st) st = onnxfold_model_load_memory(again, onnxfold_buffer_data(out), onnxfold_buffer_size(out), NULL, o);
            if (st && failures++ < 20)
                printf("%s: byte %zu: the result does not load: %s\n", path, at, onnxfold_model_error_message(again));
        } else if (st != ONNXFOLD_E_PATH && st != ONNXFOLD_E_TENSOR && failures++ < 20) {
            printf("%s: byte %zu: save %s: %s\n", path, at, onnxfold_status_name(st), onnxfold_model_error_message(m));
        }
    } else if (onnxfold_model_error_status(m) != st && failures++ < 20) {
        printf("%s: byte %zu: status %d without detail\n", path, at, (int)st);
    }
    onnxfold_buffer_free(&out);
    onnxfold_model_free(&again);
    onnxfold_model_free(&m);
}

static int run(int argc, char **argv)
{
    static const unsigned char values[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};
    onnxfold_options *o = NULL;
    int passed = 0, failed = 0;

    if (onnxfold_options_new(NULL, &o)) return 2;
    onnxfold_options_list_clear(o, ONNXFOLD_LIST_EXCLUDED_OPS);
    /* hostile sizes are refused by smaller budgets just as well, and sooner */
    onnxfold_options_set_int(o, ONNXFOLD_OPT_WORK_STEPS, 1000000);
    onnxfold_options_set_int(o, ONNXFOLD_OPT_FOLDED_BYTES, 1 << 22);
    onnxfold_options_set_int(o, ONNXFOLD_OPT_ONE_FOLD_BYTES, 1 << 20);
    for (int i = 1; i < argc; i++) {
        blob b = read_file(argv[i]);
        int before = failures;
        /* each truncation in a buffer of its own size, so that a read past the end is seen */
        for (size_t n = 0; n < b.n; n++) {
            unsigned char *cut = (unsigned char *)malloc(n ? n : 1);
            if (!cut) return 2;
            memcpy(cut, b.p, n);
            one(argv[i], cut, n, n, o);
            free(cut);
        }
        for (size_t at = 0; at < b.n; at++) {
            unsigned char old = b.p[at];
            for (size_t k = 0; k <= sizeof values; k++) {
                b.p[at] = (unsigned char)(k < sizeof values ? values[k] : old ^ (1u << (at % 8)));
                if (b.p[at] != old) one(argv[i], b.p, b.n, at, o);
            }
            b.p[at] = old;
        }
        free(b.p);
        if (failures > before) failed++;
        else passed++;
    }
    onnxfold_options_free(&o);
    printf("%zu mutants, %zu accepted\n", tried, accepted);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}

int main(int argc, char **argv)
{
    return fault_main(run, argc, argv);
}
