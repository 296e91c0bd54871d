// How do several threads ask the same model at once?

import DenseMath
import Interchange
import ModelCatalogue
import Recommending
import Synchronization

/// Copies of a fitted model, one a thread: a model computes in memory of its own, so that it answers one
/// question at a time. Tensors that the model uses where they lie in its file are shared.
final class ModelTeam: @unchecked Sendable {
  private let members: [any RecommendationModel]
  /// Which members are free, by their places.
  private let free: Mutex<[Int]>

  /// Throws `ModelError` when the model cannot be brought back.
  init(_ stored: StoredModel, _ first: any RecommendationModel, count: Int) throws {
    members = try [first] + (1..<max(count, 1)).map { _ in try ModelCatalogue.restore(stored) }
    free = Mutex(Array(members.indices))
  }

  /// The answers to questions 0, 1, and so on, each answered by any member.
  ///
  /// - Parameters:
  ///   - weights: how long each takes, roughly; the longest are begun first.
  ///   - answer: must not alter anything but the model.
  func texts(weights: [Int], _ answer: (any RecommendationModel, Int) -> String) -> [String] {
    let order = weights.indices.sorted { (weights[$0], $1) > (weights[$1], $0) }
    var texts = [String](repeating: "", count: weights.count)
    texts.withUnsafeMutableBufferPointer { buffer in
      let texts = SharedBuffer(buffer)
      Parallel.blocks(weights.count, size: 1) { turns in
        for turn in turns {
          guard let member = free.withLock({ $0.popLast() }) else {
            preconditionFailure("more threads than models")
          }
          let place = order[turn]
          texts[place] =
            weights.count > 1
            ? Parallel.asOneOfMany { answer(members[member], place) }
            : answer(members[member], place)
          free.withLock { $0.append(member) }
        }
      }
    }
    return texts
  }
}
