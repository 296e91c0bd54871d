// Is each object one interaction, or does another shape have to be taken apart first?

import Interchange

/// The first of a text's objects, to tell those of another shape by, with the line of jq that converts them.
struct JSONShape {
  private let object: JSONValue
  private let members: [String: JSONValue]
  /// Keys of the first objects in their order.
  private let names: [String]
  private let isOnly: Bool
  private let source: String

  /// Nil where this is no object, or has keys that jq had to be told with care.
  init?(_ line: [UInt8], _ names: [String], isOnly: Bool, source: String) {
    guard let object = JSONValue(parsing: line), case .object(let members) = object,
      !names.contains(where: { $0.contains { "'\"\\".contains($0) || $0.isNewline } })
    else { return nil }
    (self.object, self.members, self.names) = (object, members, names)
    (self.isOnly, self.source) = (isOnly, source)
  }

  /// Throws `SourceError` for objects that are no interactions.
  func refuse() throws {
    let (user, item) = (ColumnRole.user.position(in: names), ColumnRole.item.position(in: names))
    if let user, let item {
      try refuseListsOfIDs(user: names[user], item: names[item])
      try refuseNested([names[user], names[item]])
    } else {
      try refuseWrapped()
      if item == nil { try refuseLists(user: user.map { names[$0] }) }
      if let user { try refuseRatings(of: names[user]) }
      if isOnly { try refuseUsers() }
    }
  }

  /// What is to be said where no rating is read, but one is in an object beside the ids.
  var hiddenRating: String? {
    guard ColumnRole.rating.position(in: names) == nil else { return nil }
    for name in names {
      guard case .object(let inner)? = members[name] else { continue }
      let keys = inner.keys.sorted()
      guard let place = ColumnRole.rating.position(in: keys) else { continue }
      return
        "'\(shown(keys[place].utf8))' in '\(shown(name.utf8))' is left out; where it is the rating"
        + " convert it: jq -c '. + \(Self.from(name))' \(Conversion.file(source)) | ingest -"
    }
    return nil
  }

  private func fault(_ what: String, _ program: String) -> SourceError {
    SourceError(
      .badData,
      "\(source): line 1: \(what); convert it: jq \(program) \(Conversion.file(source)) | ingest -"
    )
  }

  /// A member as jq names it.
  private static func path(_ name: String) -> String {
    let isPlain = name.utf8.allSatisfy {
      isDigit($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x5F
    }
    return isPlain && name.first?.isNumber == false ? ".\(name)" : "[\"\(name)\"]"
  }

  private static func from(_ name: String) -> String {
    let path = path(name)
    return path.hasPrefix("[") ? "." + path : path
  }

  private static func isScalar(_ value: JSONValue) -> Bool {
    switch value {
    case .object, .array, .null: false
    default: true
    }
  }

  /// Interactions are objects within objects, or rows beside the names of their columns.
  private func refuseWrapped() throws {
    for name in names {
      guard case .object(let inner)? = members[name] else { continue }
      let all = names + inner.keys.sorted()
      if [ColumnRole.user, .item].allSatisfy({ $0.position(in: all) != nil }) {
        throw fault(
          "interactions are objects in '\(shown(name.utf8))'", "-c '. + \(Self.from(name))'")
      }
    }
    if isOnly, let columns = members["columns"]?.array, let rows = members["data"]?.array,
      columns.allSatisfy({ $0.string != nil }), rows.first?.array?.count == columns.count
    {
      throw fault("is an object of columns and rows", "-r '.columns, .data[] | @csv'")
    }
  }

  /// A user has an object of items with their ratings.
  private func refuseRatings(of user: String) throws {
    for name in names where name != user {
      guard case .object(let ratings)? = members[name], !ratings.isEmpty,
        ratings.values.allSatisfy({ $0.double != nil })
      else { continue }
      throw fault(
        "'\(shown(name.utf8))' may be a user's items with their ratings",
        "-r '\(scalar(user)) as $u | \(Self.from(name)) | to_entries[] | [$u, .key, .value] | @csv'"
      )
    }
  }

  /// A user has a list of items.
  private func refuseListsOfIDs(user: String, item: String) throws {
    guard let first = object[item]?.array?.first, Self.isScalar(first) else { return }
    if object[user]?.array != nil {
      let columns = ColumnRole.allCases.compactMap { role in
        role.position(in: names).map { (role, names[$0]) }
      }.filter { object[$0.1]?.array != nil }
      let places = columns.enumerated().map { "\($1.0.rawValue): .[\($0)]" }
      throw fault(
        "is an object of columns",
        "-c '[\(columns.map { Self.from($0.1) }.joined(separator: ", "))] | transpose[] | "
          + "{\(places.joined(separator: ", "))}'")
    }
    throw fault(
      "'\(shown(item.utf8))' is a list",
      "-c '{\(parts([.user, .rating, .time], names, user: user))} + (\(Self.from(item))[] | {item: .})'"
    )
  }

  /// A member as jq names it, or what stands for it where it is an object, if anything does.
  private func scalar(_ name: String) -> String { scalarPath(name) ?? Self.from(name) }

  private func scalarPath(_ name: String) -> String? {
    let known = [
      "id", "_id", "$oid", "$numberLong", "$numberInt", "$numberDouble", "$numberDecimal", "$date",
      "email",
    ]
    var (path, value) = (Self.from(name), members[name])
    while case .object(let inner)? = value {
      let scalars = inner.filter { Self.isScalar($0.value) }.keys.sorted()
      let only = inner.count == 1 ? inner.keys.first : nil
      guard let key = known.first(where: scalars.contains) ?? scalars.first ?? only else {
        return nil
      }
      path += Self.path(key)
      value = inner[key]
    }
    return path
  }

  /// Interactions are lists within objects.
  private func refuseLists(user: String?) throws {
    for list in names {
      guard let first = object[list]?.array?.first else { continue }
      let what = "interactions are lists in '\(shown(list.utf8))'"
      guard case .object(let members) = first else {
        guard let user, Self.isScalar(first) else { continue }
        throw fault(
          what,
          "-c '{\(parts([.user, .time], names, user: user))} + (\(Self.from(list))[] | {item: .})'")
      }
      let inner = members.keys.sorted()
      guard ColumnRole.item.position(in: inner) != nil else {
        // Lists of lists, such as playlists with their tracks.
        if isOnly, user == nil, members.values.contains(where: { $0.array?.isEmpty == false }) {
          throw fault(what, "-c '\(Self.from(list))[]'")
        }
        continue
      }
      if user == nil, ColumnRole.user.position(in: inner) != nil {
        throw fault(what, "-c '\(Self.from(list))[]'")
      }
      guard let user = user ?? onlyID else { continue }
      let outer = [ColumnRole.rating, .time].filter { $0.position(in: inner) == nil }
      throw fault(
        what,
        "-c '{\(parts([.user] + outer, names, user: user))} + (\(Self.from(list))[] | "
          + "{\(parts([.item, .rating, .time], inner, user: user))})'")
    }
  }

  /// Members of an object for jq that makes interactions of it.
  private func parts(_ roles: [ColumnRole], _ names: [String], user: String) -> String {
    roles.compactMap { role in
      let name = role == .user ? user : role.position(in: names).map { names[$0] }
      return name.map { "\(role.rawValue): \(role == .user ? scalar($0) : Self.from($0))" }
    }.joined(separator: ", ")
  }

  /// The key that may be a user's where none is known: the only one of an id.
  private var onlyID: String? {
    let ids = names.filter { name in
      name.lowercased().hasSuffix("id") && members[name].map(Self.isScalar) == true
    }
    return ids.count == 1 ? ids[0] : nil
  }

  /// One object has all users, with their items or with the ratings of these.
  private func refuseUsers() throws {
    guard members.count > 1 || members.values.first.map(Self.isScalar) == false else { return }
    let values = members.values
    if values.allSatisfy({ $0.array.map { $0.allSatisfy(Self.isScalar) } ?? false }) {
      throw fault(
        "is an object of users with their items",
        "-r 'to_entries[] | .key as $u | .value[] | [$u, .] | @csv'")
    }
    let areRatings = values.allSatisfy { value in
      guard case .object(let ratings) = value else { return false }
      return ratings.values.allSatisfy { $0.double != nil }
    }
    if areRatings {
      throw fault(
        "is an object of users with their ratings",
        "-r 'to_entries[] | .key as $u | .value | to_entries[] | [$u, .key, .value] | @csv'")
    }
  }

  /// Users and items, ratings or times are objects themselves, or columns of a table.
  private func refuseNested(_ ids: [String]) throws {
    let wanted = ColumnRole.allCases.compactMap { role in
      role.position(in: names).map { (role, names[$0]) }
    }
    let objects = wanted.map(\.1).filter { name in
      guard case .object? = members[name] else { return false }
      return true
    }
    guard let example = objects.first else { return }
    let columns = ids.compactMap { name -> Set<String>? in
      guard case .object(let cells)? = members[name] else { return nil }
      return Set(cells.keys)
    }
    if isOnly, columns.count == 2, columns[0] == columns[1],
      columns[0].allSatisfy({ $0.allSatisfy(\.isNumber) })
    {
      throw fault(
        "is an object of columns",
        "-c '. as $t | \(Self.from(ids[0])) | keys_unsorted[] as $k | $t | map_values(.[$k])'")
    }
    let parts = wanted.map { role, name in scalarPath(name).map { "\(role.rawValue): \($0)" } }
    guard !parts.contains(nil) else { return }
    let isID = ids.contains(example)
    throw fault(
      isID
        ? "'\(shown(ids[0].utf8))' or '\(shown(ids[1].utf8))' is an object, not an id"
        : "'\(shown(example.utf8))' is an object, not a number or a date",
      "-c '{\(parts.compactMap(\.self).joined(separator: ", "))}'")
  }
}
