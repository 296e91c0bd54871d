// What is the model in numbers?

import Fitting
import Interchange
import ModelCatalogue
import Plots
import Recommending

/// The model's kind, sizes and settings.
func numbersSection(_ subject: Subject) -> Section {
  let stored = subject.stored
  var facts: [[String]] = []
  let family = ModelCatalogue.families.first { $0.name == subject.familyName }
  facts.append(["Model", subject.familyName + (family.map { ", \($0.summary)" } ?? "")])
  let (users, interactions) = (
    stored.description["training_users"]?.int, stored.description["training_interactions"]?.int
  )
  if let users { facts.append(["Users it was fitted to", NumberText.grouped(users)]) }
  facts.append(["Items it can recommend", NumberText.grouped(subject.itemCount)])
  if let interactions {
    var text = NumberText.grouped(interactions)
    if let users, users > 0, subject.itemCount > 0 {
      let share = Double(interactions) / Double(users) / Double(subject.itemCount)
      text +=
        ", \(NumberText.decimals(Double(interactions) / Double(users), 1)) a user; "
        + "\(NumberText.percent(share, decimals: 2)) of all pairs of a user and an item"
    }
    facts.append(["Interactions it was fitted to", text])
  }
  if let epoch = stored.description["settings"]?["best_epoch"]?.int {
    facts.append(["Epoch that was kept", NumberText.grouped(epoch)])
  }
  if let value = stored.description["settings"]?["validation"]?.double {
    let metric = stored.description["settings"]?["validation_metric"]?.string ?? "metric"
    let isRefitted = stored.description["settings"]?["refit"]?.bool == true
    let whose = isRefitted ? ", before it was fitted to them as well" : ""
    facts.append(["\(metric) on validation users\(whose)", NumberText.decimals(value, 4)])
  }
  if let gain = stored.description["gain"]?["text"]?.string {
    facts.append(["Compared with models that take seconds", gain])
  }
  facts += innerFacts(subject)
  var blocks: [Block] = [
    .table(
      Table(
        caption: "What it is and what it was fitted to.", columns: [.text("What"), .text("Value")],
        rows: facts))
  ]
  if let inner = subject.inner { blocks += clusterBlocks(inner) }
  if let family {
    blocks += settingsBlocks(
      family, stored.description["settings"], stored.description["reasons"])
  }
  return Section("numbers", "The model in numbers", blocks)
}

private func innerFacts(_ subject: Subject) -> [[String]] {
  var facts: [[String]] = []
  if let inner = subject.inner {
    facts.append(["User clusters kept (K*)", NumberText.grouped(inner.clusterCount)])
    facts.append(["Latent factors", NumberText.grouped(inner.latentCount)])
  }
  if let groups = subject.groups {
    let used = Set(groups.assignment).count
    facts.append([
      "Item groups in use", "\(used) of \(groups.count): those that some item is in most",
    ])
  }
  if let mapping = subject.inner?.factorToGroup, mapping.rows > 0 {
    let zero = (0..<mapping.rows).count { row in mapping.row(row).allSatisfy { $0 == 0 } }
    let share = Double(zero) / Double(mapping.rows)
    facts.append([
      "Factor-to-group vectors that are exactly zero",
      "\(NumberText.grouped(zero)) of \(NumberText.grouped(mapping.rows)) "
        + "(\(NumberText.percent(share)))",
    ])
  }
  return facts
}

/// What each cluster is like inside.
private func clusterBlocks(_ inner: any InterpretableModel) -> [Block] {
  let (shares, kept) = (inner.expectedClusterShares, inner.keptDimensions)
  let variances = inner.clusterVariances
  let rows = shares.indices.sorted { (-shares[$0], $0) < (-shares[$1], $1) }.map { cluster in
    let values = (variances?.row(cluster)).map { $0.map(Double.init) } ?? []
    return [
      String(cluster), NumberText.percent(shares[cluster]),
      "\(NumberText.grouped(kept[cluster].count { $0 })) of \(NumberText.grouped(inner.latentCount))",
      values.max().map { NumberText.decimals($0, 3) } ?? "–",
      values.min().map { NumberText.decimals($0, 3) } ?? "–",
    ]
  }
  let table = Table(
    caption: "User clusters. A cluster keeps as many dimensions (its d) as it needs: those whose "
      + "variance is not small beside the cluster's largest.",
    columns: [
      .number("Cluster"), .number("Expected share of users"), .number("Dimensions kept"),
      .number("Largest variance"), .number("Smallest variance"),
    ], rows: rows)
  guard variances == nil else { return [.table(table)] }
  return [
    .table(table),
    .omitted(
      "variances of the dimensions; they were not learnt (the setting ard is off, or "
        + "the model has none)"),
  ]
}

/// - Parameter reasons: why settings are what they are, by name.
private func settingsBlocks(
  _ family: any ModelFamily.Type, _ settings: JSONValue?, _ reasons: JSONValue?
) -> [Block] {
  let changed = family.options.compactMap { option -> [String]? in
    // A fitted model notes there how many clusters it kept, which the table above shows.
    let isResult = option.name == "clusters" && settings?["dimensions"] != nil
    guard !isResult, let value = settings?[option.name], let text = changedText(value, option)
    else {
      return nil
    }
    let why = reasons?[option.name]?.string.map { "\n" + $0 } ?? ""
    return [option.name, text, option.defaultText, option.help + why]
  }
  guard !changed.isEmpty else {
    return [.text("All settings are the defaults of '\(family.name)'.")]
  }
  return [
    .table(
      Table(
        caption: "Settings that differ from the defaults, by choice or as the fit chose them.",
        columns: [.text("Setting"), .number("Value"), .number("Default"), .text("Meaning")],
        rows: changed))
  ]
}

/// A value as text when it is not the option's default.
private func changedText(_ value: JSONValue, _ option: ModelOption) -> String? {
  // What the model had no use for was left as it was.
  guard value != "auto" else { return nil }
  return switch option.kind {
  case .integer(let usual, _): value.int == usual ? nil : value.int.map(String.init) ?? value.text
  case .number(let usual, _):
    value.double == usual ? nil : value.double.map(NumberText.short) ?? value.text
  case .flag(let usual): value.bool == usual ? nil : value.bool == true ? "on" : "off"
  case .choice(let usual, _): value.string == usual ? nil : value.string ?? value.text
  }
}
