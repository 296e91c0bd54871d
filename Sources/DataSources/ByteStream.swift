// How do the bytes of a plain or compressed source come in?

import CArchive
import Glibc

/// The decompressed bytes of a file, of standard input, or of a member of an archive.
///
/// gzip, zstd, xz and the like, and .zip and .tar containers, are recognised by content (libarchive).
/// `archive.zip::member` names a member; without a name the archive must hold one file, or one that
/// `preferred` accepts.
public final class ByteStream {
  /// The path as the user gave it.
  public let name: String
  private let archive: OpaquePointer
  private var pending: UnsafeRawBufferPointer = .init(start: nil, count: 0)

  /// Throws `SourceError` when the source cannot be opened or holds no such member.
  public init(_ path: String, preferred: (String) -> Bool = { _ in false }) throws {
    name = path == "-" ? "standard input" : path
    let parts = path.components(around: "::")
    guard let archive = archive_read_new() else {
      throw SourceError(.internalFault, "libarchive cannot be started")
    }
    self.archive = archive
    archive_read_support_filter_all(archive)
    archive_read_support_format_zip(archive)
    archive_read_support_format_tar(archive)
    archive_read_support_format_raw(archive)
    archive_read_support_format_empty(archive)
    if path != "-", access(parts.file, R_OK) != 0 {
      throw SourceError(
        .noInput, "\(parts.file): cannot be opened: \(String(cString: strerror(errno)))")
    }
    let opened =
      path == "-"
      ? archive_read_open_fd(archive, 0, 1 << 20)
      : archive_read_open_filename(archive, parts.file, 1 << 20)
    guard opened == ARCHIVE_OK else { throw failure(.badData) }
    try seek(parts.member, preferred)
  }

  deinit { archive_read_free(archive) }

  private func failure(_ category: SourceCategory) -> SourceError {
    let reason = archive_error_string(archive).map { String(cString: $0) } ?? "unknown trouble"
    return SourceError(.badData, "\(name): cannot be read: \(reason)")
  }

  private enum SourceCategory { case badData }

  /// Moves to the member wanted.
  private func seek(_ member: String?, _ preferred: (String) -> Bool) throws {
    var entry: OpaquePointer?
    var names: [String] = []
    while true {
      let status = archive_read_next_header(archive, &entry)
      if status == ARCHIVE_EOF { break }
      guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let entry else {
        throw failure(.badData)
      }
      let path = archive_entry_pathname(entry).map { String(cString: $0) } ?? ""
      if archive_format(archive) == ARCHIVE_FORMAT_RAW { return }
      guard archive_entry_filetype(entry) == mode_t(Glibc.S_IFREG) else { continue }
      names.append(path)
      if let member {
        if path == member || path.hasSuffix("/" + member) { return }
      } else if preferred(path) {
        return
      }
    }
    if names.isEmpty, member == nil { return }
    let listed = names.prefix(8).joined(separator: ", ")
    throw SourceError(
      .badData, "\(name): name the member to read, as in 'archive.zip::member'; it holds \(listed)")
  }

  /// Fills `target` as far as bytes go; 0 at the end.
  ///
  /// Throws `SourceError` when the data are damaged.
  public func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    while done < target.count {
      let count = archive_read_data(
        archive, target.baseAddress.map { $0 + done }, target.count - done)
      if count == 0 { break }
      guard count > 0 else { throw failure(.badData) }
      done += count
    }
    return done
  }

  /// All bytes, for small files such as item metadata.
  public func readAll(limit: Int = 1 << 30) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = try block.withUnsafeMutableBytes { try read(into: $0) }
      if count == 0 { return bytes }
      bytes.append(contentsOf: block[..<count])
      guard bytes.count <= limit else { throw SourceError(.badData, "\(name): is too large") }
    }
  }
}

extension String {
  /// A path and, after `::`, a member.
  fileprivate func components(around separator: String) -> (file: String, member: String?) {
    guard let at = range(of: separator) else { return (self, nil) }
    return (String(self[..<at.lowerBound]), String(self[at.upperBound...]))
  }

  private func range(of text: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
