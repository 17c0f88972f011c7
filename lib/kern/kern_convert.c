/* The C reference of bulk conversions. */
#include "kern/kern_convert.h"

#define T int8_t
#define SFX i8
#define KT OF_KT_I8
#include "kern/kern_convert_tmpl.h"

#define T int16_t
#define SFX i16
#define KT OF_KT_I16
#include "kern/kern_convert_tmpl.h"

#define T int32_t
#define SFX i32
#define KT OF_KT_I32
#include "kern/kern_convert_tmpl.h"

#define T int64_t
#define SFX i64
#define KT OF_KT_I64
#include "kern/kern_convert_tmpl.h"

#define T uint8_t
#define SFX u8
#define KT OF_KT_U8
#include "kern/kern_convert_tmpl.h"

#define T uint16_t
#define SFX u16
#define KT OF_KT_U16
#include "kern/kern_convert_tmpl.h"

#define T uint32_t
#define SFX u32
#define KT OF_KT_U32
#include "kern/kern_convert_tmpl.h"

#define T uint64_t
#define SFX u64
#define KT OF_KT_U64
#include "kern/kern_convert_tmpl.h"

#define T float
#define SFX f32
#define KT OF_KT_F32
#define FLOATING 1
#include "kern/kern_convert_tmpl.h"

#define T double
#define SFX f64
#define KT OF_KT_F64
#define FLOATING 1
#include "kern/kern_convert_tmpl.h"

void OF_KERN_NAME(of_kern_convert_init)(of_kern_convert *k)
{
    of_kc_fill_from_i8(k);
    of_kc_fill_from_i16(k);
    of_kc_fill_from_i32(k);
    of_kc_fill_from_i64(k);
    of_kc_fill_from_u8(k);
    of_kc_fill_from_u16(k);
    of_kc_fill_from_u32(k);
    of_kc_fill_from_u64(k);
    of_kc_fill_from_f32(k);
    of_kc_fill_from_f64(k);
}
