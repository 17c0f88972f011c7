/* Float functions of one operand. float32 takes the transcendental ones through double
 * and rounds once. */
#include "kern/kern_arith.h"
#include "kern/kern_mathd.h"

#define T float
#define SFX f32
#define SQRT sqrtf
#define FLOOR floorf
#define CEIL ceilf
#define RINT rintf
#define FABS fabsf
#include "kern/kern_math_tmpl.h"

#define T double
#define SFX f64
#define SQRT sqrt
#define FLOOR floor
#define CEIL ceil
#define RINT rint
#define FABS fabs
#include "kern/kern_math_tmpl.h"

void OF_KERN_NAME(of_kern_math_init)(of_kern_arith *k)
{
    of_km_fill_f32(k->uni_f32);
    of_km_fill_f64(k->uni_f64);
    OF_KERN_NAME(of_kern_mathf_init)(k);
}
