#include "base/cpu.h"

#include <stdatomic.h>
#include <stdbool.h>

#if (defined(__x86_64__) || defined(__i386__)) && defined(__GLIBC__) &&                            \
    defined(__has_include)
#if __has_include(<sys/platform/x86.h>)
#include <sys/platform/x86.h>
#define CPU_FROM_GLIBC
#endif
#endif

#if defined(CPU_FROM_GLIBC)
/* What the C library found when the process began. Under a hypervisor each CPUID is a trap of
 * tens of microseconds, more than a small model takes altogether. Active means that the system
 * saves the registers too. */
static bool active(unsigned feature)
{
    /* The header's own macro shifts a signed 1 into the sign bit. */
    const struct cpuid_feature *leaf = __x86_get_cpuid_feature_leaf(feature / 128);
    return leaf->active_array[feature % 128 / 32] >> feature % 32 & 1;
}

static uint32_t detect(void)
{
    uint32_t flags = 0;
    if (active(x86_cpu_SSE4_1)) flags |= OF_CPU_SSE41;
    if (!active(x86_cpu_AVX2) || !active(x86_cpu_FMA) || !active(x86_cpu_F16C) ||
        !active(x86_cpu_BMI2))
        return flags;
    flags |= OF_CPU_AVX2;
    if (active(x86_cpu_AVX512F) && active(x86_cpu_AVX512BW) &&
        active(x86_cpu_AVX512DQ) && active(x86_cpu_AVX512VL))
        flags |= OF_CPU_AVX512;
    return flags;
}
#elif defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

/* Which register state the system saves (XCR0); call only when OSXSAVE is set. */
static uint32_t saved_state(void)
{
    uint32_t lo, hi;
    __asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
    (void)hi;
    return lo;
}

static uint32_t detect(void)
{
    unsigned a, b, c, d, b7 = 0;
    uint32_t flags = 0, xcr0 = 0;
    const unsigned avx = bit_AVX | bit_FMA | bit_F16C | bit_OSXSAVE;
    const unsigned avx512 = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
    if (c & bit_SSE4_1) flags |= OF_CPU_SSE41;
    if ((c & avx) != avx) return flags;
    xcr0 = saved_state();
    if (__get_cpuid_max(0, 0) >= 7) {
        unsigned a7, c7, d7;
        __cpuid_count(7, 0, a7, b7, c7, d7);
        (void)a7;
        (void)c7;
        (void)d7;
    }
    if ((xcr0 & 0x6) == 0x6 && (b7 & bit_AVX2) && (b7 & bit_BMI2)) {
        flags |= OF_CPU_AVX2;
        if ((xcr0 & 0xE6) == 0xE6 && (b7 & avx512) == avx512) flags |= OF_CPU_AVX512;
    }
    return flags;
}
#elif defined(__aarch64__)
static uint32_t detect(void)
{
    return OF_CPU_NEON; /* part of the base architecture */
}
#else
static uint32_t detect(void)
{
    return 0;
}
#endif

uint32_t of_cpu_flags(void)
{
    /* Every thread finds the same value, so a race only repeats the work. */
    static _Atomic uint32_t known;
    const uint32_t have = UINT32_C(1) << 31;
    uint32_t v = atomic_load_explicit(&known, memory_order_relaxed);
    if (v == 0) {
        v = detect() | have;
        atomic_store_explicit(&known, v, memory_order_relaxed);
    }
    return v & ~have;
}
