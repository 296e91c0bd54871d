// How much is in a stream, as numbers that a gate can compare?

import InteractionData
import Interchange
import ToolKit

/// Writes one JSON object of counts: of a data set its rows, users, items, distinct pairs and span of time, of
/// recommendations the lists and their lengths, of a model its items and description without long arrays.
func writeStatistics(_ stream: StreamReader, _ file: OutputFile) throws {
  var members: [String: JSONValue]
  switch stream.kind {
  case .interactions: members = try count(InteractionReader(stream))
  case .recommendations: members = try count(RecommendationReader(stream))
  case .model, .itemGroups, .checkpoint:
    let stored = try StoredModel(stream)
    members = [
      "items": .integer(stored.items.ids.count),
      "description": stored.description.withoutLongArrays,
    ]
  }
  members["kind"] = .string(stream.kind.rawValue)
  members["bytes"] = .integer(stream.position)
  members["digest"] = .string(hexadecimal(stream.digest ?? 0))
  try file.write(JSONValue.object(members).text + "\n")
}

/// Writes a line for each item that has interactions: their number, a tab and the id.
func writeItemCounts(_ reader: InteractionReader, _ file: OutputFile) throws {
  var (ids, counts) = ([String](), [Int]())
  while let part = try reader.next() {
    switch part {
    case .items(let chunk):
      ids += chunk.ids
      counts += repeatElement(0, count: chunk.ids.count)
    case .interactions(let rows):
      for item in rows.items { counts[Int(item)] += 1 }
    default: continue
    }
  }
  for (id, count) in zip(ids, counts) where count > 0 { try file.write("\(count)\t\(id)\n") }
}

private func count(_ reader: InteractionReader) throws -> [String: JSONValue] {
  // A pair is a user and an item; distinct ones are counted by sorting, 8 bytes a row.
  var pairs: [UInt64] = []
  var span: ClosedRange<Int64>?
  var roles = [Int](repeating: 0, count: UserRole.allCases.count)
  while let part = try reader.next() {
    switch part {
    case .users(let chunk):
      for role in chunk.roles ?? [] where Int(role) < roles.count { roles[Int(role)] += 1 }
    case .interactions(let rows):
      for row in 0..<rows.count {
        pairs.append(UInt64(rows.users[row]) << 32 | UInt64(rows.items[row]))
      }
      if let low = rows.times?.min(), let high = rows.times?.max() {
        span = min(low, span?.lowerBound ?? low)...max(high, span?.upperBound ?? high)
      }
    default: continue
    }
  }
  let rows = pairs.count
  pairs.sort()
  let repeated = zip(pairs, pairs.dropFirst()).count { $0 == $1 }
  var members: [String: JSONValue] = [
    "rows": .integer(rows), "users": .integer(reader.userCount),
    "items": .integer(reader.itemCount), "repeated": .integer(repeated),
    "oldest": span.map { .integer(Int($0.lowerBound)) } ?? .null,
    "newest": span.map { .integer(Int($0.upperBound)) } ?? .null,
  ]
  if roles.contains(where: { $0 > 0 }) {
    for role in UserRole.allCases {
      members["\(role.name)_users"] = .integer(roles[Int(role.rawValue)])
    }
  }
  return members
}

private func count(_ reader: RecommendationReader) throws -> [String: JSONValue] {
  var (lists, empty, entries, scoreless) = (0, 0, 0, 0)
  var lengths: ClosedRange<Int>?
  while let part = try reader.next() {
    guard case .recommendations(let chunk) = part else { continue }
    lists += chunk.lists.count
    entries += chunk.items.count
    scoreless += chunk.scores.count { !$0.isFinite }
    for length in chunk.lists.map(\.rows.count) {
      empty += length == 0 ? 1 : 0
      lengths = min(length, lengths?.lowerBound ?? length)...max(length, lengths?.upperBound ?? 0)
    }
  }
  return [
    "users": .integer(reader.userCount), "items": .integer(reader.itemCount),
    "lists": .integer(lists), "empty": .integer(empty), "entries": .integer(entries),
    "not_finite": .integer(scoreless), "shortest": .integer(lengths?.lowerBound ?? 0),
    "longest": .integer(lengths?.upperBound ?? 0),
  ]
}

extension JSONValue {
  /// The value with arrays of more than 16 values replaced by their number of values.
  fileprivate var withoutLongArrays: JSONValue {
    switch self {
    case .array(let values) where values.count > 16: ["values": .integer(values.count)]
    case .array(let values): .array(values.map(\.withoutLongArrays))
    case .object(let members): .object(members.mapValues(\.withoutLongArrays))
    default: self
    }
  }
}
