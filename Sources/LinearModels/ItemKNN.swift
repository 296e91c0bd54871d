// Which items are most alike by the users they share?

import DenseMath
import Fitting
import Interchange
import Recommending

/// Item-based nearest neighbours: score(u, j) = sum over the user's items i of the similarity of i
/// and j, each item keeping its `neighbours` most similar ones.
///
/// Similarity is the shrunk cosine c_ij / (sqrt(c_i c_j) + shrink), c counting shared users, or where interactions have
/// confidences the sums of the roots of their products. Stored as
/// M x n lists; scoring costs |x_u| n operations.
package final class ItemKNN: RecommendationModel, ModelFamily {
  package static let name = "item-knn"
  package static let summary = "item-based nearest neighbours with shrunk cosine similarity"
  package static let options = [
    ModelOption("neighbours", .integer(100, 1...100_000), "Similar items kept for each item"),
    ModelOption("shrink", .number(20, 0...1e6), "Added to the cosine's denominator"),
  ]

  /// For each item j (row) the items i that speak for it, as indices and similarities; a similarity
  /// of 0 marks an empty place.
  private let neighbours: [UInt32]
  private let similarities: [Float]
  private let width: Int
  private let shrink: Double
  package let itemCount: Int
  /// The same weights by source item, for scoring.
  private let bySource: SparseRows

  private init(items: Int, width: Int, neighbours: [UInt32], similarities: [Float], shrink: Double)
  {
    itemCount = items
    self.width = width
    self.neighbours = neighbours
    self.similarities = similarities
    self.shrink = shrink
    let used = neighbours.indices.filter { similarities[$0] > 0 }
    var offsets = [0]
    var at = 0
    for item in 0..<items {
      while at < used.count, used[at] < (item + 1) * width { at += 1 }
      offsets.append(at)
    }
    bySource = SparseRows(
      offsets: offsets, columns: used.map { neighbours[$0] }, values: used.map { similarities[$0] },
      columnCount: items
    ).transposed()
  }

  package static func fit(
    _ data: TrainingData, _ settings: ModelSettings, _ monitor: TrainingMonitor
  ) throws -> FittedModel {
    let items = data.rows.columnCount
    let width = min(settings.integer("neighbours"), max(items - 1, 1))
    let shrink = settings.number("shrink")
    let roots = data.confidences.map { $0.map { $0.squareRoot() } }
    let byItem = data.rows.with(values: roots).transposed()
    let counts = Self.sums(data)
    // Each process finds the neighbours of a part of the items.
    let group = data.ranks.group
    let bounds = group.columnBounds(data.rows)
    let own = bounds[group.rank]..<bounds[group.rank + 1]
    var neighbours = [UInt32](repeating: 0, count: items * width)
    var similarities = [Float](repeating: 0, count: items * width)
    neighbours.withUnsafeMutableBufferPointer { neighbours in
      similarities.withUnsafeMutableBufferPointer { similarities in
        let (neighbours, similarities) = (SharedBuffer(neighbours), SharedBuffer(similarities))
        Parallel.blocks(own, size: 16) { block in
          var shared = [Float](repeating: 0, count: items)
          var others: [UInt32] = []
          for item in block {
            // Users shared with every other item, by a walk over this item's users: the cost is that of the items
            // met there, however many there are.
            for place in byItem.offsets[item]..<byItem.offsets[item + 1] {
              let (user, own) = (Int(byItem.columns[place]), byItem.values?[place] ?? 1)
              for entry in data.rows.offsets[user]..<data.rows.offsets[user + 1] {
                let other = Int(data.rows.columns[entry])
                if shared[other] == 0 { others.append(UInt32(other)) }
                shared[other] += own * (roots?[entry] ?? 1)
              }
            }
            // In order, so that the first of equals is the one of the lower number.
            others.sort()
            let alike = others.map { other in
              other == item
                ? 0
                : Float(
                  Double(shared[Int(other)])
                    / ((counts[item] * counts[Int(other)]).squareRoot() + shrink))
            }
            let best = alike.withUnsafeBufferPointer { topOfRow($0, count: width) }
            for (place, entry) in best.enumerated() where entry.score > 0 {
              neighbours[item * width + place] = others[Int(entry.index)]
              similarities[item * width + place] = entry.score
            }
            for other in others { shared[Int(other)] = 0 }
            others.removeAll(keepingCapacity: true)
          }
        }
        group.gather(neighbours.base, bounds.map { $0 * width })
        group.gather(similarities.base, bounds.map { $0 * width })
      }
    }
    return FittedModel(
      ItemKNN(
        items: items, width: width, neighbours: neighbours, similarities: similarities,
        shrink: shrink), settings)
  }

  /// c_i of each item: its interactions, or the sum of their confidences.
  private static func sums(_ data: TrainingData) -> [Double] {
    guard let confidences = data.confidences else {
      return data.rows.columnCounts().map(Double.init)
    }
    var sums = [Double](repeating: 0, count: data.rows.columnCount)
    for (column, confidence) in zip(data.rows.columns, confidences) {
      sums[Int(column)] += Double(confidence)
    }
    return sums
  }

  package static func restore(_ stored: StoredModel) throws -> any RecommendationModel {
    let items = stored.items.ids.count
    guard let indices = stored.tensors["neighbours"], let neighbours = indices.integers,
      indices.shape.count == 2, indices.shape[0] == items,
      neighbours.allSatisfy({ Int($0) < items })
    else { throw ModelError(.badData, "the model's neighbours are unusable; fit the model again") }
    let similarities = try stored.floats("similarities", [items, indices.shape[1]])
    return ItemKNN(
      items: items, width: indices.shape[1], neighbours: Array(neighbours),
      similarities: similarities.array,
      shrink: stored.description["settings"]?["shrink"]?.double ?? 0)
  }

  package var settings: JSONValue { ["neighbours": .integer(width), "shrink": .number(shrink)] }

  package func tensors() -> [Tensor] {
    [
      Tensor("neighbours", shape: [itemCount, width], integers: neighbours),
      Tensor("similarities", shape: [itemCount, width], floats: similarities),
    ]
  }

  package func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>) {
    scores.fill(0)
    Parallel.blocks(rows.count, size: 16) { block in
      for row in block {
        let target = scores.row(row)
        for source in foldIn.row(rows.lowerBound + row) {
          let range = bySource.offsets[Int(source)]..<bySource.offsets[Int(source) + 1]
          for entry in range {
            target[Int(bySource.columns[entry])] += bySource.values?[entry] ?? 0
          }
        }
      }
    }
  }

  package func explain(_ foldIn: [UInt32], items: [UInt32]) -> [Explanation] {
    items.map { item in
      let own = Set(foldIn)
      let start = Int(item) * width
      let parts = (start..<start + width).filter {
        similarities[$0] > 0 && own.contains(neighbours[$0])
      }
      .map {
        Explanation.Contribution(source: .item(neighbours[$0]), value: Double(similarities[$0]))
      }
      return Explanation(
        item: item, score: parts.reduce(0) { $0 + $1.value }, contributions: parts)
    }
  }
}
