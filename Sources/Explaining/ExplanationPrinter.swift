// How does an explanation read, for people and for programs?

import DenseMath
import Fitting
import Interchange
import Recommending
import ToolKit

/// A user's recommendations with what speaks for them.
struct ExplainedUser: Sendable {
  let id: String
  let history: [UInt32]
  let explanations: [Explanation]
  /// The items each is set against.
  let contrasts: [Explanation]
  /// By the explanations' places, where they were asked for: nil inside where none was found.
  var counterfactuals: [Counterfactual?]?
}

/// Words explanations as text or as JSON lines.
struct ExplanationPrinter: Sendable {
  private let format: ExplanationFormat
  private let show: Int
  private let items: ItemChunk
  /// Training interactions of each item.
  private let popularity: [Int]
  private let groupNames: GroupNames?
  private let factorNames: FactorNames?
  /// What each cluster is called; empty where nothing asks for it.
  private let clusterNames: [String]
  private let templates: SentenceTemplates

  init(
    format: ExplanationFormat, show: Int, model: StoredModel, fitted: any RecommendationModel,
    templates: SentenceTemplates, clusterNames: [String]
  ) {
    self.format = format
    self.show = show
    self.templates = templates
    self.clusterNames = clusterNames
    items = model.items
    popularity = model.itemInteractions
    groupNames = GroupNames(fitted, model)
    factorNames = FactorNames(fitted, model)
  }

  /// What is written about a user.
  func text(_ user: ExplainedUser) -> String {
    switch format {
    case .jsonl:
      return user.explanations.indices.map { json(user, $0).text + "\n" }.joined()
    case .text:
      var result = "User \(user.id.printable), \(user.history.count) interactions\n"
      if let clusters = user.explanations.first?.clusters, !clusters.isEmpty {
        let shares = clusters.prefix(show).map { "\($0.index) (\(percent($0.weight)))" }
        result += "  user clusters: \(shares.joined(separator: ", "))\n"
      }
      for place in user.explanations.indices {
        result += text(place + 1, user.explanations[place])
        let sentence = sentence(user, place)
        if !sentence.isEmpty { result += "     in short: \(sentence)\n" }
        for other in user.contrasts {
          let name = items.name(of: Int(other.item))
          result +=
            "     rather than \(name) (\(signed(user.explanations[place].score - other.score))): "
            + summed(
              difference(user.explanations[place], other), of: user.explanations[place].item) + "\n"
        }
        if let found = user.counterfactuals { result += words(found[place]) }
      }
      return result + "\n"
    }
  }

  private func words(_ found: Counterfactual?) -> String {
    guard let found else { return "     no small set of own items keeps it in the list\n" }
    let names = found.removed.map { items.name(of: Int($0)) }.joined(separator: ", ")
    return "     without \(names) it would be number \(found.rankWithout)\n"
  }

  /// What a first item's parts have beyond a second's.
  private func difference(_ first: Explanation, _ second: Explanation)
    -> [Explanation.Contribution]
  {
    var (values, order) = ([Explanation.Source: Double](), [Explanation.Source]())
    for (sign, parts) in [(1.0, first.contributions), (-1, second.contributions)] {
      for part in parts {
        if values[part.source] == nil { order.append(part.source) }
        values[part.source, default: 0] += sign * part.value
      }
    }
    return order.map { .init(source: $0, value: values[$0] ?? 0) }.sorted(by: isBefore)
  }

  private func sentence(_ user: ExplainedUser, _ place: Int) -> String {
    let explanation = user.explanations[place]
    var values = [
      "user": user.id, "rank": String(place + 1), "title": items.name(of: Int(explanation.item)),
      "item": items.ids[Int(explanation.item)], "score": fixed(explanation.score, 4),
      "choosers": String(popularity[Int(explanation.item)]),
    ]
    if let group = explanation.groups.first {
      values["group"] = groupNames?.name(of: group.index, besides: Int(explanation.item))
    }
    if let cluster = explanation.clusters.first { values["cluster"] = clusterName(cluster.index) }
    var own = explanation.leaveOneOut.filter { $0.weight > 0 }
    if own.isEmpty {
      own = explanation.contributions.compactMap { part in
        guard case .item(let item) = part.source, part.value > 0 else { return nil }
        return .init(index: Int(item), weight: part.value)
      }.sorted { ($0.weight, -$0.index) > ($1.weight, -$1.index) }
    }
    for (rank, item) in own.prefix(3).enumerated() {
      values["own\(rank + 1)"] = items.name(of: item.index)
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
      let constants = explanation.contributions.filter {
        [.baseRate, .itemBias, .recency, .groupMixture].contains($0.source)
      }
      let groups = explanation.groups.map {
        Explanation.Contribution(source: .group($0.index), value: $0.contribution)
      }
      lines.append("     made of: " + summed(constants + groups, of: explanation.item))
      let factors = explanation.contributions.filter {
        if case .factor = $0.source { true } else { false }
      }
      lines.append("     or by factors: " + summed(factors, of: explanation.item))
      let own = explanation.contributions.filter {
        if case .item = $0.source { true } else { false }
      }
      if !own.isEmpty {
        let total = own.reduce(0) { $0 + $1.value }
        lines.append(
          "     and by own items directly (\(signed(total))): " + summed(own, of: explanation.item))
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

  /// The largest parts by name and the sum of the others.
  private func summed(_ parts: [Explanation.Contribution], of item: UInt32) -> String {
    guard !parts.isEmpty else { return "nothing" }
    let sorted = parts.sorted(by: isBefore)
    var words = sorted.prefix(show).map { "\(name($0.source, of: item)) \(signed($0.value))" }
    let rest = sorted.dropFirst(show)
    if !rest.isEmpty {
      words.append("\(rest.count) smaller parts \(signed(rest.reduce(0) { $0 + $1.value }))")
    }
    return words.joined(separator: ", ")
  }

  private func json(_ user: ExplainedUser, _ place: Int) -> JSONValue {
    let explanation = user.explanations[place]
    func own(_ list: [Explanation.Weighted], _ key: String) -> JSONValue {
      .array(
        list.prefix(show).map {
          [
            "item": .string(items.ids[$0.index]), "title": .string(items.name(of: $0.index)),
            key: .number($0.weight),
          ]
        })
    }
    var members: [String: JSONValue] = [
      "user": .string(user.id), "rank": .integer(place + 1),
      "item": .string(items.ids[Int(explanation.item)]),
      "title": .string(items.name(of: Int(explanation.item))), "score": .number(explanation.score),
      "sentence": .string(sentence(user, place)),
      "contributions": parts(explanation.contributions, of: explanation.item),
    ]
    if !user.contrasts.isEmpty {
      members["contrasts"] = .array(
        user.contrasts.map { other in
          [
            "item": .string(items.ids[Int(other.item)]),
            "title": .string(items.name(of: Int(other.item))), "score": .number(other.score),
            "differences": parts(difference(explanation, other), of: explanation.item),
          ]
        })
    }
    if let found = user.counterfactuals {
      members["counterfactual"] =
        found[place].map { found in
          [
            "without": .array(
              found.removed.map {
                [
                  "item": .string(items.ids[Int($0)]), "title": .string(items.name(of: Int($0))),
                ]
              }), "rank": .integer(found.rank), "rank_without": .integer(found.rankWithout),
          ]
        } ?? .null
    }
    if !explanation.clusters.isEmpty {
      members["clusters"] = .array(
        explanation.clusters.map {
          [
            "cluster": .integer($0.index), "name": .string(clusterName($0.index)),
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
    if !explanation.nearest.isEmpty { members["nearest"] = own(explanation.nearest, "cosine") }
    if !explanation.leaveOneOut.isEmpty {
      members["without"] = own(explanation.leaveOneOut, "fall")
    }
    return .object(members)
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

  private func clusterName(_ cluster: Int) -> String {
    clusterNames.indices.contains(cluster) ? clusterNames[cluster] : "cluster \(cluster)"
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
