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

  /// The entries of a manifest; names without a leading / are taken from its folder.
  ///
  /// Throws `ToolError` (badData) that names the line that is none, or says that there is none at all.
  public static func read(_ path: String) throws -> [ManifestEntry] {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    let entries = try InputFile.numberedLines(path).map { number, text in
      guard let entry = ManifestEntry(text) else {
        throw ToolError(
          .badData,
          "\(path): line \(number) is not 'DIGEST BYTES NAME'; make it by check --digests")
      }
      let name = entry.name.hasPrefix("/") ? entry.name : folder + entry.name
      return ManifestEntry(name: name, bytes: entry.bytes, digest: entry.digest)
    }
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
