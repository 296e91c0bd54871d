// Are reasons true, and does the check see where they are not?

import DenseMath
import Interchange
import Support
import Testing

@testable import Fitting
@testable import LinearModels
@testable import ModelCatalogue
@testable import Recommending

private let small = ["width=16", "latent=6", "epochs=12", "batch=20", "patience=100"]

private let cases: [(String, [String])] = [
  ("popularity", []), ("item-knn", ["neighbours=6"]), ("ease", ["lambda=5"]), ("mult-vae", small),
  ("ials", ["factors=5", "lambda=0.1"]),
  ("indgrm", small + ["clusters=2", "groups=3", "ard=on"]),
  ("indgrm", small + ["clusters=2", "groups=3", "expert=linear", "expert-weight=3"]),
]

/// Two tastes over so many items that histories are long enough for sets of them.
private func fitted(_ name: String, _ words: [String]) throws -> (
  any RecommendationModel, SparseRows
) {
  let lists = (0..<60).map { user -> [UInt32] in
    let half = user % 2 == 0 ? 0 : 20
    let own = (0..<20).filter { ($0 * 7 + user * 13) % 5 < 2 }.map { UInt32(half + $0) }
    return own + (user % 4 < 2 ? [] : [UInt32(20 - half + user % 20)])
  }.map { $0.sorted() }
  let rows = SparseRows(lists: lists, columnCount: 40)
  return (try fitted(name, words, to: rows), rows)
}

/// Scores items 30 and 31 by whether a user has any of the items 0 to 9.
private final class OneIsEnough: RecommendationModel {
  let itemCount = 40
  let settings = JSONValue.object([:])
  func tensors() -> [Tensor] { [] }

  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>) {
    scores.fill(0)
    for row in rows where foldIn.row(row).contains(where: { $0 < 10 }) {
      for item in 30...31 { scores[row - rows.lowerBound, item] = 1 }
    }
  }

  func explain(_ foldIn: [UInt32], items: [UInt32]) -> [Explanation] {
    explainByLeavingOut(self, foldIn, items: items)
  }
}

private let categories = (0..<40).map { [UInt32($0 / 20), UInt32(2 + $0 % 3)] }

@Suite struct ReasonTests {
  /// Whatever the model, every claim about every user's best items holds when it is scored again.
  @Test(arguments: cases.indices)
  func claimsHoldWhenScoredAgain(_ index: Int) throws {
    let (model, rows) = try fitted(cases[index].0, cases[index].1)
    let finder = ReasonFinder(model, categories: categories)
    let check = ReasonCheck(model, finder)
    var made: Set<ReasonCheck.Claim> = []
    for user in stride(from: 0, to: rows.rowCount, by: 3) {
      let history = Array(rows.row(user))
      let items = Ranker(model).top(rows, rows: user..<user + 1, count: 12)[0].map(\.index)
      let bases = model.bases(history, items: items)
      let reasons = finder.reasons(model, history, items: items)
      #expect(reasons.map(\.item) == items)
      for (reason, basis) in zip(reasons, bases) {
        for (claim, holds) in check.claims(reason, basis, history) {
          made.insert(claim)
          #expect(
            holds, "\(cases[index].0): \(claim) of \(reason.item) for user \(user): \(reason)")
        }
        #expect(reason.own == nil || reason.little == nil)
      }
    }
    #expect(made.contains(cases[index].0 == "popularity" ? .popularity : .own))
  }

  /// What reasons start from is what whole explanations tell, and several users together get what each alone does.
  @Test(arguments: cases.indices)
  func basesAndUsersTogetherAlterNothing(_ index: Int) throws {
    let (model, rows) = try fitted(cases[index].0, cases[index].1)
    let finder = ReasonFinder(model, categories: categories)
    let users = (0..<5).map { user -> (history: [UInt32], items: [UInt32]) in
      let items = Ranker(model).top(rows, rows: user..<user + 1, count: 3 + 5 * user)[0]
      return (Array(rows.row(user)), items.map(\.index))
    }
    for (history, items) in users {
      for (basis, explanation) in zip(
        model.bases(history, items: items), model.explain(history, items: items))
      {
        let whole = ReasonBasis(explanation)
        #expect(basis.item == whole.item && abs(basis.popularity - whole.popularity) < 1e-5)
        #expect(finder.nearness(of: basis, history) == finder.nearness(of: whole, history))
      }
    }
    let together = finder.reasons(model, users)
    #expect(together.contains { !$0.falls.isEmpty })
    for known in [[], together.map(\.falls)] {
      for ((history, items), explained) in zip(users, model.explain(users, known: known)) {
        #expect(explained.map(\.item) == items)
        for (one, other) in zip(model.explain(history, items: items), explained) {
          let falls = Dictionary(
            uniqueKeysWithValues: other.leaveOneOut.map { ($0.index, $0.weight) })
          #expect(abs(one.score - other.score) < 1e-4)
          #expect(one.leaveOneOut.allSatisfy { abs($0.weight - (falls[$0.index] ?? 9)) < 1e-4 })
        }
      }
    }
    for ((history, items), (reasons, _)) in zip(users, together) {
      let alone = finder.reasons(model, history, items: items)
      #expect(alone.map(\.item) == reasons.map(\.item))
      // Of tastes the one alike to a tenth may be another where sums are rounded otherwise.
      #expect(alone.map { $0.taste == nil } == reasons.map { $0.taste == nil })
      #expect(alone.map(\.own?.items) == reasons.map(\.own?.items))
    }
  }

  @Test func falseClaimsAreSeen() throws {
    let (model, rows) = try fitted("ease", ["lambda=5"])
    let finder = ReasonFinder(model, categories: categories)
    let check = ReasonCheck(model, finder)
    let found = (0..<rows.rowCount).lazy.compactMap {
      user -> ([UInt32], ReasonBasis, RecommendationReason)? in
      let history = Array(rows.row(user))
      let items = Ranker(model).top(rows, rows: user..<user + 1, count: 1)[0].map(\.index)
      let reasons = finder.reasons(model, history, items: items)
      return reasons.first?.own == nil
        ? nil : (history, model.bases(history, items: items)[0], reasons[0])
    }.first
    let (history, basis, true1) = try #require(found)
    let own = try #require(true1.own)
    func holds(_ alter: (inout RecommendationReason) -> Void) -> Bool {
      var reason = true1
      alter(&reason)
      return check.claims(reason, basis, history).allSatisfy(\.holds)
    }
    #expect(holds { _ in })
    // What is a reason is no little of many.
    #expect(
      !holds {
        $0.own = nil
        $0.little = own
      })
    for (items, place) in [
      (own.items, own.placeWithout + 1), ([basis.item], own.placeWithout),
      ([], true1.place),
    ] {
      #expect(
        !holds {
          $0.own = .init(items: items, named: items.count, share: own.share, placeWithout: place)
        })
    }
    #expect(
      !holds {
        $0.taste = .init(
          kind: .category(2),
          own: .init(items: Array(history.prefix(3)), named: 2, share: 0.9, placeWithout: 40),
          shareAlone: 0.5)
      })
  }

  /// Weights by hand: item 4 is told by items 0 to 3 with 4, 3, 2 and 1 of 10, item 5 by 3 alone.
  @Test func sharesAndPlacesAreThoseOfTheWeights() throws {
    let weights = Matrix<Float>(rows: 10, columns: 10)
    weights.fill(0)
    for (own, weight) in [(0, 4), (1, 3), (2, 2), (3, 1)] { weights[own, 4] = Float(weight) }
    weights[3, 5] = 9
    // What a model says of the user's own items leads nobody astray.
    for own in 0..<4 { weights[own, own] = 1000 }
    let model = LinearModel(ItemItemWeights(weights), settings: .object([:]))
    let finder = ReasonFinder(model, categories: nil)
    let history: [UInt32] = [0, 1, 2, 3]
    let reasons = finder.reasons(model, history, items: [4, 5])
    // Leads over items 4 to 9: 10 - 19/6 and 9 - 19/6; without item 0: 6 - 15/6.
    #expect(reasons[0].place == 1 && reasons[1].place == 2)
    #expect(abs(reasons[0].personal - 41.0 / 6) < 1e-6 && reasons[0].general == 0)
    #expect(reasons[0].own?.items == [0] && reasons[0].own?.placeWithout == 2)
    #expect(abs((reasons[0].own?.share ?? 0) - 20.0 / 41) < 1e-6)
    #expect(reasons[1].own?.items == [3] && reasons[1].own?.share ?? 0 > 0.999)
    #expect(reasons[0].taste == nil && !reasons[0].popularityLeads)
  }

  /// A user of one kind of items alone has a taste in the narrowest category of them, where no few own items are a
  /// reason; what most items are is none.
  @Test func oneKindAloneIsATaste() throws {
    let weights = Matrix<Float>(rows: 40, columns: 40)
    weights.fill(0)
    for own in 0..<12 { weights[own, 13] = 1 }
    let model = LinearModel(ItemItemWeights(weights), settings: .object([:]))
    // All are in 0, the first 16 in 1, the first 14 in 2 as well.
    let categories = (0..<40).map { [UInt32(0)] + ($0 < 16 ? [1] : []) + ($0 < 14 ? [2] : []) }
    let finder = ReasonFinder(model, categories: categories)
    let history = (0..<12).map { UInt32($0) }
    let reason = finder.reasons(model, history, items: [13])[0]
    #expect(reason.taste?.kind == .category(2) && reason.taste?.own.items.count == 12)
    #expect(reason.taste?.own.named == 2 && reason.own == nil)
    let few = finder.reasons(model, Array(history.prefix(5)), items: [13])[0]
    #expect(few.own?.named == 2, "a fifth each")
    #expect(few.taste == nil)
    let broad = ReasonFinder(model, categories: categories.map { [$0[0]] })
    #expect(broad.reasons(model, history, items: [13])[0].taste == nil)
  }

  /// Where one own item of a kind does as much as all of them, what is gone without these and not without as many others
  /// says that it is a taste in that kind, also where they are most of the history; what others are is none.
  @Test(arguments: [4, 8]) func aTasteIsWhatDoesNotGoWithAsManyOthers(_ count: Int) {
    let model = OneIsEnough()
    let finder = ReasonFinder(
      model, categories: (0..<40).map { [$0 < 10 || $0 == 30 ? 0 : $0 < 20 || $0 == 31 ? 1 : 2] })
    let history = (0..<count).map { UInt32($0) } + [10, 11, 12]
    let reasons = finder.reasons(model, history, items: [30, 31])
    #expect(reasons.allSatisfy { $0.own == nil && $0.personal > 0 })
    #expect(reasons[0].taste?.kind == .category(0) && reasons[0].taste?.own.items.count == count)
    #expect(reasons[1].taste == nil)
    let check = ReasonCheck(model, finder)
    for (reason, basis) in zip(reasons, model.bases(history, items: [30, 31])) {
      let claims = check.claims(reason, basis, history)
      #expect(claims.allSatisfy { $0.holds })
    }
  }

  /// Of a long history those are named that do most among its eight nearest, and the nearest others go with them.
  @Test func theMostInfluentialOfTheNearAreNamed() throws {
    let weights = Matrix<Float>(rows: 80, columns: 80)
    weights.fill(0)
    // What adds to item 75 directly says both what is near and what does most.
    for own in 0..<64 { weights[own, 75] = own < 20 ? 10 - Float(own) / 10 : 1 }
    // What item 75 falls behind without eight of these, but not without five.
    for own in 20..<64 { weights[own, 76] = 3.9 }
    let model = LinearModel(ItemItemWeights(weights), settings: .object([:]))
    let history = (0..<64).map { UInt32($0) }
    let reason = ReasonFinder(model, categories: nil).reasons(model, history, items: [75])[0]
    let little = try #require(reason.little)
    #expect(reason.own == nil && little.items == (0..<8).map { UInt32($0) } && little.named == 3)
    // Enough is gone without all of them, but not without those that are named.
    #expect(little.share >= 0.3 && abs(little.shareOfNamed - 29.7 / 225) < 1e-2)
    #expect(little.placeWithout == 2)
    #expect([10, 32, 64, 200].map(RecommendationReason.namedAmong) == [4, 4, 8, 8])
  }

  /// Own items that add alike: none of few can be called the reason, and of seventy none stands out.
  @Test func aLittleOfManyIsCalledThat() throws {
    let weights = Matrix<Float>(rows: 80, columns: 80)
    weights.fill(0)
    for own in 0..<70 { weights[own, 75] = 1 }
    let model = LinearModel(ItemItemWeights(weights), settings: .object([:]))
    let history = (0..<70).map { UInt32($0) }
    let finder = ReasonFinder(model, categories: nil)
    let reason = finder.reasons(model, Array(history.prefix(20)), items: [75])[0]
    #expect(reason.own == nil && reason.little?.items == [0, 1, 2])
    #expect(abs((reason.little?.share ?? 0) - 3.0 / 20) < 1e-6)
    let quiet = finder.reasons(model, history, items: [75])[0]
    #expect(quiet.own == nil && quiet.little == nil)
    let claims = ReasonCheck(model, finder).claims(
      quiet, model.bases(history, items: [75])[0], history)
    #expect(claims.map(\.claim) == [.place, .nothing] && claims.allSatisfy(\.holds))
    // A taste in what carries nothing is not claimed.
    let kinds = ReasonFinder(
      model, categories: (0..<80).map { $0 < 40 ? [0] : $0 == 75 ? [0, 1] : [1] })
    let taste = kinds.reasons(model, history, items: [75])[0].taste
    #expect(taste == nil, "as many others do as much")
  }
}
