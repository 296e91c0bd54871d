// Does any damage to a source end in rows or in one line of explanation, and never in a trap?

import Foundation
import Support
import Testing

@testable import DataSources

/// Numbers that look random and are the same in every run (a linear congruential generator).
private struct Repeatable {
  var state: UInt64

  mutating func below(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }
}

@Suite struct MutationTests {
  private let seeds: [[UInt8]] = [
    "userId,movieId,rating,timestamp\r\n7,31,2.5,99\r\nb,\"1\",4,100\r\n",
    "7::31::2.5::99\nb::1::4::100\n", "0 5 6 7\n1\n2 6\n", "1|2|3\n4|5|6\n",
    "{\"user\": \"7\", \"text\": \"{\\\"}\", \"asin\": 31, \"overall\": 2.5}\n",
    "1:\n1488844,3,2005-09-06\n2:\n822109,4,1970-01-01\n",
    "0 0 5 0 0 0 0 1\n0 0 0 0 0 0 0 0\n2 0 0 0 0 0 0 0\n",
    "user_id:token\titem_id:token\n1\t2\n",
  ].map { Array($0.utf8) }
  private let insertions: [[UInt8]] = [
    [10], [13, 10], [44], [34], [58, 58], [0xFF, 0xFE], [0xC3], [0], [9], [32], [123],
    Array("1e400".utf8), Array(repeating: 57, count: 30), Array("-".utf8),
  ]

  @Test(arguments: 0..<4)
  func damagedSources(_ part: Int) throws {
    let folder = try Folder()
    let path = folder.path("damaged")
    var random = Repeatable(state: UInt64(part + 1))
    for round in 0..<700 {
      var bytes = seeds[random.below(seeds.count)]
      for _ in 0...random.below(6) {
        switch random.below(4) {
        case 0 where !bytes.isEmpty: bytes[random.below(bytes.count)] = UInt8(random.below(256))
        case 1 where !bytes.isEmpty:
          let start = random.below(bytes.count)
          bytes.removeSubrange(start..<min(start + 1 + random.below(8), bytes.count))
        case 2: bytes = Array(bytes.prefix(random.below(bytes.count + 1)))
        default:
          bytes.insert(
            contentsOf: insertions[random.below(insertions.count)],
            at: random.below(bytes.count + 1))
        }
      }
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      var options = SourceOptions()
      if random.below(3) == 0 {
        options.layout = SourceLayout.allCases[random.below(SourceLayout.allCases.count)]
      }
      for use in [
        { _ = try read(path, options, badRows: BadRows(tolerated: round % 3)) },
        {
          var items = ItemMetadata()
          try items.read(ByteStream(path))
        }, { _ = try OriginalIDs(ByteStream(path)) },
        { _ = try CategoryVectors(ByteStream(path), of: ["1"]) },
      ] {
        do {
          try use()
        } catch let error as SourceError {
          #expect(!error.description.contains { $0.isNewline }, "\(bytes)")
        }
      }
    }
  }

  /// Every cut and some flips of an archive of arrays.
  @Test func damagedArchives() throws {
    let folder = try Folder()
    let path = folder.path("whole.npz")
    #expect(
      Shell.run("printf '1,a,2\\n2,b,3\\n' | ingest -q | dump -q --to npz -o \(path)").status == 0)
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    for place in stride(from: 0, to: whole.count, by: 3) {
      var flipped = whole
      flipped[place] ^= UInt8(1 << (place % 8))
      for bytes in [Array(whole[..<place]), flipped] {
        let damaged = folder.path("damaged.npz")
        try Data(bytes).write(to: URL(fileURLWithPath: damaged))
        do {
          _ = try read(damaged)
        } catch let error as SourceError {
          #expect(!error.description.contains { $0.isNewline }, "byte \(place)")
        }
      }
    }
  }
}
