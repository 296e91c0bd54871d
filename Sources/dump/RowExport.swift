// How do interactions, recommendations and dictionaries become rows of text?

import Interchange
import ToolKit

/// Bytes of text on their way to a file; numbers are formatted without strings in between.
struct RowBuffer {
  private let file: OutputFile
  private var bytes: [UInt8] = []

  init(_ file: OutputFile) {
    self.file = file
    bytes.reserveCapacity(1 << 17)
  }

  mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  mutating func append(_ field: [UInt8]) { bytes.append(contentsOf: field) }

  mutating func append(_ value: Int64) {
    if value < 0 { bytes.append(0x2D) }
    var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
    withUnsafeMutableBytes(of: &digits) { digits in
      var left = value.magnitude
      var at = digits.count
      repeat {
        at -= 1
        digits[at] = 0x30 + UInt8(left % 10)
        left /= 10
      } while left > 0
      bytes.append(contentsOf: digits[at...])
    }
  }

  /// A rating or score: the shortest text that reads back as the same number.
  mutating func append(_ value: Float) {
    let halves = value * 2
    if halves == halves.rounded(), abs(halves) < 1e6 {
      let whole = Int64(halves)
      append(whole / 2)
      // Ratings of MovieLens' half stars are the common case.
      append(whole % 2 == 0 ? ".0" : ".5")
      if whole == -1 { bytes.replaceSubrange(bytes.count - 3..<bytes.count, with: "-0.5".utf8) }
    } else {
      bytes.append(contentsOf: "\(value)".utf8)
    }
  }

  /// Ends a row.
  mutating func endRow() throws {
    bytes.append(10)
    if bytes.count > 1 << 16 { try flush() }
  }

  mutating func flush() throws {
    try bytes.withUnsafeBytes { try file.write($0) }
    bytes.removeAll(keepingCapacity: true)
  }
}

/// How texts stand in rows.
enum FieldStyle {
  /// As RFC 4180 has it; guarded, no spreadsheet takes a field for a formula.
  case csv(isGuarded: Bool)
  case json

  private static let formulaStarts = Set(
    "=+-@\t\r\n\u{FF1D}\u{FF0B}\u{FF0D}\u{FF20}".unicodeScalars)

  var isCSV: Bool { if case .csv = self { true } else { false } }

  /// A text as a field.
  func field(_ text: String) -> [UInt8] {
    guard case .csv(let isGuarded) = self else {
      var quoted = ""
      JSONValue.quote(text, into: &quoted)
      return Array(quoted.utf8)
    }
    // Formulas begin with one of these, which East Asian spreadsheets take in full width as well; an apostrophe before
    // says that what follows is text.
    let isFormula = text.unicodeScalars.first.map(Self.formulaStarts.contains) ?? false
    let mark = isGuarded && isFormula ? "'" : ""
    return Array((mark + text).csvField.utf8)
  }
}

/// Streams interactions: `user,item[,rating][,timestamp][,confidence][,fold]` or one object a row.
func exportInteractions(_ reader: InteractionReader, _ style: FieldStyle, _ file: OutputFile) throws
{
  var users: [[UInt8]] = []
  var items: [[UInt8]] = []
  var buffer = RowBuffer(file)
  let asCSV = style.isCSV
  var hasHeader = !asCSV
  while let part = try reader.next() {
    switch part {
    case .users(let chunk): users += chunk.ids.map(style.field)
    case .items(let chunk): items += chunk.ids.map(style.field)
    case .categories, .categoryVectors: continue
    case .interactions(let rows):
      if !hasHeader {
        buffer.append("user,item")
        if rows.ratings != nil { buffer.append(",rating") }
        if rows.times != nil { buffer.append(",timestamp") }
        if rows.confidences != nil { buffer.append(",confidence") }
        if rows.folds != nil { buffer.append(",fold") }
        try buffer.endRow()
        hasHeader = true
      }
      for row in 0..<rows.count {
        buffer.append(asCSV ? "" : "{\"user\":")
        buffer.append(users[Int(rows.users[row])])
        buffer.append(asCSV ? "," : ",\"item\":")
        buffer.append(items[Int(rows.items[row])])
        if let ratings = rows.ratings {
          buffer.append(asCSV ? "," : ",\"rating\":")
          buffer.append(ratings[row])
        }
        if let times = rows.times {
          buffer.append(asCSV ? "," : ",\"timestamp\":")
          buffer.append(times[row])
        }
        if let confidences = rows.confidences {
          buffer.append(asCSV ? "," : ",\"confidence\":")
          buffer.append(confidences[row])
        }
        if let folds = rows.folds {
          buffer.append(asCSV ? "," : ",\"fold\":")
          buffer.append(folds[row] == neverHeldOut ? -1 : Int64(folds[row]))
        }
        if !asCSV { buffer.append("}") }
        try buffer.endRow()
      }
    }
  }
  try buffer.flush()
}

/// Streams ranked lists: `user,round,rank,item,score`, the round empty (or left out) where there is none; and
/// `filler`, 1 for what is popular, where the stream tells.
func exportRecommendations(_ reader: RecommendationReader, _ style: FieldStyle, _ file: OutputFile)
  throws
{
  var users: [[UInt8]] = []
  var items: [[UInt8]] = []
  var buffer = RowBuffer(file)
  let asCSV = style.isCSV
  var hasHeader = !asCSV
  func writeHeader(marks: Bool) throws {
    guard !hasHeader else { return }
    buffer.append(marks ? "user,round,rank,item,score,filler" : "user,round,rank,item,score")
    try buffer.endRow()
    hasHeader = true
  }
  while let part = try reader.next() {
    switch part {
    case .users(let ids): users += ids.map(style.field)
    case .items(let chunk): items += chunk.ids.map(style.field)
    case .recommendations(let chunk):
      try writeHeader(marks: chunk.lists.first?.own != nil)
      for list in chunk.lists {
        for (rank, row) in list.rows.enumerated() {
          buffer.append(asCSV ? "" : "{\"user\":")
          buffer.append(users[Int(list.user)])
          if asCSV { buffer.append(",") }
          if let round = list.round {
            buffer.append(asCSV ? "" : ",\"round\":")
            buffer.append(Int64(round))
          }
          buffer.append(asCSV ? "," : ",\"rank\":")
          buffer.append(Int64(rank + 1))
          buffer.append(asCSV ? "," : ",\"item\":")
          buffer.append(items[Int(chunk.items[row])])
          buffer.append(asCSV ? "," : ",\"score\":")
          buffer.append(chunk.scores[row])
          if let own = list.own {
            if asCSV {
              buffer.append(rank < own ? ",0" : ",1")
            } else if rank >= own {
              buffer.append(",\"filler\":true")
            }
          }
          if !asCSV { buffer.append("}") }
          try buffer.endRow()
        }
      }
    }
  }
  try writeHeader(marks: false)
  try buffer.flush()
}

/// Lists users (with roles) or items (with titles and categories) as JSON lines.
func listDictionary(_ stream: StreamReader, users: Bool, _ file: OutputFile) throws {
  var categories: [String] = []
  while let section = try stream.next() {
    guard case .table(let chunk) = section else { continue }
    if chunk.table == "categories", case .text(let names)? = chunk["name"] { categories += names }
    guard chunk.table == (users ? "users" : "items"), case .text(let ids)? = chunk["id"] else {
      continue
    }
    for row in ids.indices {
      var members: [String: JSONValue] = ["id": .string(ids[row])]
      if case .u8(let roles)? = chunk["role"] {
        members["role"] = .string(UserRole(rawValue: roles[row])?.name ?? "unknown")
      }
      if case .u8(let tiers)? = chunk["tier"], tiers[row] > 0 {
        members["tier"] = .integer(Int(tiers[row]))
      }
      if case .text(let titles)? = chunk["title"] { members["title"] = .string(titles[row]) }
      if case .lists(let offsets, let values)? = chunk["categories"] {
        members["categories"] = .array(
          values[offsets[row]..<offsets[row + 1]].map {
            Int($0) < categories.count ? .string(categories[Int($0)]) : .integer(Int($0))
          })
      }
      try file.write(JSONValue.object(members).text + "\n")
    }
  }
}
