/* What source and sink share of the operating system. */
#ifndef OF_BASE_IO_SYS_H
#define OF_BASE_IO_SYS_H

#include "base/err.h"

/* Longest single request: below every system's limit and within ssize_t. */
#define OF_IO_STEP ((size_t)1 << 30)

/* Untranslated text of an errno, "error" for those not listed. */
const char *of_io_why(int err);

/* Records "cannot VERB PATH: WHY (errno N)" as OF_E_NOT_FOUND or OF_E_IO. */
of_status of_io_fail(of_err *e, const char *verb, const char *path, int err) OF_COLD;

#endif
