// What is read for a report, and is it what it should be?

import DenseMath
import Fitting
import InteractionData
import Interchange
import Recommending
import ToolKit

/// The users a model was fitted to, over the model's items.
struct Population {
  let name: String
  /// Where the data came from, read to the end.
  let stream: StreamReader
  let set: InteractionSet
  let plan: SplitPlan?
  /// From the data's items to the model's.
  let items: ItemMap
  let ids: [String]
  /// One row a user; users without any known item are left out.
  let rows: SparseRows
  let unknownInteractions: Int
  private let places: IDPlaces

  /// Reads a split or plain interactions.
  ///
  /// Throws `FormatError`, `SplitError`, and `ToolError` when the model knows too few of the items, or others by
  /// their ids.
  init(_ path: String, of model: StoredModel, _ known: KnownShare) throws {
    stream = try InputFile.stream(path, expecting: [.interactions])
    name = stream.name
    set = try InteractionSet.read(stream).0
    plan = try SplitPlan(set)
    let items = ItemMap(from: set.items.ids, to: model.items.ids)
    self.items = items
    try known.refuseOthers(
      set.items, set.rows().columnCounts(), users: set.userCount, than: model.items,
      { items[$0] }, name)
    let users = plan?.trainingUsers() ?? Array(0..<set.userCount)
    let all = plan?.training() ?? set.rows()
    var (offsets, columns, ids) = ([0], [UInt32](), [String]())
    var unknown = 0
    for (row, user) in users.enumerated() {
      let known = all.row(row).compactMap { items[$0] }
      unknown += all.row(row).count - known.count
      guard !known.isEmpty else { continue }
      columns += known.sorted()
      offsets.append(columns.count)
      ids.append(set.users.ids[user])
    }
    self.ids = ids
    rows = SparseRows(offsets: offsets, columns: columns, columnCount: items.targetCount)
    unknownInteractions = unknown
    places = IDPlaces(set.users.ids)
  }

  /// The history that a list was made from; nil when the user is unknown.
  func history(of user: String, role: UserRole, round: UInt8?) -> [UInt32]? {
    guard let place = places[user] else { return nil }
    let own: [UInt32]
    if let plan, let round {
      guard Int(round) < plan.rounds else { return nil }
      own = plan.foldIn(of: place, role, round: Int(round))
    } else {
      own = Array(set.items(of: place))
    }
    return own.compactMap { items[$0] }.sorted()
  }
}

/// Ranked lists: the first lists of some users, and how often each item was recommended.
struct RecommendedLists {
  struct List {
    let user: String
    let round: UInt8?
    /// The model's items, best first, with the scores they were given.
    let entries: [(item: UInt32, score: Float)]
  }

  let role: UserRole
  private(set) var examples: [List] = []
  private(set) var count = 0
  private(set) var users = 0
  /// How many of the first places of all lists are each item's.
  private(set) var itemCounts: [Int]
  /// Places counted in a list.
  static let places = 10
  private static let exampleCount = 400

  /// Reads a stream of recommendations.
  ///
  /// Throws `FormatError`, and `ToolError` when the lists have no item of the model, or another kind of model or
  /// another split was what they were made from.
  init(_ path: String, of model: StoredModel, for data: StreamReader?) throws {
    let reader = RecommendationReader(try InputFile.stream(path, expecting: [.recommendations]))
    try reader.refuseOthers(thanOf: model, for: data)
    role = reader.metadata["role"]?.string == "validation" ? .validation : .test
    itemCounts = [Int](repeating: 0, count: model.items.ids.count)
    let places = IDPlaces(model.items.ids)
    var (ids, map, seen) = ([String](), [UInt32?](), Set<UInt32>())
    while let part = try reader.next() {
      switch part {
      case .users(let names): ids += names
      case .items(let chunk): map += chunk.ids.map { places[$0].map { UInt32($0) } }
      case .recommendations(let chunk):
        for list in chunk.lists {
          count += 1
          let isNew = seen.insert(list.user).inserted
          let entries = list.rows.prefix(Self.places).compactMap { row in
            map[Int(chunk.items[row])].map { (item: $0, score: chunk.scores[row]) }
          }
          for entry in entries { itemCounts[Int(entry.item)] += 1 }
          if isNew, examples.count < Self.exampleCount, !entries.isEmpty {
            examples.append(
              List(user: ids[Int(list.user)], round: list.round, entries: entries))
          }
        }
      }
    }
    users = seen.count
    guard !examples.isEmpty else {
      throw ToolError(
        .badData,
        "\(reader.stream.name): recommends no item of the model; do they belong together?")
    }
  }
}

/// The epochs of one `fit`.
struct TrainingLog {
  struct Epoch {
    let number: Int
    let loss: Double?
    let validation: Double?
    let seconds: Double
    let parts: [String: Double]
  }

  let name: String
  private(set) var epochs: [Epoch] = []
  /// What validation users are judged by, such as `ndcg@100`.
  private(set) var metric = "validation"

  /// The seconds of training up to the end of each epoch.
  var elapsed: [Double] {
    var total = 0.0
    return epochs.map { epoch in
      total += epoch.seconds
      return total
    }
  }

  /// The parts of the loss, by name.
  var parts: [String] { Set(epochs.flatMap(\.parts.keys)).sorted() }

  /// Reads the JSON lines of `fit --log-json`.
  ///
  /// Throws `ToolError` that names the line which is none of them.
  init(_ path: String, name: String) throws {
    self.name = name
    var isWhole = false
    let known: Set = ["event", "epoch", "epochs", "loss", "seconds", "validation"]
    for (number, line) in try InputFile.numberedLines(path) {
      guard let json = JSONValue(parsing: Array(line.utf8)), let event = json["event"]?.string
      else {
        throw ToolError(
          .badData,
          "\(path): line \(number) is not from a training log; give what fit --log-json wrote")
      }
      guard event == "epoch" else {
        isWhole = isWhole || event == "end"
        continue
      }
      guard let epoch = json["epoch"]?.int, case .object(let members) = json else {
        throw ToolError(.badData, "\(path): line \(number) has no epoch; was the log altered?")
      }
      if let name = json["validation_metric"]?.string { metric = name }
      epochs.append(
        Epoch(
          number: epoch, loss: json["loss"]?.double,
          validation: json["validation"]?.double,
          seconds: max(json["seconds"]?.double ?? 0, 0),
          parts: members.filter { !known.contains($0.key) }.compactMapValues(\.double)))
    }
    guard isWhole || !epochs.isEmpty else {
      throw ToolError(
        .badData, "\(path): has neither epochs nor an end; give what fit --log-json wrote")
    }
  }
}

/// The figures of one model, as `metrics --format json` writes them.
struct MeasuredModel {
  struct Figure {
    let group: String
    let metric: String
    let n: Int
    let mean: Double
    let error: Double?
    let interval: ClosedRange<Double>?
  }

  let name: String
  let confidence: Double
  let users: Int
  let lists: Int
  let figures: [Figure]
  /// What the groups of users and items are, by name.
  let definitions: [String: String]

  /// Reads a report of `metrics`.
  ///
  /// Throws `ToolError` when it is something else.
  init(_ path: String, name: String) throws {
    let text = try InputFile.lines(path).joined(separator: "\n")
    let advice = "give what metrics --format json wrote"
    guard let json = JSONValue(parsing: Array(text.utf8)) else {
      throw ToolError(.badData, "\(path): is not a JSON object; \(advice)")
    }
    if json["nameA"] != nil {
      throw ToolError(.badData, "\(path): compares two models; \(advice) without --compare")
    }
    guard let rows = json["rows"]?.array, !rows.isEmpty else {
      throw ToolError(.badData, "\(path): has no rows of figures; \(advice)")
    }
    self.name = name
    confidence = json["confidence"]?.double ?? 0.95
    users = json["counts"]?["users"]?.int ?? 0
    lists = json["counts"]?["lists"]?.int ?? 0
    definitions = Dictionary(
      (json["groups"]?.array ?? []).compactMap { group in
        guard let name = group["name"]?.string, let words = group["definition"]?.string else {
          return nil
        }
        return (name, words)
      }
    ) { first, _ in first }
    figures = try rows.enumerated().map { place, row in
      guard let group = row["group"]?.string, let metric = row["metric"]?.string,
        let n = row["n"]?.int, let mean = row["mean"]?.double
      else {
        throw ToolError(.badData, "\(path): row \(place + 1) is not a figure; \(advice)")
      }
      var interval: ClosedRange<Double>?
      if let low = row["interval"]?["low"]?.double, let high = row["interval"]?["high"]?.double,
        low <= high
      {
        interval = low...high
      }
      return Figure(
        group: group, metric: metric, n: n, mean: mean, error: row["standardError"]?.double,
        interval: interval)
    }
  }

  func figure(_ metric: String, at n: Int, group: String = "all") -> Figure? {
    figures.first { $0.metric == metric && $0.n == n && $0.group == group }
  }
}
