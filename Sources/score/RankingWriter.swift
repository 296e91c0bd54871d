// In which shapes do rankings leave the tool?

import ArgumentParser
import DenseMath
import Interchange
import ToolKit

/// The formats of `--format`.
enum RankingFormat: String, ExpressibleByArgument, CaseIterable {
  case ig
  case tsv
  case jsonl
  case npz
}

/// Writes rankings as a stream, as tab-separated rows, or as one JSON object a user.
final class RankingWriter {
  private let file: OutputFile
  private let items: ItemChunk
  private let format: RankingFormat
  private let marksFillers: Bool
  private let stream: RecommendationWriter?

  init(
    _ file: OutputFile, format: RankingFormat, items: ItemChunk, marksFillers: Bool,
    metadata: JSONValue, compression: Int32?, provenance: Provenance
  ) throws {
    self.file = file
    self.items = items
    self.format = format
    self.marksFillers = marksFillers
    guard format == .ig else {
      stream = nil
      if format == .tsv {
        let mark = marksFillers ? "\tfiller" : ""
        try file.write("user\tround\trank\titem\tscore\ttitle\(mark)\n")
      }
      return
    }
    let stream = try RecommendationWriter(
      file, metadata: metadata, provenance: provenance, compression: compression)
    try stream.write(items: items)
    self.stream = stream
  }

  func append(user: String, round: UInt8?, _ list: ListMaker.List) throws {
    let own = marksFillers ? list.own : nil
    switch format {
    case .ig, .npz:
      try stream?.append(
        user: user, round: round, items: list.entries.map(\.index),
        scores: list.entries.map(\.score), own: own)
    case .tsv:
      var text = ""
      let place = round.map(String.init) ?? ""
      for (rank, entry) in list.entries.enumerated() {
        let title = (items.titles?[Int(entry.index)] ?? "").replacingTabs
        text +=
          "\(user.replacingTabs)\t\(place)\t\(rank + 1)\t\(items.ids[Int(entry.index)].replacingTabs)"
        text += "\t\(entry.score)\t\(title)\(own.map { rank < $0 ? "\t0" : "\t1" } ?? "")\n"
      }
      try file.write(text)
    case .jsonl:
      let entries = list.entries.enumerated().map { rank, entry -> JSONValue in
        var members: [String: JSONValue] = [
          "item": .string(items.ids[Int(entry.index)]), "score": .number(Double(entry.score)),
        ]
        if let title = items.titles?[Int(entry.index)], !title.isEmpty {
          members["title"] = .string(title)
        }
        if let own, rank >= own { members["filler"] = .bool(true) }
        return .object(members)
      }
      var line: [String: JSONValue] = ["user": .string(user), "items": .array(entries)]
      if let round { line["round"] = .integer(Int(round)) }
      try file.write(JSONValue.object(line).text + "\n")
    }
  }

  func finish() throws { try stream?.finish() }
}

extension String {
  /// The text with tabs and line feeds as spaces, so that it stays one field, and nothing else altered.
  fileprivate var replacingTabs: String {
    utf8.contains { $0 == 9 || $0 == 10 }
      ? String(decoding: utf8.map { $0 == 9 || $0 == 10 ? 32 : $0 }, as: UTF8.self) : self
  }
}
