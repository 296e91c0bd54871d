// Does a network that starts from an earlier model know what that knew, item by item?

import DenseMath
import Interchange
import Testing

@testable import Models

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
    let fresh = network(4, seed: 2)
    let known = try stored(old, ["a", "b", "c", "d"]).start(
      new.parameters, items: ["b", "x", "d", "a"], logOdds: [0, 1, 2, 4])
    #expect(known == 3)
    for ((own, source), unknown) in zip(zip(new.parameters, old.parameters), fresh.parameters) {
      // An unknown item's bias lies on the line through the others': (0, b), (2, d) and (4, a).
      if own.items != nil, own.value.count == 4 {
        let (b, d, a) = (source.value.pointer[1], source.value.pointer[3], source.value.pointer[0])
        #expect(abs(own.value.pointer[1] - ((a + b + d) / 3 - (a - b) / 4)) < 1e-6)
        continue
      }
      for row in 0..<own.value.rows {
        for column in 0..<own.value.columns {
          let places = [1, nil, 3, 0]
          let expected: Float =
            switch own.items {
            case .rows: places[row].map { source.value[$0, column] } ?? unknown.value[row, column]
            case .columns:
              places[column].map { source.value[row, $0] } ?? unknown.value[row, column]
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
