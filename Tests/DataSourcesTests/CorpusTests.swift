// Are the layouts in which data sets are published read right, or refused with the line that reads them?

import Foundation
import Support
import Testing

@testable import DataSources

/// One text of `Corpus/layouts.txt`, whose head says how it is written.
struct CorpusCase: CustomTestStringConvertible, Sendable {
  let name: String
  var source: [UInt8] = []
  var isOfItems = false
  var rows: [String] = []
  var notice: [String] = []
  var refusal: String?
  var advice: String?
  var testDescription: String { name }

  static let all: [CorpusCase] = {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Corpus/layouts.txt")
    let text = (try? String(contentsOf: path, encoding: .utf8)) ?? ""
    var cases: [CorpusCase] = []
    for line in text.split(separator: "\n") {
      if line.hasPrefix("## ") {
        cases.append(CorpusCase(name: String(line.dropFirst(3))))
      } else if !cases.isEmpty {
        cases[cases.count - 1].take(line.first ?? " ", line.dropFirst())
      }
    }
    return cases
  }()

  private init(name: String) { self.name = name }

  private mutating func take(_ mark: Character, _ text: Substring) {
    switch mark {
    case "|": source += Self.bytes(text)
    case "=": rows.append(String(text))
    case "~": notice.append(String(text))
    case "!": refusal = String(text)
    case "$": advice = String(text)
    default: isOfItems = text == "items"
    }
  }

  private static func bytes(_ text: Substring) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = (text.hasSuffix("¶") ? text.dropLast() : text + "\n")[...]
    while let character = rest.popFirst() {
      switch character {
      case "␉": bytes.append(9)
      case "␍": bytes.append(13)
      case "‹":
        bytes.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
        rest = rest.dropFirst(3)
      default: bytes += Array(String(character).utf8)
      }
    }
    return bytes
  }

  /// What a path holds, with the notice.
  func read(_ path: String, _ options: SourceOptions) throws -> (rows: [String], notice: String) {
    if isOfItems {
      var items = ItemMetadata()
      try items.read(ByteStream(path))
      let ids = rows.compactMap { $0.split(separator: "·").first.map(String.init) }
      let found = ids.map { id in
        "\(id)·\(items.title(of: id) ?? "-")·\(items.categories(of: id).joined(separator: "|"))"
      }
      return (found, items.remarks.joined(separator: "\n"))
    }
    let layout = try options.open(ByteStream(path), badRows: BadRows(tolerated: 0)).layout
    let found = try DataSourcesTests.read(path, options).map { row in
      let rating = row.rating.map { $0 == $0.rounded() ? "\(Int($0))" : "\($0)" } ?? "-"
      return "\(row.user)·\(row.item)·\(rating)·\(row.time.map { "\($0)" } ?? "-")"
    }
    return (found, layout)
  }

  /// The rows expected, dates as seconds.
  var expected: [String] {
    let format = ISO8601DateFormatter()
    return rows.map { row in
      let fields = row.split(separator: "·", omittingEmptySubsequences: false)
      guard !isOfItems, let date = format.date(from: String(fields[3])) else { return row }
      return (fields[..<3] + ["\(Int(date.timeIntervalSince1970))"]).joined(separator: "·")
    }
  }
}

/// The options of a line as it is typed.
private func options(_ line: String) throws -> SourceOptions {
  var options = SourceOptions()
  let words = line.split(separator: " ").map(String.init)
  for (option, value) in zip(words, words.dropFirst()) {
    switch option {
    case "--columns": options.columns = try ColumnSelection(value)
    case "--layout": options.layout = try #require(SourceLayout(rawValue: value))
    case "--missing": options.missing = Float(value)
    case "--delimiter": options.delimiter = value
    case "--quotes": options.quotes = try #require(QuoteRule(rawValue: value))
    default: continue
    }
  }
  return options
}

@Suite struct CorpusTests {
  @Test func theCorpusIsWhole() {
    #expect(CorpusCase.all.count >= 160)
    #expect(Set(CorpusCase.all.map(\.name)).count == CorpusCase.all.count)
  }

  @Test(arguments: CorpusCase.all)
  func publishedLayouts(_ text: CorpusCase) throws {
    let folder = try Folder()
    let path = folder.path("source")
    try Data(text.source).write(to: URL(fileURLWithPath: path))
    guard let refusal = text.refusal else {
      let (rows, notice) = try text.read(path, SourceOptions())
      #expect(rows == text.expected)
      for part in text.notice { #expect(notice.contains(part), "\(notice)") }
      return
    }
    let error = #expect(throws: SourceError.self) { try text.read(path, SourceOptions()) }
    let said = error?.description ?? ""
    #expect(said.contains(refusal), "\(said)")
    guard let advice = text.advice else { return }
    if advice == "convert" {
      #expect(try convert(text, path, said) == text.expected, "\(said)")
    } else {
      #expect(said.contains(advice), "\(said)")
      #expect(try text.read(path, options(advice)).rows == text.expected, "\(said)")
    }
  }

  /// Runs the line of a refusal, and of the next refusal; returns what the last one has.
  private func convert(_ text: CorpusCase, _ path: String, _ said: String) throws -> [String] {
    let folder = try Folder()
    var said = said
    for step in 0..<3 {
      // Up to where the converted text is to go.
      let line = said.components(separatedBy: "convert it: ").last ?? ""
      let parts = line.components(separatedBy: " | ingest")
      try #require(parts.count == 2, "\(said)")
      let run = Shell.run(parts[0])
      #expect(run.status == 0, "\(said): \(run.errors)")
      let converted = try folder.write("converted\(step)", run.output)
      do {
        return try text.read(converted, options(parts[1])).rows
      } catch let error as SourceError {
        said = error.description
      }
    }
    return [said]
  }
}
