// How does output appear complete or not at all?

import Glibc
import Interchange

/// Standard output or a file that exists under its name only once it is whole.
///
/// A file is written as a `TemporaryFile` beside its target; `commit()` syncs and renames it. Dropping
/// the object, an error, or a signal that ends the tool removes the temporary file and leaves whatever
/// stood under the name before. A log that is to be followed takes its place earlier, by `show()`.
public final class OutputFile: ByteSink {
  /// The path, or `standard output`.
  public let name: String
  private let path: String?
  private let temporary: String?
  private var descriptor: Int32
  private var buffer: [UInt8] = []
  private var isCommitted = false
  /// Whether the file has its name already.
  private var isShown = false
  /// Whether somebody looks at it, whose terminal must not be told what to do by what is in the data.
  private let isTerminal: Bool
  /// Bytes written so far.
  public private(set) var byteCount = 0

  /// Opens the output.
  ///
  /// Throws `ToolError` (`cannotCreate`) when the file cannot be made beside its target, (`usage`)
  /// when binary output would go to a terminal, or take the place of a file that the run reads or of another output.
  ///
  /// - Parameter purpose: the option that names the file, which may be written again for the same.
  public init(_ path: String, binary: Bool, for purpose: String = "--output") throws {
    buffer.reserveCapacity(1 << 18)
    isTerminal = !binary && path == "-" && isatty(1) == 1
    if path == "-" {
      name = "standard output"
      self.path = nil
      temporary = nil
      descriptor = 1
      if binary, isatty(1) == 1 {
        throw ToolError(
          .usage, "refusing to write binary to a terminal; use -o FILE or a pipe")
      }
      // A closed standard output would otherwise be noticed only at the first flush.
      guard fcntl(1, F_GETFD) != -1 else {
        throw ToolError(.inputOutput, "standard output is closed; use -o FILE or a pipe")
      }
      try FilesInUse.write(path, for: purpose)
      return
    }
    name = path
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      throw ToolError(.cannotCreate, "\(path): is a directory; name a file")
    }
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      // Devices and named pipes cannot be replaced by a rename; they are written in place.
      descriptor = open(path, O_WRONLY | O_CLOEXEC)
      temporary = nil
      self.path = nil
      guard descriptor >= 0 else { throw Self.cannotCreate(path) }
      return
    }
    guard let target = Self.target(of: path) else { throw Self.cannotCreate(path) }
    try FilesInUse.write(target, for: purpose)
    guard let hidden = TemporaryFile(beside: target) else {
      throw Self.cannotCreate(path, behind: target)
    }
    self.path = target
    temporary = hidden.path
    descriptor = hidden.descriptor
  }

  /// The file that takes the bytes: the path, or where symbolic links lead, which stay, be there a file or not; nil,
  /// with errno, where they lead round or to a name that is not UTF-8.
  static func target(of path: String) -> String? {
    var target = path
    for _ in 0..<40 {
      var link = [CChar](repeating: 0, count: Int(PATH_MAX))
      let count = readlink(target, &link, link.count)
      guard count > 0 else { return target }
      let bytes = link.prefix(count).map(UInt8.init(bitPattern:))
      guard let next = String(validating: bytes, as: UTF8.self) else {
        errno = EILSEQ
        return nil
      }
      target = next.hasPrefix("/") ? next : TemporaryFile.parts(of: target).folder + next
    }
    errno = ELOOP
    return nil
  }

  private static func cannotCreate(_ path: String, behind target: String? = nil) -> ToolError {
    let reason = String(cString: strerror(errno))
    let link = target.flatMap { $0 == path ? nil : " (a link to \($0))" } ?? ""
    return ToolError(
      .cannotCreate,
      "\(path.isEmpty ? "''" : path)\(link): cannot be created: \(reason); check the folder and its rights"
    )
  }

  /// Appends bytes, of texts whole lines; they reach the file in blocks.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    guard isTerminal else { return try append(bytes) }
    try write(String(decoding: bytes, as: UTF8.self))
  }

  private func append(_ bytes: UnsafeRawBufferPointer) throws {
    byteCount += bytes.count
    if buffer.count + bytes.count > 1 << 18 { try flush() }
    if bytes.count > 1 << 17 {
      try flush()
      return try writeThrough(bytes)
    }
    buffer.append(contentsOf: bytes)
  }

  /// Appends text.
  public func write(_ text: String) throws {
    var text = isTerminal ? text.printableLines : text
    try text.withUTF8 { try append(UnsafeRawBufferPointer($0)) }
  }

  /// Sends what is buffered on its way, so that the next tool in a pipe can use it.
  public func flush() throws {
    try buffer.withUnsafeBytes { try writeThrough($0) }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Flushes, and gives the file its name while more is to come, for logs whose every line is whole: what is
  /// written after this and not flushed is all that can be lost.
  public func show() throws {
    try flush()
    guard !isShown, let path, let temporary else { return }
    try take(path, from: temporary)
  }

  /// Makes the output final: flush, sync, rename.
  public func commit() throws {
    try flush()
    isCommitted = true
    guard let path, let temporary else {
      // A pipe reports trouble on write; a file behind standard output may report it on close.
      if descriptor == 1 {
        let copy = dup(1)
        if copy >= 0, close(copy) != 0 { throw failure() }
      }
      return
    }
    let isSynced = fsync(descriptor) == 0 || errno == EINVAL
    // Until the file has its name no sweep may take it for one whose writer is gone.
    let lock = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
    defer { if lock >= 0 { close(lock) } }
    // The descriptor is gone even where closing it fails.
    let isClosed = isSynced && close(descriptor) == 0
    let error = failure()
    if isSynced { descriptor = -1 }
    guard isClosed else {
      discard()
      throw error
    }
    if !isShown { try take(path, from: temporary) }
    let folder = TemporaryFile.parts(of: path).folder
    let entries = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if entries >= 0 {
      fsync(entries)
      close(entries)
    }
  }

  private func take(_ path: String, from temporary: String) throws {
    guard rename(temporary, path) == 0 else {
      let error = Self.cannotCreate(path)
      discard()
      throw error
    }
    UnfinishedFiles.remove(temporary)
    isShown = true
  }

  private func writeThrough(_ bytes: UnsafeRawBufferPointer) throws {
    var done = 0
    while done < bytes.count {
      let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      if count > 0 {
        done += count
      } else if count < 0, errno != EINTR {
        // As by default, but with nothing left behind.
        if errno == EPIPE {
          UnfinishedFiles.endByPipe()
          errno = EPIPE
        }
        throw failure()
      }
    }
  }

  private func failure() -> ToolError {
    ToolError(
      .inputOutput,
      "\(name): cannot be written: \(String(cString: strerror(errno)))"
        + (path == nil || isShown ? "; its end is missing" : "; nothing of it was kept"))
  }

  private func discard() {
    if descriptor > 2 { close(descriptor) }
    descriptor = -1
    if let temporary, !isShown {
      unlink(temporary)
      UnfinishedFiles.remove(temporary)
    }
  }

  deinit {
    if !isCommitted { discard() }
  }
}
