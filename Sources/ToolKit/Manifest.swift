// Which files belong together, and are they still the ones that were written down?

import Interchange

/// A line of a manifest: `DIGEST BYTES NAME`, where the digest is of the content without its history.
public struct ManifestEntry: Sendable {
  public let name: String
  public let bytes: Int
  public let digest: UInt64

  public var text: String { "\(hexadecimal(digest)) \(bytes) \(name)" }

  public init(name: String, bytes: Int, digest: UInt64) {
    self.name = name
    self.bytes = bytes
    self.digest = digest
  }

  private init?(_ line: String) {
    let words = line.split(separator: " ", maxSplits: 2)
    guard words.count == 3, words[0].count == 16, let digest = UInt64(words[0], radix: 16),
      let bytes = Int(words[1]), bytes >= 0
    else { return nil }
    self.init(name: String(words[2]), bytes: bytes, digest: digest)
  }

  private static let headStart = "# files: "

  /// The line above so many entries, by which one that is lost is missed.
  public static func head(_ count: Int) -> String { headStart + String(count) }

  /// The entries of a manifest; names without a leading / are taken from its folder.
  ///
  /// Several manifests may stand one after the other, and entries without a head, of earlier versions, before them.
  ///
  /// Throws `ToolError` (badData) that names the line that is none, or the head that counts other entries than follow, or
  /// says that there is none at all.
  public static func read(_ path: String) throws -> [ManifestEntry] {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    var entries: [ManifestEntry] = []
    var head: (line: Int, count: Int, before: Int)?
    func endSection() throws {
      guard let head, head.count != entries.count - head.before else { return }
      throw ToolError(
        .badData,
        "\(path): line \(head.line) counts \(head.count) files, \(entries.count - head.before) follow;"
          + " lines were lost or added, so make it anew by check --digests")
    }
    for (number, text) in try InputFile.numberedLines(path, comments: true) {
      if text.hasPrefix(headStart), let count = Int(text.dropFirst(headStart.count)) {
        try endSection()
        head = (number, count, entries.count)
      } else if let entry = ManifestEntry(text) {
        let name = entry.name.hasPrefix("/") ? entry.name : folder + entry.name
        entries.append(ManifestEntry(name: name, bytes: entry.bytes, digest: entry.digest))
      } else if !text.hasPrefix("#") {
        throw ToolError(
          .badData,
          "\(path): line \(number) is not 'DIGEST BYTES NAME'; make it by check --digests")
      }
    }
    try endSection()
    guard !entries.isEmpty else {
      throw ToolError(.badData, "\(path): names no files; make it by check --digests")
    }
    return entries
  }

  /// Reads the file whole.
  ///
  /// Throws what is wrong with it, or that it is another one.
  public func verify() throws {
    let reader = try InputFile.stream(name, expecting: StreamKind.allCases)
    while try reader.next() != nil {}
    try verify(reader)
  }

  /// Throws `ToolError` (badData) where a file that was read to its end is another one.
  public func verify(_ reader: StreamReader) throws {
    let found = ManifestEntry(name: name, bytes: reader.position, digest: reader.digest ?? 0)
    guard found.text == text else {
      throw ToolError(
        .badData,
        "\(name): has \(found.bytes) bytes and digest \(hexadecimal(found.digest)), the manifest says"
          + " \(bytes) and \(hexadecimal(digest)); it was replaced since")
    }
  }
}
