/* CPU features, found once per process (the only global) and masked per handle. */
#ifndef OF_BASE_CPU_H
#define OF_BASE_CPU_H

#include <stdint.h>

enum {
    OF_CPU_SSE41 = 1 << 0,
    OF_CPU_AVX2 = 1 << 1,   /* with FMA, F16C and BMI2, and the OS saving ymm */
    OF_CPU_AVX512 = 1 << 2, /* F, BW, DQ, VL, and the OS saving zmm */
    OF_CPU_NEON = 1 << 3,
};
uint32_t of_cpu_flags(void);

#endif
