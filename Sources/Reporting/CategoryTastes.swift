// How do users' tastes go together in categories (Figures 1 a and b of the paper)?

import Plots

/// Categories that are shown, and users in a picture of single ones.
private let most = (categories: 18, users: 60)

/// What the users who go furthest for each category choose, and how many users have two categories among their main
/// ones.
func categoryTastes(_ subject: Subject) -> [Block] {
  guard let rows = subject.population?.rows, let lists = subject.categories else { return [] }
  let names = subject.categoryNames
  let totals = categoryTotals(subject, rows)
  let shown = Array(
    totals.indices.filter { totals[$0] > 0 }
      .sorted { (-totals[$0], $0) < (-totals[$1], $1) }.prefix(most.categories))
  guard shown.count > 1 else { return [] }
  let place = Dictionary(uniqueKeysWithValues: shown.enumerated().map { ($0.element, $0.offset) })
  // Interactions of each user with each category, users x categories shown.
  let counts = (0..<rows.rowCount).map { user in
    var own = [Int](repeating: 0, count: shown.count)
    for item in rows.row(user) {
      for category in lists[Int(item)] { if let at = place[Int(category)] { own[at] += 1 } }
    }
    return own
  }
  let titles = shown.map { names[$0] }
  let rest = totals.count { $0 > 0 } - shown.count
  let omitted =
    rest == 0
    ? ""
    : rest == 1
      ? " The rarest category is left out." : " The \(rest) rarest categories are left out."
  let users = devoted(counts).map { shares(counts[$0]) }
  let pairs = together(counts, titles)
  return [
    .figure(devotees(users, titles), devoteeWords(users) + omitted),
    .figure(pairs.figure, pairs.words + omitted),
  ]
}

/// Users who choose a category most, as many of each as there is room for, each once.
private func devoted(_ counts: [[Int]]) -> [Int] {
  let categories = counts.first?.count ?? 0
  let each = max(1, most.users / max(categories, 1))
  var (chosen, seen) = ([Int](), Set<Int>())
  for category in 0..<categories {
    let order = counts.indices.filter { counts[$0][category] > 0 && !seen.contains($0) }
      .sorted { (-counts[$0][category], $0) < (-counts[$1][category], $1) }
    chosen += order.prefix(each)
    seen.formUnion(order.prefix(each))
  }
  return chosen
}

private func shares(_ counts: [Int]) -> [Double] {
  let sum = Double(max(counts.reduce(0, +), 1))
  return counts.map { Double($0) / sum }
}

/// - Parameter users: of each the share of every category.
private func devotees(_ users: [[Double]], _ titles: [String]) -> Figure {
  Figure(
    "category-devotees", title: "The keenest users of each category",
    summary: "For some users the share of each category in what they choose.",
    chart: HeatMap(
      rows: titles, columns: users.map { _ in "" },
      values: titles.indices.map { category in users.map { $0[category] } },
      shading: .fromZero, rowLabel: "", columnLabel: "users",
      key: ("none of a user's choices", "the largest share")))
}

private func devoteeWords(_ users: [[Double]]) -> String {
  let largest = users.map { $0.max() ?? 0 }.sorted()
  let middle = largest.isEmpty ? 0 : largest[largest.count / 2]
  return
    "A column is one of the \(NumberText.grouped(users.count)) users who choose a category most often, from the "
    + "first category to the last; the darker a cell, the more of what they choose has the category (an item of several counts for each). A category takes "
    + "at most \(NumberText.percent(middle)) of the choices of half of them: "
    + (middle < 0.5 ? "tastes are mixed, and alike in parts." : "tastes are narrow.")
}

/// Users who have two categories among their main ones: the fifth of all categories that they choose most.
private func together(_ counts: [[Int]], _ titles: [String]) -> (figure: Figure, words: String) {
  let size = titles.count
  let fifth = max(1, (size + 4) / 5)
  var pairs = [[Double]](repeating: [Double](repeating: 0, count: size), count: size)
  for own in counts {
    let main = own.indices.filter { own[$0] > 0 }.sorted { (-own[$0], $0) < (-own[$1], $1) }
      .prefix(fifth)
    for one in main { for other in main { pairs[one][other] += 1 } }
  }
  var strongest = (one: 0, other: 0, users: 0.0)
  for one in 0..<size {
    for other in 0..<one where pairs[one][other] > strongest.users {
      strongest = (other, one, pairs[one][other])
    }
  }
  let figure = Figure(
    "category-pairs", title: "Users who like two categories together",
    summary: "For each pair of categories the number of users who have both among their main ones.",
    chart: HeatMap(
      rows: titles, columns: titles, values: pairs.map { $0.map(Optional.some) },
      shading: .fromZero,
      rowLabel: "", columnLabel: "", key: ("no user", "the most users")))
  let share = strongest.users / Double(max(counts.count, 1))
  let words =
    "A user's main categories are the \(fifth == 1 ? "one" : "\(fifth)") chosen most. On the diagonal are the users who "
    + "have a category among them, elsewhere those who have both."
    + (strongest.users > 0
      ? " Most often together: \(titles[strongest.one]) and \(titles[strongest.other]), with "
        + "\(counted(Int(strongest.users), "user")) (\(NumberText.percent(share)))." : "")
  return (figure, words)
}
