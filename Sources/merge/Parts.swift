// Are these files the parts of one whole, all of them, each once, and made alike?

import Interchange
import ToolKit

/// The files of a whole, in the order of their parts.
struct Parts {
  /// A part as it is named.
  struct File {
    let path: String
    let shard: Shard
    let entry: ManifestEntry?

    /// Throws `FormatError`, and `ToolError` where the file has become another one.
    func open(_ kind: StreamKind) throws -> StreamReader {
      let stream = try InputFile.stream(path, expecting: [kind])
      guard try Shard(stream) == shard else {
        throw ToolError(.badData, "\(path): is no longer \(shard.name); merge when it is at rest")
      }
      return stream
    }

    /// Holds what was read to its end against the manifest.
    func finish(_ stream: StreamReader) throws { try entry?.verify(stream) }
  }

  let files: [File]
  let kind: StreamKind
  /// Of the whole.
  let metadata: JSONValue
  /// Of the first part.
  let provenance: Provenance

  /// Looks at the heads of all files.
  ///
  /// Throws `ToolError` (badData) that names the part which is missing, doubled or made otherwise.
  init(_ paths: [String], manifest: [ManifestEntry]?) throws {
    var found: [Int: File] = [:]
    var first: (stream: StreamReader, file: File)?
    for (index, path) in paths.enumerated() {
      let stream = try InputFile.stream(path, expecting: [.interactions, .recommendations])
      guard let shard = try Shard(stream) else {
        throw ToolError(.badData, "\(path): is no part of a whole; make parts by indgrm shard")
      }
      let file = File(path: path, shard: shard, entry: manifest?[index])
      if let first { try Self.refuseOthers(stream, shard, first.stream, first.file.shard) }
      if let twin = found[shard.part] {
        throw ToolError(.badData, "\(path): is \(shard.name), as is \(twin.path); give each once")
      }
      found[shard.part] = file
      if first.map({ shard.part < $0.file.shard.part }) ?? true { first = (stream, file) }
    }
    guard let first else { throw ToolError(.noInput, "there are no parts") }
    let parts = first.file.shard.parts
    let missing = (0..<parts).filter { found[$0] == nil }
    if let part = missing.first {
      let others = missing.count > 1 ? ", and \(missing.count - 1) others" : ""
      throw ToolError(
        .badData, "\(Shard(part: part, of: parts).name) is missing\(others); give all of them")
    }
    files = found.keys.sorted().compactMap { found[$0] }
    kind = first.stream.kind
    metadata = first.stream.metadata.setting("shard", Shard.whole.note)
    provenance = first.stream.provenance
  }

  private static func refuseOthers(
    _ stream: StreamReader, _ shard: Shard, _ first: StreamReader, _ other: Shard
  ) throws {
    guard stream.kind == first.kind else {
      throw ToolError(
        .badData,
        "\(stream.name): holds \(stream.kind.title), \(first.name) \(first.kind.title); merge one kind"
      )
    }
    guard shard.parts == other.parts else {
      throw ToolError(
        .badData,
        "\(stream.name): is \(shard.name), \(first.name) is \(other.name); merge parts of one whole"
      )
    }
    if let one = shard.origin, let two = other.origin, one != two {
      throw ToolError(
        .badData,
        "\(stream.name): was cut from other data than \(first.name); merge parts of one whole")
    }
    if let word = stream.provenance.difference(inMaking: first.provenance) {
      throw ToolError(
        .badData,
        "\(stream.name): was made otherwise than \(first.name): \(word) differs; make them alike")
    }
    if let name = Shard.difference(stream.metadata, first.metadata) {
      throw ToolError(
        .badData,
        "\(stream.name): was made otherwise than \(first.name): '\(name)' differs; make them alike")
    }
  }
}
