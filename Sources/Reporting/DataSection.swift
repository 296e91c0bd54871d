// What are the interactions like that the model was fitted to?

import Glibc
import Plots

/// How interactions spread over users, items and categories.
func dataSection(_ subject: Subject) -> Section {
  let title = "The data"
  guard let population = subject.population else {
    return Section("data", title, [.omitted(Section.noData)])
  }
  let rows = population.rows
  let perUser = (0..<rows.rowCount).map { rows.row($0).count }
  let perItem = rows.columnCounts()
  var panels: [(title: String, chart: any Chart)] = [
    (
      "Interactions of a user",
      Histogram(counts: perUser, x: "interactions", y: "users")
    ),
    (
      "Interactions of an item",
      Histogram(counts: perItem, x: "interactions", y: "items", colour: 1)
    ),
  ]
  let popular = perItem.sorted(by: >)
  let tenth = popular.prefix(max(1, popular.count / 10)).reduce(0, +)
  var words =
    "Half of the users have at most \(NumberText.grouped(median(perUser))) interactions, half of "
    + "the items at most \(NumberText.grouped(median(perItem))), and the most popular tenth of "
    + "the items has \(NumberText.percent(Double(tenth) / Double(max(rows.count, 1)))) of all"
    + (2 * tenth > rows.count ? ": a few items are chosen by many, most by few" : "")
    + ". The lower axes grow by factors, not by steps."
  var more: [Block] = []
  if let categories = subject.categories {
    let spread = effectiveCategories(subject, categories)
    panels.append(
      (
        "Categories of a user",
        Histogram(spread, x: "categories in effect", y: "users", colour: 2)
      ))
    let middle = spread.isEmpty ? 0 : spread.sorted()[spread.count / 2]
    words +=
      " Right: over how many of the \(subject.stored.categories.count) categories a user's "
      + "interactions spread, counted as so many equally large ones (e to the entropy); half of "
      + "the users spread over at most \(NumberText.decimals(middle, 1))."
  } else {
    more.append(.omitted("how users spread over categories; the items have no categories"))
  }
  let figure = Figure(
    "data-distributions", title: "How interactions are distributed",
    summary: "Histograms of interactions by user and by item, and of categories by user.",
    chart: SmallMultiples(panels, columns: 3))
  let opening =
    "\(counted(population.rows.rowCount, "user")), \(counted(subject.itemCount, "item")), "
    + "\(counted(rows.count, "interaction"))"
    + (population.plan == nil ? "." : ": the training part of the split.")
  return Section(
    "data", title, [.text(opening), .figure(figure, words)] + categoryTastes(subject) + more)
}

/// For each user e to the entropy of how their interactions spread over categories: the number of equally
/// large categories that would spread as far. An item in several categories counts a part for each.
private func effectiveCategories(_ subject: Subject, _ categories: [[UInt32]]) -> [Double] {
  guard let rows = subject.population?.rows else { return [] }
  return (0..<rows.rowCount).compactMap { row in
    var shares = [Double](repeating: 0, count: subject.stored.categories.count)
    for item in rows.row(row) {
      let list = categories[Int(item)]
      for category in list { shares[Int(category)] += 1 / Double(list.count) }
    }
    let total = shares.reduce(0, +)
    guard total > 0 else { return nil }
    let entropy = shares.reduce(0.0) { sum, share in
      share > 0 ? sum - share / total * log(share / total) : sum
    }
    return exp(entropy)
  }
}
