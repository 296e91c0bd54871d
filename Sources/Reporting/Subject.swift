// What do several sections need to know of the model and its users?

import DenseMath
import Explaining
import Interchange
import ModelCatalogue
import Plots
import Recommending

/// The model with what is worked out from it once.
final class Subject {
  let stored: StoredModel
  let fitted: any RecommendationModel
  let population: Population?
  /// Training interactions of each item; a file's own numbers, brought to a size that can be added up.
  let popularity: [Int]
  let groups: (assignment: [UInt32], count: Int)?
  /// One name for each item group.
  let groupNames: [String]

  /// Whether users are called by their ids, which may be names or addresses.
  let showsIDs: Bool
  private var aliases: [String: String] = [:]

  /// The users that are represented: all, or as many evenly chosen ones.
  private static let mostUsers = 50_000

  init(
    _ stored: StoredModel, _ fitted: any RecommendationModel, _ population: Population?,
    showsIDs: Bool
  ) {
    self.showsIDs = showsIDs
    self.stored = stored
    self.fitted = fitted
    self.population = population
    let popularity = stored.itemInteractions
    self.popularity = popularity
    let found = fitted.itemGroups
    groups = found.map { ($0.assignment, $0.prototypes.rows) }
    groupNames =
      GroupNames(fitted, stored)?.names.enumerated().map { number, name in
        name.isEmpty ? "group \(number)" : name
      } ?? []
  }

  /// The `--model` it was fitted as.
  var familyName: String { stored.description["model"]?.string ?? "model" }
  var inner: (any InterpretableModel)? { fitted.core as? any InterpretableModel }
  var itemCount: Int { stored.items.ids.count }

  func title(_ item: Int) -> String { stored.items.name(of: item) }

  /// What a user is called on the page: "user A", the next "user B".
  func name(ofUser id: String) -> String {
    if showsIDs { return "user \(id)" }
    if let known = aliases[id] { return known }
    var (number, letters) = (aliases.count, "")
    repeat {
      letters = String(UnicodeScalar(UInt8(65 + number % 26))) + letters
      number = number / 26 - 1
    } while number >= 0
    aliases[id] = "user \(letters)"
    return "user \(letters)"
  }

  /// Finds reasons of recommendations.
  private(set) lazy var reasonFinder = ReasonFinder(fitted, categories: categories)

  /// Reasons of the best three items of some users, evenly chosen; none without users.
  private(set) lazy var sampleOfReasons: [RecommendationReason] = {
    guard let rows = population?.rows else { return [] }
    let ranker = Ranker(fitted)
    let step = max(1, rows.rowCount / 60)
    return stride(from: 0, to: rows.rowCount, by: step).flatMap { row in
      let history = Array(rows.row(row))
      let items = ranker.top(rows, rows: row..<row + 1, count: 3)[0].map(\.index)
      return reasonFinder.reasons(fitted, history, items: items)
    }
  }()

  /// The categories of each item; nil where none are known.
  var categories: [[UInt32]]? {
    guard let lists = stored.items.categories, !stored.categories.isEmpty,
      lists.contains(where: { !$0.isEmpty })
    else { return nil }
    return lists
  }

  /// The categories as they are called: by the last level in a tree, by the whole way where others end in that too.
  private(set) lazy var categoryNames: [String] = {
    let short = stored.categories.map(GroupNames.short)
    let counts = Dictionary(short.map { ($0, 1) }, uniquingKeysWith: +)
    return zip(short, stored.categories).map { counts[$0] == 1 ? $0 : $1 }
  }()

  /// Users as the model sees them, with the rows they were made from.
  private(set) lazy var users: (rows: SparseRows, ids: [String], seen: UserRepresentations)? = {
    guard let inner, let population else { return nil }
    let count = population.rows.rowCount
    let step = max(1, (count + Self.mostUsers - 1) / Self.mostUsers)
    let chosen = Array(stride(from: 0, to: count, by: step))
    let rows = step == 1 ? population.rows : population.rows.rows(at: chosen)
    return (rows, chosen.map { population.ids[$0] }, inner.represent(rows))
  }()

  /// The heaviest cluster of every user.
  private(set) lazy var clusterOfUser: [Int] = {
    guard let users else { return [] }
    return (0..<users.rows.rowCount).map { users.seen.heaviestCluster(of: $0) }
  }()

  /// What sets each cluster apart; nil where nothing does.
  private(set) lazy var clusterNames: [String?] = {
    guard let inner, let users else { return [] }
    let profiles = ClusterProfile.all(
      of: inner, users.rows, items: stored.items, categoryCount: stored.categories.count)
    return ClusterProfile.names(profiles, items: stored.items, categories: stored.categories)
  }()

  /// A cluster's number with its name.
  func name(ofCluster cluster: Int) -> String {
    guard clusterNames.indices.contains(cluster) else { return "cluster \(cluster)" }
    return "\(cluster): \(clusterNames[cluster] ?? "nothing sets it apart")"
  }

  /// A clear member of each cluster, the largest clusters first: the user who belongs to it most among
  /// those with histories of a middling length.
  private(set) lazy var clearMembers: [(cluster: Int, row: Int)] = {
    guard let users, let inner else { return [] }
    let lengths = (0..<users.rows.rowCount).map { users.rows.row($0).count }
    let sorted = lengths.sorted()
    let middle = sorted[sorted.count / 4]...sorted[sorted.count * 3 / 4]
    var sizes = [Int](repeating: 0, count: inner.clusterCount)
    var best = [Int?](repeating: nil, count: inner.clusterCount)
    for (row, cluster) in clusterOfUser.enumerated() {
      sizes[cluster] += 1
      guard middle.contains(lengths[row]) else { continue }
      if let other = best[cluster],
        users.seen.clusterWeights[other, cluster] >= users.seen.clusterWeights[row, cluster]
      {
        continue
      }
      best[cluster] = row
    }
    return sizes.indices.sorted { (-sizes[$0], $0) < (-sizes[$1], $1) }.compactMap { cluster in
      best[cluster].map { (cluster, $0) }
    }
  }()

  /// Why the parts of a model cannot be shown, when they cannot.
  func missing(users wantsUsers: Bool) -> String? {
    if inner == nil { return "models of the kind '\(familyName)' show no user clusters or factors" }
    return wantsUsers && population == nil ? Section.noData : nil
  }
}

extension Section {
  static let noData = "it needs the interactions the model was fitted to; give them with --data"
}

/// A count with its noun, "1 user" or "2,000 users".
func counted(_ count: Int, _ noun: String) -> String {
  "\(NumberText.grouped(count)) \(noun)\(count == 1 ? "" : "s")"
}

/// Words as a list: "a, b and c".
func listed(_ words: [String]) -> String {
  guard words.count > 1, let last = words.last else { return words.first ?? "" }
  return words.dropLast().joined(separator: ", ") + " and " + last
}

/// The middle of some numbers; the upper of two.
func median(_ values: [Int]) -> Int {
  values.isEmpty ? 0 : values.sorted()[values.count / 2]
}
