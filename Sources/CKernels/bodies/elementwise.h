// Functions of one array at a time.

#define ELEMENTWISE(REAL, S, EXP, LOG, TANH, SIGMOID)                                              \
  void NAMED(exp, S)(long n, REAL *x) {                                                            \
    SAFE for (long i = 0; i < n; i++) x[i] = EXP(x[i]);                                            \
  }                                                                                                \
  void NAMED(tanh, S)(long n, REAL *x) {                                                           \
    SAFE for (long i = 0; i < n; i++) x[i] = TANH(x[i]);                                           \
  }                                                                                                \
  void NAMED(tanh_backward, S)(long n, const REAL *y, REAL *dy) {                                  \
    SAFE for (long i = 0; i < n; i++) dy[i] *= 1 - y[i] * y[i];                                    \
  }                                                                                                \
  void NAMED(swish, S)(long n, const REAL *x, REAL *y) {                                           \
    SAFE for (long i = 0; i < n; i++) y[i] = x[i] * SIGMOID(x[i]);                                 \
  }                                                                                                \
  void NAMED(swish_backward, S)(long n, const REAL *x, const REAL *dy, REAL *dx) {                 \
    SAFE for (long i = 0; i < n; i++) {                                                            \
      REAL s = SIGMOID(x[i]);                                                                      \
      dx[i] = dy[i] * s * (1 + x[i] * (1 - s));                                                    \
    }                                                                                              \
  }                                                                                                \
  void NAMED(add, S)(long n, const REAL *x, REAL *y) {                                             \
    SAFE for (long i = 0; i < n; i++) y[i] += x[i];                                                \
  }                                                                                                \
  void NAMED(add_scaled, S)(long n, REAL a, const REAL *x, REAL *y) {                              \
    SAFE for (long i = 0; i < n; i++) y[i] += a * x[i];                                            \
  }                                                                                                \
  struct entry_##S {                                                                               \
    int32_t row;                                                                                   \
    REAL factor;                                                                                   \
  };                                                                                               \
  /* Four rows at a time, so that y is read and written once for them. */                          \
  void NAMED(add_rows, S)(long n, long count, const void *entries, const REAL *x,                  \
                                  REAL *y) {                                                       \
    const struct entry_##S *e = entries;                                                           \
    long at = 0;                                                                                   \
    for (; at + 4 <= count; at += 4, e += 4) {                                                     \
      const REAL *p = x + e[0].row * n, *q = x + e[1].row * n, *r = x + e[2].row * n,              \
                 *s = x + e[3].row * n;                                                            \
      const REAL a = e[0].factor, b = e[1].factor, c = e[2].factor, d = e[3].factor;               \
      SAFE for (long i = 0; i < n; i++) {                                                          \
        REAL v = y[i] + a * p[i];                                                                  \
        v += b * q[i];                                                                             \
        v += c * r[i];                                                                             \
        y[i] = v + d * s[i];                                                                       \
      }                                                                                            \
    }                                                                                              \
    for (; at < count; at++, e++) {                                                                \
      const REAL *p = x + e->row * n, a = e->factor;                                               \
      SAFE for (long i = 0; i < n; i++) y[i] += a * p[i];                                          \
    }                                                                                              \
  }                                                                                                \
  void NAMED(scale, S)(long n, REAL a, REAL *x) {                                                  \
    SAFE for (long i = 0; i < n; i++) x[i] *= a;                                                   \
  }                                                                                                \
  void NAMED(multiply, S)(long n, const REAL *x, REAL *y) {                                        \
    SAFE for (long i = 0; i < n; i++) y[i] *= x[i];                                                \
  }                                                                                                \
  void NAMED(divide, S)(long n, const REAL *x, const REAL *by, REAL plus, REAL *y) {               \
    SAFE for (long i = 0; i < n; i++) y[i] = x[i] / (by[i] + plus);                                \
  }                                                                                                \
  void NAMED(add_log, S)(long n, const REAL *x, REAL plus, REAL *y) {                              \
    SAFE for (long i = 0; i < n; i++) y[i] += LOG(x[i] + plus);                                    \
  }                                                                                                \
  void NAMED(clamp, S)(long n, const REAL *x, REAL low, REAL high, REAL *y) {                      \
    SAFE for (long i = 0; i < n; i++) {                                                            \
      REAL v = x[i] < high ? x[i] : high;                                                          \
      y[i] = v > low ? v : low;                                                                    \
    }                                                                                              \
  }                                                                                                \
  void NAMED(adam, S)(long n, REAL *value, const REAL *gradient, REAL *first,                      \
                              REAL *second, REAL rate, REAL beta1, REAL beta2, REAL epsilon) {     \
    SAFE for (long i = 0; i < n; i++) {                                                            \
      REAL g = gradient[i];                                                                        \
      REAL m = beta1 * first[i] + (1 - beta1) * g;                                                 \
      REAL v = beta2 * second[i] + (1 - beta2) * g * g;                                            \
      first[i] = m;                                                                                \
      second[i] = v;                                                                               \
      value[i] = value[i] - rate * m / ((REAL)sqrt(v) + epsilon);                                  \
    }                                                                                              \
  }

static inline float rootf(float x) { return __builtin_sqrtf(x); }
#define sqrt(x) rootf(x)
ELEMENTWISE(float, float, vexpf, vlogf, vtanhf, vsigmoidf)
#undef sqrt
#define sqrt(x) __builtin_sqrt(x)
ELEMENTWISE(double, double, exp, log, tanh, dsigmoid)
