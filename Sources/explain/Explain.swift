// indgrm explain: why is an item recommended to a user?

import ArgumentParser
import DenseMath
import Fitting
import InteractionData
import Interchange
import ModelCatalogue
import Recommending
import ToolKit

@main
struct Explain: Tool {
  static let toolName = "explain"
  static let configuration = toolConfiguration(
    "Say why items are recommended to users.",
    discussion: """
      For each user the best items, or the items named, with the parts their scores are made of: they \
      add up to the score. Without --user or --users all users are explained, but those of whose items \
      the model knows none. A user's history is all the input holds of him. Holds the interactions, and the model once a thread.
      """)

  @Argument(help: "Split or interactions to read; - is standard input.")
  var input = "-"

  @Option(help: ArgumentHelp("The fitted model.", valueName: "file"))
  var model: String

  @Option(help: ArgumentHelp("Explain for this user, repeatable.", valueName: "id"))
  var user: [String] = []

  @Option(help: ArgumentHelp("Explain for the users whose ids this file lists.", valueName: "file"))
  var users: String?

  @Option(
    help: ArgumentHelp("Explain this item, repeatable; otherwise the best ones.", valueName: "id"))
  var item: [String] = []

  @Option(help: ArgumentHelp("Items to explain for each user.", valueName: "n"))
  var top = 5

  @Option(
    help: ArgumentHelp(
      "Parts of each kind, own items and clusters shown; the others are summed up. 0 shows all.",
      valueName: "n"))
  var show = 4

  @Option(
    help: ArgumentHelp(
      "Say what speaks for each item rather than for this one, repeatable.", valueName: "id"))
  var contrast: [String] = []

  @Flag(
    help: "Find the own items without which an item would not be among the --top, by re-scoring.")
  var counterfactual = false

  @Option(help: ArgumentHelp("The largest set of own items tried.", valueName: "n"))
  var most = 5

  @Option(
    help: ArgumentHelp(
      "File of sentences with places to fill in, the first that can be filled is used.",
      valueName: "file"))
  var template: String?

  @Flag(help: "Say of every user cluster how large it is and what sets it apart.")
  var clusters = false

  @Flag(help: "Say of every item group what is in it; needs no interactions.")
  var groups = false

  @Flag(help: "Say of every latent factor which items lie at its ends; needs no interactions.")
  var factors = false

  @Option(
    help: ArgumentHelp(
      "Alter this latent factor of the one --user, or of the one --item, and list what comes nearest.",
      valueName: "factor"))
  var alter: Int?

  @Option(help: ArgumentHelp("Steps to each side when a factor is altered.", valueName: "n"))
  var steps = 3

  @Option(
    help: ArgumentHelp("How far the last step goes, in standard deviations.", valueName: "x"))
  var reach = 4.0

  @OptionGroup var known: KnownShare

  @Option(help: "Text for people or one JSON object a recommendation.")
  var format: ExplanationFormat = .text

  @OptionGroup var output: OutputOption

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (1...10_000).contains(top), (0...10_000).contains(show) else {
      throw ValidationError("--top must be between 1 and 10000, --show between 0 and 10000")
    }
    let views = [clusters, groups, factors, alter != nil].count { $0 }
    guard views <= 1 else {
      throw ValidationError("--clusters, --groups, --factors and --alter exclude each other")
    }
    guard alter == nil || user.count + item.count == 1 else {
      throw ValidationError("--alter needs one --user or one --item")
    }
    guard (1...1000).contains(steps), reach.isFinite, reach > 0 else {
      throw ValidationError("--steps must be between 1 and 1000, --reach positive")
    }
    guard (1...1000).contains(most) else {
      throw ValidationError("--most must be between 1 and 1000")
    }
  }

  func execute(_ context: ToolContext) throws {
    try BLAS.open()
    let file = try output.open(binary: false)
    let stored = try StoredModel(InputFile.stream(model, expecting: [.model]))
    let fitted = try ModelCatalogue.restore(stored)
    let shown = format == .text ? stored.printable : stored
    if let things = try viewsWithoutData(stored, shown, fitted) {
      return try write(things, to: file)
    }
    let (data, _) = try InteractionSet.read(InputFile.stream(input, expecting: [.interactions]))
    let name = input == "-" ? "standard input" : input
    let map = ItemMap(from: data.items.ids, to: stored.items.ids)
    try known.refuseContradiction(data.items, stored.items, { map[$0] }, name)
    if clusters || alter != nil {
      let everybody = FoldInCases(data, users: Array(0..<data.userCount), items: map)
      try check(everybody, name, context)
      if let factor = alter {
        let one = FoldInCases(data, users: try chosenUsers(data, context), items: map)
        let walk = try traversal(shown, fitted, factor)
        return try write(
          walk.ofUser(Array(one.history.row(0)), others: everybody.history), to: file)
      }
      let views = ModelViews(stored: shown, fitted: fitted, show: show > 0 ? show : .max)
      return try write(views.clusters(everybody.history), to: file)
    }
    let wantedItems = try places(of: item, in: stored)
    let contrasts = try places(of: contrast, in: stored)
    let templates = try SentenceTemplates(
      template.map { try InputFile.lines($0) } ?? SentenceTemplates.standard,
      name: template ?? "the standard templates")
    let all = FoldInCases(data, users: try chosenUsers(data, context), items: map)
    try check(all, name, context)
    let cases = all.known
    let named = format == .jsonl || templates.use("cluster")
    let printer = ExplanationPrinter(
      format: format, show: show > 0 ? show : .max, model: shown, fitted: fitted,
      templates: templates, clusterNames: named ? clusterNames(shown, fitted, data) : [])
    let progress = Progress("explained", unit: "users", total: cases.count, context.log)
    let team = try ModelTeam(stored, fitted, count: min(Parallel.threads, cases.count))
    // Users are scored by blocks, and explained and put into words one by one on all cores.
    let block = 200
    let ranker = Ranker(fitted)
    for start in stride(from: 0, to: cases.count, by: block) {
      let rows = start..<min(start + block, cases.count)
      var lists = [[UInt32]](repeating: wantedItems, count: rows.count)
      if wantedItems.isEmpty {
        lists = ranker.top(cases.history, rows: rows, count: top).map { $0.map(\.index) }
      }
      let tasks = rows.map { cases.history.row($0).count }
      let texts = team.texts(weights: tasks) { model, place in
        let row = start + place
        return printer.text(
          explain(
            model, user: data.users.ids[cases.users[row]], Array(cases.history.row(row)),
            items: lists[place], contrasts: contrasts))
      }
      for text in texts { try file.write(text) }
      progress.update(rows.upperBound)
    }
    progress.finish()
    try file.commit()
  }

  /// What the clusters are called, for what sets users of the input apart: of evenly spaced ones where
  /// there are many, so that one user's explanation does not cost a pass over all.
  private func clusterNames(
    _ stored: StoredModel, _ fitted: any RecommendationModel, _ data: InteractionSet
  ) -> [String] {
    guard let inner = fitted.core as? any InterpretableModel else { return [] }
    let count = min(data.userCount, 2000)
    let sample = FoldInCases(
      data, users: (0..<count).map { $0 * data.userCount / count },
      items: ItemMap(from: data.items.ids, to: stored.items.ids))
    let profiles = ClusterProfile.all(
      of: inner, sample.history, items: stored.items, categoryCount: stored.categories.count)
    return profiles.enumerated().map { cluster, profile in
      profile.name(items: stored.items, categories: stored.categories) ?? "cluster \(cluster)"
    }
  }

  /// What is said of the model alone; nil when interactions are needed.
  private func viewsWithoutData(
    _ stored: StoredModel, _ shown: StoredModel, _ fitted: any RecommendationModel
  ) throws -> [LearntThing]? {
    let views = ModelViews(stored: shown, fitted: fitted, show: show > 0 ? show : .max)
    if groups { return try views.groups() }
    if factors { return try views.factors() }
    guard let factor = alter, !item.isEmpty else { return nil }
    return try traversal(shown, fitted, factor).ofItem(try places(of: item, in: stored)[0])
  }

  private func traversal(
    _ stored: StoredModel, _ fitted: any RecommendationModel, _ factor: Int
  ) throws -> Traversal {
    guard let inner = fitted.core as? any InterpretableModel,
      (0..<inner.latentCount).contains(factor)
    else {
      throw ToolError(.badData, "\(model): has no factor \(factor) that can be altered")
    }
    return Traversal(
      stored: stored, inner: inner, factor: factor, steps: steps, reach: reach, top: top)
  }

  private func write(_ things: [LearntThing], to file: OutputFile) throws {
    for thing in things {
      try file.write(
        format == .jsonl ? thing.json.text + "\n" : thing.lines.joined(separator: "\n") + "\n")
    }
    try file.commit()
  }

  private func explain(
    _ fitted: any RecommendationModel, user: String, _ history: [UInt32], items: [UInt32],
    contrasts: [UInt32]
  ) -> ExplainedUser {
    let all = fitted.explain(history, items: items + contrasts)
    var explained = ExplainedUser(
      id: user, history: history, explanations: Array(all.prefix(items.count)),
      contrasts: Array(all.dropFirst(items.count)))
    if counterfactual {
      explained.counterfactuals = Counterfactual.find(
        fitted, history, items: items, top: top, most: most)
    }
    return explained
  }

  private func places(of ids: [String], in stored: StoredModel) throws -> [UInt32] {
    guard !ids.isEmpty else { return [] }
    let places = IDPlaces(stored.items.ids)
    return try ids.map { id in
      guard let index = places[id] else {
        throw ToolError(
          .badData, "item '\(id)' is not in the model; look with 'indgrm dump \(model)'")
      }
      return UInt32(index)
    }
  }

  private func check(_ cases: FoldInCases, _ name: String, _ context: ToolContext) throws {
    try known.check(
      interactions: cases.knownInteractions, of: cases.interactions, strangers: cases.strangers,
      of: cases.count, fate: "are left out", name, context)
  }

  private func chosenUsers(_ data: InteractionSet, _ context: ToolContext) throws -> [Int] {
    guard !user.isEmpty || users != nil else { return Array(0..<data.userCount) }
    let places = IDPlaces(data.users.ids)
    var chosen = try user.map { id in
      guard let place = places[id] else {
        throw ToolError(
          .badData, "user '\(id)' is not in the input; pipe a history in to explain it")
      }
      return place
    }
    if let users {
      let wanted = try InputFile.ids(users)
      let found = wanted.compactMap { places[$0] }
      try known.check(
        found.count, of: wanted.count, "wanted users are in the input",
        first: wanted.first { places[$0] == nil }, users, context)
      chosen += found
    }
    return chosen
  }
}

/// The formats of `--format`.
enum ExplanationFormat: String, ExpressibleByArgument, CaseIterable {
  case text
  case jsonl
}
