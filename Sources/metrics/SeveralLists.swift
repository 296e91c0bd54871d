// How are the lists of several models on several splits measured together?

import ArgumentParser
import InteractionData
import Interchange
import RankingMetrics
import ToolKit

/// Which models are tested against which, and in which group.
struct SeveralOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "In a table of models, the group of users or items to compare in. (default: all)",
      valueName: "name"))
  var group: String?

  @Option(
    help: ArgumentHelp(
      "Models to test in a table of them, against all others, comma-separated; a name that ends in * is of all that begin so.",
      valueName: "name,..."))
  var test: String?

  @Option(
    help: ArgumentHelp(
      "Models from worst to best, comma-separated: whether neighbours keep that order.",
      valueName: "name,..."))
  var order: String?

  @Option(
    help: ArgumentHelp(
      "A model in a table of them: whether it is first in each figure, or within a standard error of it, among those that --test leaves.",
      valueName: "name"))
  var place: String?

  var isAsked: Bool { group != nil || test != nil || order != nil || place != nil }

  static func names(_ text: String?) -> [String] {
    (text ?? "").split(separator: ",").map(String.init)
  }
}

extension Metrics {
  /// Whether a table of several models is asked for.
  var comparesModels: Bool { inputs.count > 1 || truth.count > 1 || several.isAsked }

  /// Throws `ToolError` (usage) for options that a table of models has no use for.
  func refuseOutOfPlace(_ context: ToolContext) throws {
    guard comparesModels else { return }
    try context.refuse(["--confidence"], since: "a table of models has no intervals")
    if metrics == nil {
      try context.refuse(
        ["--at", "--explainability", "--diversity"],
        since: "a table of models is of recall@20 and ndcg@100 where --metrics names no others")
    }
    let out: [(String, Bool)] = [
      ("--compare", compare != nil), ("--per-user", perUser != nil),
      ("--fail-below", !failBelow.isEmpty), ("--bootstrap", bootstrap > 0),
      ("--vectors", likeness.vectors != nil),
      ("--format \(format.rawValue)", format == .json || format == .jsonl),
    ]
    if let (name, _) = out.first(where: \.1) {
      throw ToolError(
        .usage, "\(name) is of one file of recommendations; leave it or the others out")
    }
    if inputs.contains("-") {
      throw ToolError(
        .usage, "several files are read twice, which standard input cannot be; name files")
    }
  }

  /// The table of all models over all splits.
  ///
  /// Throws `ToolError` and what reading throws.
  func modelTable(_ options: MetricsOptions, _ context: ToolContext) throws -> ModelTable {
    var options = options
    let columns = try self.columns(&options)
    var builder = ModelTableBuilder(group: several.group ?? "all", columns: columns)
    var left = try inputs.map { (path: $0, split: try digest(of: $0)) }
    var groups: [String] = []
    var paths: [String: String] = [:]
    for (split, path) in truth.enumerated() {
      let oracle = try Truth(InputFile.stream(path, expecting: [.interactions]))
      let features = try likeness.features(oracle, &options, namesMetrics: metrics != nil)
      if let digest = oracle.digestText { paths[digest] = path }
      // Of one split that is given several times each is of another fit.
      var taken: Set<String> = []
      let places = left.indices.filter {
        (left[$0].split == nil ? truth.count == 1 : left[$0].split == oracle.digestText)
          && taken.insert(Self.modelName(left[$0].path)).inserted
      }
      let own = places.map { left[$0].path }
      if own.isEmpty {
        context.log.warning(
          "\(path): none of the lists was made for it; add theirs, or leave it out")
      }
      for place in places.reversed() { left.remove(at: place) }
      for list in own {
        let measured = try oracle.evaluate(recommendations(list), options, features)
        try report(measured, context)
        groups = measured.report.groups.map(\.name)
        builder.add(Self.modelName(list), split: split, measured.evaluation)
      }
    }
    if let (list, split) = left.first {
      guard let path = split.map({ paths[$0] }) ?? (truth.count == 1 ? truth[0] : nil) else {
        throw ToolError(
          .badData, "\(list): was made for none of the splits given; add its split by --truth")
      }
      throw ToolError(
        .usage,
        "\(list): there are other lists of '\(Self.modelName(list))' for \(path); give the file a name of its own, or --truth once for each fit"
      )
    }
    if let group = several.group, !groups.contains(group) {
      throw ToolError(
        .usage, "there is no group '\(group)'; choose from \(groups.joined(separator: ", "))")
    }
    let names = inputs.map(Self.modelName)
    let order = try Self.chosen(several.order, from: names, "--order")
    let asked = try Self.chosen(several.test, from: names, "--test")
    _ = try Self.chosen(several.place, from: names, "--place")
    guard let table = builder.table(order: order, asked: asked) else {
      throw ToolError(.badData, "no model has a figure for '\(several.group ?? "all")'")
    }
    return table
  }

  /// Metrics at cut-offs in the order asked for: `ndcg@100` names one, `ndcg` all of --at.
  private func columns(_ options: inout MetricsOptions) throws -> [MetricColumn] {
    let cutoffs = options.cutoffs
    let found: [MetricColumn] = try named().flatMap { metric, n in
      n.map { [MetricColumn(metric, at: $0)] } ?? cutoffs.map { MetricColumn(metric, at: $0) }
    }
    guard Set(found).count == found.count else {
      throw ToolError(.usage, "--metrics names a figure twice; leave one out")
    }
    guard let last = found.last, last.metric.kind == .perUser else {
      throw ToolError(
        .usage,
        "the last of --metrics orders and tests the models; let it be one of users, as ndcg@100")
    }
    options.cutoffs = Array(Set(found.map(\.n))).sorted()
    return found
  }

  private static func modelName(_ path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    let stem = file.split(separator: ".", omittingEmptySubsequences: false).first.map(String.init)
    let parts = (stem ?? file).split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count > 1, let last = parts.last, !last.isEmpty, last.allSatisfy(\.isNumber) else {
      return stem ?? file
    }
    return parts.dropLast().joined(separator: "-")
  }

  /// Names among those there are; a star at the end stands for all that begin so.
  private static func chosen(_ text: String?, from names: [String], _ option: String) throws
    -> [String]
  {
    var found: [String] = []
    for word in SeveralOptions.names(text) {
      let own = names.filter { word.hasSuffix("*") ? $0.hasPrefix(word.dropLast()) : $0 == word }
      guard !own.isEmpty || option == "--order" else {
        throw ToolError(
          .usage,
          "\(option): there are no lists of '\(word)'; a file's name begins with its model's")
      }
      for name in own where !found.contains(name) { found.append(name) }
    }
    return found
  }

  private func digest(of path: String) throws -> String? {
    try recommendations(path).metadata["interactions"]?.string
  }
}
