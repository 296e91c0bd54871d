// How does a tool open what it reads?

import Glibc
import Interchange

/// Opens files and standard input for reading.
public enum InputFile {
  /// Opens a path (or `-`) as bytes.
  ///
  /// Throws `ToolError` (`noInput`) when it cannot be opened, (`usage`) when standard input is a
  /// terminal, or an output would take the file's place.
  ///
  /// - Parameter purpose: the option for which the file may be written as well; no output is for none.
  public static func open(_ path: String, for purpose: String = "") throws -> ByteInput {
    if path == "-" {
      if isatty(0) == 1 {
        throw ToolError(.usage, "no input: name a file or pipe a stream into standard input")
      }
      try FilesInUse.read(path, for: purpose)
      return ByteInput(descriptor: 0, name: "standard input")
    }
    var status = stat()
    guard stat(path, &status) == 0 else { throw unreadable(path) }
    if status.st_mode & S_IFMT == S_IFDIR {
      throw ToolError(.noInput, "\(path): is a directory; name a file")
    }
    try FilesInUse.read(path, for: purpose)
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path) }
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    return ByteInput(descriptor: descriptor, name: path, owned: true)
  }

  /// Notes that files are read by other ways than `open`.
  ///
  /// Throws `ToolError` (`usage`) where an output would take the place of one.
  public static func note(_ paths: [String]) throws {
    for path in paths { try FilesInUse.read(path, for: "") }
  }

  /// What tells a regular file from all others, under whatever name; nil for what is none.
  static func identity(_ path: String) -> [UInt]? {
    var status = stat()
    return path != "-" && stat(path, &status) == 0 ? identity(status) : nil
  }

  static func identity(of descriptor: Int32) -> [UInt]? {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? identity(status) : nil
  }

  private static func identity(_ status: stat) -> [UInt]? {
    status.st_mode & S_IFMT == S_IFREG ? [UInt(status.st_dev), UInt(status.st_ino)] : nil
  }

  /// The first of some files that is named before already.
  public static func repeated(_ paths: [String]) -> String? {
    var known: Set<[UInt]> = []
    return paths.first { path in identity(path).map { !known.insert($0).inserted } ?? false }
  }

  /// Opens a stream of one of the expected kinds.
  public static func stream(
    _ path: String, expecting kinds: [StreamKind], for purpose: String = ""
  ) throws -> StreamReader {
    try StreamReader(open(path, for: purpose), expecting: kinds)
  }

  /// The lines of a small text file, without line ends, blank lines and lines that begin with `#`.
  public static func lines(_ path: String) throws -> [String] {
    try numberedLines(path).map(\.text)
  }

  /// The lines that `lines` gives, each with its number in the file.
  ///
  /// - Parameter comments: whether lines that begin with `#` are among them.
  public static func numberedLines(
    _ path: String, comments: Bool = false, for purpose: String = ""
  ) throws -> [(number: Int, text: String)] {
    let lines = try allLines(open(path, for: purpose)).enumerated()
    return lines.compactMap { place, text in
      text.isEmpty || (text.hasPrefix("#") && !comments) ? nil : (place + 1, text)
    }
  }

  /// The ids that a file lists, one a line, as they stand there: no line is a comment, for ids may begin as they like.
  ///
  /// Throws `ToolError` (badData) for a blank line and a file without any.
  public static func ids(_ path: String) throws -> [String] {
    let input = try open(path)
    var lines = try allLines(input)
    if lines.last?.isEmpty ?? false { lines.removeLast() }
    guard !lines.isEmpty else {
      throw ToolError(.badData, "\(input.name): lists no ids; write one a line")
    }
    if let blank = lines.firstIndex(where: \.isBlank) {
      throw ToolError(
        .badData, "\(input.name): line \(blank + 1) is blank, not an id; write one id a line")
    }
    return lines
  }

  /// Longest line of a small text file.
  private static let longestLine = 1 << 16

  /// All lines without their ends and without byte-order marks, which stand at the start of a line where files were
  /// joined.
  private static func allLines(_ input: ByteInput) throws -> [String] {
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: longestLine)
    while true {
      let count = try block.withUnsafeMutableBytes { try input.read(into: $0) }
      if count == 0 { break }
      // A whole block of one line, as in a file of zeros, is no list.
      guard count < block.count || block.contains(10) else { throw noText(input, bytes) }
      bytes.append(contentsOf: block[..<count])
    }
    return try bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated().map {
      place, line in
      var line = line.last == 13 ? line.dropLast() : line
      guard !line.contains(0) else { throw noText(input, bytes[..<line.startIndex]) }
      while line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
      guard let text = String(validating: line, as: UTF8.self) else {
        throw ToolError(
          .badData, "\(input.name): line \(place + 1) is not UTF-8; convert the file")
      }
      return text
    }
  }

  private static func noText(_ input: ByteInput, _ before: some Collection<UInt8>) -> ToolError {
    let line = before.count { $0 == 10 } + 1
    return ToolError(
      .badData,
      "\(input.name): line \(line) holds zero bytes or is longer than 64 KiB; give plain text in UTF-8"
    )
  }

  private static func unreadable(_ path: String) -> ToolError {
    ToolError(
      .noInput,
      "\(path.isEmpty ? "''" : path): cannot be opened: \(String(cString: strerror(errno)))")
  }
}

extension String {
  /// Whether there is nothing but white space in it.
  fileprivate var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
