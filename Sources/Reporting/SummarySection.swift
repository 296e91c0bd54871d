// What does one need to know who reads no further?

import DenseMath
import Interchange
import ModelCatalogue
import Plots
import Recommending

/// How good the recommendations are, for whom, what the model knows and what it does not, in words.
func summarySection(_ subject: Subject, _ models: [MeasuredModel]) -> Section {
  Section(
    "summary", "In short",
    [
      .points(
        accuracy(models) + knowledge(subject) + [size(subject), limits(subject)]
      )
    ])
}

/// What it was fitted to.
private func size(_ subject: Subject) -> (String, String) {
  let users = subject.stored.description["training_users"]?.int
  let interactions = subject.popularity.reduce(0, +)
  var words = "\(counted(subject.itemCount, "item"))"
  if let users { words += " and the choices of \(counted(users, "user"))" }
  if interactions > 0 {
    let tenth = subject.popularity.sorted(by: >).prefix(max(1, subject.itemCount / 10))
    let share = Double(tenth.reduce(0, +)) / Double(interactions)
    words +=
      ", \(NumberText.grouped(interactions)) in all; the most popular tenth of the items has "
      + "\(NumberText.percent(share)) of them"
  }
  return ("What it has seen.", words + ".")
}

// MARK: How good, and for whom

private func accuracy(_ models: [MeasuredModel]) -> [(String, String)] {
  guard let own = models.first else {
    return [("How good it is.", "That was not measured for this page.")]
  }
  var words: [String] = []
  if let n = length("hit-rate", of: own), let found = own.figure("hit-rate", at: n) {
    words.append(
      "Of what \(counted(own.users, "user")) chose, a part was held back: in the first "
        + "\(n == 1 ? "place" : "\(n) places") "
        + "\(NumberText.percent(found.mean)) of them find some of it again")
  }
  if let n = length("recall", of: own), let found = own.figure("recall", at: n) {
    words.append(
      (words.isEmpty ? "Of what was held back the" : "; the")
        + " list of \(n) holds \(NumberText.percent(found.mean)) of it")
  }
  let quality = words.isEmpty ? [] : [("How good it is.", words.joined() + ".")]
  return quality + comparison(own, models) + forWhom(own)
}

/// The cut-off nearest to a page of ten.
private func length(_ metric: String, of model: MeasuredModel) -> Int? {
  let all = model.figures.filter { $0.metric == metric && $0.group == "all" }.map(\.n)
  return all.filter { $0 <= 10 }.max() ?? all.min()
}

private func comparison(_ own: MeasuredModel, _ models: [MeasuredModel]) -> [(String, String)] {
  let n = own.figures.filter { $0.metric == "ndcg" && $0.group == "all" }.map(\.n).max()
  guard let n, let mine = own.figure("ndcg", at: n) else { return [] }
  let words = models.dropFirst().compactMap { other -> String? in
    guard let theirs = other.figure("ndcg", at: n), theirs.mean > 0 else { return nil }
    let change = NumberText.percent(abs(mine.mean / theirs.mean - 1), decimals: 1)
    guard let a = mine.interval, let b = theirs.interval,
      a.upperBound < b.lowerBound || b.upperBound < a.lowerBound
    else {
      return
        "no clear difference from \(other.name) (\(change) \(mine.mean >= theirs.mean ? "better" : "worse"))"
    }
    return "clearly \(mine.mean > theirs.mean ? "better" : "worse") than \(other.name) (\(change))"
  }
  guard !words.isEmpty else { return [] }
  return [("Beside others.", "By the order of its lists (NDCG@\(n)): \(listed(words)).")]
}

/// Whether users it knows little of are served as well: by who finds something again, or by the order of lists.
private func forWhom(_ own: MeasuredModel) -> [(String, String)] {
  let cold = own.figures.filter { $0.group.hasPrefix("near-cold") }
  let hits = length("hit-rate", of: own).flatMap { n in
    cold.first { $0.metric == "hit-rate" && $0.n == n }
  }
  guard let few = hits ?? cold.first(where: { $0.metric == "ndcg" }),
    let all = own.figure(few.metric, at: few.n)
  else { return [] }
  let verdict = few.mean >= 0.9 * all.mean ? "are served as well" : "are served less well"
  let fewer = own.definitions[few.group].flatMap { words in
    words.split(separator: " ").lazy.compactMap { Int($0) }.first
  }
  let what = fewer.map { " (fewer than \(counted($0, "choice")))" } ?? ""
  let figures =
    few.metric == "hit-rate"
    ? "\(NumberText.percent(few.mean)) of them find some of what was held back in the first \(few.n), "
      + "\(NumberText.percent(all.mean)) of all"
    : "NDCG@\(few.n) is \(NumberText.decimals(few.mean, 3)) for them and "
      + "\(NumberText.decimals(all.mean, 3)) for all"
  return [("For whom.", "Users it knows little of\(what) \(verdict): \(figures).")]
}

// MARK: What it knows, and what it does not

private func knowledge(_ subject: Subject) -> [(String, String)] {
  var points: [(String, String)] = []
  let reasons = subject.sampleOfReasons
  if !reasons.isEmpty {
    func share(_ count: Int) -> String { NumberText.percent(Double(count) / Double(reasons.count)) }
    let popular = reasons.count { $0.popularityLeads }
    let personal = reasons.count { !$0.popularityLeads && ($0.own != nil || $0.taste != nil) }
    let rest = personal + popular < reasons.count ? "; in the rest no few choices stand out" : ""
    points.append(
      (
        "Why it recommends.",
        "Of \(counted(reasons.count, "recommendation")) looked at, \(share(personal)) follow from a few choices of "
          + "the user's own or from a taste of theirs, \(share(popular)) first of all from being "
          + "popular\(rest). Each was tested by taking the choices away."
      ))
  }
  if let groups = subject.groups {
    let used = Set(groups.assignment).sorted()
    let isByCategory = subject.fitted.core.settings["privileged"]?.bool == true
    let names = used.compactMap { group in
      subject.groupNames.indices.contains(Int(group)) ? subject.groupNames[Int(group)] : nil
    }
    points.append(
      (
        "What it knows of items.",
        "It sorts them into \(counted(used.count, "group")) by "
          + (isByCategory ? "their categories" : "who chooses them")
          + (names.isEmpty ? "" : ", such as " + listed(names.prefix(3).map { "'\($0)'" })) + "."
      ))
  }
  if let inner = subject.inner {
    points.append(("What it knows of users.", kinds(subject, inner.clusterCount)))
  }
  return points
}

/// The kinds of users, the largest that have a name first.
private func kinds(_ subject: Subject, _ count: Int) -> String {
  var sizes = [Int](repeating: 0, count: count)
  for cluster in subject.clusterOfUser { sizes[cluster] += 1 }
  let used = sizes.count { $0 > 0 }
  guard used > 1 else { return "It makes one kind of all; tastes differ by user and not by kind." }
  let words = "It tells \(used) kinds of them apart"
  let order = sizes.indices.sorted { (-sizes[$0], $0) < (-sizes[$1], $1) }
  let named = order.compactMap { cluster -> String? in
    guard sizes[cluster] > 0, let name = subject.clusterNames[cluster] else { return nil }
    let share = Double(sizes[cluster]) / Double(max(subject.clusterOfUser.count, 1))
    return "'\(name)' (\(NumberText.percent(share)) of the users)"
  }
  guard !named.isEmpty else {
    return words + ", but nothing that could be named sets what they choose apart."
  }
  return words + ", such as those who choose more than others of \(listed(Array(named.prefix(3))))."
}

private func limits(_ subject: Subject) -> (String, String) {
  var words = [
    "It knows choices alone, not why somebody chose; an item that nobody chose yet "
      + (subject.categories == nil
        ? "cannot be recommended" : "can be ranked by its categories alone (score --new-items)")
  ]
  // Files of earlier versions do not tell.
  let isKnown = subject.popularity.contains { $0 > 0 }
  let rare = isKnown ? subject.popularity.count { $0 < 5 } : 0
  if rare > 0 {
    words.append(
      "of \(counted(rare, "item")) (\(NumberText.percent(Double(rare) / Double(max(subject.itemCount, 1))))) "
        + "it has seen fewer than five choices")
  }
  if subject.categories == nil { words.append("the items have no categories to name groups by") }
  return ("What it does not know.", words.joined(separator: "; ") + ".")
}
