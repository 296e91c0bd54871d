// Which commit were the programs built from?

#include "version.h"

const char *indgrm_commit(void) { return INDGRM_COMMIT; }
