// How does an explanation read, for people and for programs?

import DenseMath
import Fitting
import Interchange
import Recommending
import ToolKit

/// A recommendation with what speaks for it.
struct ExplainedItem: Sendable {
  /// The parts of the score, where they are wanted.
  let explanation: Explanation?
  let reason: RecommendationReason
  /// What it is set against.
  let contrasts: [Explanation]
  /// What was found where it was asked for.
  let counterfactual: Counterfactual??
  /// Its place in the user's list, or among all items where it was asked for by name.
  var rank: Int
}

/// A user's recommendations.
struct ExplainedUser: Sendable {
  let id: String
  let history: [UInt32]
  /// The round of the lists they are from.
  var round: UInt8?
  let items: [ExplainedItem]
}

/// Words explanations as text or as JSON lines.
struct ExplanationPrinter: Sendable {
  private let format: ExplanationFormat
  private let show: Int
  private let isBrief: Bool
  private let items: ItemChunk
  private let words: ReasonWords
  private let groupNames: GroupNames?
  private let factorNames: FactorNames?
  /// What each cluster is called, where something sets it apart; empty where nothing asks for it.
  private let clusterNames: [String?]
  private let templates: SentenceTemplates

  init(
    format: ExplanationFormat, show: Int, isBrief: Bool, model: StoredModel,
    fitted: any RecommendationModel, templates: SentenceTemplates, clusterNames: [String?]
  ) {
    self.format = format
    (self.show, self.isBrief) = (show, isBrief)
    self.templates = templates
    self.clusterNames = clusterNames
    items = model.items
    groupNames = GroupNames(fitted, model)
    factorNames = FactorNames(fitted, model)
    words = ReasonWords(model)
  }

  /// What is written about a user.
  func text(_ user: ExplainedUser) -> String {
    switch format {
    case .jsonl:
      return user.items.map { json(user, $0).text + "\n" }.joined()
    case .text:
      let round = user.round.map { ", round \($0)" } ?? ""
      var result = "User \(user.id.printable), \(user.history.count) interactions\(round)\n"
      if !isBrief, let clusters = user.items.first?.explanation?.clusters, !clusters.isEmpty {
        let shares = clusters.prefix(show).map { "\($0.index) (\(percent($0.weight)))" }
        result += "  user clusters: \(shares.joined(separator: ", "))\n"
      }
      for item in user.items { result += text(user, item) }
      return result + "\n"
    }
  }

  private func text(_ user: ExplainedUser, _ item: ExplainedItem) -> String {
    let own =
      user.history.contains(item.reason.item)
      ? "     is the user's own; explained as if it were not\n" : ""
    let sentence = sentence(user, item)
    guard !isBrief, let explanation = item.explanation else {
      return "  \(item.rank). \(sentence)\n" + own
    }
    var result = text(item.rank, explanation) + own
    if !sentence.isEmpty { result += "     in short: \(sentence)\n" }
    for other in item.contrasts { result += text(explanation, ratherThan: other) }
    if let found = item.counterfactual { result += words(found) }
    return result
  }

  private func words(_ found: Counterfactual?) -> String {
    guard let found else {
      return "     no few of them were found without which it leaves the list\n"
    }
    let names = found.removed.map { items.name(of: Int($0)) }.joined(separator: ", ")
    return "     without \(names) it would be number \(found.rankWithout)\n"
  }

  /// What a first item's parts have beyond a second's.
  private func difference(
    _ first: [Explanation.Contribution], _ second: [Explanation.Contribution]
  ) -> [Explanation.Contribution] {
    (first + second.map { .init(source: $0.source, value: -$0.value) }).bySource
      .sorted(by: isBefore)
  }

  /// A score by item groups, where the model has them; these parts add up to it too.
  private func byGroups(_ explanation: Explanation) -> [Explanation.Contribution] {
    explanation.contributions.filter { part in
      switch part.source {
      case .factor, .group: false
      default: true
      }
    }
      + explanation.groups.map { .init(source: .group($0.index), value: $0.contribution) }
  }

  /// How far the score falls without each own item, as parts.
  private func falls(_ explanation: Explanation) -> [Explanation.Contribution] {
    explanation.leaveOneOut.map { .init(source: .item(UInt32($0.index)), value: $0.weight) }
  }

  /// Why one item rather than another: by groups and own items, and then by factors.
  private func text(_ explanation: Explanation, ratherThan other: Explanation) -> String {
    let name = items.name(of: Int(other.item))
    var lines = [
      "     rather than \(name) (\(signed(explanation.score - other.score))): "
        + summed(
          explanation.groups.isEmpty
            ? difference(explanation.contributions, other.contributions)
            : difference(byGroups(explanation), byGroups(other)),
          of: explanation.item)
    ]
    let own = difference(falls(explanation), falls(other)).prefix(show)
    if !own.isEmpty {
      let words = own.map { "\(self.name($0.source)) \(signed($0.value))" }
      lines.append("       it would lose more without: " + words.joined(separator: ", "))
    }
    if !explanation.groups.isEmpty {
      let factors = difference(factors(explanation), factors(other))
      lines.append("       or by factors: " + summed(factors, of: explanation.item))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func factors(_ explanation: Explanation) -> [Explanation.Contribution] {
    explanation.contributions.filter {
      if case .factor = $0.source { true } else { false }
    }
  }

  private func sentence(_ user: ExplainedUser, _ item: ExplainedItem) -> String {
    var values = words.values(item.reason)
    values["user"] = user.id
    values["rank"] = String(item.rank)
    values["score"] = fixed(item.explanation?.score ?? item.reason.score, 4)
    if let cluster = item.explanation?.clusters.first {
      values["cluster"] = clusterName(cluster.index)
    }
    return templates.sentence(values)
  }

  private func text(_ rank: Int, _ explanation: Explanation) -> String {
    var lines = [
      "  \(rank). \(items.name(of: Int(explanation.item)))  score \(fixed(explanation.score, 4))"
    ]
    if explanation.groups.isEmpty {
      lines.append("     made of: " + summed(explanation.contributions, of: explanation.item))
    } else {
      let own = explanation.contributions.filter {
        if case .item = $0.source { true } else { false }
      }
      // What own items add directly is one part here and taken apart below.
      let direct = own.reduce(0) { $0 + $1.value }
      let others = byGroups(explanation).filter {
        if case .item = $0.source { false } else { true }
      }
      lines.append(
        "     made of: "
          + summed(others, of: explanation.item, ownItems: own.isEmpty ? nil : direct))
      lines.append("     or by factors: " + summed(factors(explanation), of: explanation.item))
      if !own.isEmpty {
        lines.append(
          "     own items directly (\(signed(direct))): " + summed(own, of: explanation.item))
      }
    }
    if !explanation.nearest.isEmpty {
      let own = explanation.nearest.prefix(show).map {
        "\(items.name(of: $0.index)) (\(fixed($0.weight, 2)))"
      }
      lines.append("     nearest of the user's own: " + own.joined(separator: ", "))
    }
    if !explanation.leaveOneOut.isEmpty {
      let own = explanation.leaveOneOut.prefix(show).map {
        "\(items.name(of: $0.index)) (\(signed($0.weight)))"
      }
      lines.append("     would fall most without: " + own.joined(separator: ", "))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The largest parts by name and the sum of the others; the base rate, which all items have alike, comes last.
  private func summed(
    _ parts: [Explanation.Contribution], of item: UInt32, ownItems: Double? = nil
  ) -> String {
    var all = parts.filter { $0.source != .baseRate }.sorted(by: isBefore).map {
      (source: Explanation.Source?.some($0.source), value: $0.value)
    }
    if let ownItems {
      let place = all.firstIndex { abs($0.value) < abs(ownItems) } ?? all.count
      all.insert((nil, ownItems), at: place)
    }
    let rest = all.dropFirst(show)
    var words = all.prefix(show).map { part in
      "\(part.source.map { name($0, of: item) } ?? "own items directly") \(signed(part.value))"
    }
    if !rest.isEmpty {
      let sum = rest.reduce(0) { $0 + $1.value }
      words.append("\(rest.count) smaller \(rest.count == 1 ? "part" : "parts") \(signed(sum))")
    }
    words += parts.filter { $0.source == .baseRate }.map { "base rate \(signed($0.value))" }
    return words.isEmpty ? "nothing" : words.joined(separator: ", ")
  }

  private func json(_ user: ExplainedUser, _ item: ExplainedItem) -> JSONValue {
    let own = item.reason.item
    var members: [String: JSONValue] = [
      "user": .string(user.id), "rank": .integer(item.rank), "item": .string(items.ids[Int(own)]),
      "title": .string(items.name(of: Int(own))), "sentence": .string(sentence(user, item)),
      "score": .number(item.explanation?.score ?? item.reason.score),
      "reason": words.json(item.reason),
    ]
    if let round = user.round { members["round"] = .integer(Int(round)) }
    if let found = item.counterfactual { members["counterfactual"] = found.map(json) ?? .null }
    guard !isBrief, let explanation = item.explanation else { return .object(members) }
    members.merge(latent(explanation)) { $1 }
    members["contributions"] = parts(explanation.contributions, of: explanation.item)
    if !item.contrasts.isEmpty {
      members["contrasts"] = .array(item.contrasts.map { contrast(explanation, $0) })
    }
    if !explanation.nearest.isEmpty {
      members["nearest"] = self.own(explanation.nearest, "cosine")
    }
    if !explanation.leaveOneOut.isEmpty {
      members["without"] = self.own(explanation.leaveOneOut, "fall")
    }
    return .object(members)
  }

  /// Own items with what they weigh.
  private func own(_ list: [Explanation.Weighted], _ key: String) -> JSONValue {
    .array(
      list.prefix(show).map {
        [
          "item": .string(items.ids[$0.index]), "title": .string(items.name(of: $0.index)),
          key: .number($0.weight),
        ]
      })
  }

  /// What sets a recommendation apart from another item.
  private func contrast(_ explanation: Explanation, _ other: Explanation) -> JSONValue {
    [
      "item": .string(items.ids[Int(other.item)]),
      "title": .string(items.name(of: Int(other.item))), "score": .number(other.score),
      "differences": parts(
        difference(explanation.contributions, other.contributions), of: explanation.item),
      "by_groups": explanation.groups.isEmpty
        ? .null
        : parts(difference(byGroups(explanation), byGroups(other)), of: explanation.item),
      "own_items": parts(difference(falls(explanation), falls(other)), of: explanation.item),
    ]
  }

  private func json(_ found: Counterfactual) -> JSONValue {
    let removed = found.removed.map { item -> JSONValue in
      ["item": .string(items.ids[Int(item)]), "title": .string(items.name(of: Int(item)))]
    }
    return [
      "without": .array(removed), "rank": .integer(found.rank),
      "rank_without": .integer(found.rankWithout),
    ]
  }

  /// The user's clusters and the item's groups, where the model has any.
  private func latent(_ explanation: Explanation) -> [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    if !explanation.clusters.isEmpty {
      members["clusters"] = .array(
        explanation.clusters.map {
          [
            "cluster": .integer($0.index),
            "name": clusterName($0.index).map { .string($0) } ?? .null,
            "weight": .number($0.weight),
          ]
        })
    }
    if !explanation.groups.isEmpty {
      members["groups"] = .array(
        explanation.groups.map {
          [
            "group": .integer($0.index), "name": .string(groupName($0.index)),
            "weight": .number($0.weight), "contribution": .number($0.contribution),
          ]
        })
    }
    return members
  }

  /// The largest parts of each kind and the sum of the others of that kind; they add up to what all do.
  private func parts(_ all: [Explanation.Contribution], of item: UInt32) -> JSONValue {
    var byKind: [String: [Explanation.Contribution]] = [:]
    for part in all { byKind[kind(part.source), default: []].append(part) }
    var entries: [JSONValue] = []
    for kind in byKind.keys.sorted() {
      let sorted = (byKind[kind] ?? []).sorted(by: isBefore)
      for part in sorted.prefix(show) {
        var entry: [String: JSONValue] = ["part": .string(kind), "value": .number(part.value)]
        switch part.source {
        case .factor(let index):
          entry["factor"] = .integer(index)
          if let name = factorNames?.name(of: index, for: Int(item)) {
            entry["name"] = .string(name)
          }
        case .group(let index):
          entry["group"] = .integer(index)
          entry["name"] = .string(groupName(index))
        case .item(let item):
          entry["item"] = .string(items.ids[Int(item)])
          entry["name"] = .string(items.name(of: Int(item)))
        case .baseRate, .itemBias, .recency, .groupMixture, .remainder: break
        }
        entries.append(.object(entry))
      }
      let rest = sorted.dropFirst(show)
      if !rest.isEmpty {
        entries.append([
          "part": .string(kind), "others": .integer(rest.count),
          "value": .number(rest.reduce(0) { $0 + $1.value }),
        ])
      }
    }
    return .array(entries)
  }

  /// The order of parts: the largest first, equal ones by name, which is made only for those.
  private func isBefore(_ a: Explanation.Contribution, _ b: Explanation.Contribution) -> Bool {
    let (x, y) = (abs(a.value), abs(b.value))
    return x == y ? name(a.source) < name(b.source) : x > y
  }

  private func clusterName(_ cluster: Int) -> String? {
    clusterNames.indices.contains(cluster) ? clusterNames[cluster] : nil
  }

  private func groupName(_ group: Int) -> String {
    let names = groupNames?.names ?? []
    let name = names.indices.contains(group) ? names[group] : ""
    return name.isEmpty ? "group \(group)" : "group \(group) '\(name)'"
  }

  /// - Parameter item: of which a source speaks.
  private func name(_ source: Explanation.Source, of item: UInt32? = nil) -> String {
    switch source {
    case .baseRate: "base rate"
    case .itemBias: "popularity"
    case .recency: "liked of late"
    case .factor(let index):
      item.flatMap { factorNames?.name(of: index, for: Int($0)) } ?? "factor \(index)"
    case .group(let index): groupName(index)
    case .groupMixture: "mix of groups"
    case .item(let item): "'\(items.name(of: Int(item)))'"
    case .remainder: "the rest"
    }
  }

  private func kind(_ source: Explanation.Source) -> String {
    switch source {
    case .baseRate: "base-rate"
    case .itemBias: "item-bias"
    case .recency: "recency"
    case .factor: "factor"
    case .group: "group"
    case .groupMixture: "group-mixture"
    case .item: "own-item"
    case .remainder: "remainder"
    }
  }

  private func signed(_ value: Double) -> String { (value >= 0 ? "+" : "") + fixed(value, 3) }
  private func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
}
