/* Dropout where nothing is dropped: in inference, or with a ratio of 0. Versions before 12
 * do not say what the mask holds in inference, so there it is not evaluated. */
#include "ops/op_numeric.h"

#include <string.h>

of_status of_infer_Dropout(of_opctx *c)
{
    const of_dtype t = of_in_dtype(c, 0);

    OF_TRY(of_want_types(c, 0, OF_TS_FLOAT | OF_TS_FLOAT8));
    OF_TRY(of_want_types(c, 1, OF_TS_FLOAT | OF_TS_FLOAT8));
    OF_TRY(of_want_types(c, 2, OF_TS(OF_BOOL)));
    OF_TRY(of_same_as_in(c, 0, 0));
    return of_set_out(c, 1, c->opset < 10 ? t : OF_BOOL, *of_in_shape(c, 0));
}

/* Whether elements may be dropped. */
static of_status of_dropout_random(of_opctx *c, bool *random)
{
    int64_t *training = NULL, test = 1;
    double ratio;
    size_t n;

    *random = false;
    if (c->opset < 7) {
        OF_TRY(of_get_int(c, "is_test", 0, &test));
        *random = !test;
    }
    if (c->opset < 12) return OF_OK;
    OF_TRY(of_in_ints(c, 2, &training, &n));
    if (!training) return OF_OK;
    if (n != 1) return OF_INVALID(c, "training_mode has %zu elements", n);
    if (!training[0]) return OF_OK;
    *random = true;
    if (of_has_in(c, 1) && of_in(c, 1)->count == 1) {
        of_read_f64(of_in(c, 1), 0, 1, &ratio, 1);
        *random = ratio != 0;
    }
    return OF_OK;
}

of_status of_eval_Dropout(of_opctx *c)
{
    of_tensor *mask;
    bool random;

    OF_TRY(of_dropout_random(c, &random));
    if (random) return OF_UNSUP(c, "training mode is random");
    if (of_wants_out(c, 1)) {
        if (c->opset < 12) return OF_UNSUP(c, "the mask is not defined in inference");
        OF_TRY(of_out(c, 1, &mask));
        if (mask->count) memset(mask->data, 1, mask->bytes);
    }
    return of_out_val(c, 0, of_val_ref(c->in_const[0]));
}
