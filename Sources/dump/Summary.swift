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
  var tables: [(name: String, summary: TableSummary)] = []
  var tensors: [Tensor] = []
  while let section = try stream.next() {
    switch section {
    case .tensor(let tensor): tensors.append(tensor)
    case .table(let chunk):
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
  }
  if asJSON {
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
    let value: JSONValue = [
      "kind": .string(stream.kind.rawValue), "metadata": stream.metadata,
      "tables": .array(tableValues), "tensors": .array(tensorValues),
      "bytes": .integer(stream.position), "digest": .string(hexadecimal(stream.digest ?? 0)),
    ]
    return try file.write(value.text + "\n")
  }
  try file.write("\(stream.name): \(stream.kind.title), \(stream.position) bytes\n")
  try file.write("content digest \(hexadecimal(stream.digest ?? 0))\n")
  for (name, summary) in tables {
    let columns = summary.columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
    try file.write("table \(name): \(summary.rows) rows (\(columns))\n")
  }
  for tensor in tensors {
    let shape = tensor.shape.map(String.init).joined(separator: " x ")
    try file.write("tensor \(tensor.name): \(shape) \(tensor.type.name)\n")
  }
  if case .object(let members) = stream.metadata {
    for key in members.keys.sorted() where !["reasons", "gain"].contains(key) {
      let text = members[key]?.text ?? ""
      try file.write("\(key): \(text.count > 300 ? "\(text.prefix(300))..." : text)\n")
    }
  }
  if let gain = stream.metadata["gain"]?["text"]?.string { try file.write("gain: \(gain)\n") }
  if case .object(let reasons)? = stream.metadata["reasons"], !reasons.isEmpty {
    try file.write("why settings are what they are:\n")
    for (name, why) in reasons.sorted(by: { $0.key < $1.key }) {
      let value = stream.metadata["settings"]?[name]
      let text = value.map { "=\($0.bool.map { $0 ? "on" : "off" } ?? $0.string ?? $0.text)" } ?? ""
      try file.write("  \(name)\(text): \(why.string ?? why.text)\n")
    }
  }
  try file.write("made by:\n")
  for line in stream.provenance.commands.split(separator: "\n") { try file.write("  \(line)\n") }
}
