// Where does Open MPI come from, and how do ranks exchange bytes?
//
// Its objects are addresses of variables of the library, which another MPI does not have.
#include "CMPI.h"
#include <dlfcn.h>
#include <stdlib.h>

static void *world, *byte;
static int (*init)(int *, char ***, int, int *);
static int (*rank_of)(void *, int *);
static int (*size_of)(void *, int *);
static int (*sendrecv)(
    const void *, int, void *, int, int, void *, int, void *, int, int, void *, void *);
static int (*finalize)(void);

// The thread that joined makes all calls.
enum { FUNNELED = 1 };

int indgrm_mpi_join(int *rank, int *count, const char **error) {
  // Its own parts look for its symbols.
  void *library = dlopen("libmpi.so.40", RTLD_NOW | RTLD_GLOBAL);
  if (!library) library = dlopen("libmpi.so", RTLD_NOW | RTLD_GLOBAL);
  if (!library) {
    *error = "Open MPI (libmpi.so.40) cannot be opened; install libopenmpi3 or openmpi-bin";
    return 0;
  }
  struct { const char *name; void **place; } wanted[] = {
      {"ompi_mpi_comm_world", &world}, {"ompi_mpi_byte", &byte},
      {"MPI_Init_thread", (void **)&init}, {"MPI_Comm_rank", (void **)&rank_of},
      {"MPI_Comm_size", (void **)&size_of}, {"MPI_Sendrecv", (void **)&sendrecv},
      {"MPI_Finalize", (void **)&finalize}};
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    *wanted[i].place = dlsym(library, wanted[i].name);
    if (!*wanted[i].place) {
      *error = "libmpi.so is not Open MPI's; start the ranks by Open MPI's mpirun";
      return 0;
    }
  }
  // A process that waits for another leaves its core to whoever has work there, that other process itself where cores are
  // fewer than processes; what the caller has set stays.
  setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
  int provided = 0;
  if (init(NULL, NULL, FUNNELED, &provided) != 0 || provided < FUNNELED ||
      rank_of(world, rank) != 0 || size_of(world, count) != 0) {
    *error = "Open MPI does not start; try mpirun with another program";
    return 0;
  }
  return 1;
}

void indgrm_mpi_exchange(const void *sent, size_t sent_bytes, void *received, size_t received_bytes, int other) {
  // Counts are ints. A failure ends the job, as Open MPI does unless told otherwise.
  const size_t most = (size_t)1 << 28;
  size_t longest = sent_bytes > received_bytes ? sent_bytes : received_bytes;
  for (size_t start = 0; start < longest; start += most) {
    size_t out = sent_bytes > start ? sent_bytes - start : 0;
    size_t in = received_bytes > start ? received_bytes - start : 0;
    sendrecv(
        (const char *)sent + start, (int)(out < most ? out : most), byte, other, 0, (char *)received + start,
        (int)(in < most ? in : most), byte, other, 0, world, NULL);
  }
}

void indgrm_mpi_leave(void) { finalize(); }
