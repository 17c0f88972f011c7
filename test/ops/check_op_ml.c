/* Operators of ai.onnx.ml: edges, attributes that do not fit, memory that runs out. What they
 * compute is compared with two other implementations in test/conformance/sweep_ml.py. */
#include "op_case.h"

#define ML "ai.onnx.ml::"
#define REG ML "TreeEnsembleRegressor"
#define CLS ML "TreeEnsembleClassifier"
#define ENS ML "TreeEnsemble"
#define LINC ML "LinearClassifier"
#define SVMC ML "SVMClassifier"
#define SVMR ML "SVMRegressor"

static const op_row infers[] = {
    {ML "ArrayFeatureExtractor", 1, "f[n,7] i[2,k]", "", "f[n,2*k]", 0},
    {ML "ArrayFeatureExtractor", 1, "s[7] i*", "", "s[1,?]", 0},
    {ML "ArrayFeatureExtractor", 1, "f[] i[1]", "", "none", 0},
    {ML "Binarizer", 1, "j[n,3]", "", "j[n,3]", 0},
    {ML "Binarizer", 1, "H[n,3]", "", "none", 0},
    {ML "Imputer", 1, "d[n,3]", "", "d[n,3]", 0},
    {ML "Scaler", 1, "i[n,3]", "", "f[n,3]", 0},
    {ML "Normalizer", 1, "i[n,3]", "", "f[n,3]", 0},
    {ML "Normalizer", 1, "i[n,3,2]", "", "none", 0},
    {ML "FeatureVectorizer", 1, "f[n,a] f[n,b]", "", "f[n,a+b]", 0},
    {ML "FeatureVectorizer", 1, "f[?,a] f[3]", "inputdimensions=[4,5]", "f[1,9]", 0},
    {ML "FeatureVectorizer", 1, "f[2,a] f[3,b]", "", "none", 0},
    {ML "OneHotEncoder", 1, "s[n,3]", "cats_strings=['a','b']", "f[n,3,2]", 0},
    {ML "OneHotEncoder", 1, "f*", "cats_int64s=[1,2]", "f*", 0},
    {ML "OneHotEncoder", 1, "f[2]", "cats_strings=['a']", "none", 0},
    {ML "CategoryMapper", 1, "s[n]", "", "i[n]", 0},
    {ML "CategoryMapper", 1, "i[n]", "", "s[n]", 0},
    {ML "LabelEncoder", 2, "i[n]", "keys_int64s=[1] values_strings=['a']", "s[n]", 0},
    {LINC, 1, "f[n,3]", "classlabels_ints=[1,2]", "i[n] f[n,2]", 2},
    {LINC, 1, "f[3]", "classlabels_strings=['a','b']", "s[1] f[1,2]", 2},
    {LINC, 1, "f[n,3]", "classlabels_ints=[1,2] classlabels_strings=['a','b']", "none none", 2},
    {ML "LinearRegressor", 1, "d[n,3]", "targets=4", "f[n,4]", 0},
    {ML "LinearRegressor", 1, "d[n,3]", "targets=0", "none", 0},
    {SVMR, 1, "j[n,3]", "", "f[n,1]", 0},
    {SVMC, 1, "f[n,3]", "classlabels_ints=[1,2,3,4] rho=[0f] vectors_per_class=[1,1,1,1]",
     "i[n] f[n,6]", 2},
    {SVMC, 1, "f[n,3]",
     "classlabels_ints=[1,2,3,4] rho=[0f] vectors_per_class=[1,1,1,1] prob_a=[1f]", "i[n] f[n,4]",
     2},
    {SVMC, 1, "f[n,3]",
     "classlabels_ints=[1,2] rho=[0f] vectors_per_class=[9223372036854775807,9223372036854775807]",
     "i[n] f[n,2]", 2},
    {SVMC, 1, "f[n,3]", "classlabels_ints=[1,2] rho=[0f] vectors_per_class=[-1,3]", "none none", 2},
    {REG, 3, "f[n,3]", "n_targets=2", "f[n,2]", 0},
    {REG, 3, "f[3]", "n_targets=2", "none", 0},
    {REG, 3, "f[n,3]", "", "none", 0},
    {CLS, 1, "j[n,3]", "classlabels_int64s=[1,2,3]", "i[n] f[n,3]", 2},
    {CLS, 5, "j[n,3]", "classlabels_strings=['a']", "s[n] f[n,?]", 2},
    {ENS, 5, "H[n,3]", "n_targets=3", "H[n,3]", 0},
    {ENS, 5, "i[n,3]", "n_targets=3", "none", 0},
};

static const op_row evals[] = {
    {ML "ArrayFeatureExtractor", 1, "s[2,3]=a,b,c,d,e,f i[2]=2,0", "", "s[2,2]=c,a,f,d", 0},
    {ML "ArrayFeatureExtractor", 1, "f[3]=1,2,3 i[1,0]=", "", "f[1,0]=", 0},
    {ML "ArrayFeatureExtractor", 1, "f[3]=1,2,3 i[1]=3", "", "!41", 0},
    {ML "ArrayFeatureExtractor", 1, "f[3]=1,2,3 i[1]=-1", "", "!41", 0},
    {ML "ArrayFeatureExtractor", 1, "f[0,0]= i[1]=0", "", "!41", 0},
    /* exact, where double would not be */
    {ML "Binarizer", 1, "i[3]=9007199254740992,9007199254740993,-1", "threshold=9007199254740992f",
     "i[3]=0,1,0", 0},
    {ML "Binarizer", 1, "i[2]=9223372036854775807,-9223372036854775808",
     "threshold=9223372036854775808f", "i[2]=0,0", 0},
    {ML "Binarizer", 1, "i[2]=9223372036854775807,-9223372036854775808", "threshold=-1e30f",
     "i[2]=1,1", 0},
    {ML "Binarizer", 1, "j[2]=1,2", "threshold=1.5f", "j[2]=0,1", 0},
    {ML "Binarizer", 1, "f[2]=nan,inf", "", "f[2]=0,1", 0},
    {ML "Imputer", 1, "f[2,2]=nan,1,2,nan",
     "imputed_value_floats=[5f,6f] replaced_value_float=nanf", "f[2,2]=5,1,2,6", 0},
    {ML "Imputer", 1, "j[1]=1", "imputed_value_int64s=[3000000000] replaced_value_int64=1", "!41",
     0},
    {ML "Imputer", 1, "f[2]=1,2", "imputed_value_floats=[1f,2f,3f]", "!41", 0},
    {ML "Imputer", 1, "f[2]=1,2", "imputed_value_int64s=[1]", "!41", 0},
    {ML "Imputer", 1, "f[2]=1,2", "imputed_value_floats=[1f] imputed_value_int64s=[1]", "!41", 0},
    {ML "Scaler", 1, "j[1,2]=16777217,3", "offset=[16777216f] scale=[2f]", "f[1,2]=2,-3.35544e+07",
     0},
    {ML "Scaler", 1, "f[1,2]=1,3", "offset=[1f] scale=[2f,1f]", "!41", 0},
    {ML "Scaler", 1, "f[1,2]=1,3", "", "!41", 0},
    {ML "Scaler", 1, "f[1,1,2]=1,3", "offset=[1f,1f] scale=[2f,1f]", "!40", 0},
    {ML "Normalizer", 1, "f[2,2]=0,-2,0,0", "norm='MAX'", "f[2,2]=0,-2,0,0", 0},
    {ML "Normalizer", 1, "f[1,2]=nan,1", "norm='L1'", "!40", 0},
    {ML "Normalizer", 1, "d[1,2]=1e200,1e200", "norm='L2'", "!40", 0},
    {ML "Normalizer", 1, "f[0,5]=", "norm='L2'", "f[0,5]=", 0},
    {ML "Normalizer", 1, "f[2]=1,2", "norm='L3'", "!41", 0},
    {ML "FeatureVectorizer", 1, "j[2,1]=1,2 j[2,2]=3,4,5,6", "inputdimensions=[2,1]",
     "f[2,3]=1,0,3,2,0,5", 0},
    {ML "FeatureVectorizer", 1, "f[2]=1,2 f[1,1]=3", "", "f[1,3]=1,2,3", 0},
    {ML "FeatureVectorizer", 1, "f[2]=1,2", "inputdimensions=[2,1]", "!41", 0},
    {ML "FeatureVectorizer", 1, "f[2]=1,2", "inputdimensions=[-1]", "!41", 0},
    {ML "FeatureVectorizer", 1, "f[2]=1,2 f[1]=1", "inputdimensions=[9223372036854775807,1]", "!41",
     0},
    {ML "FeatureVectorizer", 1, "f[2]=1,2", "inputdimensions=[4611686018427387904]", "!31", 0},
    {ML "FeatureVectorizer", 1, "f[2]=1,2 j[1]=1", "", "!41", 0},
    {ML "OneHotEncoder", 1, "d[3]=-1.5,2.5,7", "cats_int64s=[2,-1]", "f[3,2]=0,1,1,0,0,0", 0},
    {ML "OneHotEncoder", 1, "f[1]=nan", "cats_int64s=[2]", "!40", 0},
    {ML "OneHotEncoder", 1, "i[1]=3", "cats_int64s=[2] zeros=0", "!41", 0},
    {ML "OneHotEncoder", 1, "i[1]=3", "cats_int64s=[2,2]", "!40", 0},
    {ML "CategoryMapper", 1, "s[2]=a,z", "cats_strings=['a','b'] cats_int64s=[7,8] default_int64=9",
     "i[2]=7,9", 0},
    {ML "CategoryMapper", 1, "i[2]=8,9", "cats_strings=['a','b'] cats_int64s=[7,8]",
     "s[2]=b,_Unused", 0},
    {ML "CategoryMapper", 1, "i[1]=8", "cats_strings=['a','b'] cats_int64s=[8,8]", "!40", 0},
    {ML "CategoryMapper", 1, "s[1]=a", "cats_strings=['a','b'] cats_int64s=[8,8]", "i[1]=8", 0},
    {ML "CategoryMapper", 1, "i[1]=8", "cats_strings=['a','b'] cats_int64s=[8]", "!41", 0},
    {ML "OneHotEncoder", 1, "i[1]=3", "cats_int64s=[2] cats_strings=['a']", "!41", 0},
    {ML "OneHotEncoder", 1, "i[1]=3", "", "!41", 0},
    {ML "LabelEncoder", 4, "h[2]=1,2", "keys_tensor=@h[1]=1 values_tensor=@h[1]=7", "h[2]=7,-1", 0},
    {ML "LabelEncoder", 4, "h[2]=1,2", "keys_tensor=@h[1]=1 values_tensor=@d[1]=7", "d[2]=7,-0", 0},
    {ML "LabelEncoder", 4, "h[2]=1,2", "keys_tensor=@h[1]=1 values_tensor=@b[1]=1", "!40", 0},
    {ML "LabelEncoder", 4, "h[2]=1,2", "keys_tensor=@i[1]=1 values_tensor=@h[1]=1", "!41", 0},
    {ML "LabelEncoder", 4, "h[2]=1,2",
     "keys_tensor=@h[1]=1 values_tensor=@h[1]=1 default_tensor=@i[1]=1", "!41", 0},
    {ML "LabelEncoder", 4, "i[2]=1,2", "keys_int64s=[1] keys_tensor=@i[1]=1 values_tensor=@h[1]=1",
     "!41", 0},
    {ML "LabelEncoder", 4, "f[2]=nan,2", "keys_floats=[nanf] values_int64s=[4]", "i[2]=4,-1", 0},
    {ML "LabelEncoder", 2, "f[1]=1", "keys_floats=[nanf] values_int64s=[4]", "!40", 0},
    {ML "Scaler", 1, "f[1,3]=1,2,3", "offset=[1f,1f] scale=[2f,1f]", "!41", 0},
    /* LabelEncoder */
    {ML "LabelEncoder", 1, "s[2]=b,x", "classes_strings=['a','b']", "i[2]=1,-1", 0},
    {ML "LabelEncoder", 2, "f[3]=-0,nan,1",
     "keys_floats=[0f,1f] values_int64s=[5,6] default_int64=9", "i[3]=5,9,6", 0},
    {ML "LabelEncoder", 4, "h[3]=1,2,3",
     "keys_tensor=@h[2]=1,2 values_tensor=@d[2]=0.5,1.5 default_tensor=@d[1]=7", "d[3]=0.5,1.5,7",
     0},
    {ML "LabelEncoder", 4, "i[1]=1", "keys_int64s=[1,2] values_int64s=[1]", "!41", 0},
    {ML "LabelEncoder", 2, "i[1]=1", "keys_int64s=[1,1] values_int64s=[1,2]", "!40", 0},
    {ML "LabelEncoder", 4, "i[1]=1", "keys_int64s=[1,1] values_int64s=[1,2]", "i[1]=2", 0},
    /* linear */
    {ML "LinearRegressor", 1, "j[2,2]=1,2,3,4",
     "coefficients=[1f,10f,0f,-1f] targets=2 intercepts=[0.5f,0f]", "f[2,2]=21.5,-2,43.5,-4", 0},
    {ML "LinearRegressor", 1, "f[2]=1,2", "coefficients=[1f,2f]", "f[1,1]=5", 0},
    {ML "LinearRegressor", 1, "f[1,2]=1,2", "coefficients=[1f,2f,3f]", "!41", 0},
    {ML "LinearRegressor", 1, "f[1,0]=", "targets=1099511627776", "!42", 0},
    {ML "LinearRegressor", 1, "f[0,0]=", "targets=1099511627776", "f[0,1099511627776]=", 0},
    {ML "LinearRegressor", 1, "f[1,2]=1,2", "coefficients=[1f,2f] post_transform='LOGISTIC'", "!40",
     0},
    {ML "LinearRegressor", 1, "f[1,2]=1,2", "coefficients=[1f,2f] post_transform='logistic'", "!41",
     0},
    {ML "LinearRegressor", 1, "f[1,1]=0",
     "coefficients=[1f,1f] targets=2 post_transform='SOFTMAX_ZERO'", "!40", 0},
    {ML "LinearRegressor", 1, "f[1,1]=1",
     "coefficients=[0f,1f] targets=2 post_transform='SOFTMAX_ZERO'", "f[1,2]=0,1", 0},
    {ML "LinearRegressor", 1, "f[1,1]=1",
     "coefficients=[0.5f,1f] targets=2 post_transform='PROBIT'", "!40", 0},
    {ML "LinearRegressor", 1, "f[1,1]=1", "coefficients=[0.5f] post_transform='PROBIT'", "f[1,1]=0",
     0},
    {ML "LinearRegressor", 1, "f[1,1]=inf",
     "coefficients=[1f,1f] targets=2 post_transform='SOFTMAX'", "!40", 0},
    {ML "LinearRegressor", 1, "i[1,1]=9007199254740995", "coefficients=[1f]", "!40", 0},
    {LINC, 1, "f[2,1]=1,-1",
     "coefficients=[2f] intercepts=[0f] classlabels_strings=['n','p'] post_transform='LOGISTIC'",
     "s[2]=p,n f[2,2]=0.119203,0.880797,0.880797,0.119203", 2},
    {LINC, 1, "f[1,1]=1", "coefficients=[2f] intercepts=[0f] classlabels_ints=[1,2]", "!40", 2},
    {LINC, 1, "f[1,1]=1", "coefficients=[2f,3f,4f] classlabels_ints=[1,2]", "!41", 2},
    {LINC, 1, "f[1,1]=nan", "coefficients=[2f,3f] classlabels_ints=[1,2]", "!40", 2},
    {LINC, 1, "f[1,1]=1",
     "coefficients=[0f,-3f] classlabels_ints=[1,2] post_transform='SOFTMAX_ZERO'", "!40", 2},
    {LINC, 1, "f[0,1]=", "coefficients=[2f,3f] classlabels_ints=[1,2]", "i[0]= f[0,2]=", 2},
    /* support vectors */
    {SVMR, 1, "f[1,2]=1,2",
     "coefficients=[1f,-1f] rho=[0.5f] n_supports=2 support_vectors=[1f,0f,0f,1f]", "f[1,1]=-0.5",
     0},
    {SVMR, 1, "f[1,2]=1,2", "coefficients=[1f,-1f] rho=[0.5f] one_class=1", "f[1,1]=-1", 0},
    {SVMR, 1, "f[1,2]=1,2", "coefficients=[1f] rho=[0.5f] n_supports=1 support_vectors=[1f]", "!41",
     0},
    {SVMR, 1, "f[1,2]=1,2",
     "coefficients=[1f] rho=[0.5f] n_supports=9223372036854775807 support_vectors=[1f]", "!41", 0},
    {SVMR, 1, "f[1,2]=1,2", "coefficients=[1f] rho=[0.5f] n_supports=-1", "!41", 0},
    {SVMR, 1, "f[1,1]=1", "coefficients=[1f] rho=[0.5f] kernel_type='NONE'", "!41", 0},
    {SVMR, 1, "f[1,1]=1", "coefficients=[1f] rho=[0.5f] kernel_params=[1f]", "!41", 0},
    {SVMR, 1, "f[1,1]=1", "coefficients=[1f]", "!41", 0},
    {SVMR, 1, "f[1,1]=1",
     "coefficients=[1f] rho=[0f] n_supports=1 support_vectors=[1f] kernel_type='POLY' "
     "kernel_params=[1f,0f,2.5f]",
     "!40", 0},
    {SVMC, 1, "f[1,1]=1",
     "classlabels_ints=[7,8] rho=[0f] coefficients=[1f,-1f] support_vectors=[1f,2f] "
     "vectors_per_class=[1,1]",
     "i[1]=8 f[1,2]=1,-1", 2},
    {SVMC, 1, "f[1,1]=1",
     "classlabels_ints=[7,8] rho=[0f] coefficients=[1f,-1f] support_vectors=[1f,2f] "
     "vectors_per_class=[2]",
     "!41", 2},
    {SVMC, 1, "f[1,1]=1",
     "classlabels_ints=[7,8] rho=[0f] coefficients=[1f] support_vectors=[1f,2f] "
     "vectors_per_class=[1,1]",
     "!41", 2},
    {SVMC, 1, "f[1,1]=1",
     "classlabels_ints=[7,8] rho=[0f,1f] coefficients=[1f,-1f] support_vectors=[1f,2f] "
     "vectors_per_class=[1,1]",
     "!41", 2},
    {SVMC, 1, "f[1,1]=1",
     "classlabels_ints=[7,8] rho=[0f] coefficients=[1f,-1f] support_vectors=[1f,2f] "
     "vectors_per_class=[1,1] prob_a=[1f] prob_b=[1f,2f]",
     "!41", 2},
    {SVMC, 1, "f[1,1]=1", "classlabels_ints=[7] rho=[0f] coefficients=[1f]", "!40", 2},
    {SVMC, 1, "f[1,1]=1",
     "classlabels_ints=[7,8] rho=[0f] coefficients=[1f,-1f] support_vectors=[1f,2f] "
     "vectors_per_class=[4611686018427387904,4611686018427387904]",
     "!41", 2},
    {SVMC, 1, "f[1,1]=1",
     "classlabels_ints=[7,8] rho=[0f] coefficients=[1f,-1f] support_vectors=[1f,2f] "
     "vectors_per_class=[1,1] "
     "prob_a=[nanf] prob_b=[1f]",
     "!40", 2},
};

/* x <= 0.5: leaf 1, else leaf 2 */
#define STUMP_OF(trees, ids, yes, no)                                                              \
    "nodes_treeids=" trees " nodes_nodeids=" ids " nodes_truenodeids=" yes                         \
    " nodes_falsenodeids=" no " nodes_featureids=[0,0,0] nodes_values=[0.5f,0f,0f] "
#define STUMP                                                                                      \
    STUMP_OF("[0,0,0]", "[0,1,2]", "[1,0,0]", "[2,0,0]")                                           \
    "nodes_modes=['BRANCH_LEQ','LEAF','LEAF'"                                                      \
    "] "
#define VOTES                                                                                      \
    "target_treeids=[0,0] target_nodeids=[1,2] target_ids=[0,0] target_weights=[1f,2f] "           \
    "n_targets=1"
#define TWO "f[2,1]=0,1"

static const op_row trees[] = {
    {REG, 1, TWO, STUMP VOTES, "f[2,1]=1,2", 0},
    {REG, 5, "j[2,1]=0,1", STUMP VOTES, "f[2,1]=1,2", 0},
    {REG, 3, "i[1,1]=9007199254740995", STUMP VOTES, "!40", 0},
    {REG, 1, "f[0,1]=", STUMP VOTES, "f[0,1]=", 0},
    {REG, 1, "f[2,0]=", STUMP VOTES, "!41", 0}, /* no such feature */
    {REG, 3, TWO,
     STUMP_OF("[0,0,0]", "[0,1,2]", "[1,0,0]",
              "[2,0,0]") "nodes_modes=['BRANCH_LEQ','LEAF','LEAF'] "
                         "nodes_values_as_tensor=@d[3]=0,0,0 " VOTES,
     "!41", 0}, /* both lists */
    {REG, 3, TWO, STUMP VOTES " base_values_as_tensor=@d[1]=10", "f[2,1]=11,12", 0},
    {REG, 1, TWO, STUMP VOTES " base_values_as_tensor=@d[1]=10", "f[2,1]=1,2",
     0}, /* not before 3 */
    {REG, 3, TWO, STUMP VOTES " base_values=[1f,2f]", "!41", 0},
    {REG, 3, TWO, STUMP VOTES " base_values_as_tensor=@i[1]=10", "!41", 0},
    {REG, 3, TWO, STUMP VOTES " aggregate_function='MEDIAN'", "!41", 0},
    {REG, 3, TWO, STUMP VOTES " nodes_missing_value_tracks_true=[1]", "!41", 0},
    {REG, 3, "f[2,1]=nan,0", STUMP VOTES " nodes_missing_value_tracks_true=[0,0,0]", "f[2,1]=2,1",
     0},
    {REG, 3, "f[2,1]=nan,0", STUMP VOTES " nodes_missing_value_tracks_true=[1,0,0]", "f[2,1]=1,1",
     0},
    {REG, 3, "f[1,1]=nan",
     STUMP_OF("[0,0,0]", "[0,1,2]", "[1,0,0]",
              "[2,0,0]") "nodes_modes=['BRANCH_NEQ','LEAF','LEAF'] " VOTES,
     "!40", 0},
    {REG, 3, TWO,
     STUMP_OF("[0,0,0]", "[0,1,2]", "[1,0,0]",
              "[2,0,0]") "nodes_modes=['BRANCH','LEAF','LEAF'] " VOTES,
     "!41", 0},
    {REG, 3, TWO,
     STUMP_OF("[0,0,0]", "[0,1,2]", "[1,0,0]", "[2,0,0]") "nodes_modes=['LEAF','LEAF'] " VOTES,
     "!41", 0},
    {REG, 3, TWO,
     STUMP_OF("[0,0,0]", "[0,1,1]", "[1,0,0]",
              "[2,0,0]") "nodes_modes=['BRANCH_LT','LEAF','LEAF'] " VOTES,
     "!41", 0}, /* twice */
    {REG, 3, TWO,
     STUMP_OF("[0,0,0]", "[0,1,2]", "[1,0,0]",
              "[3,0,0]") "nodes_modes=['BRANCH_LT','LEAF','LEAF'] " VOTES,
     "!41", 0},
    {REG, 3, TWO,
     STUMP_OF("[0,0,0]", "[0,1,2]", "[-9223372036854775808,0,0]",
              "[2,0,0]") "nodes_modes=['BRANCH_LT','LEAF','LEAF'] " VOTES,
     "!41", 0},
    {REG, 3, TWO,
     STUMP_OF("[0,0,0]", "[0,1,2]", "[0,0,0]",
              "[2,0,0]") "nodes_modes=['BRANCH_LT','LEAF','LEAF'] " VOTES,
     "!41", 0}, /* its own child */
    {REG, 3, TWO,
     STUMP_OF("[0,0,0]", "[0,1,2]", "[1,1,0]",
              "[2,1,0]") "nodes_modes=['BRANCH_LT','BRANCH_LT','LEAF'] "
                         "target_treeids=[0] target_nodeids=[2] target_ids=[0] target_weights=[1f] "
                         "n_targets=1",
     "!41", 0}, /* a cycle */
    {REG, 3, TWO,
     STUMP_OF("[0,1,0]", "[0,1,2]", "[2,0,0]",
              "[2,0,0]") "nodes_modes=['BRANCH_LT','LEAF','LEAF'] " VOTES,
     "!40", 0}, /* mixed up */
    {REG, 3, TWO,
     STUMP_OF("[0,0]", "[0,1,2]", "[1,0,0]",
              "[2,0,0]") "nodes_modes=['BRANCH_LT','LEAF','LEAF'] " VOTES,
     "!41", 0},
    {REG, 3, TWO, VOTES, "!41", 0},
    {REG, 3, TWO,
     STUMP
     "target_treeids=[0] target_nodeids=[1,2] target_ids=[0,0] target_weights=[1f,2f] n_targets=1",
     "!41", 0},
    {REG, 3, TWO,
     STUMP
     "target_treeids=[0,0] target_nodeids=[1,2] target_ids=[0,0] target_weights=[1f] n_targets=1",
     "!41", 0},
    {REG, 3, TWO,
     STUMP "target_treeids=[0,0] target_nodeids=[1,2] target_ids=[0,1] target_weights=[1f,2f] "
           "n_targets=1",
     "!41", 0},
    {REG, 3, TWO,
     STUMP "target_treeids=[0,0] target_nodeids=[1,2] target_ids=[0,-1] target_weights=[1f,2f] "
           "n_targets=1",
     "!41", 0},
    {REG, 3, TWO,
     STUMP "target_treeids=[0,0] target_nodeids=[1,3] target_ids=[0,0] target_weights=[1f,2f] "
           "n_targets=1",
     "!41", 0},
    {REG, 3, TWO,
     STUMP "target_treeids=[0,0] target_nodeids=[1,0] target_ids=[0,0] target_weights=[1f,2f] "
           "n_targets=1",
     "!41", 0}, /* no leaf */
    {REG, 3, TWO,
     STUMP "target_treeids=[0,0] target_nodeids=[1,2] target_ids=[0,0] target_weights=[1f,2f] "
           "n_targets=1099511627776",
     "!42", 0},
    {REG, 3, "f[0,1]=",
     STUMP "target_treeids=[0,0] target_nodeids=[1,2] target_ids=[0,0] target_weights=[1f,2f] "
           "n_targets=1099511627776",
     "f[0,1099511627776]=", 0},
    {REG, 3, TWO,
     STUMP "target_treeids=[0,0] target_nodeids=[1,2] target_ids=[0,1] target_weights=[1f,2f] "
           "n_targets=2",
     "f[2,2]=1,0,0,2", 0},
    {REG, 3, TWO,
     STUMP "target_treeids=[0,0] target_nodeids=[1,2] target_ids=[0,1] target_weights=[1f,2f] "
           "n_targets=2 aggregate_function='MIN'",
     "!40", 0},
    {REG, 3, TWO,
     STUMP "target_treeids=[0,0] target_nodeids=[1,2] target_ids=[0,0] target_weights=[1f,nanf] "
           "n_targets=1 aggregate_function='MAX'",
     "!40", 0},
    {REG, 3, TWO,
     "nodes_treeids=[0] nodes_nodeids=[0] nodes_truenodeids=[0] nodes_falsenodeids=[0] "
     "nodes_featureids=[0] "
     "nodes_modes=['LEAF'] target_treeids=[0] target_nodeids=[0] target_ids=[0] "
     "target_weights=[1f] n_targets=1",
     "!41", 0},
    {CLS, 3, TWO,
     STUMP "class_treeids=[0,0] class_nodeids=[1,2] class_ids=[0,1] class_weights=[1f,2f] "
           "classlabels_int64s=[5,6,7] base_values=[1f]",
     "!41", 2},
    /* several votes of a leaf for one target count; base values also where no vote was */
    {REG, 3, TWO,
     STUMP "target_treeids=[0,0,0] target_nodeids=[2,1,2] target_ids=[1,0,1] "
           "target_weights=[1f,2f,4f] n_targets=2 base_values=[10f,20f]",
     "f[2,2]=12,20,10,25", 0},
    {REG, 3, TWO, STUMP VOTES " post_transform='SOFTMAX'", "!40", 0},
    {CLS, 3, TWO,
     STUMP "class_treeids=[0,0,0] class_nodeids=[1,2,2] class_ids=[2,1,2] class_weights=[1f,2f,1f] "
           "classlabels_strings=['a','b','c']",
     "s[2]=c,b f[2,3]=0,0,1,0,2,1", 2},
    {CLS, 3, TWO,
     STUMP "class_treeids=[0,0] class_nodeids=[1,2] class_ids=[0,0] class_weights=[0.25f,0.75f] "
           "classlabels_int64s=[5,6]",
     "i[2]=5,6 f[2,2]=0.75,0.25,0.25,0.75", 2},
    {CLS, 3, TWO,
     STUMP "class_treeids=[0,0] class_nodeids=[1,2] class_ids=[1,1] class_weights=[0.25f,0.75f] "
           "classlabels_int64s=[5,6]",
     "!40", 2},
    {CLS, 3, TWO,
     STUMP "class_treeids=[0,0] class_nodeids=[1,2] class_ids=[0,0] class_weights=[0.25f,0.75f] "
           "classlabels_int64s=[5]",
     "!40", 2},
    {CLS, 3, TWO, STUMP "classlabels_int64s=[5,6]", "!40", 2},
    {CLS, 3, TWO,
     STUMP "class_treeids=[0] class_nodeids=[1] class_ids=[2] class_weights=[1f] "
           "classlabels_int64s=[5,6]",
     "!41", 2},
};

#define ENS_OF(modes, yes, yes_leaf, rest)                                                         \
    "nodes_featureids=[0] nodes_splits=@f[1]=0.5 nodes_modes=@u[1]=" modes                         \
    " nodes_truenodeids=" yes " nodes_trueleafs=" yes_leaf                                         \
    " nodes_falsenodeids=[1] nodes_falseleafs=[1] " rest
#define LEAVES "leaf_targetids=[0,0] leaf_weights=@f[2]=1,2 tree_roots=[0] n_targets=1"

static const op_row ensembles[] = {
    {ENS, 5, TWO, ENS_OF("0", "[0]", "[1]", LEAVES), "f[2,1]=1,2", 0},
    {ENS, 5, "H[2,1]=0,1", ENS_OF("1", "[0]", "[1]", LEAVES), "H[2,1]=1,2", 0},
    {ENS, 5, TWO, ENS_OF("7", "[0]", "[1]", LEAVES), "!41", 0},
    {ENS, 5, TWO, ENS_OF("0", "[2]", "[1]", LEAVES), "!41", 0},
    {ENS, 5, TWO, ENS_OF("0", "[-1]", "[1]", LEAVES), "!41", 0},
    {ENS, 5, TWO, ENS_OF("0", "[0]", "[2]", LEAVES), "!41", 0},
    {ENS, 5, TWO, ENS_OF("0", "[1]", "[0]", LEAVES), "!41", 0},
    {ENS, 5, TWO, ENS_OF("0", "[0]", "[0]", LEAVES), "!41",
     0}, /* a cycle, entered by the first row */
    {ENS, 5, TWO, ENS_OF("0", "[0]", "[1]", LEAVES " post_transform=5"), "!41", 0},
    {ENS, 5, TWO, ENS_OF("0", "[0]", "[1]", LEAVES " aggregate_function=-1"), "!41", 0},
    {ENS, 5, TWO, ENS_OF("0", "[0]", "[1]", LEAVES " post_transform=2"), "!40", 0},
    {ENS, 5, TWO,
     ENS_OF("0", "[0]", "[1]",
            "leaf_targetids=[0,1] leaf_weights=@f[2]=1,2 tree_roots=[0] n_targets=1"),
     "!41", 0},
    {ENS, 5, TWO,
     ENS_OF("0", "[0]", "[1]",
            "leaf_targetids=[0,0] leaf_weights=@f[1]=1 tree_roots=[0] n_targets=1"),
     "!41", 0},
    {ENS, 5, TWO,
     ENS_OF("0", "[0]", "[1]",
            "leaf_targetids=[0,0] leaf_weights=@f[2]=1,2 tree_roots=[1] n_targets=1"),
     "!41", 0},
    {ENS, 5, TWO,
     ENS_OF("0", "[0]", "[1]",
            "leaf_targetids=[0,0] leaf_weights=@f[2]=1,2 tree_roots=[-1] n_targets=1"),
     "!41", 0},
    {ENS, 5, TWO,
     ENS_OF("0", "[0]", "[1]",
            "leaf_targetids=[0,0] leaf_weights=@i[2]=1,2 tree_roots=[0] n_targets=1"),
     "!41", 0},
    {ENS, 5, TWO,
     ENS_OF("0", "[0]", "[1]", "leaf_targetids=[0,0] leaf_weights=@f[2]=1,2 n_targets=1"), "!41",
     0},
    {ENS, 5, TWO, ENS_OF("0", "[0,1]", "[1]", LEAVES), "!41", 0},
    {ENS, 5, "f[3,1]=1,-0,2", ENS_OF("6", "[0]", "[1]", LEAVES " membership_values=@f[3]=0,2,nan"),
     "f[3,1]=2,1,1", 0},
    {ENS, 5, "f[3,1]=1,-0,2", ENS_OF("6", "[0]", "[1]", LEAVES " membership_values=@f[2]=0,2"),
     "f[3,1]=2,1,1", 0},
    {ENS, 5, "f[1,1]=nan", ENS_OF("6", "[0]", "[1]", LEAVES " membership_values=@f[2]=0,nan"),
     "f[1,1]=2", 0},
    {ENS, 5, TWO, ENS_OF("6", "[0]", "[1]", LEAVES), "!41", 0},
    {ENS, 5, TWO, ENS_OF("6", "[0]", "[1]", LEAVES " membership_values=@f[3]=0,nan,nan"), "!41", 0},
    {ENS, 5, TWO, ENS_OF("0", "[0]", "[1]", LEAVES " membership_values=@f[1]=0"), "!41", 0},
    {ENS, 5, "f[1,1]=nan", ENS_OF("5", "[0]", "[1]", LEAVES), "!40", 0},
    {ENS, 5, TWO, ENS_OF("0", "[0]", "[1]", LEAVES " membership_values=@i[1]=0"), "!41", 0},
    {ENS, 5, TWO,
     "nodes_featureids=[0] nodes_splits=@f[1]=0.5 nodes_modes=@i[1]=0 nodes_truenodeids=[0] "
     "nodes_trueleafs=[1] nodes_falsenodeids=[1] nodes_falseleafs=[1] " LEAVES,
     "!41", 0},
    {ENS, 5, TWO,
     "nodes_featureids=[0] nodes_splits=@f[2]=0.5,1 nodes_modes=@u[1]=0 nodes_truenodeids=[0] "
     "nodes_trueleafs=[1] nodes_falsenodeids=[1] nodes_falseleafs=[1] " LEAVES,
     "!41", 0},
};

static const op_row starved[] = {
    {ML "ArrayFeatureExtractor", 1, "s[2,3]=a,b,c,d,e,f i[2]=2,0", "", "", 0},
    {ML "Binarizer", 1, "f[2]=1,2", "", "", 0},
    {ML "Imputer", 1, "f[2]=1,2", "imputed_value_floats=[1f]", "", 0},
    {ML "Scaler", 1, "f[1,2]=1,3", "offset=[1f] scale=[2f]", "", 0},
    {ML "Normalizer", 1, "f[1,2]=3,1", "", "", 0},
    {ML "FeatureVectorizer", 1, "f[2]=1,2 f[1,1]=3", "", "", 0},
    {ML "OneHotEncoder", 1, "s[2]=a,b", "cats_strings=['a','b']", "", 0},
    {ML "CategoryMapper", 1, "i[2]=8,9", "cats_strings=['a','b'] cats_int64s=[7,8]", "", 0},
    {ML "LabelEncoder", 4, "h[3]=1,2,3",
     "keys_tensor=@h[2]=1,2 values_tensor=@d[2]=0.5,1.5 default_tensor=@d[1]=7", "", 0},
    {ML "LinearRegressor", 1, "f[2]=1,2", "coefficients=[1f,2f]", "", 0},
    {LINC, 1, "f[2,1]=1,-1",
     "coefficients=[2f,1f] classlabels_strings=['n','p'] post_transform='LOGISTIC'", "", 2},
    {SVMR, 1, "f[1,2]=1,2",
     "coefficients=[1f,-1f] rho=[0.5f] n_supports=2 support_vectors=[1f,0f,0f,1f]", "", 0},
    {SVMC, 1, "f[1,1]=1",
     "classlabels_ints=[7,8] rho=[0f] coefficients=[1f,-1f] support_vectors=[1f,2f] "
     "vectors_per_class=[1,1] prob_a=[1f] prob_b=[1f]",
     "", 2},
    {REG, 1, TWO, STUMP VOTES, "", 0},
    {CLS, 3, TWO,
     STUMP "class_treeids=[0] class_nodeids=[1] class_ids=[1] class_weights=[1f] "
           "classlabels_strings=['a','b','c']",
     "", 2},
    {ENS, 5, TWO, ENS_OF("6", "[0]", "[1]", LEAVES " membership_values=@f[3]=0,2,nan"), "", 0},
};

START_TEST(ml_shapes)
{
    OP_CHECK(infers, op_infer);
}
END_TEST

START_TEST(ml_values)
{
    OP_CHECK(evals, op_eval);
}
END_TEST

START_TEST(ml_trees)
{
    OP_CHECK(trees, op_eval);
    OP_CHECK(ensembles, op_eval);
}
END_TEST

START_TEST(ml_without_memory)
{
    OP_OOM(starved);
}
END_TEST

static of_type *map_type(op_case *c, of_dtype key, of_dtype value)
{
    of_type *t = OF_NEW(&c->m->arena, of_type);
    t->kind = OF_T_MAP;
    t->dtype = (uint8_t)key;
    t->elem = of_type_tensor(c->m, value, of_shape_unknown());
    return t;
}

/* Types of what takes a map; no value of such a type can be in a model. */
START_TEST(ml_maps_in)
{
    static const struct {
        const char *op, *attrs;
        of_dtype key, value, want; /* OF_UNDEFINED: nothing is inferred */
    } rows[] = {
        {ML "CastMap", "", OF_INT64, OF_FLOAT, OF_FLOAT},
        {ML "CastMap", "cast_to='TO_INT64'", OF_INT64, OF_STRING, OF_INT64},
        {ML "CastMap", "cast_to='TO_STRING' map_form='SPARSE' max_map=3", OF_INT64, OF_STRING,
         OF_STRING},
        {ML "CastMap", "cast_to='TO_BOOL'", OF_INT64, OF_FLOAT, OF_UNDEFINED},
        {ML "CastMap", "", OF_STRING, OF_FLOAT, OF_UNDEFINED},
        {ML "DictVectorizer", "string_vocabulary=['a']", OF_STRING, OF_DOUBLE, OF_DOUBLE},
        {ML "DictVectorizer", "int64_vocabulary=[1]", OF_INT64, OF_STRING, OF_STRING},
        {ML "DictVectorizer", "int64_vocabulary=[1]", OF_STRING, OF_INT64, OF_UNDEFINED},
        {ML "DictVectorizer", "", OF_STRING, OF_INT64, OF_UNDEFINED},
    };
    static op_case c;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const of_type *t;
        of_dim *known;
        uint32_t n;
        op_open(&c, rows[k].op, 1, "f*", rows[k].attrs, 1);
        c.node->in[0].value->type = map_type(&c, rows[k].key, rows[k].value);
        ck_assert_int_eq(of_eval_infer(&c.ev, c.node, &t, &known, &n, &c.err), OF_OK);
        ck_assert_int_eq(t ? t->dtype : OF_UNDEFINED, rows[k].want);
        ck_assert(!t || (t->kind == OF_T_TENSOR && t->shape.rank < 0));
        op_close(&c);
        /* a tensor is no map */
        op_open(&c, rows[k].op, 1, "f[2]=1,2", rows[k].attrs, 1);
        ck_assert_int_eq(of_eval_node(&c.ev, c.node, c.in, 1, (of_val *[1]){NULL}, 1, &c.err),
                         OF_E_EVAL);
        op_close(&c);
    }
}
END_TEST

START_TEST(ml_zip_map)
{
    static op_case c;
    const of_type *t;
    of_dim *known;
    uint32_t n;
    of_val *out;
    const of_seq *s, *map;

    op_open(&c, ML "ZipMap", 1, "f[2,3]=1,2,3,4,5,6", "classlabels_strings=['a','b','c']", 1);
    ck_assert_int_eq(of_eval_infer(&c.ev, c.node, &t, &known, &n, &c.err), OF_OK);
    ck_assert(t && t->kind == OF_T_SEQUENCE && t->elem->kind == OF_T_MAP &&
              t->elem->dtype == OF_STRING && t->elem->elem->dtype == OF_FLOAT);
    ck_assert_int_eq(of_eval_node(&c.ev, c.node, c.in, 1, &out, 1, &c.err), OF_OK);
    s = (const of_seq *)(const void *)out;
    ck_assert(out->kind == OF_VAL_SEQUENCE && s->n == 2 && s->item[1]->kind == OF_VAL_MAP);
    map = (const of_seq *)(const void *)s->item[1];
    ck_assert(of_str_is(((of_str *)of_val_tensor(map->item[0])->data)[2], "c"));
    ck_assert(((float *)of_val_tensor(map->item[1])->data)[2] == 6);
    t = of_type_of_val(c.m, out);
    ck_assert(t && t->elem->kind == OF_T_MAP && t->elem->dtype == OF_STRING &&
              t->elem->elem->dtype == OF_FLOAT);
    of_val_unref(out);
    op_close(&c);
    ck_assert_str_eq(op_infer(ML "ZipMap", 1, "f[2,3]", "classlabels_int64s=[1,2]", 1), "none");
    ck_assert_str_eq(op_eval(ML "ZipMap", 1, "f[2,2]=1,2,3,4", "classlabels_int64s=[1,2,3]", 1),
                     "!41");
    ck_assert_str_eq(op_eval(ML "ZipMap", 1, "f[1,2]=1,2", "classlabels_int64s=[1,1]", 1), "!40");
    op_starve(ML "ZipMap", 1, "f[2,2]=1,2,3,4", "classlabels_strings=['a','b']", 1);
}
END_TEST

TEST_SUITE("ops: ai.onnx.ml", ml_shapes, ml_values, ml_trees, ml_without_memory, ml_maps_in,
           ml_zip_map)
