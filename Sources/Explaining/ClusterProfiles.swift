// What sets the users of each cluster apart from all users, and what is a cluster called for it?

import DenseMath
import Interchange
import Recommending

/// What the users whose heaviest cluster is this one have more of than all users.
package struct ClusterProfile {
  /// How many users these are.
  private(set) var users = 0
  /// The middle of their histories' lengths, and that of all users'.
  private(set) var length = 0
  private(set) var usualLength = 0
  /// Over-represented categories, as shares of interactions, and items, as shares of users; the most
  /// telling first.
  private(set) var categories: [Prominent] = []
  private(set) var items: [Prominent] = []

  /// The profile of every cluster of a model.
  ///
  /// - Parameters:
  ///   - rows: users' histories, in the model's items.
  ///   - items: the model's items, with their categories where known.
  ///   - categoryCount: how many categories there are.
  package static func all(
    of model: any InterpretableModel, _ rows: SparseRows, items: ItemChunk, categoryCount: Int
  ) -> [ClusterProfile] {
    let seen = model.represent(rows)
    let none = Counts(items: rows.columnCount, categories: categoryCount)
    var (own, all) = ([Counts](repeating: none, count: model.clusterCount), none)
    for row in 0..<rows.rowCount {
      own[seen.heaviestCluster(of: row)].add(rows.row(row), categories: items.categories)
      all.add(rows.row(row), categories: items.categories)
    }
    return own.map { own in
      let least = max(3, 0.01 * Double(own.users))
      return ClusterProfile(
        users: own.users, length: own.length, usualLength: all.length,
        categories: prominent(
          own.categories, of: own.interactions, all: all.categories, of: all.interactions, least: 1),
        items: prominent(
          own.items, of: Double(own.users), all: all.items, of: Double(all.users), least: least))
    }
  }

  /// What clusters are called: a category that at least half of their interactions have and that sets them apart,
  /// else the two items that do most; nil where nothing sets a cluster apart. No two have one name.
  package static func names(
    _ profiles: [ClusterProfile], items chunk: ItemChunk, categories names: [String]
  ) -> [String?] {
    var taken = Set<String>()
    return profiles.map { profile in
      let kinds = profile.categories.filter {
        $0.share >= 0.5 && $0.lift >= leastLift && !names[$0.index].isEmpty
      }.map { GroupNames.short(names[$0.index]) }
      let titles = profile.items.filter { $0.lift >= leastLift }.prefix(2)
        .map { chunk.name(of: $0.index) }.joined(separator: ", ")
      return (kinds + [titles]).first { !$0.isEmpty && taken.insert($0).inserted }
    }
  }

  /// How much more often than all users a cluster's must have what names it.
  private static let leastLift = 1.25

  private struct Counts {
    var users = 0
    var lengths: [Int] = []
    var items: [Double]
    var categories: [Double]

    init(items: Int, categories: Int) {
      self.items = [Double](repeating: 0, count: items)
      self.categories = [Double](repeating: 0, count: categories)
    }

    var interactions: Double { Double(lengths.reduce(0, +)) }
    var length: Int { lengths.isEmpty ? 0 : lengths.sorted()[lengths.count / 2] }

    mutating func add(_ history: some Collection<UInt32>, categories lists: [[UInt32]]?) {
      users += 1
      lengths.append(history.count)
      for item in history {
        items[Int(item)] += 1
        for category in lists?[Int(item)] ?? [] { categories[Int(category)] += 1 }
      }
    }
  }
}
