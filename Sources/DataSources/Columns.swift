// Which column holds what?

/// What a column is read as.
public enum ColumnRole: String, CaseIterable, Sendable {
  case user, item, rating, time

  /// Whether a header's name means this column; RecBole's `user_id:token` counts as `user_id`.
  func isNamed(_ name: String) -> Bool {
    names.contains(Self.plain(name)) || Self.plainColumn(name).map(names.contains) == true
  }

  /// The role with its article.
  var withArticle: String { (self == .item ? "an " : "a ") + rawValue }

  /// What to do with a field that is none of the role.
  var remedy: String { self == .time ? "write it as 2005-09-06 12:30:00" : "fix it" }

  /// Words that are part of names of users and items; `id` alone stands for an item at last.
  private var words: Set<String> {
    switch self {
    case .user:
      [
        "user", "customer", "member", "person", "profile", "client", "buyer", "visitor", "reviewer",
        "player", "email", "cust", "household",
      ]
    case .item:
      [
        "item", "product", "movie", "film", "book", "article", "game", "song", "track", "artist",
        "video", "recipe", "venue", "sku", "asin", "isbn", "prod", "upc", "ean", "gtin",
      ]
    case .rating, .time: []
    }
  }

  /// A column that may be meant although its name is not known: one whose name has a word of the role and is a key's or
  /// a name's, or for an item beside a user the id of something that is no order. An `id` alone counts the rows unless
  /// it comes again.
  func likely(
    in names: [String], taken: Set<String>, hasUser: Bool, comesAgain: (String) -> Bool
  ) -> String? {
    let parted = names.filter { name in
      !taken.contains(name) && !ColumnRole.allCases.contains { $0 != self && $0.isNamed(name) }
    }.map { ($0, Self.parts(of: $0)) }
    let keys: Set = ["id", "code", "no", "nr", "num", "number", "key"]
    let named = parted.filter { !words.isDisjoint(with: $0.1) }
    if let first = named.first(where: { $0.1.contains("id") })
      ?? named.first(where: { !keys.isDisjoint(with: $0.1.suffix(1)) })
      ?? named.first(where: { !words.isDisjoint(with: $0.1.suffix(1)) || $0.1.contains("name") })
    {
      return first.0
    }
    let groups: Set = ["order", "session", "basket", "invoice", "transaction", "review", "event"]
    guard self == .item, hasUser else { return nil }
    let ids = parted.filter { $0.1.contains("id") && groups.isDisjoint(with: $0.1) }
    return (ids.first { $0.1.count > 1 } ?? ids.first { comesAgain($0.0) })?.0
  }

  /// Another column of this role, such as a session where users are not known.
  func other(than name: String?, in names: [String]) -> String? {
    names.first { $0 != name && isNamed($0) }
  }

  /// The words of a name in lower case: `click_article_id` and `MovieName` have three and two.
  private static func parts(of name: String) -> [String] {
    var (parts, last): ([String], Character) = ([""], " ")
    for character in name {
      let begins = character.isUppercase && last.isLowercase
      if !character.isLetter && !character.isNumber || begins { parts.append("") }
      if character.isLetter || character.isNumber {
        parts[parts.count - 1] += character.lowercased()
      }
      last = character
    }
    return parts.filter { !$0.isEmpty }
  }

  /// Which of some columns' names means this column, if any; the whole name counts before the column's in a table.
  func position(in columns: [String]) -> Int? {
    let plain = columns.map(Self.plain)
    let ofTables = columns.map(Self.plainColumn)
    return names.lazy.compactMap { plain.firstIndex(of: $0) }.first
      ?? names.lazy.compactMap { ofTables.firstIndex(of: $0) }.first
  }

  /// A name as it is compared: in lower case, without underscores, hyphens, blanks, a comment's sign, RecBole's type
  /// and what stands in parentheses.
  static func plain(_ name: String) -> String {
    name.prefix { !":([".contains($0) }.lowercased().filter {
      !"_-.#".contains($0) && !$0.isWhitespace
    }
  }

  /// The column of `table.column`, as Hive writes names, as it is compared.
  private static func plainColumn(_ name: String) -> String? {
    guard let point = name.lastIndex(of: ".") else { return nil }
    return plain(String(name[name.index(after: point)...]))
  }
}

/// Which columns to read, as the user said; roles left out are found by name or customary order.
public struct ColumnSelection: Sendable {
  enum Reference: Equatable, Sendable {
    case name(String)
    /// From 0.
    case position(Int)
    case none
  }

  var references: [ColumnRole: Reference] = [:]
  /// Columns of what describes items.
  var labels: [LabelRole: Reference] = [:]

  /// Whether titles or categories are to be read from the interactions themselves.
  public var hasLabels: Bool { !labels.isEmpty }
  /// Whether there is a column of categories among them.
  public var hasCategories: Bool { labels[.category] != nil }
  /// Whether nothing was said.
  var isEmpty: Bool { references.isEmpty && labels.isEmpty }

  public init() {}

  /// Reads `user=2,item=asin,rating=none`: positions count from 1, `none` says there is no such column.
  ///
  /// Throws `SourceError`.
  public init(_ text: String) throws {
    var said: [Substring] = []
    for part in text.split(separator: ",") {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let (role, label) = (
        ColumnRole(rawValue: String(pair[0])), LabelRole(rawValue: String(pair[0]))
      )
      guard pair.count == 2, !pair[1].isEmpty, role != nil || label != nil else {
        throw SourceError(
          .usage,
          "--columns: '\(part)' is not ROLE=COLUMN; write as in user=1,item=asin,time=none; roles are"
            + " user, item, rating, time, title and category")
      }
      guard !said.contains(pair[0]) else {
        throw SourceError(.usage, "--columns: says \(pair[0]) twice; say one column for each role")
      }
      said.append(pair[0])
      let reference: Reference
      if let position = Int(pair[1]) {
        guard position >= 1 else {
          throw SourceError(.usage, "--columns: positions count from 1, not \(position)")
        }
        reference = .position(position - 1)
      } else {
        reference = pair[1] == "none" ? Reference.none : .name(String(pair[1]))
      }
      if let role { references[role] = reference }
      if let label, reference != Reference.none { labels[label] = reference }
    }
  }

  /// The position of each role among named columns, or keys of JSON objects.
  ///
  /// - Parameter comesAgain: whether values of a column come more than once.
  /// Throws `SourceError` when a chosen column does not exist or user or item cannot be told.
  func positions(
    named names: [String], areKeys: Bool = false, source: String,
    comesAgain: (String) -> Bool = { _ in false }
  ) throws -> [ColumnRole: Int] {
    var found: [ColumnRole: Int] = [:]
    if references.isEmpty { try Self.refuseRankings(names, areKeys: areKeys, source) }
    for role in ColumnRole.allCases {
      switch references[role] {
      case .position(let place):
        found[role] = try Self.checked(place, of: names.count, role.rawValue, source)
      case .name(let name):
        found[role] = try Self.position(of: name, in: names, source: source)
      case Reference.none?: continue
      case nil:
        found[role] = role.position(in: names)
        try found[role].map { try Self.refuseTwins(of: $0, role, names, source) }
      }
    }
    guard found[.user] != nil, found[.item] != nil else {
      let missing = [ColumnRole.user, .item].filter { found[$0] == nil }.map(\.rawValue)
      var likely: [ColumnRole: String] = found.mapValues { names[$0] }
      for role in [ColumnRole.user, .item] where likely[role] == nil {
        likely[role] = role.likely(
          in: names, taken: Set(likely.values), hasUser: likely[.user] != nil,
          comesAgain: comesAgain)
      }
      let example = [ColumnRole.user, .item].map { "\($0.rawValue)=\(likely[$0] ?? "NAME")" }
      throw SourceError(
        .badData,
        "\(source): line 1 names no \(missing.joined(separator: " and no ")) column among"
          + " \(shown(names.joined(separator: ", ").utf8, most: 200)); put its name into"
          + " --columns \(Conversion.quoted(shown(example.joined(separator: ",").utf8, most: 80)))"
          + (areKeys ? "" : ", or say --header no where it is data"))
    }
    return found
  }

  /// Throws `SourceError` for lists that a recommender made, whose scores would be taken for what users rated.
  private static func refuseRankings(_ names: [String], areKeys: Bool, _ source: String) throws {
    let plain = names.map(ColumnRole.plain)
    guard plain.contains("rank"), let place = plain.firstIndex(of: "score"),
      let user = ColumnRole.user.position(in: names), let item = ColumnRole.item.position(in: names)
    else { return }
    let columns = [("user", user), ("item", item), ("rating", place)].map {
      "\($0.0)=\(names[$0.1])"
    }
    throw SourceError(
      .badData,
      "\(source): holds ranked lists with scores, not what users chose; where they chose these items say"
        + " --columns \(Conversion.quoted(shown(columns.joined(separator: ",").utf8, most: 80)))")
  }

  /// Throws `SourceError` where another column is called the same.
  private static func refuseTwins(
    of place: Int, _ role: ColumnRole, _ names: [String], _ source: String
  ) throws {
    let plain = ColumnRole.plain(names[place])
    guard
      let other = names.indices.first(where: {
        $0 != place && ColumnRole.plain(names[$0]) == plain
      })
    else { return }
    let isSame = names[place] == names[other]
    let choices = [place, other].map {
      isSame ? "\(role.rawValue)=\($0 + 1)" : "\(role.rawValue)=\(names[$0])"
    }
    throw SourceError(
      .badData,
      "\(source): line 1 calls two columns '\(shown(names[place].utf8))'; say which one is meant, as in --columns"
        + " \(Conversion.quoted(choices[0])) or --columns \(Conversion.quoted(choices[1]))")
  }

  private static func position(of name: String, in names: [String], source: String) throws -> Int {
    if let place = names.firstIndex(where: { $0 == name || $0.hasPrefix(name + ":") }) {
      return place
    }
    throw SourceError(
      .badData,
      "\(source): has no column '\(shown(name.utf8))'; it has"
        + " \(shown(names.joined(separator: ", ").utf8, most: 200))")
  }

  /// The position of what describes items, among named columns or among so many.
  ///
  /// Throws `SourceError` when a chosen column does not exist.
  func position(of label: LabelRole, named names: [String]?, count: Int, source: String) throws
    -> Int?
  {
    switch labels[label] {
    case .name(let name): return try Self.position(of: name, in: names ?? [], source: source)
    case .position(let place): return try Self.checked(place, of: count, label.rawValue, source)
    default: return nil
    }
  }

  /// A position that there is.
  private static func checked(_ place: Int, of count: Int, _ role: String, _ source: String)
    throws -> Int
  {
    guard place < count else {
      throw SourceError(
        .badData,
        "\(source): line 1 has \(count) fields; there is no field \(place + 1) for \(role)")
    }
    return place
  }

  /// The position of each role in the customary order user, item, rating, time; a column that was said to hold
  /// one role is not taken for another.
  ///
  /// Throws `SourceError` when a chosen column does not exist.
  func positions(count: Int, source: String) throws -> [ColumnRole: Int] {
    var found: [ColumnRole: Int] = [:]
    for role in ColumnRole.allCases {
      if case .position(let place) = references[role] {
        found[role] = try Self.checked(place, of: count, role.rawValue, source)
      }
    }
    var said = Set(found.values)
    for case .position(let place) in labels.values { said.insert(place) }
    for (customary, role) in ColumnRole.allCases.enumerated()
    where references[role] == nil && customary < count && !said.contains(customary) {
      found[role] = customary
    }
    return found
  }

  /// Where titles and categories stand, as `position` tells.
  func labelPositions(named names: [String]?, count: Int, source: String) throws -> [LabelRole: Int]
  {
    var found: [LabelRole: Int] = [:]
    for label in LabelRole.allCases {
      found[label] = try position(of: label, named: names, count: count, source: source)
    }
    return found
  }

  /// What is to be said where a header calls items what positions take for users, or the other way about.
  func turned(in names: [String]) -> String? {
    for (role, other) in [(ColumnRole.user, ColumnRole.item), (.item, .user)] {
      guard case .position(let place)? = references[role], other.position(in: names) == place
      else { continue }
      return
        "--columns takes field \(place + 1), which is called '\(shown(names[place].utf8))', for the"
        + " \(role.rawValue)"
    }
    return nil
  }

  var hasPositions: Bool {
    (Array(references.values) + Array(labels.values)).contains {
      if case .position = $0 { true } else { false }
    }
  }

  var hasNames: Bool {
    (Array(references.values) + Array(labels.values)).contains {
      if case .name = $0 { true } else { false }
    }
  }
}
