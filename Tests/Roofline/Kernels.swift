// How many instructions do the kernels take?

import DenseMath

/// Runs every kernel once on fixed data on one thread, for `pipelines/kernel-counts` to count by.
func runKernels() {
  Parallel.threads = 1
  let (rows, columns) = (64, 1003)
  let (x, y) = (normal(rows, columns), Matrix<Float>(rows: rows, columns: columns))
  let (gradient, norms) = (normal(rows, columns), Matrix<Float>(rows: 1, columns: columns))
  y.copy(from: x)
  exponentiate(y)
  addLog(of: x, plus: 20, to: y)
  tanhForward(y)
  tanhBackward(y, gradient)
  swishForward(x, into: y)
  swishBackward(x, gradient, into: y)
  clamp(x, low: -1, high: 1, into: y)
  divide(x, by: x, plus: 9, into: y)
  normaliseRows(x, into: y, norms: norms)
  normaliseRowsBackward(y, gradient, norms: norms, into: y)
  let (gain, bias) = (normal(1, columns), normal(1, columns))
  let (means, deviations) = (
    Matrix<Float>(rows: 1, columns: rows), Matrix<Float>(rows: 1, columns: rows)
  )
  layerNormForward(
    x, gain: gain, bias: bias, epsilon: 0.1, into: y, means: means, inverseDeviations: deviations)
  layerNormBackward(
    x, gradient, gain: gain, means: means, inverseDeviations: deviations, into: y,
    gainGradient: norms, biasGradient: bias)
  let targets = SparseRows(
    lists: (0..<rows).map { row in (0..<20).map { UInt32((row + $0 * 41) % columns) } },
    columnCount: columns)
  let shares = [Float](repeating: 1 / Float(rows), count: rows)
  y.copy(from: x)
  _ = softmaxCrossEntropy(y, targets: targets, scales: shares)
  _ = topItems(x, targets, rows: 0..<rows, count: 50)
  let weights = normal(columns, 96)
  let output = Matrix<Float>(rows: rows, columns: 96)
  multiply(sparse: targets, rows: 0..<rows, dense: weights, into: output, entryScale: nil)
  multiplyTransposed(sparse: targets, gradient: output, into: weights, entryScale: nil)
  let state = AdamState<Float>(count: x.count)
  state.step(x, gradient, learningRate: 1e-3, t: 3)
  fillGumbel(y, seed: 1, stage: 1, index: 1)
  let (d, clusters) = (100, 5)
  let (mean, variance) = (normal(rows, d * clusters), normal(rows, d * clusters))
  let (samples, slopes) = (
    Matrix<Float>(rows: rows, columns: d * clusters),
    Matrix<Float>(rows: rows, columns: d * clusters)
  )
  let (noise, divergences) = (normal(rows, d), Matrix<Float>(rows: rows, columns: clusters))
  var prior = CompositePrior(logVariances: Matrix<Float>(rows: clusters, columns: d))
  prior.old = (mean, variance)
  (prior.oldShare, prior.wideShare) = (0.75, 0.1)
  samplePosterior(
    means: mean, logVariances: variance, noise: noise, prior: prior, samples: samples,
    slopes: slopes, divergences: divergences)
  let responsibilities = Matrix<Float>(rows: rows, columns: clusters)
  responsibilities.fill(1 / Float(clusters))
  posteriorBackward(
    gradient: noise, weights: responsibilities, klWeights: shares, means: mean,
    rawLogVariances: variance, bounds: (-12, 4), samples: samples, slopes: slopes,
    meanGradient: samples, logVarianceGradient: slopes, addingTo: divergences)
  _ = weightedSecondMoments(mean, variance, weights: responsibilities)
}
