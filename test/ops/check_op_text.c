/* Operators on texts. */
#include "op_case.h"

static const op_row evals[] = {
    {"StringConcat", 20, "s[2,1]=a,b s[2]=x,", "", "s[2,2]=ax,a,bx,b", 0},
    {"StringConcat", 20, "s[]=a s[0]=", "", "s[0]=", 0},
    {"StringConcat", 20, "s[2]=a,b s[3]=x,y,z", "", "!41", 0},
    {"StringSplit", 20, "s[3]=a.b.c,,d", "delimiter='.'", "s[3,3]=a,b,c,,,,d,, i[3]=3,1,1", 2},
    {"StringSplit", 20, "s[1]=a.b.c", "delimiter='.' maxsplit=1", "s[1,2]=a,b.c i[1]=2", 2},
    {"StringSplit", 20, "s[1]=a..c", "delimiter='..'", "s[1,2]=a,c i[1]=2", 2},
    {"StringSplit", 20, "s[2]=,a", "", "s[2,1]=,a i[2]=0,1", 2},
    {"StringSplit", 20, "s[0]=", "", "s[0,0]= i[0]=", 2},
    {"StringNormalizer", 10, "s[2]=Ab,\xc3\x89\xc3\xb1", "case_change_action='UPPER' is_case_sensitive=1",
     "s[2]=AB,\xc3\x89\xc3\x91", 0},
    {"StringNormalizer", 10, "s[1,2]=Ab,\xce\x94", "case_change_action='LOWER'", "s[1,2]=ab,\xce\xb4", 0},
    {"StringNormalizer", 10, "s[1]=\xc3\x9f", "case_change_action='UPPER'", "!40", 0}, /* becomes two letters */
    {"StringNormalizer", 10, "s[1]=I", "case_change_action='LOWER' locale='tr_TR'", "!40", 0},
    {"StringNormalizer", 10, "s[1]=\xff", "case_change_action='LOWER'", "!40", 0},
    {"StringNormalizer", 10, "s[0]=", "", "s[1]=", 0},
    {"StringNormalizer", 10, "s[2,1]=a,b", "", "!41", 0},
    {"RegexFullMatch", 20, "s[3]=ab,abb,a", "pattern='ab+'", "b[3]=1,1,0", 0},
    {"RegexFullMatch", 20, "s[2]=K,\xe2\x84\xaa", "pattern='(?i)k'", "b[2]=1,1", 0},
    {"RegexFullMatch", 20, "s[1]=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "pattern='(a*)*'", "b[1]=0", 0},
    {"RegexFullMatch", 20, "s[2]=x.y,xzy", "pattern='\\Qx.\\E(?P<last>[[:alpha:]])'", "b[2]=1,0", 0},
    {"RegexFullMatch", 20, "s[3]=aa,aaaa,aaaaa", "pattern='a{2,4}'", "b[3]=1,1,0", 0},
    {"RegexFullMatch", 20, "s[2]=a{,a", "pattern='a{'", "b[2]=1,0", 0},
    {"RegexFullMatch", 20, "s[1]=a", "pattern='a**'", "!40", 0},
    {"RegexFullMatch", 20, "s[1]=a", "pattern='(a'", "!40", 0},
    {"RegexFullMatch", 20, "s[1]=a", "pattern='a)'", "!40", 0},
    {"RegexFullMatch", 20, "s[1]=a", "pattern='[b-a]'", "!40", 0},
    {"RegexFullMatch", 20, "s[1]=a", "pattern='(?=a)a'", "!40", 0},
    {"RegexFullMatch", 20, "s[1]=a", "pattern='(a)\\1'", "!40", 0},
    {"RegexFullMatch", 20, "s[1]=a", "pattern='\\pL'", "!40", 0},
    {"RegexFullMatch", 20, "s[1]=a", "pattern='((a{1000}){1000}){1000}'", "!40", 0},
    {"RegexFullMatch", 20, "s[1]=\xff", "pattern='.'", "!40", 0},
    {"TfIdfVectorizer", 9, "i[2,3]=2,3,2,5,2,3",
     "mode='TF' min_gram_length=1 max_gram_length=2 max_skip_count=1 ngram_counts=[0,2] ngram_indexes=[0,1,2,3] "
     "pool_int64s=[2,3,2,3,5,3]",
     "f[2,4]=2,1,1,0,1,1,1,1", 0},
    {"TfIdfVectorizer", 9, "i[1]=2",
     "mode='TF' min_gram_length=1 max_gram_length=1 max_skip_count=0 ngram_counts=[0] ngram_indexes=[0,1] pool_int64s=[2,2]",
     "!40", 0},
};

static const op_row starved[] = {
    {"StringConcat", 20, "s[2,1]=a,b s[2]=x,y", "", "", 0},
    {"StringSplit", 20, "s[3]=a.b.c,,d", "delimiter='.'", "", 2},
    {"StringNormalizer", 10, "s[2]=Ab,B", "case_change_action='UPPER'", "", 0},
    {"RegexFullMatch", 20, "s[3]=ab,abb,a", "pattern='(a|b)+'", "", 0},
    {"TfIdfVectorizer", 9, "i[2,3]=2,3,2,5,2,3",
     "mode='TF' min_gram_length=1 max_gram_length=2 max_skip_count=1 ngram_counts=[0,2] ngram_indexes=[0,1,2,3] "
     "pool_int64s=[2,3,2,3,5,3]",
     "", 0},
};

START_TEST(text_values) { OP_CHECK(evals, op_eval); }
END_TEST

START_TEST(text_without_memory) { OP_OOM(starved); }
END_TEST

TEST_SUITE("ops: text", text_values, text_without_memory)
