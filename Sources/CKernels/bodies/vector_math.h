// Elementary functions that compilers turn into vector code, relative error about 2e-7.
#pragma once

#define INLINE static inline __attribute__((always_inline))
// Lets sums be reordered into vector lanes; the order is fixed when the program is compiled.
#define REASSOCIATE _Pragma("clang fp reassociate(on)")
// Arrays may be the same one, but never shifted against each other.
#define SAFE _Pragma("clang loop vectorize(assume_safety)")

// exp(x) = 2^n exp(r), |r| <= ln(2)/2, with a degree-6 polynomial; saturates beyond +-87.
INLINE float vexpf(float x) {
  x = x < 88.0f ? x : 88.0f;
  x = x > -87.0f ? x : -87.0f;
  float shifted = x * 1.44269504f + 12582912.0f;
  float n = shifted - 12582912.0f;
  float r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float p = 1.3888889e-3f;
  p = p * r + 8.3333333e-3f;
  p = p * r + 4.1666668e-2f;
  p = p * r + 1.6666667e-1f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  int32_t bits = ((int32_t)n + 127) << 23;
  float power;
  memcpy(&power, &bits, 4);
  return p * power;
}

// log(x) for positive normal x: exponent and a polynomial of the mantissa in [sqrt(1/2), sqrt(2)).
INLINE float vlogf(float x) {
  int32_t bits;
  memcpy(&bits, &x, 4);
  int32_t e = ((bits - 0x3f3504f3) >> 23);
  bits -= e << 23;
  float m;
  memcpy(&m, &bits, 4);
  float f = m - 1.0f, s = f / (2.0f + f), z = s * s;
  float r = z * (0.66666662693f + z * (0.40000972152f + z * (0.28498786688f + z * 0.24279078841f)));
  float h = 0.5f * f * f;
  return (float)e * 0.693147181f + (f - (h - s * (h + r)));
}

INLINE float vtanhf(float x) { return 1.0f - 2.0f / (vexpf(2.0f * x) + 1.0f); }
INLINE float vsigmoidf(float x) { return 1.0f / (1.0f + vexpf(-x)); }
INLINE double dsigmoid(double x) { return 1.0 / (1.0 + exp(-x)); }
