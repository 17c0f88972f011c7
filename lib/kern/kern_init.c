/* Fills the table. Every level compiles all kernels, so the best one alone fills all of it: what
 * the levels below would put there is not worth its cold code at the start of each optimize. */
#include "kern/kern.h"

void of_kern_init(of_kern *k, uint32_t flags)
{
    flags &= of_cpu_flags();
    k->flags = 0;
#ifdef OF_KERN_X86
    if (flags & OF_CPU_SSE41) k->flags = OF_CPU_SSE41;
    if (k->flags && (flags & OF_CPU_AVX2)) k->flags |= OF_CPU_AVX2;
    if ((k->flags & OF_CPU_AVX2) && (flags & OF_CPU_AVX512)) k->flags |= OF_CPU_AVX512;
    if (k->flags & OF_CPU_AVX512) of_kern_fill_avx512(k);
    else if (k->flags & OF_CPU_AVX2) of_kern_fill_avx2(k);
    else if (k->flags & OF_CPU_SSE41) of_kern_fill_sse41(k);
    else of_kern_fill_c(k);
#else
    of_kern_fill_c(k);
#endif
#ifdef OF_KERN_ARM
    if (!(flags & OF_CPU_NEON)) return;
    of_kern_fill_neon(k);
    k->flags |= OF_CPU_NEON;
#endif
}
