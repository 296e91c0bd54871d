// What does every kernel make of fixed numbers, on whatever processor this is compiled for?
//
// Prints a line for each number: kernel, type, place, value. Ends with 1 where a kernel of the list is not called.
#include "CKernels.h"
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// No multiple of any number of lanes.
enum { N = 77, ROWS = 7 };

#define LISTED(RESULT, NAME, S, PARAMETERS, ARGUMENTS) #NAME,
static const char *names[] = {INDGRM_KERNELS(LISTED, float, float)};
enum { COUNT = sizeof names / sizeof *names };
static int called[COUNT];

static void show(const char *name, const char *type, long place, double value) {
  for (int k = 0; k < COUNT; k++)
    if (strcmp(names[k], name) == 0) called[k] = 1;
  printf("%s %s %ld %.17g\n", name, type, place, value);
}

// Numbers between -2 and 2.
static double number(uint64_t place) {
  const uint64_t mixed = (place + 1) * 0x9E3779B97F4A7C15u;
  return (double)(mixed >> 40) / (1 << 22) - 2;
}

#define KERNELS(REAL, S)                                                                           \
  static REAL *some_##S(int which) {                                                               \
    REAL *x = malloc(ROWS * N * sizeof *x);                                                        \
    for (int i = 0; i < ROWS * N; i++) x[i] = (REAL)number((uint64_t)(which * ROWS * N + i));      \
    return x;                                                                                      \
  }                                                                                                \
  static REAL *positive_##S(int which) {                                                           \
    REAL *x = some_##S(which);                                                                     \
    for (int i = 0; i < ROWS * N; i++) x[i] = x[i] * x[i] + (REAL)0.1;                             \
    return x;                                                                                      \
  }                                                                                                \
  static void show_all_##S(const char *name, const REAL *x, long n) {                              \
    for (long i = 0; i < n; i++) show(name, #S, i, (double)x[i]);                                  \
  }                                                                                                \
  static void arrays_##S(void) {                                                                   \
    REAL *x, *y, *z, *w;                                                                           \
    x = some_##S(1), indgrm_exp_##S(N, x), show_all_##S("exp", x, N);                              \
    x = some_##S(1), indgrm_tanh_##S(N, x), show_all_##S("tanh", x, N);                            \
    y = some_##S(2), indgrm_tanh_backward_##S(N, x, y), show_all_##S("tanh_backward", y, N);       \
    x = some_##S(3), indgrm_swish_##S(N, x, y), show_all_##S("swish", y, N);                       \
    y = some_##S(4), z = some_##S(5);                                                              \
    indgrm_swish_backward_##S(N, x, y, z), show_all_##S("swish_backward", z, N);                   \
    indgrm_add_##S(N, x, y), show_all_##S("add", y, N);                                            \
    indgrm_add_scaled_##S(N, (REAL)0.3, x, y), show_all_##S("add_scaled", y, N);                   \
    struct { int32_t row; REAL factor; } entries[5] = {{6, (REAL)0.5}, {0, -1}, {3, 2}, {3, 1}, {1, 3}}; \
    indgrm_add_rows_##S(N, 5, entries, x, y), show_all_##S("add_rows", y, N);                      \
    const uint32_t rows[5] = {2, 5, 0, 6, 2};                                                      \
    z = some_##S(6), indgrm_add_gram_product_##S(N, 5, rows, x, z, (REAL)0.7, y);                  \
    show_all_##S("add_gram_product", y, N);                                                        \
    indgrm_scale_##S(N, (REAL)1.7, y), show_all_##S("scale", y, N);                                \
    indgrm_multiply_##S(N, x, y), show_all_##S("multiply", y, N);                                  \
    z = positive_##S(7), indgrm_divide_##S(N, x, z, (REAL)0.2, y), show_all_##S("divide", y, N);   \
    indgrm_add_log_##S(N, z, (REAL)0.2, y), show_all_##S("add_log", y, N);                         \
    indgrm_clamp_##S(N, x, -1, (REAL)0.5, y), show_all_##S("clamp", y, N);                         \
    x = some_##S(8), y = some_##S(9), z = some_##S(10), w = positive_##S(11);                      \
    indgrm_adam_##S(N, x, y, z, w, (REAL)0.01, (REAL)0.9, (REAL)0.99, (REAL)1e-6);                 \
    show_all_##S("adam", x, N), show_all_##S("adam", z, N), show_all_##S("adam", w, N);            \
    indgrm_normal_##S(3, N, 20, 5, 7, x), show_all_##S("normal", x, N);                            \
    indgrm_gumbel_##S(3, N, 20, 5, 7, x), show_all_##S("gumbel", x, N);                            \
  }                                                                                                \
  static void rows_##S(void) {                                                                     \
    REAL *x = some_##S(12), *y = some_##S(13), *z = some_##S(14), *w = some_##S(15), mean, inverse; \
    double sums[N] = {0};                                                                          \
    uint32_t found[N];                                                                             \
    show("dot", #S, 0, (double)indgrm_dot_##S(N, x, y));                                           \
    show("max", #S, 0, (double)indgrm_max_##S(N, x));                                              \
    show("log_sum_exp", #S, 0, (double)indgrm_log_sum_exp_##S(N, x));                              \
    show("softmax", #S, N, (double)indgrm_softmax_##S(N, x)), show_all_##S("softmax", x, N);       \
    indgrm_softmax_gradient_##S(N, (REAL)0.4, 3, y), show_all_##S("softmax_gradient", y, N);       \
    x = some_##S(12), y = some_##S(13);                                                            \
    indgrm_layer_norm_##S(N, x, y, z, (REAL)1e-5, w, &mean, &inverse);                             \
    show("layer_norm", #S, N, (double)mean), show("layer_norm", #S, N + 1, (double)inverse);       \
    show_all_##S("layer_norm", w, N);                                                              \
    indgrm_layer_norm_backward_##S(N, x, y, z, mean, inverse, w);                                  \
    show_all_##S("layer_norm_backward", w, N);                                                     \
    indgrm_layer_norm_gains_##S(N, x, y, mean, inverse, z, w);                                     \
    show_all_##S("layer_norm_gains", z, N), show_all_##S("layer_norm_gains", w, N);                \
    indgrm_weighted_square_##S(N, (REAL)0.3, x, y, sums);                                          \
    for (int i = 0; i < N; i++) show("weighted_square", #S, i, sums[i]);                           \
    x = some_##S(16), y = some_##S(17), z = some_##S(18);                                          \
    indgrm_mix_##S(N, y, x, z), show_all_##S("mix", x, N), show_all_##S("mix", z, N);              \
    w = some_##S(19), indgrm_mix_backward_##S(N, w, y, x, z);                                      \
    show_all_##S("mix_backward", x, N), show_all_##S("mix_backward", z, N);                        \
    x = some_##S(20), indgrm_group_max_##S(N, ROWS, x, y), show_all_##S("group_max", y, N);        \
    const long above = indgrm_above_##S(N, x, 1, found);                                           \
    for (long i = 0; i < above; i++) show("above", #S, i, found[i]);                               \
    for (int i = 0; i < N; i++) found[i] = (uint32_t)i;                                            \
    indgrm_rank_##S(N, x, found);                                                                  \
    for (int i = 0; i < N; i++) show("rank", #S, i, found[i]);                                     \
    show("nth_largest", #S, 9, (double)indgrm_nth_largest_##S(N, 9, x));                           \
  }                                                                                                \
  static void latent_##S(void) {                                                                   \
    REAL *mean = some_##S(21), *variance = some_##S(22), *noise = some_##S(23);                    \
    REAL *prior = some_##S(24), *old = some_##S(25), *older = some_##S(26);                        \
    REAL *sample = some_##S(27), *slope = some_##S(28), *dm = some_##S(29), *dv = some_##S(30);    \
    for (int mixed = 0; mixed < 2; mixed++) {                                                      \
      REAL *const a = mixed ? old : NULL, *const b = mixed ? older : NULL;                         \
      const REAL total = indgrm_latent_forward_##S(N, mean, variance, noise, prior, a, b,          \
        (REAL)0.2, (REAL)0.7, (REAL)0.1, sample, slope);                                           \
      show("latent_forward", #S, N, (double)total);                                                \
      show_all_##S("latent_forward", sample, N), show_all_##S("latent_forward", slope, N);         \
    }                                                                                              \
    const REAL along = indgrm_latent_backward_##S(N, (REAL)0.6, (REAL)0.3, old, mean, variance,    \
      -1, 1, sample, slope, dm, dv);                                                               \
    show("latent_backward", #S, N, (double)along);                                                 \
    show_all_##S("latent_backward", dm, N), show_all_##S("latent_backward", dv, N);                \
  }

KERNELS(float, float)
KERNELS(double, double)

static atomic_int left = 1000, sum;
static void take(void *unused) {
  (void)unused;
  for (int i; (i = atomic_fetch_sub(&left, 1)) > 0;) atomic_fetch_add(&sum, i);
}

int main(void) {
  arrays_float(), rows_float(), latent_float();
  arrays_double(), rows_double(), latent_double();
  const uint32_t counter[4] = {1, 2, 3, 4}, key[2] = {5, 6};
  uint32_t words[4];
  indgrm_philox(counter, key, words);
  for (int i = 0; i < 4; i++) show("philox", "integer", i, words[i]);
  for (int round = 1; round < 50; round++) {
    atomic_store(&left, 1000);
    indgrm_run(4, take, NULL);
  }
  show("run", "integer", 0, atomic_load(&sum));
  int missing = indgrm_available_cores() < 1;
  for (int k = 0; k < COUNT; k++)
    if (!called[k]) missing = 1, fprintf(stderr, "kernel %s is not called here\n", names[k]);
  return missing;
}
