// Do the sentences that explain recommendations say what is true?

import DenseMath
import Interchange
import Recommending
import ToolKit

/// What sentences claimed, over many recommendations.
private struct ReasonTally {
  typealias Claim = ReasonCheck.Claim

  private(set) var recommendations = 0
  private(set) var made = [Int](repeating: 0, count: Claim.allCases.count)
  private(set) var holding = [Int](repeating: 0, count: Claim.allCases.count)
  /// The shares of the personal part that go with own items that are named as a reason.
  private var shares: [Double] = []
  /// Recommendations of which the sentence says that it is a little of many.
  private(set) var littleSaid = 0

  mutating func add(_ reason: RecommendationReason, _ claims: [(claim: Claim, holds: Bool)]) {
    recommendations += 1
    for (claim, holds) in claims {
      guard let place = Claim.allCases.firstIndex(of: claim) else { continue }
      made[place] += 1
      if holds { holding[place] += 1 }
    }
    if let own = reason.own { shares.append(own.shareOfNamed) }
    if reason.little != nil, reason.taste == nil { littleSaid += 1 }
  }

  /// Rates of what was made; nil where nothing was.
  func rate(_ holding: Int, of made: Int) -> Double? {
    made > 0 ? Double(holding) / Double(made) : nil
  }

  var median: Double? { shares.isEmpty ? nil : shares.sorted()[shares.count / 2] }
  var littleShare: Double? { rate(littleSaid, of: recommendations) }
}

private func words(_ claim: ReasonCheck.Claim) -> String {
  switch claim {
  case .place: "its place"
  case .own: "because of own items"
  case .little: "a little of many"
  case .taste: "for a taste"
  case .popularity: "popular first"
  case .nothing: "nothing stands out"
  }
}

/// The claims about the best items of every test user, found and scored again.
func reasonsSection(_ subjects: Subjects, top: Int, _ context: ToolContext) -> Section {
  let title = "Reasons: what sentences claim, scored again"
  let (model, all) = (subjects.fitted, subjects.heldOut.known)
  guard all.count > 0 else {
    return .absent(.reasons, title, because: "no user has an item that the model knows")
  }
  let finder = ReasonFinder(model, categories: subjects.stored.items.categories)
  let (ranker, check) = (Ranker(model), ReasonCheck(model, finder))
  var tally = ReasonTally()
  let progress = Progress("checked reasons", unit: "users", total: all.count, context.log)
  for row in 0..<all.count {
    let history = Array(all.history.row(row))
    let items = ranker.top(all.history, rows: row..<row + 1, count: top)[0].map(\.index)
    let bases = model.bases(history, items: items)
    for (reason, basis) in zip(finder.reasons(model, history, items: items), bases) {
      tally.add(reason, check.claims(reason, basis, history))
    }
    progress.update(row + 1)
  }
  progress.finish()
  return Section(.reasons, title, lines: lines(tally), value: value(tally))
}

func percent(_ share: Double?) -> String { share.map { "\(fixed(100 * $0, 1)) %" } ?? "-" }

private func lines(_ tally: ReasonTally) -> [String] {
  var rows = [["claim", "made", "of all", "holds"]]
  for (place, claim) in ReasonCheck.Claim.allCases.enumerated() {
    rows.append([
      words(claim), "\(tally.made[place])",
      percent(tally.rate(tally.made[place], of: tally.recommendations)),
      percent(tally.rate(tally.holding[place], of: tally.made[place])),
    ])
  }
  let (made, holding) = (tally.made.reduce(0, +), tally.holding.reduce(0, +))
  let verdict = made == holding ? "every claim holds" : "\(made - holding) claims do not hold"
  return ["\(tally.recommendations) recommendations, \(made) claims: \(verdict)"] + aligned(rows)
    + ["\(percent(tally.littleShare)) of the sentences say that it is a little of many"]
    + (tally.median.map {
      [
        "without own items that are named as a reason a median of \(percent($0)) of the personal part is gone"
      ]
    } ?? [])
}

private func value(_ tally: ReasonTally) -> JSONValue {
  let claims = ReasonCheck.Claim.allCases.enumerated().map { place, claim in
    (
      claim.rawValue,
      ["made": .integer(tally.made[place]), "holding": .integer(tally.holding[place])] as JSONValue
    )
  }
  return [
    "recommendations": .integer(tally.recommendations),
    "claims": .object(Dictionary(uniqueKeysWithValues: claims)),
    "share": tally.rate(tally.holding.reduce(0, +), of: tally.made.reduce(0, +)).map { .number($0) }
      ?? .null,
    "littleOfMany": tally.littleShare.map { .number($0) } ?? .null,
    "medianShareOfNamed": tally.median.map { .number($0) } ?? .null,
  ]
}
