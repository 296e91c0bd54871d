// What happens between the encoder's heads and the decoder of a mixture-of-Gaussians model?

/// The prior of one latent dimension under a cluster: N(0, exp(logVariances)), or a mixture of that with
/// an older posterior and N(0, e^10) (the composite prior of RecVAE, Shenbin et al., 2020).
public struct CompositePrior<T: Real> {
  /// K x d.
  public var logVariances: Matrix<T>
  /// Means and log variances of the older posterior, B x (K d).
  public var old: (means: Matrix<T>, logVariances: Matrix<T>)?
  public var oldShare: T = 0
  public var wideShare: T = 0

  public init(logVariances: Matrix<T>) { self.logVariances = logVariances }
}

/// Draws z^(k) = mu^(k) + noise exp(logvar^(k) / 2) for every cluster, with the same noise for all.
///
/// - Parameters:
///   - means, logVariances: B x (K d).
///   - noise: B x d.
///   - samples: receives z, B x (K d).
///   - slopes: receives d log prior / dz, B x (K d).
///   - divergences: receives the one-sample estimate of KL(q_k || prior_k), B x K.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func samplePosterior<T: Real>(
  means: Matrix<T>, logVariances: Matrix<T>, noise: Matrix<T>, prior: CompositePrior<T>,
  samples: Matrix<T>, slopes: Matrix<T>, divergences: Matrix<T>
) {
  let d = noise.columns
  let clusters = divergences.columns
  precondition(means.columns == clusters * d && prior.logVariances.count == clusters * d)
  precondition(means.count == samples.count && means.count == slopes.count)
  let newShare = 1 - prior.oldShare - prior.wideShare
  let old = prior.old
  let (oldShare, wideShare, variances) = (prior.oldShare, prior.wideShare, prior.logVariances)
  Parallel.blocks(means.rows, size: 8) { rows in
    for row in rows {
      for cluster in 0..<clusters {
        let at = row * means.columns + cluster * d
        divergences.pointer[row * clusters + cluster] = T.kernels.latentForward(
          d, means.pointer + at, logVariances.pointer + at, noise.pointer + row * d,
          variances.pointer + cluster * d, old.map { UnsafePointer($0.means.pointer + at) },
          old.map { UnsafePointer($0.logVariances.pointer + at) }, newShare, oldShare, wideShare,
          samples.pointer + at, slopes.pointer + at)
      }
    }
  }
}

/// z = sum_k weight_k z^(k): from B x (K d) and B x K to B x d.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func blend<T: Real>(_ parts: Matrix<T>, weights: Matrix<T>, into z: Matrix<T>) {
  let d = z.columns
  precondition(parts.columns == weights.columns * d && parts.rows == z.rows)
  Parallel.blocks(z.rows, size: 8) { rows in
    for row in rows {
      let target = z.pointer + row * d
      target.update(repeating: 0, count: d)
      for cluster in 0..<weights.columns {
        T.kernels.addScaled(
          d, weights.pointer[row * weights.columns + cluster],
          parts.pointer + row * parts.columns + cluster * d, target)
      }
    }
  }
}

/// The gradients of a loss through `samplePosterior` and `blend`.
///
/// - Parameters:
///   - gradient: dL/dz, B x d.
///   - klWeights: what multiplies sum_k q_k KL_k in the loss, one a row.
///   - bounds: outside them the raw log variances were clamped and get no gradient.
///   - dWeights: B x K; receives an addition of dL/dz . z^(k).
@_specialize(where T == Float)
@_specialize(where T == Double)
public func posteriorBackward<T: Real>(
  gradient: Matrix<T>, weights: Matrix<T>, klWeights: [T], means: Matrix<T>,
  rawLogVariances: Matrix<T>, bounds: (low: T, high: T), samples: Matrix<T>, slopes: Matrix<T>,
  meanGradient: Matrix<T>, logVarianceGradient: Matrix<T>, addingTo dWeights: Matrix<T>
) {
  let d = gradient.columns
  let clusters = weights.columns
  precondition(klWeights.count == gradient.rows && means.columns == clusters * d)
  Parallel.blocks(gradient.rows, size: 8) { rows in
    for row in rows {
      for cluster in 0..<clusters {
        let at = row * means.columns + cluster * d
        dWeights.pointer[row * clusters + cluster] += T.kernels.latentBackward(
          d, weights.pointer[row * clusters + cluster], klWeights[row], gradient.pointer + row * d,
          means.pointer + at, rawLogVariances.pointer + at, bounds.low, bounds.high,
          samples.pointer + at, slopes.pointer + at, meanGradient.pointer + at,
          logVarianceGradient.pointer + at)
      }
    }
  }
}

/// sum over rows of weight_k (mean^2 + exp(logVariance)) for every cluster and dimension, K d numbers.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func weightedSecondMoments<T: Real>(
  _ means: Matrix<T>, _ logVariances: Matrix<T>, weights: Matrix<T>
) -> [Double] {
  let clusters = weights.columns
  let d = clusters > 0 ? means.columns / clusters : 0
  var sums = [Double](repeating: 0, count: clusters * d)
  sums.withUnsafeMutableBufferPointer { buffer in
    let sums = SharedBuffer(buffer)
    Parallel.blocks(clusters, size: 1) { range in
      for cluster in range {
        for row in 0..<weights.rows {
          let at = row * means.columns + cluster * d
          T.kernels.weightedSquare(
            d, weights.pointer[row * clusters + cluster], means.pointer + at,
            logVariances.pointer + at, sums.base.baseAddress.map { $0 + cluster * d })
        }
      }
    }
  }
  return sums
}

/// Moves every part of `width` numbers of each row against its gradient, whatever the gradient's length:
/// by `relative` of the part's own length and by `absolute` times sqrt(width).
@_specialize(where T == Float)
@_specialize(where T == Double)
public func stepAgainst<T: Real>(
  _ gradient: Matrix<T>, of x: Matrix<T>, parts width: Int, relative: T = 0, absolute: T = 0
) {
  precondition(gradient.count == x.count && width > 0 && x.columns.isMultiple(of: width))
  Parallel.blocks(x.count / width, size: 32) { parts in
    for part in parts {
      let (slope, value) = (gradient.pointer + part * width, x.pointer + part * width)
      let length = T.kernels.dot(width, slope, slope).squareRoot()
      guard length > 0 else { continue }
      let own = relative > 0 ? T.kernels.dot(width, value, value).squareRoot() : 0
      let step = relative * own + absolute * T(width).squareRoot()
      T.kernels.addScaled(width, -step / length, slope, value)
    }
  }
}
