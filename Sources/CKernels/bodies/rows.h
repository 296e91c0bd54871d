// Functions of one row: sums, softmax, layer normalisation, selection.

#define ROWS(REAL, S, EXP, LOG, ROOT)                                                              \
  REAL NAMED(dot, S)(long n, const REAL *x, const REAL *y) {                                       \
    REASSOCIATE REAL sum = 0;                                                                      \
    for (long i = 0; i < n; i++) sum += x[i] * y[i];                                               \
    return sum;                                                                                    \
  }                                                                                                \
  /* Four rows at a time, so that p and y are read once for them and the rows stay in the nearest cache. */ \
  void NAMED(add_gram_product, S)(long n, long count, const uint32_t *rows, const REAL *x,         \
                                          const REAL *p, REAL shift, REAL *y) {                    \
    REASSOCIATE long at = 0;                                                                       \
    for (; at + 4 <= count; at += 4) {                                                             \
      const REAL *e = x + rows[at] * n, *f = x + rows[at + 1] * n, *g = x + rows[at + 2] * n,      \
                 *h = x + rows[at + 3] * n;                                                        \
      REAL a = shift, b = shift, c = shift, d = shift;                                             \
      for (long i = 0; i < n; i++) {                                                               \
        a += e[i] * p[i];                                                                          \
        b += f[i] * p[i];                                                                          \
        c += g[i] * p[i];                                                                          \
        d += h[i] * p[i];                                                                          \
      }                                                                                            \
      SAFE for (long i = 0; i < n; i++) y[i] += a * e[i] + b * f[i] + c * g[i] + d * h[i];         \
    }                                                                                              \
    for (; at < count; at++) {                                                                     \
      const REAL *e = x + rows[at] * n;                                                            \
      REAL a = shift;                                                                              \
      for (long i = 0; i < n; i++) a += e[i] * p[i];                                               \
      SAFE for (long i = 0; i < n; i++) y[i] += a * e[i];                                          \
    }                                                                                              \
  }                                                                                                \
  REAL NAMED(max, S)(long n, const REAL *x) {                                                      \
    REAL lanes[16];                                                                                \
    for (int l = 0; l < 16; l++) lanes[l] = x[0];                                                  \
    long i = 0;                                                                                    \
    for (; i + 16 <= n; i += 16)                                                                   \
      for (int l = 0; l < 16; l++) lanes[l] = lanes[l] > x[i + l] ? lanes[l] : x[i + l];           \
    for (; i < n; i++) lanes[0] = lanes[0] > x[i] ? lanes[0] : x[i];                               \
    for (int l = 1; l < 16; l++) lanes[0] = lanes[0] > lanes[l] ? lanes[0] : lanes[l];             \
    return lanes[0];                                                                               \
  }                                                                                                \
  REAL NAMED(log_sum_exp, S)(long n, const REAL *x) {                                              \
    REASSOCIATE REAL most = NAMED(max, S)(n, x), sum = 0;                                          \
    for (long i = 0; i < n; i++) sum += EXP(x[i] - most);                                          \
    return most + (REAL)LOG(sum);                                                                  \
  }                                                                                                \
  REAL NAMED(softmax, S)(long n, REAL *x) {                                                        \
    REASSOCIATE REAL most = NAMED(max, S)(n, x), sum = 0;                                          \
    for (long i = 0; i < n; i++) {                                                                 \
      x[i] = EXP(x[i] - most);                                                                     \
      sum += x[i];                                                                                 \
    }                                                                                              \
    REAL inverse = 1 / sum;                                                                        \
    for (long i = 0; i < n; i++) x[i] *= inverse;                                                  \
    return most + (REAL)LOG(sum);                                                                  \
  }                                                                                                \
  void NAMED(softmax_gradient, S)(long n, REAL shift, REAL factor, REAL *x) {                      \
    for (long i = 0; i < n; i++) x[i] = factor * EXP(x[i] - shift);                                \
  }                                                                                                \
  void NAMED(layer_norm, S)(long n, const REAL *x, const REAL *gain, const REAL *bias,             \
                                    REAL epsilon, REAL *y, REAL *mean, REAL *inverse) {            \
    REASSOCIATE REAL sum = 0, square = 0;                                                          \
    for (long i = 0; i < n; i++) sum += x[i];                                                      \
    REAL m = sum / (REAL)n;                                                                        \
    for (long i = 0; i < n; i++) square += (x[i] - m) * (x[i] - m);                                \
    REAL r = 1 / ROOT(square / (REAL)n + epsilon);                                                 \
    for (long i = 0; i < n; i++) y[i] = (x[i] - m) * r * gain[i] + bias[i];                        \
    *mean = m;                                                                                     \
    *inverse = r;                                                                                  \
  }                                                                                                \
  void NAMED(layer_norm_backward, S)(long n, const REAL *x, const REAL *dy,                        \
                                             const REAL *gain, REAL mean, REAL inverse,            \
                                             REAL *dx) {                                           \
    REASSOCIATE REAL plain = 0, along = 0;                                                         \
    for (long i = 0; i < n; i++) {                                                                 \
      REAL g = dy[i] * gain[i];                                                                    \
      plain += g;                                                                                  \
      along += g * (x[i] - mean) * inverse;                                                        \
    }                                                                                              \
    plain /= (REAL)n;                                                                              \
    along /= (REAL)n;                                                                              \
    for (long i = 0; i < n; i++)                                                                   \
      dx[i] = inverse * (dy[i] * gain[i] - plain - (x[i] - mean) * inverse * along);               \
  }                                                                                                \
  void NAMED(layer_norm_gains, S)(long n, const REAL *x, const REAL *dy, REAL mean,                \
                                          REAL inverse, REAL *dgain, REAL *dbias) {                \
    for (long i = 0; i < n; i++) {                                                                 \
      dgain[i] += dy[i] * (x[i] - mean) * inverse;                                                 \
      dbias[i] += dy[i];                                                                           \
    }                                                                                              \
  }                                                                                                \
  void NAMED(weighted_square, S)(long n, REAL weight, const REAL *mean,                            \
                                         const REAL *log_variance, double *sums) {                 \
    for (long i = 0; i < n; i++)                                                                   \
      sums[i] += (double)(weight * (mean[i] * mean[i] + EXP(log_variance[i])));                    \
  }                                                                                                \
  void NAMED(mix, S)(long n, const REAL *weights, REAL *x, REAL *sums) {                           \
    for (long i = 0; i < n; i++) {                                                                 \
      x[i] = EXP(x[i]);                                                                            \
      sums[i] += weights[i] * x[i];                                                                \
    }                                                                                              \
  }                                                                                                \
  void NAMED(mix_backward, S)(long n, const REAL *gradient, const REAL *weights, REAL *x,          \
                                      REAL *dweights) {                                            \
    for (long i = 0; i < n; i++) {                                                                 \
      REAL along = gradient[i] * x[i];                                                             \
      dweights[i] += along;                                                                        \
      x[i] = along * weights[i];                                                                   \
    }                                                                                              \
  }                                                                                                \
  void NAMED(group_max, S)(long groups, long width, const REAL *x, REAL *most) {                   \
    for (long g = 0; g < groups; g++) most[g] = x[g];                                              \
    for (long w = 1; w < width; w++)                                                               \
      for (long g = 0; g < groups; g++)                                                            \
        most[g] = most[g] > x[w * groups + g] ? most[g] : x[w * groups + g];                       \
  }                                                                                                \
  long NAMED(above, S)(long n, const REAL *x, REAL least, uint32_t *found) {                       \
    long count = 0, i = 0;                                                                         \
    for (; i + 32 <= n; i += 32) {                                                                 \
      int any = 0;                                                                                 \
      for (int l = 0; l < 32; l++) any |= x[i + l] >= least;                                       \
      if (!any) continue;                                                                          \
      for (int l = 0; l < 32; l++)                                                                 \
        if (x[i + l] >= least) found[count++] = (uint32_t)(i + l);                                 \
    }                                                                                              \
    for (; i < n; i++)                                                                             \
      if (x[i] >= least) found[count++] = (uint32_t)i;                                             \
    return count;                                                                                  \
  }                                                                                                \
  REAL NAMED(nth_largest, S)(long n, long nth, REAL *x) {                                          \
    long low = 0, high = n - 1;                                                                    \
    while (low < high) {                                                                           \
      REAL pivot = x[low + (high - low) / 2];                                                      \
      long i = low, j = high;                                                                      \
      while (i <= j) {                                                                             \
        while (x[i] > pivot) i++;                                                                  \
        while (x[j] < pivot) j--;                                                                  \
        if (i <= j) {                                                                              \
          REAL swap = x[i];                                                                        \
          x[i++] = x[j];                                                                           \
          x[j--] = swap;                                                                           \
        }                                                                                          \
      }                                                                                            \
      if (nth <= j) high = j;                                                                      \
      else if (nth >= i) low = i;                                                                  \
      else break;                                                                                  \
    }                                                                                              \
    return x[nth];                                                                                 \
  }                                                                                                \
  void NAMED(rank, S)(long n, const REAL *x, uint32_t *found) {                                    \
    for (long gap = n / 2; gap > 0; gap = gap == 2 ? 1 : (long)(gap / 2.2))                        \
      for (long i = gap; i < n; i++) {                                                             \
        uint32_t item = found[i];                                                                  \
        REAL value = x[item];                                                                      \
        long j = i;                                                                                \
        for (; j >= gap; j -= gap) {                                                               \
          uint32_t other = found[j - gap];                                                         \
          if (x[other] > value || (x[other] == value && other < item)) break;                      \
          found[j] = other;                                                                        \
        }                                                                                          \
        found[j] = item;                                                                           \
      }                                                                                            \
  }

ROWS(float, float, vexpf, logf, __builtin_sqrtf)
ROWS(double, double, exp, log, __builtin_sqrt)
