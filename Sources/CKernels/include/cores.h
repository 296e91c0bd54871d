// Cores in this process's affinity mask.
#pragma once
int indgrm_available_cores(void);
