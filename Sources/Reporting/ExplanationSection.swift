// Why are some items recommended to some users?

import DenseMath
import Explaining
import Fitting
import InteractionData
import ModelCatalogue
import Plots
import Recommending

private let exampleUsers = 4
private let exampleItems = 4
private let largestParts = 7

/// A user whose recommendations are explained.
private struct Example {
  let user: String
  let history: [UInt32]
  let items: [UInt32]
  /// The score each item was given in a list, where there was one.
  let scores: [Float]
}

/// What recommendations there are, and for some users what the scores are made of.
func explanationSection(
  _ subject: Subject, _ lists: RecommendedLists?, _ sentences: ReasonSentences
) -> Section {
  let title = "People, and what is recommended to them"
  var blocks: [Block] = []
  let overall = lists.map { overview(subject, $0) } ?? []
  guard let population = subject.population else {
    return Section(
      "explanations", title, overall.isEmpty ? [.omitted(Section.noData)] : overall)
  }
  let examples = lists.map { listed($0, population) } ?? scored(subject, population)
  guard !examples.isEmpty else {
    return Section(
      "explanations", title,
      overall + [.omitted("examples with their reasons; none of the listed users is in the data")])
  }
  // People first; what the parts of the pictures are comes behind them.
  let reading = Block.text(
    "A score is a sum of parts. "
      + (subject.groups != nil && subject.inner != nil
        ? "Popularity is what an item has for everybody, a group's part what the user's taste "
          + "for that group of items gives it, and the mix of groups corrects for items that "
          + "are in several. Own items directly is what a linear expert adds, where the model "
          + "has one."
        : "They are what the model's kind offers: factors, the user's own items, popularity.")
      + " Only differences between scores have a meaning: the larger ranks higher.")
  let cases = examples.map { example in
    let explanations = subject.fitted.explain(example.history, items: example.items)
    return (example, explanations, parts: explanations.map { scoreParts(subject, $0) })
  }
  // Groups have one colour in all charts; own items differ from user to user.
  let shared = cases.flatMap { $0.1 }.allSatisfy { !$0.groups.isEmpty }
  let common = leadingParts(cases.flatMap { $0.parts.joined() })
  for (place, (example, explanations, parts)) in cases.enumerated() {
    let leading = shared ? common : leadingParts(Array(parts.joined()))
    blocks.append(reasons(subject, example, sentences))
    blocks.append(explained(subject, example, explanations, parts, leading, place + 1))
  }
  blocks.append(reading)
  let strayed = cases.contains { example, explanations, _ in
    zip(explanations, example.scores).contains { explanation, score in
      abs(explanation.score - Double(score)) > 0.01 * max(1, abs(explanation.score))
    }
  }
  if strayed {
    blocks.append(
      .text(
        "Some scores differ from those in the lists: another model or other data made them. The "
          + "parts shown are this model's."))
  }
  return Section("explanations", title, blocks + overall)
}

/// What is recommended to a user, and a sentence for each.
private func reasons(
  _ subject: Subject, _ example: Example, _ sentences: ReasonSentences
) -> Block {
  let reasons = subject.reasonFinder.reasons(
    subject.fitted, example.history, items: example.items)
  let popularity = subject.popularity
  let own = example.history.sorted {
    (-popularity[Int($0)], $0) < (-popularity[Int($1)], $1)
  }.prefix(3).map { subject.title(Int($0)) }
  return .table(
    Table(
      caption: "\(capitalised(subject.name(ofUser: example.user))) has "
        + "\(counted(example.history.count, "choice")), among them \(listed(own)). The best for this user, and what "
        + "can be said to this user of them:",
      columns: [.text("Item"), .text("Why")],
      rows: reasons.map { [subject.title(Int($0.item)), sentences.sentence($0)] }))
}

/// What the lists recommend, all together.
private func overview(_ subject: Subject, _ lists: RecommendedLists) -> [Block] {
  let counts = lists.itemCounts
  let ever = counts.count { $0 > 0 }
  let popularity = subject.popularity
  let places = popularity.indices.sorted { (-popularity[$0], $0) < (-popularity[$1], $1) }
  var rank = [Int](repeating: 0, count: places.count)
  for (place, item) in places.enumerated() { rank[item] = place + 1 }
  let most = counts.indices.filter { counts[$0] > 0 }
    .sorted { (-counts[$0], $0) < (-counts[$1], $1) }.prefix(10)
  return [
    .text(
      "\(counted(lists.count, "list")) for \(counted(lists.users, "user")). Their first "
        + "\(RecommendedLists.places) places hold \(counted(ever, "different item")), "
        + "\(NumberText.percent(Double(ever) / Double(max(counts.count, 1)))) of those the model "
        + "knows."
    ),
    .table(
      Table(
        caption: "The items recommended most often.",
        columns: [
          .text("Item"), .number("Share of the lists"), .number("Place by interactions"),
        ],
        rows: most.map { item in
          [
            subject.title(item),
            NumberText.percent(Double(counts[item]) / Double(max(lists.count, 1)), decimals: 1),
            popularity[item] > 0 ? NumberText.grouped(rank[item]) : "–",
          ]
        })),
  ]
}

/// Users of the lists, spread over the file, whose history is known.
private func listed(_ lists: RecommendedLists, _ population: Population) -> [Example] {
  let step = max(1, lists.examples.count / exampleUsers)
  var examples: [Example] = []
  for start in stride(from: 0, to: lists.examples.count, by: step)
  where examples.count < exampleUsers {
    for list in lists.examples[start..<min(start + step, lists.examples.count)] {
      guard
        let history = population.history(of: list.user, role: lists.role, round: list.round),
        !history.isEmpty
      else { continue }
      let own = Set(history)
      let entries = list.entries.filter { !own.contains($0.item) }.prefix(exampleItems)
      guard !entries.isEmpty else { continue }
      examples.append(
        Example(
          user: list.user, history: history, items: entries.map(\.item),
          scores: entries.map(\.score)))
      break
    }
  }
  return examples
}

/// Clear members of the largest clusters, or users spread over the data, with the best new items.
private func scored(_ subject: Subject, _ population: Population) -> [Example] {
  let rows: SparseRows
  let chosen: [(row: Int, id: String)]
  if let users = subject.users {
    rows = users.rows
    chosen = subject.clearMembers.prefix(exampleUsers).map { ($0.row, users.ids[$0.row]) }
  } else {
    rows = population.rows
    let step = max(1, rows.rowCount / exampleUsers)
    chosen = stride(from: 0, to: rows.rowCount, by: step).prefix(exampleUsers).map {
      ($0, population.ids[$0])
    }
  }
  let scores = Matrix<Float>(rows: 1, columns: subject.itemCount)
  return chosen.map { row, id in
    let range = row..<row + 1
    subject.fitted.score(rows, rows: range, into: scores)
    let best = topItems(scores, rows, rows: range, count: exampleItems)[0]
    return Example(
      user: id, history: Array(rows.row(row)), items: best.map(\.index), scores: best.map(\.score))
  }.filter { !$0.items.isEmpty }
}

/// The parts that are largest over several scores.
private func leadingParts(_ parts: [(name: String, value: Double)]) -> [String] {
  var sizes: [String: Double] = [:]
  for part in parts { sizes[part.name, default: 0] += abs(part.value) }
  return Array(
    sizes.keys.sorted { (-(sizes[$0] ?? 0), $0) < (-(sizes[$1] ?? 0), $1) }.prefix(largestParts))
}

/// One user's chart and words.
private func explained(
  _ subject: Subject, _ example: Example, _ explanations: [Explanation],
  _ parts: [[(name: String, value: Double)]], _ leading: [String], _ number: Int
) -> Block {
  let hasRest = parts.joined().contains { !leading.contains($0.name) }
  let rate = explanations.first.flatMap(baseRate)
  let rows = zip(explanations, parts).map { explanation, parts in
    var values = leading.map { name -> Double in
      parts.filter { $0.name == name }.reduce(0.0) { $0 + $1.value }
    }
    if hasRest { values.append(explanation.score - (rate ?? 0) - values.reduce(0, +)) }
    return StackedBars.Row(subject.title(Int(explanation.item)), values)
  }
  let names = leading + (hasRest ? ["all other parts"] : [])
  let figure = Figure(
    "explanation-\(number)",
    title: "Parts of the scores of \(subject.name(ofUser: example.user))",
    summary: "For each recommended item the parts that add up to its score.",
    chart: StackedBars(
      parts: names, rows, x: rate == nil ? "score" : "score beyond the base rate",
      endsInRest: hasRest))
  var words = ""
  if let clusters = explanations.first?.clusters, clusters.count > 1 {
    let shares = clusters.prefix(3).filter { $0.weight >= 0.01 }
      .map { "\(subject.name(ofCluster: $0.index)) (\(NumberText.percent($0.weight)))" }
    words += "User clusters: \(shares.joined(separator: "; "))."
  }
  if let first = parts.first?.max(by: { $0.value < $1.value }), let item = explanations.first?.item
  {
    words += " Largest part for \(subject.title(Int(item))): \(first.name)."
  }
  if let nearest = explanations.first?.nearest.prefix(3), !nearest.isEmpty {
    words +=
      " Nearest to it among the user's own: "
      + listed(nearest.map { "\(subject.title($0.index)) (\(NumberText.decimals($0.weight, 2)))" })
      + "."
  }
  if parts.joined().contains(where: { $0.value < -0.01 }) {
    words +=
      " Parts to the right of 0 add to the score, parts to the left take away; a stroke is the sum."
  }
  if let rate {
    words +=
      " The base rate, \(NumberText.signed(rate, 2)), is left out: all items have it alike."
  }
  return .figure(figure, words.trimmed)
}

/// What all items have alike, where a model has that.
private func baseRate(_ explanation: Explanation) -> Double? {
  explanation.contributions.first { $0.source == .baseRate }?.value
}

/// The parts of a score beyond the base rate by name: by item groups where the model has them.
private func scoreParts(_ subject: Subject, _ explanation: Explanation) -> [(
  name: String, value: Double
)] {
  let hasGroups = !explanation.groups.isEmpty
  var parts = explanation.contributions.compactMap { part -> (name: String, value: Double)? in
    switch part.source {
    // It would hide what tells items apart.
    case .baseRate: nil
    case .itemBias: ("popularity", part.value)
    case .recency: ("liked of late", part.value)
    case .groupMixture: ("mix of groups", part.value)
    case .remainder: ("no single own item", part.value)
    case .item(let item):
      (hasGroups ? "own items directly" : subject.title(Int(item)), part.value)
    case .factor(let index): hasGroups ? nil : ("factor \(index)", part.value)
    case .group(let index): hasGroups ? nil : (groupName(subject, index), part.value)
    }
  }
  parts += explanation.groups.map { (groupName(subject, $0.index), $0.contribution) }
  return parts
}

private func groupName(_ subject: Subject, _ group: Int) -> String {
  let bare = "group \(group)"
  let name = subject.groupNames.indices.contains(group) ? subject.groupNames[group] : bare
  return name == bare ? bare : "group \(name)"
}

func capitalised(_ words: String) -> String {
  words.prefix(1).uppercased() + words.dropFirst()
}

extension String {
  /// Without blanks before it.
  fileprivate var trimmed: String { String(drop { $0 == " " }) }
}
