// Which kinds of users has the model found, and what sets each apart?

import DenseMath
import Glibc
import Plots
import Recommending

/// What the users of one cluster have.
private struct ClusterView {
  let cluster: Int
  let users: Int
  let interactions: Int
  let medianLength: Int
  /// Users that have each item.
  let items: [Double]
  /// Interactions with each category; an item in several counts for each.
  let categories: [Double]
}

private let mostClusters = 30
private let mostCategories = 20

/// Sizes of clusters, what is over-represented in each, and how they differ in categories.
func clustersSection(_ subject: Subject) -> Section {
  let title = "User clusters"
  if let reason = subject.missing(users: true) {
    return Section("clusters", title, [.omitted(reason)])
  }
  guard let users = subject.users, let inner = subject.inner else {
    return Section("clusters", title, [.omitted(Section.noData)])
  }
  guard inner.clusterCount > 1 else {
    return Section(
      "clusters", title, [.omitted("the model has a single cluster: all users are one kind")])
  }
  let views = clusterViews(subject, users.rows)
  let shown = Array(views.prefix(mostClusters))
  let count = Double(users.rows.rowCount)
  var blocks: [Block] = [
    .text(
      "Every user belongs to all clusters by some weight; here each is counted in the heaviest. A cluster is "
        + "called by the category that at least half of its choices have, more often than all users' have it, or "
        + "else by the items that set it apart most. "
        + "\(views.count) of \(inner.clusterCount) clusters are the heaviest of some user."
        + (views.count > shown.count ? " The \(shown.count) largest are shown." : ""))
  ]
  let bars = shown.map { view in
    BarChart.Row(
      subject.name(ofCluster: view.cluster), Double(view.users),
      text:
        "\(NumberText.grouped(view.users)) (\(NumberText.percent(Double(view.users) / count)))")
  }
  if let first = shown.first {
    blocks.append(
      .figure(
        Figure(
          "cluster-sizes", title: "Users in each cluster",
          summary: "The number of users by cluster.",
          chart: BarChart(bars, x: "users")),
        "The largest cluster, number \(first.cluster), holds "
          + "\(NumberText.percent(Double(first.users) / count)) of the users"
          + (shown.last.map { last in
            shown.count > 1
              ? ", the smallest, number \(last.cluster), \(NumberText.percent(Double(last.users) / count))."
              : "."
          } ?? ".")))
  }
  blocks.append(.table(prominenceTable(subject, shown, users.rows)))
  blocks += heatMap(subject, shown, users.rows)
  return Section("clusters", title, blocks)
}

/// The clusters that are some user's heaviest, the largest first.
private func clusterViews(_ subject: Subject, _ rows: SparseRows) -> [ClusterView] {
  let clusters = subject.clusterOfUser
  let lists = subject.categories
  return Set(clusters).map { cluster in
    var items = [Double](repeating: 0, count: subject.itemCount)
    var categories = [Double](repeating: 0, count: subject.stored.categories.count)
    var lengths: [Int] = []
    for row in 0..<rows.rowCount where clusters[row] == cluster {
      lengths.append(rows.row(row).count)
      for item in rows.row(row) {
        items[Int(item)] += 1
        if let lists { for category in lists[Int(item)] { categories[Int(category)] += 1 } }
      }
    }
    return ClusterView(
      cluster: cluster, users: lengths.count, interactions: lengths.reduce(0, +),
      medianLength: median(lengths), items: items, categories: categories)
  }.sorted { (-$0.users, $0.cluster) < (-$1.users, $1.cluster) }
}

/// Interactions of all users with each category.
func categoryTotals(_ subject: Subject, _ rows: SparseRows) -> [Double] {
  var totals = [Double](repeating: 0, count: subject.stored.categories.count)
  guard let lists = subject.categories else { return totals }
  for item in rows.columns { for category in lists[Int(item)] { totals[Int(category)] += 1 } }
  return totals
}

private func prominenceTable(_ subject: Subject, _ views: [ClusterView], _ rows: SparseRows)
  -> Table
{
  let all = rows.columnCounts().map(Double.init)
  let totals = categoryTotals(subject, rows)
  let hasCategories = subject.categories != nil
  var columns: [Table.Heading] = [
    .text("Cluster"), .number("Users"), .number("Median history"),
  ]
  if hasCategories { columns.append(.text("More often than others: categories")) }
  columns.append(.text("More often than others: items"))
  let lines = views.map { view in
    let categories = prominent(
      view.categories, of: Double(view.interactions), all: totals, of: Double(rows.count), least: 3
    ).prefix(3)
    let items = prominent(
      view.items, of: Double(view.users), all: all, of: Double(rows.rowCount),
      least: max(3, Double(view.users) / 50)
    ).prefix(4)
    let cells = [
      subject.name(ofCluster: view.cluster), NumberText.grouped(view.users),
      NumberText.grouped(view.medianLength),
    ]
    let words = categories.map { "\(subject.categoryNames[$0.index])\(liftText($0.lift))" }
    return cells + (hasCategories ? [words.isEmpty ? "–" : words.joined(separator: ", ")] : [])
      + [
        items.isEmpty
          ? "–"
          : items.map { "\(subject.title($0.index))\(liftText($0.lift))" }.joined(separator: ", ")
      ]
  }
  return Table(
    caption:
      "What sets each cluster apart. ×2.0 means twice as often as among all users; the most "
      + "telling come first: over-represented and not rare.",
    columns: columns, rows: lines)
}

/// Lift of categories by cluster.
private func heatMap(_ subject: Subject, _ views: [ClusterView], _ rows: SparseRows) -> [Block] {
  guard subject.categories != nil else {
    return [.omitted("clusters by category; the items have no categories")]
  }
  let totals = categoryTotals(subject, rows)
  let chosen = totals.indices.filter { totals[$0] > 0 }
    .sorted { (-totals[$0], $0) < (-totals[$1], $1) }.prefix(mostCategories)
  var strongest: (lift: Double, words: String) = (0, "")
  var values: [[Double?]] = []
  var texts: [[String]] = []
  for view in views {
    var (line, words): ([Double?], [String]) = ([], [])
    for category in chosen {
      let share = view.categories[category] / Double(max(view.interactions, 1))
      let lift = share / (totals[category] / Double(max(rows.count, 1)))
      line.append(lift > 0 ? max(log2(lift), -2) : -2)
      words.append(NumberText.decimals(lift, lift < 9.95 ? 1 : 0))
      // Small clusters and rare categories reach extremes by chance.
      if lift > strongest.lift, view.categories[category] >= 50 {
        strongest = (
          lift,
          "users of cluster \(view.cluster) choose \(subject.categoryNames[category]) "
            + "\(NumberText.decimals(lift, 1)) times as often as all users"
        )
      }
    }
    values.append(line)
    texts.append(words)
  }
  guard !chosen.isEmpty else { return [] }
  let dropped = totals.count { $0 > 0 } - chosen.count
  return [
    .figure(
      Figure(
        "cluster-categories", title: "Categories by user cluster",
        summary: "For each cluster how often its users choose each category, beside all users.",
        chart: HeatMap(
          rows: views.map { "cluster \($0.cluster)" },
          columns: chosen.map { subject.categoryNames[$0] }, values: values, texts: texts,
          shading: .aroundZero, rowLabel: "", columnLabel: "categories, the most frequent first",
          key: ("half as often or less", "twice as often or more"), limit: 1)),
      "How often the users of each cluster choose a category, as a multiple of all users: blue "
        + "more often, orange less, 1.0 the same. A row with strong colours is a cluster with a "
        + "taste of its own"
        + (strongest.words.isEmpty ? "." : ": \(strongest.words).")
        + (dropped > 0 ? " Not shown are the \(dropped) rarest categories." : ""))
  ]
}
