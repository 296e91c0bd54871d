// How is what was asked about a model answered, user by user?

import DenseMath
import InteractionData
import Interchange
import ModelCatalogue
import Recommending
import ToolKit

/// Explains a model's recommendations, or says what it has learnt.
package struct Explainer {
  private let request: ExplanationRequest
  /// The model's file as messages name it.
  private let model: String
  private let stored: StoredModel
  private let fitted: any RecommendationModel
  private let known: KnownShare

  /// Throws `ModelError` when the model cannot be brought back.
  package init(
    _ stored: StoredModel, name model: String, _ request: ExplanationRequest, known: KnownShare
  ) throws {
    self.request = request
    self.model = model
    self.stored = stored
    self.known = known
    fitted = try ModelCatalogue.restore(stored)
  }

  /// Entries shown of each kind.
  private var show: Int { request.show > 0 ? request.show : .max }

  private var asksEverybody: Bool {
    switch request.view {
    case .clusters, .altering: true
    case .recommendations, .groups, .factors: false
    }
  }

  /// Answers in order, each text as it is known.
  ///
  /// - Parameter input: the interactions, read only where the answer needs them.
  /// - Throws: `ToolError` and `FormatError` where an input is unfit or does not hold what was asked about.
  package func answer(
    _ input: String, _ context: ToolContext, _ put: (String) throws -> Void
  ) throws {
    let shown = (request.format == .text ? stored.printable : stored).distinctlyTitled
    if let things = try viewsWithoutData(shown) {
      return try write(things, put)
    }
    let stream = try InputFile.stream(input, expecting: [.interactions])
    let (data, _) = try InteractionSet.read(stream)
    let name = input == "-" ? "standard input" : input
    let map = ItemMap(from: data.items.ids, to: stored.items.ids)
    try known.refuseContradiction(data.items, stored.items, { map[$0] }, name)
    if asksEverybody {
      try answerForEverybody(data, map, shown, name, context, put)
    } else {
      try explainUsers(data, of: stream, map, shown, name, context, put)
    }
    if let unread = data.unreadRatings { context.log.warning(unread) }
  }

  /// Answers what everybody's representations tell.
  private func answerForEverybody(
    _ data: InteractionSet, _ map: ItemMap, _ shown: StoredModel, _ name: String,
    _ context: ToolContext, _ put: (String) throws -> Void
  ) throws {
    let everybody = FoldInCases(data, users: Array(0..<data.userCount), items: map)
    try check(everybody, name, context)
    if case .altering(let factor) = request.view {
      let one = FoldInCases(data, users: try chosenUsers(data, context), items: map)
      let walk = try traversal(shown, factor)
      return try write(walk.ofUser(Array(one.history.row(0)), others: everybody.history), put)
    }
    let views = ModelViews(stored: shown, fitted: fitted, show: show)
    try write(views.clusters(everybody.history), put)
  }

  /// Explains recommendations user by user.
  private func explainUsers(
    _ data: InteractionSet, of stream: StreamReader, _ map: ItemMap, _ shown: StoredModel,
    _ name: String,
    _ context: ToolContext, _ put: (String) throws -> Void
  ) throws {
    let wantedItems = try places(of: request.items, in: stored)
    let contrasts = try places(of: request.contrasts, in: stored)
    let templates = try SentenceTemplates(
      request.template.map { try InputFile.lines($0) } ?? SentenceTemplates.standard,
      name: request.template ?? "the standard templates")
    let (cases, listed) = try self.cases(data, of: stream, map, name, context)
    let isWhole = !request.isBrief || templates.use("cluster")
    let named = isWhole && request.format == .jsonl || templates.use("cluster")
    let printer = ExplanationPrinter(
      format: request.format, show: show, isBrief: request.isBrief, model: shown, fitted: fitted,
      templates: templates, clusterNames: named ? clusterNames(shown, data, map) : [])
    let progress = Progress("explained", unit: "users", total: cases.count, context.log)
    let team = try ModelTeam(stored, fitted, count: min(Parallel.threads, cases.count))
    // Users are scored by blocks, and explained and put into words a few at a time on all cores.
    let together = together(of: cases.count)
    let block = max(20 * together, 200)
    let ranker = Ranker(fitted)
    let finder = ReasonFinder(fitted, categories: stored.items.categories)
    for start in stride(from: 0, to: cases.count, by: block) {
      let rows = start..<min(start + block, cases.count)
      var lists = [[UInt32]](repeating: wantedItems, count: rows.count)
      if let listed {
        lists = Array(listed[rows])
      } else if wantedItems.isEmpty {
        lists = ranker.top(cases.history, rows: rows, count: request.top).map { $0.map(\.index) }
      }
      let groups = stride(from: rows.lowerBound, to: rows.upperBound, by: together).map {
        $0..<min($0 + together, rows.upperBound)
      }
      let tasks = groups.map { $0.reduce(0) { $0 + cases.history.row($1).count } }
      let texts = team.texts(weights: tasks) { model, place in
        let asked = groups[place].map { (Array(cases.history.row($0)), lists[$0 - start]) }
        let found = explain(model, finder, asked, contrasts: contrasts, isWhole: isWhole)
        return zip(groups[place], zip(asked, found)).map { row, answer in
          var items = answer.1
          if wantedItems.isEmpty {
            for rank in items.indices { items[rank].rank = rank + 1 }
          }
          return printer.text(
            ExplainedUser(
              id: data.users.ids[cases.users[row]], history: answer.0.0, round: cases.rounds[row],
              items: items))
        }.joined()
      }
      for text in texts { try put(text) }
      progress.update(rows.upperBound)
    }
    progress.finish()
  }

  /// Whose recommendations are explained, and which where lists say.
  private func cases(
    _ data: InteractionSet, of stream: StreamReader, _ map: ItemMap, _ name: String,
    _ context: ToolContext
  ) throws -> (cases: FoldInCases, items: [[UInt32]]?) {
    let chosen = try chosenUsers(data, context)
    guard let path = request.recommendations else {
      let all = FoldInCases(data, users: chosen, items: map)
      try check(all, name, context)
      return (all.known, nil)
    }
    let lists = try ScoredLists(path, of: stored, for: stream, top: request.top)
    let found = try lists.cases(data, chosen: chosen, map)
    if found.missing > 0 {
      context.log.notice(
        "left out \(found.missing) lists of users or rounds of which \(name) has no history")
    }
    try check(found.cases, name, context)
    return (found.cases, found.items)
  }

  /// What the clusters are called, for what sets users of the input apart: of evenly spaced ones where
  /// there are many, so that one user's explanation does not cost a pass over all.
  private func clusterNames(
    _ shown: StoredModel, _ data: InteractionSet, _ map: ItemMap
  ) -> [String?] {
    guard let inner = fitted.core as? any InterpretableModel else { return [] }
    let count = min(data.userCount, 2000)
    let sample = FoldInCases(
      data, users: (0..<count).map { $0 * data.userCount / count }, items: map)
    let profiles = ClusterProfile.all(
      of: inner, sample.history, items: shown.items, categoryCount: shown.categories.count)
    return ClusterProfile.names(profiles, items: shown.items, categories: shown.categories)
  }

  /// What is said of the model alone; nil when interactions are needed.
  private func viewsWithoutData(
    _ shown: StoredModel
  ) throws -> [LearntThing]? {
    let views = ModelViews(stored: shown, fitted: fitted, show: show)
    if case .groups = request.view { return try views.groups() }
    if case .factors = request.view { return try views.factors() }
    guard case .altering(let factor) = request.view, !request.items.isEmpty else { return nil }
    return try traversal(shown, factor).ofItem(try places(of: request.items, in: stored)[0])
  }

  private func traversal(
    _ shown: StoredModel, _ factor: Int
  ) throws -> Traversal {
    guard let inner = fitted.core as? any InterpretableModel,
      (0..<inner.latentCount).contains(factor)
    else {
      throw ToolError(.badData, "\(model): has no factor \(factor) that can be altered")
    }
    return Traversal(
      stored: stored, inner: inner, factor: factor, steps: request.steps, reach: request.reach,
      top: request.top)
  }

  private func write(_ things: [LearntThing], _ put: (String) throws -> Void) throws {
    for thing in things {
      try put(
        request.format == .jsonl
          ? thing.json.text + "\n" : thing.lines.joined(separator: "\n") + "\n")
    }
  }

  /// How many of some users are explained together: as many as scores of all items have room for, since few rows make
  /// slow products, but an eighth of all, so that each thread has some. It must not depend on threads, since sums may.
  private func together(of users: Int) -> Int {
    max(min(200_000 / max(fitted.itemCount, 1), users / 8, 24), 1)
  }

  /// What speaks for items of some users; for one of a user's own, what their other items say of it.
  ///
  /// - Parameter isWhole: whether the parts of scores are wanted, beside reasons.
  private func explain(
    _ fitted: any RecommendationModel, _ finder: ReasonFinder,
    _ asked: [(history: [UInt32], items: [UInt32])], contrasts: [UInt32], isWhole: Bool
  ) -> [[ExplainedItem]] {
    var questions: [(user: Int, history: [UInt32], items: [UInt32])] = []
    for (user, (history, wanted)) in asked.enumerated() {
      let own = Set(history)
      let others = wanted.filter { !own.contains($0) }
      if !others.isEmpty { questions.append((user, history, others)) }
      for item in wanted where own.contains(item) {
        questions.append((user, history.filter { $0 != item }, [item]))
      }
    }
    let answers = finder.reasons(fitted, questions.map { ($0.history, $0.items) })
    var found = asked.map { _ in [UInt32: ExplainedItem]() }
    let wholes =
      isWhole
      ? fitted.explain(
        questions.map { ($0.history, $0.items + contrasts) },
        known: contrasts.isEmpty ? answers.map(\.falls) : []) : []
    for (question, (reasons, _)) in answers.enumerated() {
      let (user, history, items) = questions[question]
      let all = isWhole ? wholes[question] : []
      let sets =
        request.findsCounterfactuals
        ? Counterfactual.find(fitted, history, items: items, top: request.top, most: request.most)
        : nil
      for (place, reason) in reasons.enumerated() {
        found[user][reason.item] = ExplainedItem(
          explanation: isWhole ? all[place] : nil, reason: reason,
          contrasts: Array(all.dropFirst(items.count)), counterfactual: sets.map { $0[place] },
          rank: reason.place)
      }
    }
    return zip(asked, found).map { asked, found in asked.items.compactMap { found[$0] } }
  }

  private func places(of words: [String], in stored: StoredModel) throws -> [UInt32] {
    guard !words.isEmpty else { return [] }
    let search = ItemSearch(stored.items, model: model)
    return try words.map { try search.place(of: $0) }
  }

  private func check(_ cases: FoldInCases, _ name: String, _ context: ToolContext) throws {
    try known.check(
      interactions: cases.knownInteractions, of: cases.interactions, strangers: cases.strangers,
      of: cases.count, fate: "are left out", name, context)
  }

  private func chosenUsers(_ data: InteractionSet, _ context: ToolContext) throws -> [Int] {
    guard !request.users.isEmpty || request.usersFile != nil else {
      return Array(0..<data.userCount)
    }
    let places = IDPlaces(data.users.ids)
    var chosen = try request.users.map { id in
      guard let place = places[id] else {
        throw ToolError(
          .badData, "user '\(id)' is not in the input; pipe a history in to explain it")
      }
      return place
    }
    if let file = request.usersFile {
      let wanted = try InputFile.ids(file)
      try ListedID.refuseMore(in: wanted, file) { places[$0] != nil }
      let found = wanted.compactMap { places[$0] }
      try known.check(
        found.count, of: wanted.count, "wanted users are in the input",
        first: wanted.first { places[$0] == nil }, file, context)
      chosen += found
    }
    return chosen
  }
}
