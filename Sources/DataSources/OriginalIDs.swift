// Which ids do numbered users or items really have?

/// Original ids of users or items that a data set renumbers: LightGCN's `item_list.txt`
/// (`org_id remap_id`), or a file with one id a line for the numbers from 0 (MacridVAE's
/// `unique_sid.txt`).
public struct OriginalIDs: Sendable {
  private var original: [[UInt8]: [UInt8]] = [:]
  private let name: String

  /// Throws `SourceError`.
  public init(_ source: ByteStream) throws {
    name = source.name
    let decoder = TextDecoder(.auto)
    var lines = linesOfText(try source.readAll())
    while lines.last?.isEmpty == true { lines.removeLast() }
    let head = (lines.first ?? []).split(whereSeparator: { $0 == 0x20 || $0 == 0x09 || $0 == 0x2C })
    let isPaired = head.count == 2
    if isPaired, head[1].contains(where: { !isDigit($0) }) { lines.removeFirst() }
    var seen: Set<[UInt8]> = []
    for (number, line) in lines.enumerated() {
      guard !line.isEmpty else {
        throw SourceError(
          .badData, "\(name): row \(number + 1) is blank; take it out, for ids count by their line")
      }
      let fields = line.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 || $0 == 0x2C })
      guard fields.count == (isPaired ? 2 : 1), let id = decoder.text(fields[0]) else {
        throw SourceError(
          .badData,
          "\(name): row \(number + 1) is not \(isPaired ? "an id and a number" : "one id")")
      }
      guard seen.insert(id).inserted else {
        throw SourceError(
          .badData, "\(name): row \(number + 1) repeats the id '\(shown(id))'; give each its own")
      }
      original[isPaired ? Array(fields[1]) : Array(String(number).utf8)] = id
    }
    guard !original.isEmpty else {
      throw SourceError(.badData, "\(name): is empty; it should list ids")
    }
  }

  /// The original id of a number.
  ///
  /// Throws `SourceError` when there is none.
  public func id(of number: String) throws -> String {
    guard let id = original[Array(number.utf8)] else {
      throw SourceError(.badData, "\(name): has no id for '\(shown(number.utf8))'")
    }
    return String(decoding: id, as: UTF8.self)
  }
}
