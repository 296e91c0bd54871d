// How does an explanation read, for people and for programs?

import Interchange
import Models
import ToolKit

/// Writes explanations as text or as JSON lines.
final class ExplanationPrinter {
  private let file: OutputFile
  private let format: ExplanationFormat
  private let show: Int
  private let items: ItemChunk
  private let groupNames: [String]

  init(
    _ file: OutputFile, format: ExplanationFormat, show: Int, model: StoredModel,
    fitted: any RecommendationModel
  ) {
    self.file = file
    self.format = format
    self.show = show
    items = model.items
    groupNames =
      fitted.itemGroups.map { groups in
        GroupNames(
          groups.assignment, count: groups.prototypes.rows, items: model.items,
          categories: model.categories, popularity: model.itemInteractions
        ).names
      } ?? []
  }

  func write(user: String, history: [UInt32], _ explanations: [Explanation]) throws {
    switch format {
    case .jsonl:
      for (rank, explanation) in explanations.enumerated() {
        try file.write(json(user, rank + 1, explanation).text + "\n")
      }
    case .text:
      try file.write("User \(user), \(history.count) interactions\n")
      if let clusters = explanations.first?.clusters, !clusters.isEmpty {
        let shares = clusters.prefix(show).map { "\($0.index) (\(percent($0.weight)))" }
        try file.write("  user clusters: \(shares.joined(separator: ", "))\n")
      }
      for (rank, explanation) in explanations.enumerated() {
        try file.write(text(rank + 1, explanation))
      }
      try file.write("\n")
    }
  }

  private func text(_ rank: Int, _ explanation: Explanation) -> String {
    var lines = [
      "  \(rank). \(items.name(of: Int(explanation.item)))  score \(fixed(explanation.score, 4))"
    ]
    if explanation.groups.isEmpty {
      lines.append("     made of: " + summed(explanation.contributions))
    } else {
      let constants = explanation.contributions.filter {
        $0.source == .itemBias || $0.source == .groupMixture
      }
      let groups = explanation.groups.map {
        Explanation.Contribution(source: .group($0.index), value: $0.contribution)
      }
      lines.append("     made of: " + summed(constants + groups))
      let factors = explanation.contributions.filter {
        if case .factor = $0.source { true } else { false }
      }
      lines.append("     or by factors: " + summed(factors))
      let own = explanation.contributions.filter {
        if case .item = $0.source { true } else { false }
      }
      if !own.isEmpty {
        let total = own.reduce(0) { $0 + $1.value }
        lines.append("     and by own items directly (\(signed(total))): " + summed(own))
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
  private func summed(_ parts: [Explanation.Contribution]) -> String {
    let sorted = parts.sorted {
      (abs($0.value), name($1.source)) > (abs($1.value), name($0.source))
    }
    var words = sorted.prefix(show).map { "\(name($0.source)) \(signed($0.value))" }
    let rest = sorted.dropFirst(show)
    if !rest.isEmpty {
      words.append("\(rest.count) smaller parts \(signed(rest.reduce(0) { $0 + $1.value }))")
    }
    return words.joined(separator: ", ")
  }

  private func json(_ user: String, _ rank: Int, _ explanation: Explanation) -> JSONValue {
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
      "user": .string(user), "rank": .integer(rank),
      "item": .string(items.ids[Int(explanation.item)]),
      "title": .string(items.name(of: Int(explanation.item))), "score": .number(explanation.score),
      "contributions": .array(
        explanation.contributions.map { part in
          var entry: [String: JSONValue] = [
            "part": .string(kind(part.source)), "value": .number(part.value),
          ]
          switch part.source {
          case .factor(let index): entry["factor"] = .integer(index)
          case .group(let index):
            entry["group"] = .integer(index)
            entry["name"] = .string(groupName(index))
          case .item(let item):
            entry["item"] = .string(items.ids[Int(item)])
            entry["name"] = .string(items.name(of: Int(item)))
          case .itemBias, .groupMixture, .remainder: break
          }
          return .object(entry)
        }),
    ]
    if !explanation.clusters.isEmpty {
      members["clusters"] = .array(
        explanation.clusters.map { ["cluster": .integer($0.index), "weight": .number($0.weight)] })
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

  private func groupName(_ group: Int) -> String {
    let name = groupNames.indices.contains(group) ? groupNames[group] : ""
    return name.isEmpty ? "group \(group)" : "group \(group) '\(name)'"
  }

  private func name(_ source: Explanation.Source) -> String {
    switch source {
    case .itemBias: "popularity"
    case .factor(let index): "factor \(index)"
    case .group(let index): groupName(index)
    case .groupMixture: "mix of groups"
    case .item(let item): "'\(items.name(of: Int(item)))'"
    case .remainder: "the rest"
    }
  }

  private func kind(_ source: Explanation.Source) -> String {
    switch source {
    case .itemBias: "item-bias"
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
