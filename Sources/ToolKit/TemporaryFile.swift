// Where is output written until it is whole, so that no other run, link or user comes between?

import Glibc
import Interchange

/// A new file beside its target, which takes the target's place once it is whole.
///
/// Its name is random, and it is made by no one else (O_EXCL, O_NOFOLLOW). While its writer lives it is locked
/// (flock), so that what a killed writer left behind is told from what another one, on whatever machine, still writes.
/// It has the target's owner, group and mode where there is one.
struct TemporaryFile {
  let path: String
  let descriptor: Int32

  /// The folder of a path, as a prefix of names, and the name in it.
  static func parts(of path: String) -> (folder: String, name: String) {
    let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    return (String(path[..<slash]), String(path[slash...]))
  }

  /// Makes the file; nil, with errno, when the folder does not take it.
  init?(beside target: String) {
    let (folder, name) = Self.parts(of: target)
    Self.sweep(folder.isEmpty ? "." : folder)
    var old = stat()
    let replaces = stat(target, &old) == 0
    // A name that is nearly as long as names can be leaves no room for a mark.
    var stem = Substring(name)
    while stem.utf8.count > 200 { stem = stem.dropLast() }
    while true {
      let digits = hexadecimal(UInt64.random(in: .min ... .max))
      let path = "\(folder).\(stem)\(Self.mark)\(digits)\(Self.end)"
      let descriptor = open(
        path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, replaces ? 0o600 : 0o666)
      guard descriptor >= 0 else {
        if errno == EEXIST { continue }
        return nil
      }
      // A sweep may have come between; where files cannot be locked none does.
      var status = stat()
      _ = flock(descriptor, LOCK_EX)
      guard fstat(descriptor, &status) == 0, status.st_nlink > 0 else {
        unlink(path)
        close(descriptor)
        continue
      }
      if replaces { Self.give(descriptor, like: old) }
      UnfinishedFiles.add(path)
      self.path = path
      self.descriptor = descriptor
      return
    }
  }

  private static let mark = ".ig-"
  private static let end = ".tmp"

  /// Owner, group and mode as they were; nobody gets rights that they did not have.
  private static func give(_ descriptor: Int32, like old: stat) {
    var mode = old.st_mode & 0o777
    if fchown(descriptor, old.st_uid, old.st_gid) != 0, fchown(descriptor, .max, old.st_gid) != 0 {
      // The group is another one, which may do what all others may.
      mode = mode & 0o707 | mode & (mode << 3) & 0o070
    }
    _ = fchmod(descriptor, mode)
  }

  /// Removes temporary files in a folder whose writers are gone.
  static func sweep(_ folder: String) {
    guard let entries = opendir(folder) else { return }
    defer { closedir(entries) }
    while let entry = readdir(entries) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      guard isTemporary(name) else { continue }
      // Opened for writing, which locks on shared file systems ask for.
      let other = openat(
        dirfd(entries), name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
      guard other >= 0 else { continue }
      var status = stat()
      if fstat(other, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
        flock(other, LOCK_EX | LOCK_NB) == 0
      {
        unlinkat(dirfd(entries), name, 0)
      }
      close(other)
    }
  }

  /// Whether a name is one that `init` gives.
  private static func isTemporary(_ name: String) -> Bool {
    let digits = name.utf8.dropLast(end.utf8.count).suffix(16)
    return name.hasPrefix(".") && name.hasSuffix(end)
      && name.dropLast(end.count + 16).hasSuffix(mark)
      && digits.count == 16
      && digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}
