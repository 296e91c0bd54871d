// Which number types do the kernels know?

import CKernels
import Glibc

/// Float for work, Double for checks: whole-array kernels behind one protocol, so that generic code
/// pays one call an array and nothing an element.
public protocol Real: BinaryFloatingPoint, Sendable, BitwiseCopyable {
  static func exp(_ x: Self) -> Self
  /// The C functions for this type.
  static var kernels: Kernels<Self> { get }
}

/// The whole-array functions of one number type; see `kernels.h` for what each computes.
public struct Kernels<T>: Sendable {
  typealias Pointer = UnsafePointer<T>
  typealias Target = UnsafeMutablePointer<T>
  let exp: @Sendable (Int, Target?) -> Void
  let tanh: @Sendable (Int, Target?) -> Void
  let tanhBackward: @Sendable (Int, Pointer?, Target?) -> Void
  let swish: @Sendable (Int, Pointer?, Target?) -> Void
  let swishBackward: @Sendable (Int, Pointer?, Pointer?, Target?) -> Void
  let add: @Sendable (Int, Pointer?, Target?) -> Void
  let addScaled: @Sendable (Int, T, Pointer?, Target?) -> Void
  let addRows: @Sendable (Int, Int, UnsafeRawPointer?, Pointer?, Target?) -> Void
  let addGramProduct:
    @Sendable (Int, Int, UnsafePointer<UInt32>?, Pointer?, Pointer?, T, Target?) -> Void
  let scale: @Sendable (Int, T, Target?) -> Void
  let multiply: @Sendable (Int, Pointer?, Target?) -> Void
  let divide: @Sendable (Int, Pointer?, Pointer?, T, Target?) -> Void
  let addLog: @Sendable (Int, Pointer?, T, Target?) -> Void
  let clamp: @Sendable (Int, Pointer?, T, T, Target?) -> Void
  let dot: @Sendable (Int, Pointer?, Pointer?) -> T
  let softmax: @Sendable (Int, Target?) -> T
  let logSumExp: @Sendable (Int, Pointer?) -> T
  let softmaxGradient: @Sendable (Int, T, T, Target?) -> Void
  let layerNorm: @Sendable (Int, Pointer?, Pointer?, Pointer?, T, Target?, Target?, Target?) -> Void
  let layerNormBackward: @Sendable (Int, Pointer?, Pointer?, Pointer?, T, T, Target?) -> Void
  let layerNormGains: @Sendable (Int, Pointer?, Pointer?, T, T, Target?, Target?) -> Void
  let weightedSquare: @Sendable (Int, T, Pointer?, Pointer?, UnsafeMutablePointer<Double>?) -> Void
  let adam: @Sendable (Int, Target?, Pointer?, Target?, Target?, T, T, T, T) -> Void
  let normal: @Sendable (Int, Int, UInt64, UInt32, UInt64, Target?) -> Void
  let gumbel: @Sendable (Int, Int, UInt64, UInt32, UInt64, Target?) -> Void
  let mix: @Sendable (Int, Pointer?, Target?, Target?) -> Void
  let mixBackward: @Sendable (Int, Pointer?, Pointer?, Target?, Target?) -> Void
  let groupMax: @Sendable (Int, Int, Pointer?, Target?) -> Void
  let above: @Sendable (Int, Pointer?, T, UnsafeMutablePointer<UInt32>?) -> Int
  let nthLargest: @Sendable (Int, Int, Target?) -> T
  let rank: @Sendable (Int, Pointer?, UnsafeMutablePointer<UInt32>?) -> Void
  let latentForward:
    @Sendable (
      Int, Pointer?, Pointer?, Pointer?, Pointer?, Pointer?, Pointer?, T, T, T, Target?, Target?
    ) -> T
  let latentBackward:
    @Sendable (
      Int, T, T, Pointer?, Pointer?, Pointer?, T, T, Pointer?, Pointer?, Target?, Target?
    ) -> T
  let gemm:
    @Sendable (
      _ ta: Bool, _ tb: Bool, _ m: Int, _ n: Int, _ k: Int, _ alpha: T, Pointer, _ lda: Int,
      Pointer,
      _ ldb: Int, _ beta: T, Target, _ ldc: Int
    ) -> Void
  /// The upper half of C += A'A for A of k x n.
  let addGram: @Sendable (_ n: Int, _ k: Int, Pointer, _ lda: Int, Target, _ ldc: Int) -> Void
  /// A = U'U in the upper half; the result is not 0 where A is not positive definite.
  let factorise: @Sendable (_ n: Int, Target) -> Int32
  /// Solves U'X = B (transposed) or U X = B for `columns` right sides, in place.
  let solveUpper: @Sendable (_ transposed: Bool, _ n: Int, _ columns: Int, Pointer, Target) -> Void
}

extension Float: Real {
  public static func exp(_ x: Float) -> Float { Glibc.expf(x) }

  public static let kernels = Kernels<Float>(
    exp: indgrm_exp_float, tanh: indgrm_tanh_float, tanhBackward: indgrm_tanh_backward_float,
    swish: indgrm_swish_float, swishBackward: indgrm_swish_backward_float, add: indgrm_add_float,
    addScaled: indgrm_add_scaled_float, addRows: indgrm_add_rows_float,
    addGramProduct: indgrm_add_gram_product_float, scale: indgrm_scale_float,
    multiply: indgrm_multiply_float,
    divide: indgrm_divide_float, addLog: indgrm_add_log_float, clamp: indgrm_clamp_float,
    dot: indgrm_dot_float, softmax: indgrm_softmax_float, logSumExp: indgrm_log_sum_exp_float,
    softmaxGradient: indgrm_softmax_gradient_float, layerNorm: indgrm_layer_norm_float,
    layerNormBackward: indgrm_layer_norm_backward_float,
    layerNormGains: indgrm_layer_norm_gains_float,
    weightedSquare: indgrm_weighted_square_float, adam: indgrm_adam_float,
    normal: indgrm_normal_float, gumbel: indgrm_gumbel_float, mix: indgrm_mix_float,
    mixBackward: indgrm_mix_backward_float, groupMax: indgrm_group_max_float,
    above: indgrm_above_float, nthLargest: indgrm_nth_largest_float,
    rank: indgrm_rank_float,
    latentForward: indgrm_latent_forward_float, latentBackward: indgrm_latent_backward_float,
    gemm: { ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc in
      BLAS.functions.sgemm(
        101, ta ? 112 : 111, tb ? 112 : 111, Int32(m), Int32(n), Int32(k), alpha, a, Int32(lda), b,
        Int32(ldb), beta, c, Int32(ldc))
    },
    addGram: { n, k, a, lda, c, ldc in
      BLAS.functions.ssyrk(
        101, 121, 112, Int32(n), Int32(k), 1, a, Int32(lda), 1, c, Int32(ldc))
    },
    factorise: { n, a in
      // LAPACK counts columns first: the lower triangle there is the upper one here.
      var (size, leading, info, lower) = (Int32(n), Int32(n), Int32(0), CChar(UInt8(ascii: "L")))
      BLAS.functions.spotrf(&lower, &size, a, &leading, &info)
      return info
    },
    solveUpper: { transposed, n, columns, a, b in
      BLAS.functions.strsm(
        101, 141, 121, transposed ? 112 : 111, 131, Int32(n), Int32(columns), 1, a, Int32(n), b,
        Int32(columns))
    })
}

extension Double: Real {
  public static func exp(_ x: Double) -> Double { Glibc.exp(x) }

  public static let kernels = Kernels<Double>(
    exp: indgrm_exp_double, tanh: indgrm_tanh_double, tanhBackward: indgrm_tanh_backward_double,
    swish: indgrm_swish_double, swishBackward: indgrm_swish_backward_double, add: indgrm_add_double,
    addScaled: indgrm_add_scaled_double, addRows: indgrm_add_rows_double,
    addGramProduct: indgrm_add_gram_product_double,
    scale: indgrm_scale_double,
    multiply: indgrm_multiply_double, divide: indgrm_divide_double, addLog: indgrm_add_log_double,
    clamp: indgrm_clamp_double, dot: indgrm_dot_double, softmax: indgrm_softmax_double,
    logSumExp: indgrm_log_sum_exp_double, softmaxGradient: indgrm_softmax_gradient_double,
    layerNorm: indgrm_layer_norm_double, layerNormBackward: indgrm_layer_norm_backward_double,
    layerNormGains: indgrm_layer_norm_gains_double,
    weightedSquare: indgrm_weighted_square_double, adam: indgrm_adam_double,
    normal: indgrm_normal_double, gumbel: indgrm_gumbel_double, mix: indgrm_mix_double,
    mixBackward: indgrm_mix_backward_double, groupMax: indgrm_group_max_double,
    above: indgrm_above_double, nthLargest: indgrm_nth_largest_double,
    rank: indgrm_rank_double,
    latentForward: indgrm_latent_forward_double, latentBackward: indgrm_latent_backward_double,
    gemm: { ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc in
      BLAS.functions.dgemm(
        101, ta ? 112 : 111, tb ? 112 : 111, Int32(m), Int32(n), Int32(k), alpha, a, Int32(lda), b,
        Int32(ldb), beta, c, Int32(ldc))
    },
    addGram: { n, k, a, lda, c, ldc in
      BLAS.functions.dsyrk(
        101, 121, 112, Int32(n), Int32(k), 1, a, Int32(lda), 1, c, Int32(ldc))
    },
    factorise: { n, a in
      // LAPACK counts columns first: the lower triangle there is the upper one here.
      var (size, leading, info, lower) = (Int32(n), Int32(n), Int32(0), CChar(UInt8(ascii: "L")))
      BLAS.functions.dpotrf(&lower, &size, a, &leading, &info)
      return info
    },
    solveUpper: { transposed, n, columns, a, b in
      BLAS.functions.dtrsm(
        101, 141, 121, transposed ? 112 : 111, 131, Int32(n), Int32(columns), 1, a, Int32(n), b,
        Int32(columns))
    })
}
