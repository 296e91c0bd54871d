// Whole-array kernels in float and double; matrices are row-major, n counts columns.
#pragma once
#include <stddef.h>
#include <stdint.h>

// The one list of kernels: K(result, name, number type, parameters, arguments) for each.
#define INDGRM_KERNELS(K, REAL, S)                                                                 \
  K(void, exp, S, (long n, REAL *x), (n, x))                                                       \
  K(void, tanh, S, (long n, REAL *x), (n, x))                                                      \
  K(void, tanh_backward, S, (long n, const REAL *y, REAL *dy), (n, y, dy))                         \
  K(void, swish, S, (long n, const REAL *x, REAL *y), (n, x, y))                                   \
  K(void, swish_backward, S, (long n, const REAL *x, const REAL *dy, REAL *dx), (n, x, dy, dx))    \
  K(void, add, S, (long n, const REAL *x, REAL *y), (n, x, y))                                     \
  K(void, add_scaled, S, (long n, REAL a, const REAL *x, REAL *y), (n, a, x, y))                   \
  /* y += sum over entries {int32_t row; REAL factor} of factor times row of x, in order. */       \
  K(void, add_rows, S, (long n, long count, const void *entries, const REAL *x, REAL *y), (n,      \
    count, entries, x, y))                                                                         \
  /* y += sum over the rows r of x that are named of r (r . p + shift). */                         \
  K(void, add_gram_product, S, (long n, long count, const uint32_t *rows, const REAL *x, const     \
    REAL *p, REAL shift, REAL *y), (n, count, rows, x, p, shift, y))                               \
  K(void, scale, S, (long n, REAL a, REAL *x), (n, a, x))                                          \
  K(void, multiply, S, (long n, const REAL *x, REAL *y), (n, x, y))                                \
  K(void, divide, S, (long n, const REAL *x, const REAL *by, REAL plus, REAL *y), (n, x, by,       \
    plus, y))                                                                                      \
  K(void, add_log, S, (long n, const REAL *x, REAL plus, REAL *y), (n, x, plus, y))                \
  K(void, clamp, S, (long n, const REAL *x, REAL low, REAL high, REAL *y), (n, x, low, high, y))   \
  K(REAL, dot, S, (long n, const REAL *x, const REAL *y), (n, x, y))                               \
  K(REAL, max, S, (long n, const REAL *x), (n, x))                                                 \
  K(REAL, softmax, S, (long n, REAL *x), (n, x))                                                   \
  K(REAL, log_sum_exp, S, (long n, const REAL *x), (n, x))                                         \
  K(void, softmax_gradient, S, (long n, REAL shift, REAL factor, REAL *x), (n, shift, factor,      \
    x))                                                                                            \
  K(void, layer_norm, S, (long n, const REAL *x, const REAL *gain, const REAL *bias, REAL          \
    epsilon, REAL *y, REAL *mean, REAL *inverse), (n, x, gain, bias, epsilon, y, mean, inverse))   \
  K(void, layer_norm_backward, S, (long n, const REAL *x, const REAL *dy, const REAL *gain, REAL   \
    mean, REAL inverse, REAL *dx), (n, x, dy, gain, mean, inverse, dx))                            \
  K(void, layer_norm_gains, S, (long n, const REAL *x, const REAL *dy, REAL mean, REAL inverse,    \
    REAL *dgain, REAL *dbias), (n, x, dy, mean, inverse, dgain, dbias))                            \
  K(void, weighted_square, S, (long n, REAL weight, const REAL *mean, const REAL *log_variance,    \
    double *sums), (n, weight, mean, log_variance, sums))                                          \
  K(void, adam, S, (long n, REAL *value, const REAL *gradient, REAL *first, REAL *second, REAL     \
    rate, REAL beta1, REAL beta2, REAL epsilon), (n, value, gradient, first, second, rate, beta1,  \
    beta2, epsilon))                                                                               \
  K(void, normal, S, (long start, long n, uint64_t seed, uint32_t stage, uint64_t index, REAL      \
    *x), (start, n, seed, stage, index, x))                                                        \
  K(void, gumbel, S, (long start, long n, uint64_t seed, uint32_t stage, uint64_t index, REAL      \
    *x), (start, n, seed, stage, index, x))                                                        \
  K(void, mix, S, (long n, const REAL *weights, REAL *x, REAL *sums), (n, weights, x, sums))       \
  K(void, mix_backward, S, (long n, const REAL *gradient, const REAL *weights, REAL *x, REAL       \
    *dweights), (n, gradient, weights, x, dweights))                                               \
  K(void, group_max, S, (long groups, long width, const REAL *x, REAL *most), (groups, width, x,   \
    most))                                                                                         \
  K(long, above, S, (long n, const REAL *x, REAL least, uint32_t *found), (n, x, least, found))    \
  K(REAL, nth_largest, S, (long n, long nth, REAL *x), (n, nth, x))                                \
  K(void, rank, S, (long n, const REAL *x, uint32_t *found), (n, x, found))                        \
  /* Draws sample = mean + noise * exp(log_variance / 2) and returns the one-sample estimate of    \
     KL(q || prior) summed over n dimensions; slope receives d log prior / d sample. The prior of a \
     dimension is N(0, exp(prior)), or with old_mean a mixture of that (weight_new), the posterior \
     under older parameters (weight_old) and N(0, e^10) (weight_wide); see InDGRM in Models. */    \
  K(REAL, latent_forward, S, (long n, const REAL *mean, const REAL *log_variance, const REAL       \
    *noise, const REAL *prior, const REAL *old_mean, const REAL *old_log_variance, REAL            \
    weight_new, REAL weight_old, REAL weight_wide, REAL *sample, REAL *slope), (n, mean,           \
    log_variance, noise, prior, old_mean, old_log_variance, weight_new, weight_old, weight_wide,   \
    sample, slope))                                                                                \
  K(REAL, latent_backward, S, (long n, REAL responsibility, REAL kl_weight, const REAL             \
    *gradient, const REAL *mean, const REAL *raw_log_variance, REAL low, REAL high, const REAL     \
    *sample, const REAL *slope, REAL *mean_gradient, REAL *log_variance_gradient), (n,             \
    responsibility, kl_weight, gradient, mean, raw_log_variance, low, high, sample, slope,         \
    mean_gradient, log_variance_gradient))

#define INDGRM_DECLARE(RESULT, NAME, S, PARAMETERS, ARGUMENTS) RESULT indgrm_##NAME##_##S PARAMETERS;
INDGRM_KERNELS(INDGRM_DECLARE, float, float)
INDGRM_KERNELS(INDGRM_DECLARE, double, double)
#undef INDGRM_DECLARE

// Four words of Philox4x32-10 (Salmon et al., 2011).
void indgrm_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);
