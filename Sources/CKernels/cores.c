// How many cores may this process use?
#define _GNU_SOURCE
#include "cores.h"
#include <sched.h>

int indgrm_available_cores(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  int count = CPU_COUNT(&set);
  return count > 0 ? count : 1;
}

static _Thread_local int in_loop = 0;

int indgrm_is_in_loop(void) { return in_loop; }

void indgrm_set_in_loop(int value) { in_loop = value; }
