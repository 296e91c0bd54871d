// What happens between the encoder's heads and the decoder, for one user and one cluster?

#define LATENT(REAL, SUFFIX, EXP, LOG)                                                             \
  REAL NAMED(latent_forward, SUFFIX)(                                                              \
      long n, const REAL *mean, const REAL *log_variance, const REAL *noise, const REAL *prior,    \
      const REAL *old_mean, const REAL *old_log_variance, REAL weight_new, REAL weight_old,        \
      REAL weight_wide, REAL *sample, REAL *slope) {                                               \
    _Pragma("clang fp reassociate(on)") const REAL wide = (REAL)10, inverse_wide = EXP(-wide);     \
    const REAL log_new = LOG(weight_new);                                                          \
    REAL total = 0;                                                                                \
    if (!old_mean) {                                                                               \
      for (long i = 0; i < n; i++) {                                                               \
        REAL lv = log_variance[i];                                                                 \
        REAL z = mean[i] + noise[i] * EXP((REAL)0.5 * lv);                                         \
        REAL inverse = EXP(-prior[i]);                                                             \
        sample[i] = z;                                                                             \
        slope[i] = -z * inverse;                                                                   \
        total += (REAL)0.5 * (prior[i] + z * z * inverse - lv - noise[i] * noise[i]);              \
      }                                                                                            \
      return total;                                                                                \
    }                                                                                              \
    const REAL log_old = LOG(weight_old), log_wide = LOG(weight_wide);                             \
    for (long i = 0; i < n; i++) {                                                                 \
      REAL lv = log_variance[i];                                                                   \
      REAL z = mean[i] + noise[i] * EXP((REAL)0.5 * lv);                                           \
      REAL inverse_new = EXP(-prior[i]), inverse_old = EXP(-old_log_variance[i]);                  \
      REAL away = z - old_mean[i];                                                                 \
      REAL a = log_new - (REAL)0.5 * (prior[i] + z * z * inverse_new);                             \
      REAL b = log_old - (REAL)0.5 * (old_log_variance[i] + away * away * inverse_old);            \
      REAL c = log_wide - (REAL)0.5 * (wide + z * z * inverse_wide);                               \
      REAL most = a > b ? a : b;                                                                   \
      most = most > c ? most : c;                                                                  \
      REAL ea = EXP(a - most), eb = EXP(b - most), ec = EXP(c - most);                             \
      REAL sum = ea + eb + ec;                                                                     \
      sample[i] = z;                                                                               \
      slope[i] = -(ea * z * inverse_new + eb * away * inverse_old + ec * z * inverse_wide) / sum;  \
      total += -(REAL)0.5 * (lv + noise[i] * noise[i]) - most - LOG(sum);                          \
    }                                                                                              \
    return total;                                                                                  \
  }                                                                                                \
                                                                                                   \
  REAL NAMED(latent_backward, SUFFIX)(                                                             \
      long n, REAL responsibility, REAL kl_weight, const REAL *gradient, const REAL *mean,         \
      const REAL *raw_log_variance, REAL low, REAL high, const REAL *sample, const REAL *slope,    \
      REAL *mean_gradient, REAL *log_variance_gradient) {                                          \
    _Pragma("clang fp reassociate(on)") REAL along = 0;                                            \
    for (long i = 0; i < n; i++) {                                                                 \
      REAL dz = responsibility * (gradient[i] - kl_weight * slope[i]);                             \
      REAL raw = raw_log_variance[i];                                                              \
      REAL open = raw >= low && raw <= high ? (REAL)1 : (REAL)0;                                   \
      along += gradient[i] * sample[i];                                                            \
      mean_gradient[i] = dz;                                                                       \
      log_variance_gradient[i] =                                                                   \
          open * (REAL)0.5 * (dz * (sample[i] - mean[i]) - kl_weight * responsibility);            \
    }                                                                                              \
    return along;                                                                                  \
  }

LATENT(float, float, vexpf, vlogf)
LATENT(double, double, exp, log)
