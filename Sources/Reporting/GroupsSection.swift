// Which groups of items has the model found, and do they agree with what is known of the items?

import DenseMath
import Glibc
import ModelCatalogue
import Plots

private let mostGroups = 40

/// Sizes, leading items and categories of the item groups, and their agreement with categories.
func groupsSection(_ subject: Subject) -> Section {
  let title = "Item groups"
  guard let groups = subject.groups, groups.count > 0 else {
    return Section(
      "groups", title,
      [
        .omitted(
          "a model of the kind '\(subject.familyName)' with these settings has no item groups")
      ])
  }
  var members = [[Int]](repeating: [], count: groups.count)
  for (item, group) in groups.assignment.enumerated() { members[Int(group)].append(item) }
  let order = members.indices.filter { !members[$0].isEmpty }
    .sorted { (-members[$0].count, $0) < (-members[$1].count, $1) }
  let shown = Array(order.prefix(mostGroups))
  var blocks: [Block] = [
    .text(
      "Every item belongs to all groups by some weight; here each is counted in the heaviest. "
        + "\(order.count) of \(groups.count) groups are the heaviest of some item. A group is called by the "
        + "category or the years that at least half of the choices in it have, or else by its most popular items."
        + (order.count > shown.count ? " The \(shown.count) largest are shown." : ""))
  ]
  let total = Double(max(subject.itemCount, 1))
  let largest = Double(members[order.first ?? 0].count) / total
  let smallest = NumberText.percent(
    Double(members[order.last ?? 0].count) / total, decimals: 1)
  blocks.append(
    .figure(
      Figure(
        "group-sizes", title: "Items in each group", summary: "The number of items by item group.",
        chart: BarChart(
          shown.map { group in
            BarChart.Row(
              subject.groupNames[group], Double(members[group].count),
              text: NumberText.grouped(members[group].count))
          }, x: "items", colour: 2)),
      "The largest group has \(NumberText.percent(largest, decimals: 1)) of the items"
        + (largest > 0.5
          ? ": most items ended up in one group, so groups tell little apart."
          : ", the smallest \(smallest): no group swallows the others, so that to be in one says "
            + "something of an item.")
    ))
  blocks.append(.table(table(subject, shown, members)))
  blocks += agreement(subject, groups)
  return Section("groups", title, blocks)
}

private func table(_ subject: Subject, _ shown: [Int], _ members: [[Int]]) -> Table {
  let popularity = subject.popularity
  let all = Double(max(popularity.reduce(0, +), 1))
  let isKnown = popularity.contains { $0 > 0 }
  let hasCategories = subject.categories != nil
  var columns: [Table.Heading] = [
    .text("Group"), .number("Items"), .number("Interactions"), .text("Most popular items"),
  ]
  if hasCategories { columns.append(.text("Most frequent categories")) }
  let lines = shown.map { group in
    let items = members[group].sorted { (-popularity[$0], $0) < (-popularity[$1], $1) }
    let share = Double(items.reduce(0) { $0 + popularity[$1] }) / all
    var cells = [
      subject.groupNames[group], NumberText.grouped(items.count),
      NumberText.percent(share, decimals: 1),
      items.prefix(4).map { subject.title($0) }.joined(separator: ", "),
    ]
    if let lists = subject.categories {
      // Of choices, as names are; of items where a file tells of no choices.
      let weights = items.map { max(popularity[$0], isKnown ? 0 : 1) }
      var counts = [Int](repeating: 0, count: subject.stored.categories.count)
      for (item, weight) in zip(items, weights) {
        for category in lists[item] { counts[Int(category)] += weight }
      }
      let total = max(weights.reduce(0, +), 1)
      let leading = counts.indices.filter { counts[$0] > 0 }
        .sorted { (-counts[$0], $0) < (-counts[$1], $1) }.prefix(3)
      cells.append(
        leading.map {
          let share = Double(counts[$0]) / Double(total)
          return "\(subject.categoryNames[$0]) \(NumberText.percent(share))"
        }.joined(separator: ", "))
    }
    return cells
  }
  return Table(
    caption: "The item groups: their share of all interactions, and what is in them"
      + (hasCategories
        ? "; behind a category stands the share of the group's interactions that have it." : "."),
    columns: columns, rows: lines)
}

/// How far groups and categories say the same of items, beside groups drawn by chance.
private func agreement(_ subject: Subject, _ groups: (assignment: [UInt32], count: Int)) -> [Block]
{
  guard let lists = subject.categories else {
    return [.omitted("agreement with categories; the items have no categories")]
  }
  let count = subject.stored.categories.count
  let found = Agreement(groups.assignment, groups.count, lists, count)
  var random = RandomStream(seed: 20, stage: RandomStage.chanceGroups, index: 0)
  var shuffled = groups.assignment
  var chance: [Agreement] = []
  for _ in 0..<5 {
    for place in stride(from: shuffled.count - 1, to: 0, by: -1) {
      shuffled.swapAt(place, random.below(place + 1))
    }
    chance.append(Agreement(shuffled, groups.count, lists, count))
  }
  func mean(_ value: (Agreement) -> Double) -> Double {
    chance.reduce(0) { $0 + value($1) } / Double(chance.count)
  }
  return [
    .table(
      Table(
        caption:
          "Agreement of the groups with the categories. By chance: the same groups with the items "
          + "shuffled among them, the mean of five draws. "
          + agreementWords(found.purity, chance: mean(\.purity)),
        columns: [.text("Measure"), .number("Found"), .number("By chance")],
        rows: [
          [
            "Share of items that have their group's most frequent category",
            NumberText.percent(found.purity), NumberText.percent(mean(\.purity)),
          ],
          [
            "Normalised mutual information (1: groups and categories are the same)",
            NumberText.decimals(found.information, 3), NumberText.decimals(mean(\.information), 3),
          ],
        ]))
  ]
}

/// What a share says beside what chance gives, by how much of the way from chance to 1 it is.
private func agreementWords(_ share: Double, chance: Double) -> String {
  let way = chance < 1 ? (share - chance) / (1 - chance) : 0
  if way < 0.05 { return "The groups follow the categories no more than chance would." }
  return way < 0.25
    ? "The groups follow the categories a little more than chance would: they say something else for the most part."
    : "The groups follow the categories clearly more than chance would."
}

/// Measures of agreement between groups and categories over the items that have categories.
private struct Agreement {
  /// The share of items that have the most frequent category of their group.
  var purity = 0.0
  /// I(group; category) / sqrt(H(group) H(category)), an item in several categories counting a part for
  /// each.
  var information = 0.0

  init(_ assignment: [UInt32], _ groups: Int, _ lists: [[UInt32]], _ categories: Int) {
    var joint = [Double](repeating: 0, count: groups * categories)
    var holders = [Double](repeating: 0, count: groups * categories)
    var total = 0.0
    for (item, group) in assignment.enumerated() where !lists[item].isEmpty {
      total += 1
      for category in lists[item] {
        joint[Int(group) * categories + Int(category)] += 1 / Double(lists[item].count)
        holders[Int(group) * categories + Int(category)] += 1
      }
    }
    guard total > 0 else { return }
    var (rows, columns) = (
      [Double](repeating: 0, count: groups), [Double](repeating: 0, count: categories)
    )
    for group in 0..<groups {
      for category in 0..<categories {
        rows[group] += joint[group * categories + category]
        columns[category] += joint[group * categories + category]
      }
      purity += (holders[group * categories..<(group + 1) * categories].max() ?? 0) / total
    }
    func entropy(_ sizes: [Double]) -> Double {
      sizes.reduce(0) { $1 > 0 ? $0 - $1 / total * log($1 / total) : $0 }
    }
    let scale = (entropy(rows) * entropy(columns)).squareRoot()
    guard scale > 0 else { return }
    information = (entropy(rows) + entropy(columns) - entropy(joint)) / scale
  }
}
