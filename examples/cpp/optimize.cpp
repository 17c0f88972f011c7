#include "onnxfold.hpp"

#include <iostream>

int main(int argc, char **argv)
{
    if (argc != 3) {
        std::cerr << "usage: " << argv[0] << " IN.onnx OUT.onnx\n";
        return 2;
    }
    try {
        onnxfold::options o;
        o.add(ONNXFOLD_LIST_EXCLUDED_OPS, "Range").set(ONNXFOLD_OPT_INPUT_SIZE_LIMIT, 1 << 20);
        onnxfold::model m(o);
        m.load(argv[1], o).optimize(o).save(argv[2], o);
        std::cout << m.number(ONNXFOLD_NUM_NODES_BEFORE) << " -> " << m.number(ONNXFOLD_NUM_NODES_AFTER) << " nodes\n";
    } catch (const onnxfold::error &e) {
        std::cerr << onnxfold_status_name(e.status()) << ": " << e.what() << ' ' << e.node() << '\n';
        return 1;
    }
    return 0;
}
