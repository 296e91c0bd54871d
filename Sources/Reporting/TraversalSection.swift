// What does a latent dimension stand for? Alter it and see what comes nearest.

import DenseMath
import Plots
import Recommending

private let shownDimensions = 3
private let listLength = 50
private let mostItems = 200_000

/// For one user, how recommendations change as single dimensions are altered.
func traversalSection(_ subject: Subject) -> Section {
  let title = "Walks along latent dimensions"
  if let reason = subject.missing(users: true) {
    return Section("traversals", title, [.omitted(reason)])
  }
  guard let traversal = Traversal(subject) else {
    return Section("traversals", title, [.omitted("no user can be represented")])
  }
  guard subject.itemCount <= mostItems else {
    return Section(
      "traversals", title,
      [.omitted("above \(NumberText.grouped(mostItems)) items it would take too long")])
  }
  var blocks: [Block] = [
    .text(
      "\(capitalised(traversal.name)), the clearest member of the largest cluster, stands at a point of "
        + "the latent space. One dimension of that point is altered at a time, in units of its "
        + "standard deviation over all users, and all items are ranked anew, own items included. "
        + "Shown are the \(shownDimensions) dimensions that change the \(listLength) best items "
        + "most.")
  ]
  for dimension in traversal.dimensions() { blocks += traversal.blocks(dimension) }
  return Section("traversals", title, blocks)
}

/// One user's walk through the latent space.
private struct Traversal {
  let subject: Subject
  let inner: any InterpretableModel
  let name: String
  private let row: Int
  private let seen: UserRepresentations
  private let deviations: [Double]

  /// The steps of a walk, in standard deviations.
  static let steps: [Double] = [-8, -6, -4, -2, 0, 2, 4, 6, 8]

  init?(_ subject: Subject) {
    guard let inner = subject.inner, let users = subject.users,
      let member = subject.clearMembers.first
    else { return nil }
    self.subject = subject
    self.inner = inner
    row = member.row
    seen = users.seen
    name = subject.name(ofUser: users.ids[member.row])
    let count = Double(users.seen.points.rows)
    var (sums, squares) = (
      [Double](repeating: 0, count: inner.latentCount),
      [Double](repeating: 0, count: inner.latentCount)
    )
    for user in 0..<users.seen.points.rows {
      for (index, value) in users.seen.points.row(user).enumerated() {
        sums[index] += Double(value)
        squares[index] += Double(value) * Double(value)
      }
    }
    deviations = zip(sums, squares).map {
      max($1 / count - ($0 / count) * ($0 / count), 0).squareRoot()
    }
  }

  /// The best items when a dimension is moved by some standard deviations, for each step.
  private func lists(_ moves: [(dimension: Int, step: Double)]) -> [[UInt32]] {
    let moved = seen.rows(at: moves.map { _ in row })
    for (place, move) in moves.enumerated() {
      moved.points[place, move.dimension] += Float(move.step * deviations[move.dimension])
    }
    let scores = Matrix<Float>(rows: moves.count, columns: subject.itemCount)
    inner.score(moved, into: scores)
    return (0..<moves.count).map { place in
      topOfRow(UnsafeBufferPointer(scores.row(place)), count: listLength).map(\.index)
    }
  }

  /// The dimensions whose ends have fewest items in common, the strongest first.
  func dimensions() -> [Int] {
    let ends = [Self.steps.first ?? 0, Self.steps.last ?? 0]
    var changes: [(dimension: Int, change: Int)] = []
    // A few dimensions at once, so that the scores stay small.
    for start in stride(from: 0, to: inner.latentCount, by: 32) {
      let part = Array(start..<min(start + 32, inner.latentCount))
      let lists = lists(part.flatMap { dimension in ends.map { (dimension, $0) } })
      for (place, dimension) in part.enumerated() where deviations[dimension] > 0 {
        let common = Set(lists[2 * place]).intersection(lists[2 * place + 1]).count
        changes.append((dimension, listLength - common))
      }
    }
    return changes.sorted { (-$0.change, $0.dimension) < (-$1.change, $1.dimension) }
      .prefix(shownDimensions).map(\.dimension)
  }

  /// A walk as a chart of categories and a table of items.
  func blocks(_ dimension: Int) -> [Block] {
    let lists = lists(Self.steps.map { (dimension, $0) })
    var blocks: [Block] = []
    if let categories = subject.categories {
      blocks.append(figure(dimension, lists, categories))
    }
    blocks.append(.table(table(dimension, lists)))
    return blocks
  }

  private func figure(_ dimension: Int, _ lists: [[UInt32]], _ categories: [[UInt32]]) -> Block {
    let names = subject.categoryNames
    let shares = lists.map { list in
      var counts = [Double](repeating: 0, count: names.count)
      for item in list { for category in categories[Int(item)] { counts[Int(category)] += 1 } }
      return counts.map { $0 / Double(max(list.count, 1)) }
    }
    let changes = names.indices.map { category in
      let values = shares.map { $0[category] }
      return (values.max() ?? 0) - (values.min() ?? 0)
    }
    let chosen = names.indices.filter { changes[$0] > 0 }
      .sorted { (-changes[$0], $0) < (-changes[$1], $1) }.prefix(5)
    let series = chosen.map { category in
      LineChart.Series(
        names[category],
        zip(Self.steps, shares).map { LineChart.Point(x: $0, y: $1[category] * 100) })
    }
    let words = chosen.prefix(2).map { category in
      let (first, last) = (shares.first?[category] ?? 0, shares.last?[category] ?? 0)
      return
        "\(names[category]) goes from \(NumberText.percent(first)) to \(NumberText.percent(last))"
    }
    return .figure(
      Figure(
        "traversal-\(dimension)",
        title: "The best items along dimension \(dimension)",
        summary: "The share of categories among the best items by the value of the dimension.",
        chart: LineChart(
          series, x: "change of the dimension, in standard deviations",
          y: "% of the \(listLength) best", startsAtZero: true, height: 230)),
      "Which categories the \(listLength) best items have as dimension \(dimension) falls (left) "
        + "and grows (right)"
        + (words.isEmpty ? "; they stay the same." : ": \(listed(words)).")
        + " 0 is the user as they are.")
  }

  private func table(_ dimension: Int, _ lists: [[UInt32]]) -> Table {
    let places = [0, Self.steps.count / 2, Self.steps.count - 1]
    let base = Set(lists[places[1]].prefix(8))
    return Table(
      caption:
        "Dimension \(dimension): the eight best items at both ends of the walk and for the user "
        + "as they are; + marks those that are not among the latter.",
      columns: places.map { place in
        let step = Self.steps[place]
        return .text(
          step == 0 ? "As they are" : "\(NumberText.signed(step, 0)) standard deviations")
      },
      rows: (0..<8).compactMap { rank in
        guard lists.allSatisfy({ $0.count > rank }) else { return nil }
        return places.map { place in
          let item = lists[place][rank]
          return (base.contains(item) ? "" : "+ ") + subject.title(Int(item))
        }
      })
  }
}
