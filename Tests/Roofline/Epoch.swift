// How near to the machine's limits is a whole epoch of InDGRM, whatever its steps do between the products?

import DenseMath
import Fitting
import Foundation
import InDGRMModel
import Synchronization

/// A run of InDGRM on histories of the shape that MovieLens-1M's ratings of 4 and more have.
///
/// It has the sizes of the defaults, and starts from random items, so that training is all there is to it.
struct Epoch {
  static let (users, items, history) = (6_000, 3_500, 95)
  static let (width, depth, latent, clusters, groups) = (600, 4, 200, 6, 18)
  static let batch = 250

  /// Additions and multiplications of all products of an epoch.
  static var operations: Double {
    let (width, latent) = (Double(width), Double(latent))
    // Forward, back to the weights and, but for the items themselves, back to what goes in; and once more forward in
    // the encoder of the epoch before.
    let input = 3 * Double(history) * width
    let layers = 4 * Double(depth) * width * width
    let heads = 4 * width * 2 * Double(clusters + 1) * latent
    let decoder = 3 * Double(items) * (latent + Double(groups))
    let mapping = 3 * latent * Double(clusters * groups)
    return 2 * Double(users) * (input + layers + heads + decoder + mapping)
  }

  /// What Adam reads and writes in an epoch: seven numbers for every parameter and step.
  static var bytes: Double {
    let heads = width * 2 * (clusters + 1) * latent
    let parameters = items * (width + latent) + depth * width * width + heads
    return 7 * 4 * Double(parameters) * Double(users) / Double(batch)
  }

  /// The line of a whole epoch.
  static var operation: Operation {
    Operation(
      name: "InDGRM, an epoch of \(users) users and \(items) items", operations: operations,
      bytes: bytes, isRounded: RoundedProducts.isFaster, fastest: fastest
    ) {}
  }

  /// Seconds of the fastest of four epochs, after one that warms up.
  ///
  /// Throws `ModelError` where training fails.
  private static func fastest() throws -> Double {
    let settings = try ModelSettings(
      ["epochs=5", "start=random", "cost=multinomial", "group-parts=off"], for: InDGRMFamily.self)
    let took = Seconds()
    var monitor = TrainingMonitor()
    monitor.epochEnded = { took.add($0.seconds) }
    let rows = histories(users, of: history, items: items)
    _ = try InDGRMFamily.fit(TrainingData(rows: rows, seed: 1), settings, monitor)
    return took.all.dropFirst().min() ?? .infinity
  }
}

/// What epochs took, from whichever thread tells it.
private final class Seconds: Sendable {
  private let seconds = Mutex<[Double]>([])
  var all: [Double] { seconds.withLock { $0 } }
  func add(_ value: Double) { seconds.withLock { $0.append(value) } }
}
