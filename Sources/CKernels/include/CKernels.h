// Everything the Swift side may call.
#pragma once
#include "blas.h"
#include "cores.h"
#include "kernels.h"
#include "latent.h"
#include "rounded.h"
#include "workers.h"
