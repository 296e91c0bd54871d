// The few calls of Open MPI that ranks need; the library is opened when the first process asks for it.
#ifndef INDGRM_CMPI_H
#define INDGRM_CMPI_H
#include <stddef.h>

// Joins the job that mpirun started; nonzero on success, else *error says why not.
int indgrm_mpi_join(int *rank, int *count, const char **error);
// Sends bytes to another rank and receives bytes from it.
void indgrm_mpi_exchange(const void *sent, size_t sent_bytes, void *received, size_t received_bytes, int other);
// Leaves the job; every rank does.
void indgrm_mpi_leave(void);

#endif
