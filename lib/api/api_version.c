/* Numbers and their names, and the proof that public and internal numbers agree. */
#include "api/api.h"

#define SAME(pub, in) _Static_assert((int)ONNXFOLD_##pub == (int)OF_##in, "public and internal numbers differ")
#define SAME_STATUS(x) SAME(x, x)
SAME_STATUS(OK);
SAME_STATUS(E_NOMEM);
SAME_STATUS(E_ARGUMENT);
SAME_STATUS(E_STATE);
SAME_STATUS(E_CANCELLED);
SAME_STATUS(E_IO);
SAME_STATUS(E_NOT_FOUND);
SAME_STATUS(E_CHANGED);
SAME_STATUS(E_EXISTS);
SAME_STATUS(E_PATH);
SAME_STATUS(E_WIRE);
SAME_STATUS(E_DEPTH);
SAME_STATUS(E_LIMIT);
SAME_STATUS(E_MODEL);
SAME_STATUS(E_TENSOR);
SAME_STATUS(E_VERSION);
SAME_STATUS(E_UNSUPPORTED);
SAME_STATUS(E_EVAL);
SAME_STATUS(E_BUDGET);
SAME_STATUS(E_DIFFERENT);
SAME_STATUS(E_INTERNAL);

#define SAME_TYPE(x) SAME(x, x)
SAME_TYPE(UNDEFINED);
SAME_TYPE(FLOAT);
SAME_TYPE(STRING);
SAME_TYPE(BOOL);
SAME_TYPE(BFLOAT16);
SAME_TYPE(FLOAT8E5M2FNUZ);
SAME_TYPE(UINT4);
SAME_TYPE(INT4);
SAME_TYPE(FLOAT4E2M1);
SAME_TYPE(FLOAT8E8M0);
SAME_TYPE(UINT2);
SAME_TYPE(INT2);
SAME_TYPE(FLOAT6E2M3);
SAME_TYPE(FLOAT6E3M2);

SAME(FATE_KEPT, KEPT);
SAME(FATE_FOLDED, FOLDED);
SAME(FATE_REPLACED, REPLACED);
SAME(FATE_REMOVED, REMOVED);
#define SAME_WHY(x) SAME(x, x)
SAME_WHY(WHY_NONE);
SAME_WHY(WHY_EXCLUDED_OP);
SAME_WHY(WHY_EXCLUDED_NODE);
SAME_WHY(WHY_QUANTIZATION);
SAME_WHY(WHY_INPUT_SIZE);
SAME_WHY(WHY_OUTPUT_SIZE);
SAME_WHY(WHY_GROWTH);
SAME_WHY(WHY_BUDGET);
SAME_WHY(WHY_RANDOM);
SAME_WHY(WHY_NO_EVALUATOR);
SAME_WHY(WHY_EVAL_FAILED);
SAME_WHY(WHY_CALLBACK);
SAME_WHY(WHY_NOT_EXPRESSIBLE);
SAME_WHY(WHY_PASS_OFF);
SAME_WHY(WHY_EXACT);
SAME(CHOICE_DEFAULT, CHOICE_DEFAULT);
SAME(CHOICE_FOLD, CHOICE_FOLD);
SAME(CHOICE_KEEP, CHOICE_KEEP);
SAME(QUANT_PRESERVE, QUANT_PRESERVE);
SAME(QUANT_ISLANDS, QUANT_ISLANDS);
SAME(QUANT_FOLD, QUANT_FOLD);
SAME(EXTERNAL_KEEP, EXT_KEEP);
SAME(EXTERNAL_EMBED, EXT_EMBED);
SAME(EXTERNAL_FILE, EXT_FILE);
SAME(CPU_SSE41, CPU_SSE41);
SAME(CPU_AVX2, CPU_AVX2);
SAME(CPU_AVX512, CPU_AVX512);
SAME(CPU_NEON, CPU_NEON);

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

uint32_t onnxfold_version(void)
{
    return ONNXFOLD_VERSION_MAJOR * 1000000u + ONNXFOLD_VERSION_MINOR * 1000u + ONNXFOLD_VERSION_PATCH;
}

const char *onnxfold_version_string(void)
{
    return TEXT(ONNXFOLD_VERSION_MAJOR) "." TEXT(ONNXFOLD_VERSION_MINOR) "." TEXT(ONNXFOLD_VERSION_PATCH);
}

uint32_t onnxfold_abi_version(void) { return ONNXFOLD_ABI_MAJOR; }

const char *onnxfold_status_name(onnxfold_status status)
{
    switch (status) {
    case ONNXFOLD_OK: return "OK";
    case ONNXFOLD_E_NOMEM: return "NOMEM";
    case ONNXFOLD_E_ARGUMENT: return "ARGUMENT";
    case ONNXFOLD_E_STATE: return "STATE";
    case ONNXFOLD_E_CANCELLED: return "CANCELLED";
    case ONNXFOLD_E_IO: return "IO";
    case ONNXFOLD_E_NOT_FOUND: return "NOT_FOUND";
    case ONNXFOLD_E_CHANGED: return "CHANGED";
    case ONNXFOLD_E_EXISTS: return "EXISTS";
    case ONNXFOLD_E_PATH: return "PATH";
    case ONNXFOLD_E_WIRE: return "WIRE";
    case ONNXFOLD_E_DEPTH: return "DEPTH";
    case ONNXFOLD_E_LIMIT: return "LIMIT";
    case ONNXFOLD_E_MODEL: return "MODEL";
    case ONNXFOLD_E_TENSOR: return "TENSOR";
    case ONNXFOLD_E_VERSION: return "VERSION";
    case ONNXFOLD_E_UNSUPPORTED: return "UNSUPPORTED";
    case ONNXFOLD_E_EVAL: return "EVAL";
    case ONNXFOLD_E_BUDGET: return "BUDGET";
    case ONNXFOLD_E_DIFFERENT: return "DIFFERENT";
    case ONNXFOLD_E_INTERNAL: return "INTERNAL";
    default: return "UNKNOWN";
    }
}

const char *onnxfold_dtype_name(int32_t dtype)
{
    if (dtype == ONNXFOLD_UNDEFINED) return "UNDEFINED";
    return of_dtype_valid(dtype) ? of_dtypes[dtype].name : NULL;
}

const char *onnxfold_fate_name(int32_t fate)
{
    static const char *const name[] = {"kept", "folded", "replaced", "removed"};
    return fate >= 0 && fate < (int32_t)(sizeof name / sizeof *name) ? name[fate] : NULL;
}

const char *onnxfold_why_name(int32_t why)
{
    static const char *const name[] = {"none",        "excluded-op",  "excluded-node", "quantization",
                                       "input-size",  "output-size",  "growth",        "budget",
                                       "random",      "no-evaluator", "eval-failed",   "callback",
                                       "not-expressible", "pass-off", "exact"};
    return why >= 0 && why < (int32_t)(sizeof name / sizeof *name) ? name[why] : NULL;
}

const char *onnxfold_pass_name(size_t i) { return of_pass_name(i); }

int onnxfold_pass_default_on(size_t i) { return of_pass_name(i) && of_pass_default_on(i); }
