// OpenBLAS, opened when it is first needed.
#pragma once

typedef struct {
  void (*sgemm)(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda,
                const float *b, int ldb, float beta, float *c, int ldc);
  void (*dgemm)(int order, int ta, int tb, int m, int n, int k, double alpha, const double *a,
                int lda, const double *b, int ldb, double beta, double *c, int ldc);
  void (*strsm)(int order, int side, int uplo, int ta, int diag, int m, int n, float alpha,
                const float *a, int lda, float *b, int ldb);
  void (*dtrsm)(int order, int side, int uplo, int ta, int diag, int m, int n, double alpha,
                const double *a, int lda, double *b, int ldb);
  void (*ssyrk)(int order, int uplo, int trans, int n, int k, float alpha, const float *a, int lda,
                float beta, float *c, int ldc);
  void (*dsyrk)(int order, int uplo, int trans, int n, int k, double alpha, const double *a, int lda,
                double beta, double *c, int ldc);
  void (*spotrf)(char *uplo, int *n, float *a, int *lda, int *info);
  void (*dpotrf)(char *uplo, int *n, double *a, int *lda, int *info);
  void (*dgesdd)(char *job, int *m, int *n, double *a, int *lda, double *values, double *u, int *ldu,
                 double *vt, int *ldvt, double *work, int *lwork, int *iwork, int *info);
  char *(*corename)(void);
  char *(*config)(void);
} indgrm_blas;

// The library's functions, or NULL with a reason in *error when it cannot be opened.
//
// Before opening, OPENBLAS_CORETYPE is set from the level in level.h (SkylakeX with AVX-512, Haswell
// with AVX2), because releases before 0.3.22 take AVX2 kernels on newer AMD cores and because images often
// pin the variable to a lowest common denominator. INDGRM_BLAS_CORETYPE overrides the choice; its value
// "default" leaves the environment alone, and a core type that the processor lacks is refused.
const indgrm_blas *indgrm_blas_open(const char **error);

// Whether it could not be opened for want of memory.
int indgrm_blas_lacks_memory(void);

// Has the opened library take its buffers for so many threads now; 0 where there is no room. Later it would ask for
// them without end.
int indgrm_blas_reserve(int threads);
