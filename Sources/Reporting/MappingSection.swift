// Which factors matter to which item groups?

import DenseMath
import Plots
import Recommending

private let mostDimensions = 100
private let mostGroups = 12

/// Sizes of the factor-to-group values, and two users' own matrices of them.
func mappingSection(_ subject: Subject) -> Section {
  let title = "Factors and item groups"
  if let reason = subject.missing(users: false) {
    return Section("mapping", title, [.omitted(reason)])
  }
  guard let inner = subject.inner, let mapping = inner.factorToGroup, mapping.count > 0 else {
    return Section(
      "mapping", title, [.omitted("the model has no item groups for factors to act on")])
  }
  var blocks: [Block] = [
    .text(
      subject.fitted.core.settings["doors"].map { $0.bool ?? true } ?? false
        ? "For every cluster and item group the model has a vector that says how far each factor "
          + "moves the group's items, in units of scores. Where it is exactly zero the door is "
          + "closed: the factor says nothing about any item of the group."
        : "For every cluster and item group the model has a vector that says how far each latent "
          + "dimension raises or lowers the whole group. Training can set whole vectors to exactly "
          + "zero where they are not needed."
    )
  ]
  blocks.append(histogram(mapping))
  guard let users = subject.users else { return Section("mapping", title, blocks) }
  blocks += matrices(subject, inner, users)
  return Section("mapping", title, blocks)
}

private func histogram(_ mapping: Matrix<Float>) -> Block {
  let values = mapping.buffer.map { abs(Double($0)) }
  let others = values.filter { $0 > 0 }
  let zero = Double(values.count - others.count) / Double(values.count)
  let sorted = others.sorted()
  let most = sorted.last ?? 1
  // The largest of very many would leave the others a corner of the chart.
  let end = sorted.isEmpty ? 1 : sorted[min(sorted.count - 1, sorted.count * 999 / 1000)]
  return .figure(
    Figure(
      "mapping-values", title: "Sizes of the factor-to-group values",
      summary: "A histogram of the absolute values that are not zero.",
      chart: Histogram(
        others.filter { $0 <= end }, x: "|o|, zeros left out", y: "values", bins: 40,
        over: 0...max(end, 1e-9))),
    "\(NumberText.percent(zero)) of the \(NumberText.grouped(values.count)) values are exactly "
      + "zero and not drawn; "
      + (others.isEmpty
        ? "none is left."
        : "of the others half lie below \(NumberText.short(sorted[sorted.count / 2])), and the "
          + "largest is \(NumberText.short(most)). The more values are small, the fewer factors "
          + "an explanation needs.")
  )
}

private func matrices(
  _ subject: Subject, _ inner: any InterpretableModel,
  _ users: (rows: SparseRows, ids: [String], seen: UserRepresentations)
) -> [Block] {
  let chosen = subject.clearMembers.prefix(2)
  let found = chosen.compactMap { user in
    inner.factorToGroup(of: users.seen, row: user.row).map { (user: user, matrix: $0) }
  }
  guard let first = found.first?.matrix else { return [] }
  // The same rows and columns for both users, so that they can be compared.
  let columns = strongest(first.columns, mostDimensions) { column in
    found.reduce(0.0) { sum, entry in
      (0..<entry.matrix.rows).reduce(sum) { $0 + Double(abs(entry.matrix[$1, column])) }
    }
  }
  let rows = strongest(first.rows, mostGroups) { row in
    found.reduce(0.0) { sum, entry in
      entry.matrix.row(row).reduce(sum) { $0 + Double(abs($1)) }
    }
  }
  let limit = found.flatMap { entry in entry.matrix.buffer.map { abs(Double($0)) } }.max() ?? 1
  guard limit > 0 else {
    return [.omitted("the matrices of two users; all their values are zero")]
  }
  let text = NumberText.short(limit)
  let panels = found.map { entry -> (title: String, chart: any Chart) in
    let weight = Double(users.seen.clusterWeights[entry.user.row, entry.user.cluster])
    return (
      "\(subject.name(ofUser: users.ids[entry.user.row])), cluster \(entry.user.cluster) by "
        + "\(NumberText.percent(weight))",
      HeatMap(
        rows: rows.map { subject.groupNames[$0] },
        columns: columns.map { _ in "" },
        values: rows.map { row in columns.map { Double(entry.matrix[row, $0]) } },
        shading: .aroundZero, rowLabel: "", columnLabel: "latent dimensions",
        key: ("−" + text, text), limit: limit)
    )
  }
  return [
    .figure(
      Figure(
        "mapping-users", title: "Factors and item groups, two users",
        summary: "Item groups by latent dimensions, shaded by the factor-to-group value.",
        chart: SmallMultiples(panels, columns: 1)),
      "The clearest members of the two largest clusters. A row is an item group, a column one of "
        + (columns.count < first.columns
          ? "the \(columns.count) of \(first.columns) dimensions with the largest values"
          : "the \(columns.count) dimensions")
        + "; blue raises the group when the dimension is positive, orange lowers it. A blank row "
        + "would be a group that no factor moves.")
  ]
}

/// The indices with the largest values, in their own order.
private func strongest(_ count: Int, _ most: Int, _ value: (Int) -> Double) -> [Int] {
  let values = (0..<count).map(value)
  return Array(
    values.indices.sorted { (-values[$0], $0) < (-values[$1], $1) }.prefix(most)
  ).sorted()
}
