// Kernels of the mixture-of-Gaussians posterior with a composite prior (see InDGRM in Models).
#pragma once

// Draws sample = mean + noise * exp(log_variance / 2) and returns the one-sample estimate of
// KL(q || prior) summed over n dimensions; slope receives d log prior / d sample. The prior of a
// dimension is N(0, exp(prior)), or with old_mean a mixture of that (weight_new), the posterior under
// older parameters (weight_old) and N(0, e^10) (weight_wide).
#define INDGRM_LATENT(REAL, SUFFIX)                                                                \
  REAL indgrm_latent_forward_##SUFFIX(                                                             \
      long n, const REAL *mean, const REAL *log_variance, const REAL *noise, const REAL *prior,    \
      const REAL *old_mean, const REAL *old_log_variance, REAL weight_new, REAL weight_old,        \
      REAL weight_wide, REAL *sample, REAL *slope);                                                \
  REAL indgrm_latent_backward_##SUFFIX(                                                            \
      long n, REAL responsibility, REAL kl_weight, const REAL *gradient, const REAL *mean,         \
      const REAL *raw_log_variance, REAL low, REAL high, const REAL *sample, const REAL *slope,    \
      REAL *mean_gradient, REAL *log_variance_gradient);

INDGRM_LATENT(float, float)
INDGRM_LATENT(double, double)
#undef INDGRM_LATENT
