// What does a stream hold, in a few lines?

import Interchange
import ToolKit

/// A table's rows and columns as they were met.
private struct TableSummary {
  var rows = 0
  var columns: [(name: String, type: String)] = []
}

/// Writes a summary: kind, tables, tensors, metadata, history.
func summarise(_ stream: StreamReader, asJSON: Bool, _ file: OutputFile) throws {
  let contents = try Contents(stream)
  if asJSON { return try file.write(contents.json(of: stream).text + "\n") }
  try file.write("\(stream.name): \(stream.kind.title), \(stream.position) bytes\n")
  try file.write("content digest \(hexadecimal(stream.digest ?? 0))\n")
  for line in contents.lines + metadataLines(stream.metadata) { try file.write(line + "\n") }
  try file.write("made by:\n")
  for line in stream.provenance.commands.split(separator: "\n") { try file.write("  \(line)\n") }
}

/// What a stream holds but for its metadata.
private struct Contents {
  private var tables: [(name: String, summary: TableSummary)] = []
  private var tensors: [Tensor] = []

  /// Reads a stream to its end.
  init(_ stream: StreamReader) throws {
    while let section = try stream.next() {
      switch section {
      case .tensor(let tensor): tensors.append(tensor)
      case .table(let chunk): add(chunk)
      }
    }
  }

  private mutating func add(_ chunk: TableChunk) {
    if !tables.contains(where: { $0.name == chunk.table }) {
      tables.append((chunk.table, TableSummary()))
    }
    for index in tables.indices where tables[index].name == chunk.table {
      tables[index].summary.rows += chunk.rowCount
      for (name, values) in chunk.columns
      where !tables[index].summary.columns.contains(where: { $0.name == name }) {
        tables[index].summary.columns.append((name, values.type.name))
      }
    }
  }

  func json(of stream: StreamReader) -> JSONValue {
    let tableValues = tables.map { name, summary -> JSONValue in
      [
        "name": .string(name), "rows": .integer(summary.rows),
        "columns": .array(
          summary.columns.map { ["name": .string($0.name), "type": .string($0.type)] }),
      ]
    }
    let tensorValues = tensors.map { tensor -> JSONValue in
      [
        "name": .string(tensor.name), "type": .string(tensor.type.name),
        "shape": .array(tensor.shape.map { .integer($0) }),
      ]
    }
    return [
      "kind": .string(stream.kind.rawValue), "metadata": stream.metadata,
      "tables": .array(tableValues), "tensors": .array(tensorValues),
      "bytes": .integer(stream.position), "digest": .string(hexadecimal(stream.digest ?? 0)),
    ]
  }

  var lines: [String] {
    tables.map { name, summary in
      let columns = summary.columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
      return "table \(name): \(summary.rows) rows (\(columns))"
    }
      + tensors.map { tensor in
        let shape = tensor.shape.map(String.init).joined(separator: " x ")
        return "tensor \(tensor.name): \(shape) \(tensor.type.name)"
      }
  }
}

/// What the metadata say, long values cut short; what a model gained and why its settings are what they are at the end.
private func metadataLines(_ metadata: JSONValue) -> [String] {
  var lines: [String] = []
  if case .object(let members) = metadata {
    for key in members.keys.sorted() where !["reasons", "gain"].contains(key) {
      let text = members[key]?.text ?? ""
      lines.append("\(key): \(text.count > 300 ? "\(text.prefix(300))..." : text)")
    }
  }
  if let gain = metadata["gain"]?["text"]?.string { lines.append("gain: \(gain)") }
  if case .object(let reasons)? = metadata["reasons"], !reasons.isEmpty {
    lines.append("why settings are what they are:")
    for (name, why) in reasons.sorted(by: { $0.key < $1.key }) {
      let value = metadata["settings"]?[name]
      let text = value.map { "=\($0.bool.map { $0 ? "on" : "off" } ?? $0.string ?? $0.text)" } ?? ""
      lines.append("  \(name)\(text): \(why.string ?? why.text)")
    }
  }
  return lines
}
