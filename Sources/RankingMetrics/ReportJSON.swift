// How does a program read a report?

/// A JSON value with its keys in the order they are written.
private indirect enum JSON {
  case text(String)
  case number(String)
  case flag(Bool)
  case null
  case list([JSON])
  case object([(String, JSON)])

  static func value(_ number: Double?) -> JSON {
    guard let number, number.isFinite else { return .null }
    return .number(number.description)
  }

  static func value(_ number: some BinaryInteger) -> JSON { .number(String(number)) }

  /// Compact text, or with one line for each member of the outermost `levels` levels.
  func text(levels: Int = 0, indent: String = "") -> String {
    let inner = indent + "  "
    let open = levels > 0 ? "\n" + inner : ""
    let separator = levels > 0 ? ",\n" + inner : ", "
    let close = levels > 0 ? "\n" + indent : ""
    switch self {
    case .null: return "null"
    case .number(let number): return number
    case .flag(let flag): return flag ? "true" : "false"
    case .text(let text): return escaped(text)
    case .list(let members):
      guard !members.isEmpty else { return "[]" }
      let texts = members.map { $0.text(levels: levels - 1, indent: inner) }
      return "[" + open + texts.joined(separator: separator) + close + "]"
    case .object(let members):
      let texts = members.map {
        escaped($0.0) + ": " + $0.1.text(levels: levels - 1, indent: inner)
      }
      return "{" + open + texts.joined(separator: separator) + close + "}"
    }
  }

  private func escaped(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension MetricsReport {
  /// The whole report as one JSON object; its keys are those of the Codable form.
  public func json() -> String {
    var members: [(String, JSON)] = [
      ("version", .value(version)),
      ("cutoffs", .list(cutoffs.map { .value($0) })),
      ("confidence", .value(confidence)),
      ("bootstrapReplicates", .value(bootstrapReplicates)),
      ("seed", .value(seed)),
      ("catalogueItems", .value(catalogueItems)),
      ("rounds", .list(rounds.map { .value($0) })),
      ("counts", counts.value),
    ]
    if let explainability { members.append(("explainability", explainability.value)) }
    members.append(("groups", .list(groups.map(\.value))))
    members.append(("rows", .list(rows.map(\.value))))
    return JSON.object(members).text(levels: 2) + "\n"
  }

  /// One JSON object a line for each group, metric and cut-off.
  public func jsonLines() -> String {
    rows.map { $0.value.text() + "\n" }.joined()
  }
}

extension ComparisonReport {
  /// The comparison as one JSON object; its keys are those of the Codable form.
  public func json() -> String {
    let object = JSON.object([
      ("version", .value(version)), ("nameA", .text(nameA)), ("nameB", .text(nameB)),
      ("confidence", .value(confidence)), ("rows", .list(rows.map(\.value))),
    ])
    return object.text(levels: 2) + "\n"
  }

  /// One JSON object a line for each group, metric and cut-off.
  public func jsonLines() -> String {
    rows.map { $0.value.text() + "\n" }.joined()
  }
}

// MARK: - Parts

extension ExplainabilitySettings {
  fileprivate var value: JSON {
    .object([
      ("neighbours", .value(neighbours)), ("threshold", .value(threshold)),
      ("reading", .text(reading.rawValue)),
    ])
  }
}

extension ListCounts {
  fileprivate var value: JSON {
    var members: [(String, JSON)] = [
      ("users", .value(users)), ("lists", .value(lists)),
      ("emptyTruthLists", .value(emptyTruthLists)), ("emptyTruthUsers", .value(emptyTruthUsers)),
      ("emptyRankings", .value(emptyRankings)), ("shortRankings", .value(shortRankings)),
      ("truthItems", .value(truthItems)), ("unscorableTruthItems", .value(unscorableTruthItems)),
      ("unscorableLists", .value(unscorableLists)),
    ]
    if let unexplainableLists {
      members.append(("unexplainableLists", .value(unexplainableLists)))
    }
    return .object(members)
  }
}

extension GroupSummary {
  fileprivate var value: JSON {
    .object([
      ("name", .text(name)), ("definition", .text(definition)), ("users", .value(users)),
      ("lists", .value(lists)),
    ])
  }
}

extension Interval {
  fileprivate var value: JSON { .object([("low", .value(low)), ("high", .value(high))]) }
}

extension MetricRow {
  fileprivate var value: JSON {
    .object([
      ("group", .text(group)), ("metric", .text(metric.rawValue)), ("n", .value(n)),
      ("mean", .value(mean)), ("standardError", .value(standardError)),
      ("interval", interval?.value ?? .null), ("bootstrap", bootstrap?.value ?? .null),
      ("users", .value(users)), ("rounds", .list(rounds.map { .value($0) })),
    ])
  }
}

extension PairedTTest {
  fileprivate var value: JSON {
    .object([
      ("pairs", .value(pairs)), ("meanDifference", .value(meanDifference)), ("t", .value(t)),
      ("degreesOfFreedom", .value(degreesOfFreedom)), ("p", .value(p)),
      ("interval", interval?.value ?? .null),
    ])
  }
}

extension ComparisonRow {
  fileprivate var value: JSON {
    .object([
      ("group", .text(group)), ("metric", .text(metric.rawValue)), ("n", .value(n)),
      ("meanA", .value(meanA)), ("meanB", .value(meanB)),
      ("pairedMeanA", .value(pairedMeanA)), ("pairedMeanB", .value(pairedMeanB)),
      ("pairedUsers", .value(pairedUsers)),
      ("onlyInA", .value(onlyInA)), ("onlyInB", .value(onlyInB)), ("users", users.value),
      ("rounds", rounds?.value ?? .null),
      (
        "wilcoxon",
        .object([
          ("pairs", .value(wilcoxon.pairs)),
          ("positiveRankSum", .value(wilcoxon.positiveRankSum)), ("p", .value(wilcoxon.p)),
          ("isExact", .flag(wilcoxon.isExact)),
        ])
      ),
    ])
  }
}
