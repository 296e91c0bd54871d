// Which files does a source hold, and what is in them?

import CArchive
import Glibc

/// libarchive over the bytes of a file or of standard input: its members, each once, in order.
final class Archive {
  private let archive: OpaquePointer
  private let bytes: SourceBytes
  private let label: String
  /// Bytes read so far, as they are stored.
  var storedCount: Int { bytes.storedCount }

  /// Throws `SourceError` where a file, out of whatever packs it, begins with zeros: to libarchive they are a tar whose
  /// files are still to come, however many zeros there are.
  static func refuseZeros(_ file: String, _ label: String) throws {
    var start = [UInt8](repeating: 1, count: SourceBytes.tapeBlock)
    let archive = try Archive(file, label, unpacks: false)
    guard (try? archive.nextFile()) != nil,
      let count = try? start.withUnsafeMutableBytes({ try archive.read(into: $0, label) }),
      count == start.count, start.allSatisfy({ $0 == 0 })
    else { return }
    throw SourceError(.badData, "\(label): cannot be read: \(SourceBytes.zeros)")
  }

  /// Throws `SourceError` where the list of members that ends a zip is cut off; libarchive is content with members.
  static func refuseCutZip(_ file: String, _ label: String) throws {
    guard ByteStream.start(of: file)?.starts(with: [0x50, 0x4B, 3, 4]) == true else { return }
    let descriptor = Glibc.open(file, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    let size = lseek(descriptor, 0, SEEK_END)
    // A comment of up to 64 KiB may follow the mark.
    var tail = [UInt8](repeating: 0, count: min(max(Int(size), 0), 65_557))
    let count = pread(descriptor, &tail, tail.count, size - tail.count)
    let mark: [UInt8] = [0x50, 0x4B, 5, 6]
    guard count == tail.count else {
      throw SourceError(
        .inputOutput, "\(label): cannot be read: \(String(cString: strerror(errno)))")
    }
    guard
      !tail.indices.dropLast(3).contains(where: {
        tail[$0] == 0x50 && tail[$0..<$0 + 4] == mark[...]
      })
    else { return }
    throw SourceError(
      .badData,
      "\(label): is a zip without its end, so that files may be missing; fetch or make it again")
  }

  /// Opens a file, or standard input for nil; whether files are taken out of archives can be said.
  ///
  /// Throws `SourceError`.
  init(_ file: String?, _ label: String, unpacks: Bool = true) throws {
    let descriptor = file.map { Glibc.open($0, O_RDONLY | O_CLOEXEC) } ?? 0
    guard descriptor >= 0 else {
      throw SourceError(
        .noInput, "\(label): cannot be opened: \(String(cString: strerror(errno)))")
    }
    bytes = SourceBytes(descriptor: descriptor)
    self.label = label
    guard let archive = archive_read_new() else {
      throw SourceError(.internalFault, "libarchive cannot be started")
    }
    self.archive = archive
    for support in [
      archive_read_support_filter_zstd, archive_read_support_filter_xz,
      archive_read_support_filter_bzip2, archive_read_support_filter_lz4,
      archive_read_support_format_raw, archive_read_support_format_empty,
    ] { _ = support(archive) }
    if unpacks {
      archive_read_support_format_zip(archive)
      archive_read_support_format_tar(archive)
      // What stands behind the first end of joined archives is read as well.
      archive_read_set_options(archive, "tar:read_concatenated_archives")
    }
    bytes.serve(archive)
    guard archive_read_open1(archive) == ARCHIVE_OK else { throw failure(label) }
  }

  deinit { archive_read_free(archive) }

  private func failure(_ name: String) -> SourceError {
    if let fault = bytes.fault {
      return SourceError(
        bytes.isUnreadable ? .inputOutput : .badData, "\(name): cannot be read: \(fault)")
    }
    let reason = archive_error_string(archive).map { String(cString: $0) } ?? "unknown trouble"
    // Some of libarchive's messages end a line.
    let words = reason.split(whereSeparator: \.isNewline).joined(separator: " ")
    return SourceError(.badData, "\(name): cannot be read: \(words)")
  }

  private func hasFormat(_ format: Int32) -> Bool {
    archive_format(archive) & ARCHIVE_FORMAT_BASE_MASK == format
  }

  /// libarchive makes names of zips readable by the locale alone, and passes over those that it cannot.
  private static nonisolated(unsafe) let unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil)

  /// The next regular file of an archive and its name; empty for a source that is no archive.
  ///
  /// Throws `SourceError` when the archive is damaged, has no end, or has a name that cannot be read.
  func nextFile() throws -> String? {
    let locale = Self.unicode.map { uselocale($0) }
    defer { _ = locale.map { uselocale($0) } }
    var entry: OpaquePointer?
    while true {
      let status = archive_read_next_header(archive, &entry)
      // What cannot be read looks to libarchive like what is not there.
      guard bytes.fault == nil else { throw failure(label) }
      if status == ARCHIVE_EOF {
        try checkEnd()
        return nil
      }
      guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let entry else {
        throw failure(label)
      }
      if hasFormat(ARCHIVE_FORMAT_RAW) { return "" }
      let kind = archive_entry_filetype(entry)
      guard kind == mode_t(Glibc.S_IFREG) || kind == 0 else { continue }
      if let path = archive_entry_pathname_utf8(entry) ?? archive_entry_pathname(entry) {
        return String(cString: path)
      }
      throw SourceError(
        .badData, "\(label): holds a file whose name cannot be read; unpack it and give the file")
    }
  }

  /// A tar ends in two blocks of zeros; libarchive is content without, and passes over what stands behind the end of
  /// what bzip2 and lz4 pack.
  private func checkEnd() throws {
    let packing = archive_filter_code(archive, 0)
    guard
      packing != ARCHIVE_FILTER_BZIP2 && packing != ARCHIVE_FILTER_LZ4
        || archive_filter_bytes(archive, -1) >= bytes.servedCount
    else {
      throw SourceError(
        .badData,
        "\(label): goes on behind its end with other bytes; cut them off or make it again")
    }
    guard hasFormat(ARCHIVE_FORMAT_TAR) else { return }
    let behind = archive_filter_bytes(archive, 0) - archive_read_header_position(archive)
    guard behind >= 1024 else {
      throw SourceError(
        .badData,
        "\(label): is a tar without its end, so that files may be missing; fetch or make it again")
    }
  }

  /// Some bytes of the member at hand; 0 at its end.
  ///
  /// Throws `SourceError` when the data are damaged.
  func read(into target: UnsafeMutableRawBufferPointer, _ name: String) throws -> Int {
    let count = archive_read_data(archive, target.baseAddress, target.count)
    guard count >= 0, bytes.fault == nil else { throw failure(name) }
    return count
  }
}
