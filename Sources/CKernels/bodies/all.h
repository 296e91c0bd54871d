// All kernels at one level of the processor: LEVEL ends their names.
#define JOINED(NAME, S, LEVEL) indgrm_##NAME##_##S##_##LEVEL
#define EXPANDED(NAME, S, LEVEL) JOINED(NAME, S, LEVEL)
#define NAMED(NAME, S) EXPANDED(NAME, S, LEVEL)

#include "vector_math.h"

#include "elementwise.h"
#include "latent.h"
#include "random.h"
#include "rows.h"
