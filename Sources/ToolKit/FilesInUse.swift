// Would what is written take the place of what is read?

import Glibc
import Synchronization

/// The regular files that a run reads and writes: none takes another's place.
///
/// A file may be read and written for one purpose, such as a checkpoint that a run goes on from and puts aside again.
enum FilesInUse {
  /// A file under the name that it was opened by, standard input and output as `-`, for an option or for none.
  private struct Use {
    let path: String
    let purpose: String
  }

  private struct Place: Hashable {
    let folder: [UInt]
    let name: String
  }

  private struct Uses {
    var read: [[UInt]: Use] = [:]
    /// Files that outputs replace, and the places that they take.
    var replaced: [[UInt]: Use] = [:]
    var taken: [Place: String] = [:]
  }

  private static let uses = Mutex(Uses())

  /// Notes that a file is read.
  ///
  /// - Throws: `ToolError` (usage) where an output takes its place.
  static func read(_ path: String, for purpose: String) throws {
    guard let identity = identity(of: path, standard: 0) else { return }
    let writer = uses.withLock { uses in
      uses.read[identity] = Use(path: path, purpose: purpose)
      return uses.replaced[identity]
    }
    // A file that was replaced already may have left its number to another one.
    guard let writer, writer.purpose != purpose,
      Self.identity(of: writer.path, standard: 1) == identity
    else { return }
    throw lost(path, to: writer.purpose)
  }

  /// Notes that a file is to be written.
  ///
  /// - Throws: `ToolError` (usage) where the file is read, or another output takes that place.
  static func write(_ path: String, for purpose: String) throws {
    let identity = identity(of: path, standard: 1)
    let (folder, name) = TemporaryFile.parts(of: path)
    let place = path == "-" ? nil : numbers(of: folder.isEmpty ? "." : folder)
    let (reader, other) = uses.withLock { uses in
      if let identity { uses.replaced[identity] = Use(path: path, purpose: purpose) }
      let before = place.flatMap {
        uses.taken.updateValue(purpose, forKey: Place(folder: $0, name: name))
      }
      return (identity.flatMap { uses.read[$0] }, before)
    }
    if let reader, reader.purpose != purpose,
      Self.identity(of: reader.path, standard: 0) == identity
    {
      throw lost(reader.path, to: purpose)
    }
    if let other, other != purpose {
      throw ToolError(
        .usage, "\(path): is named by both \(other) and \(purpose); name two files")
    }
  }

  private static func identity(of path: String, standard descriptor: Int32) -> [UInt]? {
    path == "-" ? InputFile.identity(of: descriptor) : InputFile.identity(path)
  }

  private static func numbers(of folder: String) -> [UInt]? {
    var status = stat()
    return stat(folder, &status) == 0 ? [UInt(status.st_dev), UInt(status.st_ino)] : nil
  }

  private static func lost(_ path: String, to purpose: String) -> ToolError {
    let name = path == "-" ? "standard input" : path
    return ToolError(
      .usage, "\(name): would be lost to the output; name another file in \(purpose)")
  }
}
