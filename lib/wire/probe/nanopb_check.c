/* Run by meson: whether the nanopb library was built with the switches its header shows
 * here. Each stream stands between bytes that no call may touch, and one of them fails,
 * which writes its last member. */
#include <pb_decode.h>
#include <string.h>

#if defined(PB_BUFFER_ONLY) || defined(PB_WITHOUT_64BIT)
#error "nanopb must be built with stream callbacks and 64-bit integers"
#endif

struct in_box {
    unsigned char before[64];
    pb_istream_t s;
    unsigned char after[64];
};
static bool source(pb_istream_t *s, pb_byte_t *buf, size_t n)
{
    memset(buf, *(unsigned char *)s->state, n);
    return true;
}

static int intact(const unsigned char *p)
{
    for (int i = 0; i < 64; i++)
        if (p[i] != 0) return 0;
    return 1;
}

int main(void)
{
    struct in_box in;
    uint64_t v = 0;
    unsigned char byte = 0x07;
    pb_istream_t zero_in = PB_ISTREAM_EMPTY;

    memset(&in, 0, sizeof in); /* zero: an error message is only set where there is none */
    in.s = zero_in;
    in.s.callback = source;
    in.s.state = &byte;
    in.s.bytes_left = 100;
    if (!pb_decode_varint(&in.s, &v) || v != 7 || in.s.bytes_left != 99) return 1;
    byte = 0xff;
    if (pb_decode_varint(&in.s, &v)) return 2;
#ifndef PB_NO_ERRMSG
    if (!in.s.errmsg || strlen(in.s.errmsg) == 0) return 3;
#endif
    if (!intact(in.before) || !intact(in.after)) return 4;
    return 0;
}
