/* Made by test/kern/make_mathf.py. Coefficients from the lowest power on. */
#ifndef OF_KERN_MATHF_POLY_H
#define OF_KERN_MATHF_POLY_H

/* expm1(r) / r, |r| <= ln2 / 2: 2^-37.5 */
static const double of_mf_expm1[8] = {
    0x1.fffffffff60b8p-1,
    0x1.fffffffffe028p-2,
    0x1.5555557eb07e9p-3,
    0x1.55555565dead9p-5,
    0x1.1110a5b46901ap-7,
    0x1.6c166b8f94446p-10,
    0x1.a17ea987d8dd3p-13,
    0x1.a137426f16cfcp-16,
};

/* the same, for sums in double: 2^-49.3 */
static const double of_mf_steady[10] = {
    0x1.0000000000006p+0,
    0x1.0000000000001p-1,
    0x1.5555555550cf4p-3,
    0x1.5555555553d37p-5,
    0x1.11111123dbdd5p-7,
    0x1.6c16c1789d1d7p-10,
    0x1.a019945892531p-13,
    0x1.a019b8ca26fcfp-16,
    0x1.72e18c85be861p-19,
    0x1.2891d4ffbb0f9p-22,
};

/* atanh(s) / s by s^2, |s| <= 0.1716: 2^-45.1 */
static const double of_mf_log[6] = {
    0x1.fffffffffff12p-1,
    0x1.55555556716dap-2,
    0x1.9999962baa6d7p-3,
    0x1.24943845d454ep-3,
    0x1.c620e12262e86p-4,
    0x1.9193ad599876cp-4,
};

/* 2 atanh(s) / (s ln2) by s^2: 2^-59.6 */
static const double of_mf_log2[8] = {
    0x1.71547652b82fep+1,
    0x1.ec709dc3a047dp-1,
    0x1.2776c50ee39a4p-1,
    0x1.a61762d699b46p-2,
    0x1.484afb77d8797p-2,
    0x1.0ca160eda205bp-2,
    0x1.c46df723fd2ebp-3,
    0x1.b594042f590e9p-3,
};

/* atanh(s) / s by s^2, s in [0, 1/3]: 2^-43.8 */
static const double of_mf_log1p[8] = {
    0x1.ffffffffffdc7p-1,
    0x1.5555555694e90p-2,
    0x1.999997c399b66p-3,
    0x1.2492cc4fab44ap-3,
    0x1.c6f8ad634a6a2p-4,
    0x1.76fd5c9158713p-4,
    0x1.202b4d7a56a8fp-4,
    0x1.9afeeea008984p-4,
};

/* 2^r, |r| <= 1/2: 2^-39.8 */
static const double of_mf_exp2[9] = {
    0x1.0000000000000p+0,
    0x1.62e42fef848fap-1,
    0x1.ebfbdff823bd4p-3,
    0x1.c6b08dd79b67bp-5,
    0x1.3b2ab7184750ep-7,
    0x1.5d8744e96a1f7p-10,
    0x1.4308ac1c81dc6p-13,
    0x1.00dcc8b30def0p-16,
    0x1.63d1c24a346d6p-20,
};

/* sin(r) / r by r^2, |r| <= pi/4: 2^-37.6 */
static const double of_mf_sin[5] = {
    0x1.fffffffff67afp-1,
    -0x1.5555554946d41p-3,
    0x1.1111074a72dd8p-7,
    -0x1.a00ee754eb761p-13,
    0x1.6cb727dcd8c09p-19,
};

/* cos(r) by r^2: 2^-43.6 */
static const double of_mf_cos[6] = {
    0x1.ffffffffffe0bp-1,
    -0x1.ffffffffe3729p-2,
    0x1.5555554474891p-5,
    -0x1.6c16b2d2c80d1p-10,
    0x1.a00e95f0d01c7p-16,
    -0x1.23c5a67c9c1e4p-22,
};

/* erf(x) / x by x^2 / 8 - 1, |x| <= 4: 2^-38.8 */
static const double of_mf_erf[22] = {
    0x1.6a040781a7a57p-2,
    -0x1.69a0ccda3fddcp-3,
    0x1.0dabaf0052545p-3,
    -0x1.b92e95bdf6ef4p-4,
    0x1.717efe43d8378p-4,
    -0x1.3215d94772f8fp-4,
    0x1.ea97b97dcfa5fp-5,
    -0x1.76e853192f7d9p-5,
    0x1.0ed6e7dbd8678p-5,
    -0x1.7036105d98834p-6,
    0x1.d61512004ff62p-7,
    -0x1.19f8295a7ffaap-7,
    0x1.3ecd837936f89p-8,
    -0x1.526260b83154ap-9,
    0x1.4d9014bdd4451p-10,
    -0x1.3e0c75f8ad904p-11,
    0x1.399c103d51c8dp-12,
    -0x1.0654e39321f81p-13,
    0x1.051075c9ab99ap-15,
    -0x1.bcf1ce0928958p-17,
    0x1.bc776ad31e4bep-17,
    -0x1.2bcaa50b10d86p-18,
};

/* (x + 3) exp(x^2) erfc(x) by (x - 3) / (x + 3), x in [0, 9.9]: 2^-39.1 */
static const double of_mf_erfcx[14] = {
    0x1.12f21ddda0205p+0,
    -0x1.c44c471befb93p-1,
    0x1.2e326945167cfp-1,
    -0x1.3deb211f124a2p-2,
    0x1.e995f1c65ddc6p-4,
    -0x1.b789ba5e2aaf7p-6,
    -0x1.3dd64d25fc21dp-10,
    0x1.8db78cd6e46c2p-9,
    -0x1.1f50d1c410ffap-11,
    -0x1.234f339ab44d2p-12,
    0x1.bd79b9f27cdd5p-14,
    0x1.0d6e5a03e8cd7p-15,
    -0x1.e45759a12d35ep-17,
    -0x1.6519a9313aac9p-18,
};

/* atan(a) / a by a^2, a in [0, 1]: 2^-39.0 */
static const double of_mf_atan[14] = {
    0x1.fffffffffc08dp-1,
    -0x1.5555554929285p-2,
    0x1.9999935891892p-3,
    -0x1.2491a58afe8ffp-3,
    0x1.c70accb05424ep-4,
    -0x1.73c9227469d04p-4,
    0x1.37e1333e1ff1dp-4,
    -0x1.04c150b92d46cp-4,
    0x1.9d5503ec54b44p-5,
    -0x1.20e9c577a2d32p-5,
    0x1.46a7b23ca54f7p-6,
    -0x1.0e1211403527dp-7,
    0x1.1b7b569f4cdd0p-9,
    -0x1.178d6baea92b4p-12,
};

/* asin(a) / a by a^2, a in [0, 1/2]: 2^-43.9 */
static const double of_mf_asin[10] = {
    0x1.ffffffffffe37p-1,
    0x1.55555556ba261p-3,
    0x1.333331c54a5c9p-4,
    0x1.6db76c4073936p-5,
    0x1.f1aa2e3259ba2p-6,
    0x1.703109f1e31b1p-6,
    0x1.0de3abdd2358ep-6,
    0x1.315f91ce454b4p-6,
    -0x1.76633841944a1p-9,
    0x1.05af6a78bec66p-5,
};

#endif
