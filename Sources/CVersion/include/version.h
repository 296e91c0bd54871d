// Which commit were the programs built from?

#pragma once

/// The abbreviated name of the commit; empty where the build was not told.
const char *indgrm_commit(void);
