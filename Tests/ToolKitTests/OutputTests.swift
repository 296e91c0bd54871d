// Does output appear whole or not at all, and what is put aside come back?

import Foundation
import Support
import Synchronization
import Testing

@testable import ToolKit

/// One after the other, as tools have one thread that opens and closes files.
@Suite(.serialized) struct OutputTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private func text(_ name: String) -> String? {
    try? String(contentsOfFile: folder.path(name), encoding: .utf8)
  }

  @Test func aFileTakesItsNameWhenItIsCommitted() throws {
    _ = try folder.write("o", "old\n")
    let file = try OutputFile(folder.path("o"), binary: false)
    try file.write("new\n")
    try file.flush()
    #expect(text("o") == "old\n" && file.byteCount == 4)
    try file.commit()
    #expect(text("o") == "new\n")
    #expect(folder.names == ["o"])
  }

  @Test func whatOthersSweepIsNeverAFileOfALivingWriter() throws {
    let ends = Atomic(false)
    let folder = folder.path("")
    let sweeper = Thread {
      while !ends.load(ordering: .relaxed) { TemporaryFile.sweep(folder) }
    }
    sweeper.start()
    defer { ends.store(true, ordering: .relaxed) }
    for index in 0..<300 {
      let file = try OutputFile(self.folder.path("o\(index)"), binary: false)
      try file.write("new\n")
      try file.commit()
    }
    #expect(self.folder.names.count == 300)
  }

  @Test func aFileThatIsDroppedLeavesWhatWasThere() throws {
    _ = try folder.write("o", "old\n")
    do {
      let file = try OutputFile(folder.path("o"), binary: false)
      try file.write(String(repeating: "new\n", count: 100_000))
    }
    #expect(text("o") == "old\n")
    #expect(folder.names == ["o"])
  }

  @Test func aLogIsSeenWhileItGrows() throws {
    let file = try OutputFile(folder.path("log"), binary: false)
    try file.write("1\n")
    #expect(text("log") == nil)
    try file.show()
    #expect(text("log") == "1\n")
    try file.write("2\n")
    try file.flush()
    #expect(text("log") == "1\n2\n")
    try file.commit()
    #expect(folder.names == ["log"])
  }

  @Test func aLinkStaysAndADirectoryIsRefused() throws {
    _ = try folder.write("o", "old\n")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("link"), withDestinationPath: folder.path("o"))
    let file = try OutputFile(folder.path("link"), binary: false)
    try file.write("new\n")
    try file.commit()
    #expect(text("o") == "new\n")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("link")) != "")
    for path in [folder.path(""), folder.path("none/o")] {
      let error = #expect(throws: ToolError.self) { try OutputFile(path, binary: false) }
      #expect(error?.category == .cannotCreate)
    }
  }

  /// A link that leads to nothing yet, over others and in another folder, stays as well.
  @Test func whereLinksLeadIsWritten() throws {
    let files = FileManager.default
    func link(_ name: String, _ target: String) throws {
      try files.createSymbolicLink(atPath: folder.path(name), withDestinationPath: target)
    }
    try files.createDirectory(atPath: folder.path("deep"), withIntermediateDirectories: false)
    try link("deep/two", "new")
    try link("one", "deep/two")
    let file = try OutputFile(folder.path("one"), binary: false)
    try file.write("new\n")
    try file.commit()
    #expect(text("deep/new") == "new\n")
    #expect(try files.destinationOfSymbolicLink(atPath: folder.path("one")) == "deep/two")
    #expect(try files.destinationOfSymbolicLink(atPath: folder.path("deep/two")) == "new")
    try link("round", "round")
    try link("lost", "none/file")
    for name in ["round", "lost"] {
      let error = #expect(throws: ToolError.self) {
        try OutputFile(folder.path(name), binary: false)
      }
      #expect(error?.category == .cannotCreate)
      #expect(try files.destinationOfSymbolicLink(atPath: folder.path(name)) != "")
    }
  }

  @Test func aSpoolHasNoNameAndKeepsItsBytes() throws {
    let spool = try SpoolFile(beside: folder.path("o"))
    #expect(folder.names.isEmpty)
    let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try bytes.withUnsafeBytes { try spool.write($0) }
    try bytes.prefix(3).withUnsafeBytes { try spool.write($0) }
    #expect(spool.count == 100_003)
    #expect(try spool.read(99_998..<100_003) == Array(bytes[99_998...] + bytes[..<3]))
    #expect(throws: ToolError.self) { try spool.read(100_000..<100_004) }
  }

  /// As numpy and zip see it: an array begins at a multiple of 64 bytes behind its head.
  @Test func archivesHaveAlignedArraysAndTheirChecksums() throws {
    var checksum = CRC32()
    Array("123456789".utf8).withUnsafeBytes { checksum.update($0) }
    #expect(checksum.value == 0xCBF4_3926)

    let file = try OutputFile(folder.path("a.npz"), binary: true)
    let archive = NumpyArchive(file)
    try archive.add("values", type: "<f4", [Float(1), 2, 3])
    try archive.add("names", ["a", "längst"])
    try archive.finish()
    try file.commit()
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.path("a.npz"))))
    let starts = bytes.indices.filter { bytes[$0...].starts(with: [0x93] + Array("NUMPY".utf8)) }
    #expect(starts.count == 2)
    for start in starts {
      let length = Int(bytes[start + 8]) + Int(bytes[start + 9]) << 8
      #expect((10 + length) % 64 == 0 && bytes[start + 10 + length - 1] == 10)
    }
    let head = String(decoding: bytes, as: UTF8.self)
    #expect(head.contains("'descr': '<f4'") && head.contains("'shape': (3,)"))
    #expect(head.contains("'descr': '<U6'"))
  }
}

@Suite struct SequencerTests {
  @Test(arguments: [1, 2, 4]) func jobsRunInOrder(_ threads: Int) throws {
    let sequencer = Sequencer(threads: threads)
    let seen = Mutex<[Int]>([])
    for number in 0..<200 { try sequencer.run { seen.withLock { $0.append(number) } } }
    try sequencer.finish()
    #expect(seen.withLock { $0 } == Array(0..<200))
  }

  @Test(arguments: [1, 2]) func anErrorEndsWhatComesAfter(_ threads: Int) {
    let sequencer = Sequencer(threads: threads)
    let seen = Mutex<[Int]>([])
    #expect(throws: ToolError.self) {
      for number in 0..<100 {
        try sequencer.run {
          guard number != 5 else { throw ToolError(.inputOutput, "full") }
          seen.withLock { $0.append(number) }
        }
      }
      try sequencer.finish()
    }
    #expect(seen.withLock { $0 } == Array(0..<5))
  }
}
