/* Fills the table: the C reference first, then each ISA in rising order. */
#include "kern/kern.h"

void of_kern_init(of_kern *k, uint32_t flags)
{
    k->flags = flags & of_cpu_flags();
    of_kern_arith_init_c(&k->arith);
    of_kern_convert_init_c(&k->convert);
    of_kern_matmul_init_c(&k->matmul);
    of_kern_move_init_c(&k->move);
    of_kern_reduce_init_c(&k->reduce);
}
