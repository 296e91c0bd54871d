#include "CKernels.h"
#include <cblas.h>
#include <dlfcn.h>
#include <math.h>
int indgrm_probe(void){ return dlopen("x",1)!=0; }
