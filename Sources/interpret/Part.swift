// What can be measured of a model?

import ArgumentParser
import ToolKit

/// What can be measured, in the order of the report.
enum Part: String, CaseIterable {
  case structure
  case independence
  case disentanglement
  case agreement
  case fidelity
  case reasons
  case bounds

  /// Those named, all where none is.
  ///
  /// - Throws: `ToolError` (usage) for names of none.
  static func chosen(_ only: String?) throws -> [Part] {
    guard let only else { return allCases }
    let chosen = try only.split(separator: ",").map { name in
      guard let part = Part(rawValue: String(name)) else {
        let names = allCases.map(\.rawValue).joined(separator: ", ")
        throw ToolError(.usage, "there is no part '\(name)'; choose from \(names)")
      }
      return part
    }
    guard !chosen.isEmpty else { throw ToolError(.usage, "--only names nothing to measure") }
    return allCases.filter(chosen.contains)
  }

  /// Options that are about some parts alone.
  private static let options: [(names: [String], parts: Set<Part>)] = [
    (["--prune"], [.independence, .disentanglement]),
    (["--votes", "--draws", "--histories"], [.disentanglement]),
    (["--clusters", "--planted", "--other"], [.agreement]),
    (["--fidelity-users"], [.structure, .fidelity]),
    (["--orders", "--recommendations"], [.fidelity]),
    (["--reasons-top"], [.reasons]), (["--confidence"], [.bounds]),
  ]

  /// Throws `ToolError` (usage) for an option that is about parts which are not measured.
  static func refuseVain(beside parts: [Part], _ context: ToolContext) throws {
    for (names, own) in options where own.isDisjoint(with: parts) {
      try context.refuse(names, since: "--only leaves out what it is about")
    }
  }
}

/// The formats of `--format`.
enum InterpretFormat: String, ExpressibleByArgument, CaseIterable {
  case text
  case json
}
