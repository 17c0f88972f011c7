/* The header needs nothing before it, as C11 and as C++ (header_alone.cpp includes this). */
#include <onnxfold/onnxfold.h>

int main(void)
{
    onnxfold_options *o = 0;
    onnxfold_status st = onnxfold_options_new(0, &o);
    onnxfold_options_free(&o);
    return st != ONNXFOLD_OK || onnxfold_abi_version() != ONNXFOLD_ABI_MAJOR;
}
