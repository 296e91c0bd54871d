// What do the paper's theorems promise for a fit, and how does that compare with its errors?

import DenseMath
import Glibc

/// The empirical error that Theorems 2 and 4 are about.
///
/// d_ij = (x_ij - x^_ij)^2 over all pairs of some users and all items.
public struct ReconstructionError: Sendable, Equatable {
  public private(set) var users = 0
  public private(set) var items: Int
  /// Interactions, |X|.
  public private(set) var interactions = 0
  /// The sum of d_ij, ||X - X^||_F^2.
  public private(set) var squares = 0.0
  /// max d_ij, zeta of the proof.
  public private(set) var largest = 0.0

  public init(items: Int) { self.items = items }

  /// Takes in a user's estimates of all items and what they have, ascending.
  public mutating func add(
    _ estimates: UnsafeMutableBufferPointer<Float>, _ own: some Sequence<UInt32>
  ) {
    users += 1
    // All pairs as if there was no interaction, then the correction of those there are.
    var (sum, most) = (0.0, 0.0)
    for item in own {
      let estimate = Double(estimates[Int(item)])
      sum += (1 - estimate) * (1 - estimate) - estimate * estimate
      most = max(most, (1 - estimate) * (1 - estimate))
      interactions += 1
      estimates[Int(item)] = -estimates[Int(item)]
    }
    for index in estimates.indices {
      let square = Double(estimates[index] * estimates[index])
      sum += square
      // A negative sign marks the user's own items.
      if estimates[index] > 0, square > most { most = square }
    }
    squares += sum
    largest = max(largest, most)
  }

  /// N M.
  public var pairs: Double { Double(users) * Double(items) }
  /// E_e, the mean of d_ij.
  public var mean: Double { pairs > 0 ? squares / pairs : 0 }
  /// ||X - X^||_F / sqrt(N M), which Eq. 29 calls E_e.
  public var root: Double { mean.squareRoot() }
  /// rho = |X| / (N M).
  public var density: Double { pairs > 0 ? Double(interactions) / pairs : 0 }
}

/// The right-hand sides of Theorems 2 and 4.
public struct GeneralisationBounds: Sendable, Equatable {
  public let error: ReconstructionError
  /// K.
  public let clusters: Int
  /// G.
  public let groups: Int
  /// 1 - delta_1 of Theorem 2.
  public let confidence: Double
  /// omega of Theorem 4.
  public let averageWeight: Double

  /// - Parameter averageWeight: omega; Eq. 29 needs weights that do not shrink the error, so that 1 is the
  ///   least for which the theorem's proof goes through.
  public init(
    _ error: ReconstructionError, clusters: Int, groups: Int, confidence: Double,
    averageWeight: Double = 1
  ) {
    self.error = error
    self.clusters = clusters
    self.groups = groups
    self.confidence = confidence
    self.averageWeight = averageWeight
  }

  /// What Theorem 2 adds to the empirical error: sqrt(log delta_1 / (-2 N M) zeta^2) (Eq. 20).
  public var slack: Double {
    guard error.pairs > 0 else { return 0 }
    return (log(1 - confidence) / (-2 * error.pairs)).squareRoot() * error.largest
  }

  /// Theorem 2: with probability `confidence` the expected error is at most this (Eq. 20).
  public var expectedError: Double { error.mean + slack }

  /// Theorem 4 as Eq. 24 states it: omega / sqrt(N M) (4 sqrt((2 + rho) N K G / rho) + 2 K G).
  public var rootError: Double { rootError(factor: 1) }

  /// Theorem 4 as its proof ends (Eq. 28), where 2 K G N stands under the root instead of K G N.
  public var provenRootError: Double { rootError(factor: 2) }

  private func rootError(factor: Double) -> Double {
    guard error.density > 0 else { return .infinity }
    let components = Double(clusters * groups)
    let inner = factor * (2 + error.density) * Double(error.users) * components / error.density
    return averageWeight / error.pairs.squareRoot() * (4 * inner.squareRoot() + 2 * components)
  }

  /// 1 - delta_2 of Theorem 4, delta_2 = (2 K G M)^-3: set by the sizes, not chosen.
  public var componentConfidence: Double {
    1 - pow(2 * Double(clusters * groups) * Double(max(error.items, 1)), -3)
  }
}
