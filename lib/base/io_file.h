/* The file behind a sink: written aside, renamed on commit. */
#ifndef OF_BASE_IO_FILE_H
#define OF_BASE_IO_FILE_H

#include "base/io.h"

typedef struct of_outfile of_outfile;

of_status of_outfile_open(of_alloc *a, const char *path, bool durable, of_outfile **out, of_err *e);
of_status of_outfile_write(of_outfile *f, const void *p, size_t n, of_err *e); /* unbuffered */
of_status of_outfile_hole(of_outfile *f, uint64_t n, of_err *e); /* n zero bytes, not stored */
/* Lets the system copy from fd; *done says how far it came (maybe not at all). */
void of_outfile_copy(of_outfile *f, int fd, uint64_t offset, uint64_t n, uint64_t *done);
/* The file is made of what src holds, which may be the file that it replaces. NULL: of anything. */
void of_outfile_from(of_outfile *f, const of_source *src);
/* Both end f. */
of_status of_outfile_commit(of_outfile *f, of_err *e);
void of_outfile_abort(of_outfile *f);

#endif
