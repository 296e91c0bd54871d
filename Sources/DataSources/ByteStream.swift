// How do the bytes of a plain or compressed source come in?

import Glibc

/// The decompressed bytes of a file or of standard input, or of members of an archive one after another.
///
/// gzip, zstd, xz, bzip2 and lz4, and .zip and .tar containers, are recognised by content (libarchive).
/// Checksums that a container or a compression has are held against what they belong to.
/// `archive.zip::member` names a member, `archive.tar::mv_*.txt` several. Without a name the archive must
/// hold one file, or files that one of the `preferred` patterns matches (the first that does).
public final class ByteStream {
  /// The path as the user gave it, with the member at hand.
  public private(set) var name: String
  private let label: String
  private let archive: Archive
  private var pattern: String?
  private let asksForMember: Bool
  /// Members that were wanted so far, and the last of them.
  private var taken: Set<String> = []
  private var last: String?
  /// Whether no other file may come.
  private var isOnly = false
  private var isAtEnd = false
  /// Whether the source is numpy's archive of arrays.
  private(set) var isNumpyArchive: Bool

  /// Opens the first member wanted.
  ///
  /// Throws `SourceError` when the source cannot be opened or holds no such member.
  public init(_ path: String, preferred: [String] = []) throws {
    let (file, member) = Self.parts(of: path)
    label = path == "-" ? Self.standardInput : file
    name = label
    // What comes through a pipe can be read once only.
    var isFile = false
    if path != "-" {
      guard access(file, R_OK) == 0 else {
        throw SourceError(
          .noInput,
          "\(file.isEmpty ? "''" : file): cannot be opened: \(String(cString: strerror(errno)))")
      }
      var status = stat()
      guard stat(file, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
        throw SourceError(.noInput, "\(file): is a folder; name the files inside")
      }
      isFile = status.st_mode & S_IFMT == S_IFREG
    }
    var names: [String] = []
    if isFile { try Archive.refuseZeros(file, label) }
    if isFile { try Archive.refuseCutZip(file, label) }
    if isFile, member == nil { names = try Self.members(of: file) }
    if names.contains(where: { $0 == "xl/workbook.xml" || $0 == "content.xml" }) {
      throw SourceError(.badData, "\(label): is a spreadsheet; export it as CSV in UTF-8")
    }
    names.removeAll(where: Self.isOfMac)
    isNumpyArchive = !names.isEmpty && names.allSatisfy { $0.hasSuffix(".npy") }
    asksForMember = member != nil
    if let member {
      pattern = member
    } else if isNumpyArchive {
      pattern = "*.npy"
    } else if names.count == 1 {
      pattern = names[0]
    } else {
      pattern = preferred.first { pattern in names.contains { Self.matches($0, pattern) } }
      // The usual name of files in two folders is no choice between them.
      if let usual = pattern, !Self.hasWildcards(usual) {
        let named = names.filter { Self.matches($0, usual) }
        pattern = named.count == 1 ? named[0] : nil
        names = named.count == 1 ? names : named
      }
      guard pattern != nil || names.isEmpty else {
        throw SourceError(
          .badData,
          "\(label): name the member to read, as in \(Conversion.quoted("\(label)::\(names[0])")); it holds"
            + " \(names.prefix(8).joined(separator: ", "))\(names.count > 8 ? ", ..." : "")")
      }
    }
    archive = try Archive(path == "-" ? nil : file, label)
    guard try nextMember() else {
      if names.isEmpty, member == nil { return }
      let held = isFile ? try Self.members(of: file).prefix(8).joined(separator: ", ") : ""
      throw SourceError(
        .badData,
        "\(label): holds no member '\(pattern ?? "")'" + (isFile ? "; it holds \(held)" : ""))
    }
  }

  /// What macOS adds to archives and folders is nobody's data.
  private static func isOfMac(_ name: String) -> Bool {
    name.hasPrefix("__MACOSX/") || name.hasSuffix(".DS_Store")
      || name.split(separator: "/").last?.hasPrefix("._") == true
  }

  /// The file that a path names, or that holds the member which it names.
  public static func file(of path: String) -> String { parts(of: path).file }

  /// A path and, after `::`, a member.
  static func parts(of path: String) -> (file: String, member: String?) {
    let bytes = Array(path.utf8)
    guard access(path, F_OK) != 0, bytes.count > 3 else { return (path, nil) }
    for at in 1..<(bytes.count - 2) where bytes[at] == 0x3A && bytes[at + 1] == 0x3A {
      return (
        String(decoding: bytes[..<at], as: UTF8.self),
        String(decoding: bytes[(at + 2)...], as: UTF8.self)
      )
    }
    return (path, nil)
  }

  /// What sources from standard input are called.
  static let standardInput = "standard input"

  /// The first bytes of a regular file; nil for others, which can be read once only.
  static func start(of file: String) -> [UInt8]? {
    var status = stat()
    guard stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    let descriptor = Glibc.open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 8)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    return Array(bytes.prefix(max(count, 0)))
  }

  /// The names of an archive's files; none for a source that is no archive.
  private static func members(of file: String) throws -> [String] {
    let archive = try Archive(file, file)
    var names: [String] = []
    while let name = try archive.nextFile(), !name.isEmpty { names.append(name) }
    return names
  }

  private static func matches(_ name: String, _ pattern: String) -> Bool {
    name == pattern || fnmatch(pattern, name, 0) == 0 || fnmatch("*/" + pattern, name, 0) == 0
  }

  /// Moves to the next member wanted; false when there is none.
  ///
  /// Throws `SourceError` when the archive is damaged.
  public func nextMember() throws -> Bool {
    while !isAtEnd, let member = try archive.nextFile() {
      if member.isEmpty {
        guard !asksForMember else {
          throw SourceError(
            .badData,
            "\(label): is no archive and has no member '\(pattern ?? "")'; name the file alone")
        }
        return true
      }
      // An archive from a pipe cannot be looked through first: its first file decides.
      if pattern == nil, !Self.isOfMac(member) {
        isNumpyArchive = member.hasSuffix(".npy")
        pattern = isNumpyArchive ? "*.npy" : member
        isOnly = true
      }
      if let pattern, member == pattern || Self.matches(member, pattern) && !Self.isOfMac(member) {
        try refuseAgain(member, pattern)
        taken.insert(member)
        last = member
        name = "\(label)::\(member)"
        return true
      }
      guard !isOnly || isNumpyArchive || Self.isOfMac(member) else { throw several(member) }
    }
    isAtEnd = true
    return false
  }

  private static func hasWildcards(_ pattern: String) -> Bool {
    pattern.contains { "*?[".contains($0) }
  }

  /// Throws `SourceError` where a name is that of another member as well, which would count beside the first.
  private func refuseAgain(_ member: String, _ pattern: String) throws {
    guard let first = last,
      taken.contains(member) || !isNumpyArchive && !Self.hasWildcards(pattern)
    else { return }
    throw several(member, isExact: [first, member].contains(pattern) || taken.contains(member))
  }

  /// The fault of a second member beside the last one where one is meant.
  private func several(_ member: String, isExact: Bool = false) -> SourceError {
    let first = last ?? ""
    let file = label == Self.standardInput ? "/dev/stdin" : label
    let way =
      isExact
      ? "unpack the one that is meant"
      : "name one, as in \(Conversion.quoted("\(file)::\(first)"))"
    return SourceError(
      .badData, "\(label): holds several such members, \(first) and \(member); \(way)")
  }

  /// Throws `SourceError` where another member is wanted as well, or the archive has no end.
  func finish() throws {
    let first = last
    guard try nextMember(), let member = last else { return }
    last = first
    throw several(member)
  }

  /// Bytes read so far, as they are stored.
  var storedCount: Int { archive.storedCount }

  /// Fills `target` as far as bytes go; 0 at the end.
  ///
  /// Throws `SourceError` when the data are damaged.
  public func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    while done < target.count, !isAtEnd {
      let count = try archive.read(
        into: UnsafeMutableRawBufferPointer(rebasing: target[done...]), name)
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// All bytes of the only member that is wanted.
  ///
  /// Throws `SourceError` when the data are damaged or larger than `limit`, or another member is wanted as well.
  public func readAll(limit: Int = 1 << 30) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = try block.withUnsafeMutableBytes { try read(into: $0) }
      if count == 0 { break }
      bytes.append(contentsOf: block[..<count])
      guard bytes.count <= limit else { throw SourceError(.badData, "\(name): is too large") }
    }
    try finish()
    return bytes
  }
}
