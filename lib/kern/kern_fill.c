/* The whole table of one instruction set. */
#include "kern/kern.h"

void OF_KERN_NAME(of_kern_fill)(of_kern *k)
{
    OF_KERN_NAME(of_kern_arith_init)(&k->arith);
    OF_KERN_NAME(of_kern_convert_init)(&k->convert);
    OF_KERN_NAME(of_kern_matmul_init)(&k->matmul);
    OF_KERN_NAME(of_kern_move_init)(&k->move);
    OF_KERN_NAME(of_kern_norm_init)(&k->norm);
    OF_KERN_NAME(of_kern_reduce_init)(&k->reduce);
    OF_KERN_NAME(of_kern_small_init)(&k->small);
}
