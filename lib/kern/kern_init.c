/* Fills the table: the C reference first, then each ISA in rising order. */
#include "kern/kern.h"

void of_kern_init(of_kern *k, uint32_t flags)
{
    flags &= of_cpu_flags();
    k->flags = 0;
    of_kern_fill_c(k);
#ifdef OF_KERN_X86
    if (!(flags & OF_CPU_SSE41)) return;
    of_kern_fill_sse41(k);
    k->flags |= OF_CPU_SSE41;
    if (!(flags & OF_CPU_AVX2)) return;
    of_kern_fill_avx2(k);
    k->flags |= OF_CPU_AVX2;
    if (!(flags & OF_CPU_AVX512)) return;
    of_kern_fill_avx512(k);
    k->flags |= OF_CPU_AVX512;
#endif
}
