// Where does a tool put what it cannot hold?

import Glibc
import Interchange

/// A file without a name, beside an output, which is gone with its writer however that ends.
public final class SpoolFile: ByteSink {
  private let descriptor: Int32
  private let folder: String
  /// Bytes written so far.
  public private(set) var count = 0

  /// Makes it beside an output, or for standard output in `TMPDIR`.
  ///
  /// Throws `ToolError` (cannotCreate).
  public init(beside output: String) throws {
    let temporary = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    let target =
      output == "-" ? temporary + "/spool" : OutputFile.target(of: output) ?? output
    guard let file = TemporaryFile(beside: target) else {
      throw ToolError(
        .cannotCreate,
        "\(target): no file can be made beside it: \(String(cString: strerror(errno)));"
          + " check the folder and its rights")
    }
    unlink(file.path)
    UnfinishedFiles.remove(file.path)
    descriptor = file.descriptor
    let parent = TemporaryFile.parts(of: target).folder
    folder = parent.isEmpty ? "." : parent
  }

  deinit { close(descriptor) }

  /// Appends bytes.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    var done = 0
    while done < bytes.count {
      let written = Glibc.write(
        descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      if written < 0, errno != EINTR { throw failure("written") }
      done += max(written, 0)
    }
    count += bytes.count
  }

  /// What was written at these bytes.
  public func read(_ range: Range<Int>) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var done = 0
    while done < range.count {
      let got = bytes.withUnsafeMutableBytes {
        pread(
          descriptor, $0.baseAddress.map { $0 + done }, range.count - done,
          range.lowerBound + done)
      }
      guard got > 0 || (got < 0 && errno == EINTR) else { throw failure("read") }
      done += max(got, 0)
    }
    return bytes
  }

  private func failure(_ done: String) -> ToolError {
    ToolError(
      .inputOutput,
      "\(folder): a temporary file in it cannot be \(done): \(String(cString: strerror(errno)))")
  }
}
