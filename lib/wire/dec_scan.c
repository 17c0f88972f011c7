/* TrainingInfoProto is carried along as it stands, but walked once: malformed bytes are
 * refused, depth is bounded, and the locations of external data in it are checked and
 * remembered like all others. */
#include "wire/dec.h"

#define FIELDS(t) t, (uint32_t)(sizeof(t) / sizeof((t)[0]))

static const of_dec_msg scan_graph_msg, scan_node_msg, scan_attr_msg, scan_sparse_msg;

static of_status scan_graph(of_dec *d, of_dec_frame *f)
{
    return of_dec_push(d, f, &scan_graph_msg, NULL, NULL, NULL, NULL);
}

static of_status scan_node(of_dec *d, of_dec_frame *f)
{
    OF_TRY(of_dec_count(d, 1));
    return of_dec_push(d, f, &scan_node_msg, NULL, NULL, NULL, NULL);
}

static of_status scan_attr(of_dec *d, of_dec_frame *f)
{
    return of_dec_push(d, f, &scan_attr_msg, NULL, NULL, NULL, NULL);
}

static of_status scan_sparse(of_dec *d, of_dec_frame *f)
{
    return of_dec_push(d, f, &scan_sparse_msg, NULL, NULL, NULL, NULL);
}

static of_status scan_tensor(of_dec *d, of_dec_frame *f)
{
    return of_dec_tensor_open(d, f, NULL, OF_DEC_TO_NOWHERE, NULL);
}

static const of_dec_field fields_graph[] = {
    [1] = {scan_node, PB_WT_STRING, false},
    [5] = {scan_tensor, PB_WT_STRING, false},
    [15] = {scan_sparse, PB_WT_STRING, false},
};
static const of_dec_msg scan_graph_msg = {"GraphProto", FIELDS(fields_graph), NULL};
static const of_dec_field fields_node[] = {
    [5] = {scan_attr, PB_WT_STRING, false},
};
static const of_dec_msg scan_node_msg = {"NodeProto", FIELDS(fields_node), NULL};
static const of_dec_field fields_attr[] = {
    [5] = {scan_tensor, PB_WT_STRING, false},  [6] = {scan_graph, PB_WT_STRING, false},
    [10] = {scan_tensor, PB_WT_STRING, false}, [11] = {scan_graph, PB_WT_STRING, false},
    [22] = {scan_sparse, PB_WT_STRING, false}, [23] = {scan_sparse, PB_WT_STRING, false},
};
static const of_dec_msg scan_attr_msg = {"AttributeProto", FIELDS(fields_attr), NULL};
static const of_dec_field fields_sparse[] = {
    [1] = {scan_tensor, PB_WT_STRING, false},
    [2] = {scan_tensor, PB_WT_STRING, false},
};
static const of_dec_msg scan_sparse_msg = {"SparseTensorProto", FIELDS(fields_sparse), NULL};
static const of_dec_field fields_training[] = {
    [1] = {scan_graph, PB_WT_STRING, false},
    [2] = {scan_graph, PB_WT_STRING, false},
};
static const of_dec_msg scan_training_msg = {"TrainingInfoProto", FIELDS(fields_training), NULL};

of_status of_dec_training_open(of_dec *d, of_dec_frame *f)
{
    of_dec_raws *raws = f->raws;
    of_range src;
    uint32_t field = d->field;
    OF_TRY(of_dec_push(d, f, &scan_training_msg, NULL, NULL, &src, NULL));
    return of_dec_raw_add(d, raws, field, src);
}
