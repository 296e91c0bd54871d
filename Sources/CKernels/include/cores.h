// Cores in this process's affinity mask, and whether a thread is at work in a parallel loop.
#pragma once
int indgrm_available_cores(void);
int indgrm_is_in_loop(void);
void indgrm_set_in_loop(int value);
