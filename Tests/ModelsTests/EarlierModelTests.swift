// Does a network that starts from an earlier model know what that knew, item by item?

import DenseMath
import Interchange
import Testing

@testable import Fitting
@testable import MultVAE
@testable import Recommending
@testable import Training

@Suite struct EarlierModelTests {
  private func network(_ items: Int, seed: UInt64) -> MultVAENetwork<Float> {
    // Hidden layers as wide as there are items: only what counts items may be reordered.
    MultVAENetwork(
      items: items, width: 4, latent: 4, dropout: 0, beta: 0, batch: 2, seed: seed)
  }

  private func stored(_ network: MultVAENetwork<Float>, _ ids: [String]) -> StoredModel {
    StoredModel(
      description: [:], items: ItemChunk(ids: ids), categories: [],
      tensors: Dictionary(
        uniqueKeysWithValues: network.parameters.map { ($0.name, $0.value.tensor($0.name)) }))
  }

  @Test func onlyItemsMove() throws {
    let (old, new) = (network(4, seed: 1), network(4, seed: 2))
    // Of the items b, x, d and a; x shares users with d and a.
    let users = SparseRows(lists: [[0], [0, 3], [1, 2, 3], [1, 2], [3], [3]], columnCount: 4)
    let known = try stored(old, ["a", "b", "c", "d"]).start(
      new.parameters, items: ["b", "x", "d", "a"], users: users)
    #expect(known == 3)
    for (own, source) in zip(new.parameters, old.parameters) {
      // An unknown item's bias lies on the line through the others' by popularity.
      if own.items != nil, own.value.count == 4 {
        let (b, d, a) = (source.value.pointer[1], source.value.pointer[3], source.value.pointer[0])
        // As popular as b and d are, so at their mean.
        #expect(abs(own.value.pointer[1] - (b + d) / 2) < 1e-6)
        #expect([own.value.pointer[0], own.value.pointer[2], own.value.pointer[3]] == [b, d, a])
        continue
      }
      for row in 0..<own.value.rows {
        for column in 0..<own.value.columns {
          let places = [[1], [3, 0], [3], [0]]
          func mean(_ values: [Float]) -> Float { values.reduce(0, +) / Float(values.count) }
          let expected: Float =
            switch own.items {
            case .rows: mean(places[row].map { source.value[$0, column] })
            case .columns: mean(places[column].map { source.value[row, $0] })
            case nil: source.value[row, column]
            }
          #expect(own.value[row, column] == expected, "\(own.name)")
        }
      }
    }
  }

  @Test func strangersAndOtherSizesAreRefused() throws {
    let rows = SparseRows(offsets: [0, 2], columns: [0, 1], columnCount: 4)
    var data = TrainingData(rows: rows, seed: 1)
    data.start = (stored(network(4, seed: 1), ["a", "b", "c", "d"]), ["p", "q", "r", "s"], [])
    #expect(throws: ModelError.self) { try data.startNetwork(network(4, seed: 2)) }
    let wide = MultVAENetwork<Float>(
      items: 4, width: 5, latent: 4, dropout: 0, beta: 0, batch: 2, seed: 2)
    data.start = (stored(network(4, seed: 1), ["a", "b", "c", "d"]), ["a", "b", "c", "d"], [])
    #expect(throws: ModelError.self) { try data.startNetwork(wide) }
  }
}
