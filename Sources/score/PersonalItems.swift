// Which items may be ranked for one user and not for another?

import ArgumentParser
import DenseMath
import InteractionData
import Interchange
import ToolKit

/// Candidates and exclusions of each user, as interactions: a pair of a user and an item says that it holds for them.
struct PersonalItems: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Rank for each user only the items that these interactions pair with the user; for users without any,"
        + " all.",
      valueName: "stream"))
  var candidatesByUser: String?

  @Option(
    help: ArgumentHelp(
      "Never rank for a user the items that these interactions pair with the user.",
      valueName: "stream"))
  var excludeByUser: String?

  func validate() throws {
    guard candidatesByUser != "-", excludeByUser != "-" else {
      throw ValidationError("--candidates-by-user and --exclude-by-user need files")
    }
  }

  /// Whether any rule is given.
  var isEmpty: Bool { candidatesByUser == nil && excludeByUser == nil }

  /// Reads the rules.
  ///
  /// - Parameter items: all that may be ranked.
  /// - Throws: `FormatError`, and `ToolError` when hardly any item of the candidates is known.
  func read(items: [String], _ known: KnownShare, _ context: ToolContext) throws -> PersonalPairs {
    let candidates = try candidatesByUser.map { try UserPairs($0, items) }
    if let candidates {
      try known.check(
        candidates.knownItems, of: candidates.itemCount, "candidates are in the model",
        first: candidates.missing, candidates.name, context)
    }
    let excluded = try excludeByUser.map { try UserPairs($0, items) }
    if let excluded, let missing = excluded.missing {
      context.log.warning(
        "\(excluded.name): \(excluded.itemCount - excluded.knownItems) of \(excluded.itemCount) items are not in the"
          + " model, first '\(missing)'")
    }
    return PersonalPairs(candidates: candidates, excluded: excluded)
  }
}

/// Pairs of users and items, by user.
struct UserPairs {
  let name: String
  private let data: InteractionSet
  private let places: ItemMap
  private let rows: IDPlaces

  init(_ path: String, _ items: [String]) throws {
    let stream = try InputFile.stream(path, expecting: [.interactions])
    name = stream.name
    data = try InteractionSet.read(stream).0
    places = ItemMap(from: data.items.ids, to: items)
    rows = IDPlaces(data.users.ids)
  }

  var itemCount: Int { data.itemCount }
  var knownItems: Int { places.knownCount }
  /// The first id that is not known.
  var missing: String? {
    data.items.ids.indices.first { places[UInt32($0)] == nil }.map { data.items.ids[$0] }
  }

  /// A user's known items, ascending; nil for users without any pair.
  subscript(_ user: String) -> [UInt32]? {
    rows[user].map { data.items(of: $0).compactMap { places[$0] }.sorted() }
  }
}

/// The rules of a run.
struct PersonalPairs {
  let candidates: UserPairs?
  let excluded: UserPairs?

  var isEmpty: Bool { candidates == nil && excluded == nil }

  /// The rules of some cases.
  ///
  /// - Parameters:
  ///   - users: the id of each case's user.
  ///   - seen: what each case has of all that may be ranked.
  ///   - isPart: whether there are other users elsewhere.
  /// - Throws: `ToolError` when rules are of none of the users.
  func rules(users: [String], seen: SparseRows, isPart: Bool) throws -> PersonalRules {
    func lists(_ pairs: UserPairs?) throws -> [[UInt32]?] {
      let found = users.map { pairs?[$0] }
      if let pairs, !isPart, !users.isEmpty, found.allSatisfy({ $0 == nil }) {
        throw ToolError(
          .badData, "\(pairs.name): names none of the users to rank for; do they belong together?")
      }
      return found
    }
    return PersonalRules(
      seen: seen, candidates: try lists(candidates), excluded: try lists(excluded))
  }
}

/// What is left out for each case.
struct PersonalRules {
  /// What each case has, one row a case over all that may be ranked.
  let seen: SparseRows
  /// Nil for all.
  let candidates: [[UInt32]?]
  let excluded: [[UInt32]?]

  /// All that is left out for some cases, one row each, ascending.
  ///
  /// - Parameter amongCandidates: whether what is none of a case's candidates is left out.
  func hidden(rows: Range<Int>, keepsSeen: Bool, amongCandidates: Bool = true) -> SparseRows {
    let itemCount = seen.columnCount
    let lists = rows.map { row -> [UInt32] in
      let allowed = amongCandidates ? candidates[row] : nil
      var isHidden = [Bool](repeating: allowed != nil, count: itemCount)
      for item in allowed ?? [] { isHidden[Int(item)] = false }
      for item in excluded[row] ?? [] { isHidden[Int(item)] = true }
      if !keepsSeen { for item in seen.row(row) { isHidden[Int(item)] = true } }
      return isHidden.indices.filter { isHidden[$0] }.map { UInt32($0) }
    }
    return SparseRows(lists: lists, columnCount: itemCount)
  }
}
