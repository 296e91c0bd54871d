// Whole-array kernels in float and double; matrices are row-major, n counts columns.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define KERNELS(REAL, S)                                                                           \
  void indgrm_exp_##S(long n, REAL *x);                                                            \
  void indgrm_tanh_##S(long n, REAL *x);                                                           \
  void indgrm_tanh_backward_##S(long n, const REAL *y, REAL *dy);                                  \
  void indgrm_swish_##S(long n, const REAL *x, REAL *y);                                           \
  void indgrm_swish_backward_##S(long n, const REAL *x, const REAL *dy, REAL *dx);                 \
  void indgrm_add_##S(long n, const REAL *x, REAL *y);                                             \
  void indgrm_add_scaled_##S(long n, REAL a, const REAL *x, REAL *y);                              \
  /* y += sum over entries {int32_t row; REAL factor} of factor times row of x, in order. */        \
  void indgrm_add_rows_##S(long n, long count, const void *entries, const REAL *x, REAL *y);       \
  /* y += sum over the rows r of x that are named of r (r . p + shift). */                         \
  void indgrm_add_gram_product_##S(long n, long count, const uint32_t *rows, const REAL *x,        \
                                   const REAL *p, REAL shift, REAL *y);                            \
  void indgrm_scale_##S(long n, REAL a, REAL *x);                                                  \
  void indgrm_multiply_##S(long n, const REAL *x, REAL *y);                                        \
  void indgrm_divide_##S(long n, const REAL *x, const REAL *by, REAL plus, REAL *y);               \
  void indgrm_add_log_##S(long n, const REAL *x, REAL plus, REAL *y);                              \
  void indgrm_clamp_##S(long n, const REAL *x, REAL low, REAL high, REAL *y);                      \
  REAL indgrm_dot_##S(long n, const REAL *x, const REAL *y);                                       \
  REAL indgrm_max_##S(long n, const REAL *x);                                                      \
  REAL indgrm_softmax_##S(long n, REAL *x);                                                        \
  REAL indgrm_log_sum_exp_##S(long n, const REAL *x);                                              \
  void indgrm_softmax_gradient_##S(long n, REAL shift, REAL factor, REAL *x);                      \
  void indgrm_layer_norm_##S(long n, const REAL *x, const REAL *gain, const REAL *bias,            \
                             REAL epsilon, REAL *y, REAL *mean, REAL *inverse);                    \
  void indgrm_layer_norm_backward_##S(long n, const REAL *x, const REAL *dy, const REAL *gain,     \
                                      REAL mean, REAL inverse, REAL *dx);                          \
  void indgrm_layer_norm_gains_##S(long n, const REAL *x, const REAL *dy, REAL mean, REAL inverse, \
                                   REAL *dgain, REAL *dbias);                                      \
  void indgrm_weighted_square_##S(long n, REAL weight, const REAL *mean, const REAL *log_variance, \
                                  double *sums);                                                   \
  void indgrm_adam_##S(long n, REAL *value, const REAL *gradient, REAL *first, REAL *second,       \
                       REAL rate, REAL beta1, REAL beta2, REAL epsilon, REAL decay);               \
  void indgrm_normal_##S(long start, long n, uint64_t seed, uint32_t stage, uint64_t index,        \
                         REAL *x);                                                                 \
  void indgrm_gumbel_##S(long start, long n, uint64_t seed, uint32_t stage, uint64_t index,        \
                         REAL *x);                                                                 \
  void indgrm_mix_##S(long n, const REAL *weights, REAL *x, REAL *sums);                           \
  void indgrm_mix_backward_##S(long n, const REAL *gradient, const REAL *weights, REAL *x,         \
                               REAL *dweights);                                                    \
  void indgrm_group_max_##S(long groups, long width, const REAL *x, REAL *most);                   \
  long indgrm_above_##S(long n, const REAL *x, REAL least, uint32_t *found);                       \
  REAL indgrm_nth_largest_##S(long n, long nth, REAL *x);                                          \
  void indgrm_rank_##S(long n, const REAL *x, uint32_t *found);    

KERNELS(float, float)
KERNELS(double, double)
#undef KERNELS

// Four words of Philox4x32-10 (Salmon et al., 2011).
void indgrm_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);
