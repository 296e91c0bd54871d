// Do the parts of an explanation add up to the score that the model gives?

import DenseMath
import Interchange
import Support
import Testing

@testable import Fitting
@testable import InDGRMModel
@testable import ModelCatalogue
@testable import Recommending

private func fitted(_ name: String, _ words: [String]) throws -> (
  any RecommendationModel, SparseRows
) {
  let lists = SmallData.twoTastes(users: 60, items: 12)
  let rows = SparseRows(lists: lists, columnCount: 12)
  return (try fitted(name, words, to: rows), rows)
}

private let small = [
  "width=16", "latent=6", "epochs=12", "batch=20", "patience=100",
]

private let cases: [(String, [String])] = [
  ("popularity", []), ("item-knn", ["neighbours=6"]), ("ease", ["lambda=5"]), ("mult-vae", small),
  ("indgrm", small + ["clusters=2", "groups=3", "depth=1", "ard=on"]),
  ("indgrm", small + ["clusters=2", "depth=1", "item-groups=off"]),
  ("indgrm", small + ["clusters=2", "groups=3", "depth=1", "item-features=on"]),
  ("indgrm", small + ["clusters=2", "groups=3", "depth=1", "similarity=inner-product"]),
  (
    "indgrm",
    small + [
      "clusters=2", "groups=3", "depth=1", "expert=linear", "expert-weight=3",
    ]
  ),
  (
    "indgrm",
    small + [
      "clusters=2", "groups=3", "depth=0", "expert=linear",
      "expert-neighbours=4", "expert-weight=2",
    ]
  ), ("edlae", ["lambda=5", "user-weight=0.5"]), ("edlae", ["lambda=5", "neighbours=5"]),
  ("ials", ["factors=5", "lambda=0.1"]), ("emf", ["factors=5", "lambda=0.1", "neighbours=4"]),
  ("slim", ["l1=0.1", "l2=2", "neighbours=8"]), ("recvae", small + ["depth=1"]),
  ("macridvae", small.filter { !$0.hasPrefix("width") } + ["concepts=2"]),
  ("indgrm", small + ["clusters=2", "groups=3", "group-parts=on"]),
  (
    "indgrm",
    small + ["clusters=2", "groups=3", "group-parts=on", "expert=linear", "expert-weight=3"]
  ),
  (
    "indgrm",
    small + ["clusters=2", "groups=3", "expert=linear+ials", "expert-weight=2"]
  ),
  ("indgrm", small + ["clusters=2", "groups=3", "members=3", "expert=linear", "expert-weight=3"]),
  ("indgrm", small + ["clusters=2", "groups=3", "members=2", "group-parts=on"]),
]

@Suite struct ExplanationTests {
  @Test(arguments: cases.indices)
  func contributionsAddUp(_ index: Int) throws {
    let (name, words) = cases[index]
    let (model, rows) = try fitted(name, words)
    let scores = Matrix<Float>(rows: 1, columns: 12)
    for user in [0, 7, 31] {
      model.score(rows, rows: user..<user + 1, into: scores)
      let explanations = model.explain(Array(rows.row(user)), items: Array(0..<12))
      // With what all items have alike apart, popularity is 0 on average.
      let constants = explanations.flatMap(\.contributions)
      if constants.contains(where: { $0.source == .baseRate }) {
        let popularity = constants.filter { $0.source == .itemBias }
        #expect(Set(constants.filter { $0.source == .baseRate }.map(\.value)).count == 1)
        #expect(popularity.count == 12 && abs(popularity.reduce(0) { $0 + $1.value }) < 1e-5)
      }
      for explanation in explanations {
        let sum = explanation.contributions.reduce(0) { $0 + $1.value }
        let score = Double(scores[0, Int(explanation.item)])
        #expect(abs(sum - score) <= 1e-4 * max(1, abs(score)), "\(name), user \(user)")
        #expect(abs(explanation.score - score) <= 1e-4 * max(1, abs(score)))
        guard !explanation.groups.isEmpty else { continue }
        let constants = explanation.contributions.filter {
          if case .item = $0.source { return true }
          return [.baseRate, .itemBias, .groupMixture].contains($0.source)
        }.reduce(0) { $0 + $1.value }
        let byGroups = explanation.groups.reduce(constants) { $0 + $1.contribution }
        #expect(abs(byGroups - score) <= 1e-4 * max(1, abs(score)), "\(name) by groups")
      }
    }
  }

  @Test(arguments: cases.indices)
  func storedModelsScoreTheSame(_ index: Int) throws {
    let (name, words) = cases[index]
    let (model, rows) = try fitted(name, words)
    let stored = StoredModel(
      description: ["model": .string(name), "settings": model.settings],
      items: ItemChunk(ids: (0..<12).map { "i\($0)" }), categories: [],
      tensors: Dictionary(uniqueKeysWithValues: model.tensors().map { ($0.name, $0) }))
    let sink = MemorySink()
    try stored.write(to: sink, kind: .model)
    let reader = try StreamReader(ByteInput(OwnedBytes(copying: sink.bytes), name: "memory"))
    let restored = try ModelCatalogue.restore(StoredModel(reader))
    let (before, after) = (Matrix<Float>(rows: 8, columns: 12), Matrix<Float>(rows: 8, columns: 12))
    model.score(rows, rows: 3..<11, into: before)
    restored.score(rows, rows: 3..<11, into: after)
    #expect(before.array == after.array)
  }

  /// Every model learns that the two tastes go apart: items of the user's own taste that they have not had
  /// score higher, on average, than those of the other taste.
  @Test(arguments: [1, 2, 3, 4, 7, 9, 10, 11, 12, 13, 17])
  func tastesAreLearnt(_ index: Int) throws {
    let (name, words) = cases[index]
    let (model, rows) = try fitted(name, words.map { $0 == "epochs=12" ? "epochs=60" : $0 })
    let scores = Matrix<Float>(rows: rows.rowCount, columns: 12)
    model.score(rows, rows: 0..<rows.rowCount, into: scores)
    var own: [Double] = []
    var other: [Double] = []
    for user in 0..<rows.rowCount {
      for item in 1..<12 where !rows.row(user).contains(UInt32(item)) {
        let score = Double(scores[user, item])
        if (item < 6) == (user % 2 == 0) { own.append(score) } else { other.append(score) }
      }
    }
    let (mine, theirs) = (
      own.reduce(0, +) / Double(own.count), other.reduce(0, +) / Double(other.count)
    )
    #expect(mine > theirs, "\(name)")
  }

  /// Equal seeds give equal models, whatever the number of threads.
  @Test(arguments: [4, 17]) func threadsDoNotMatter(_ index: Int) throws {
    let (name, words) = cases[index]
    Parallel.threads = 1
    let one = try fitted(name, words).0.tensors().map { Array($0.data) }
    Parallel.threads = 3
    let three = try fitted(name, words).0.tensors().map { Array($0.data) }
    #expect(one == three)
  }
}
