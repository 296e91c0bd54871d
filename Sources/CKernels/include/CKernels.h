// Everything the Swift side may call.
#pragma once
#include "blas.h"
#include "cores.h"
#include "kernels.h"
#include "level.h"
#include "rounded.h"
#include "workers.h"
