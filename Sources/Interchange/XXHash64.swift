// What is the 64-bit checksum of these bytes? (XXH64, the hash zstd uses for its frames.)

/// Streaming XXH64 as specified by Yann Collet's xxHash format description, seed 0 by default.
public struct XXHash64: Sendable {
  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

  private var lane1: UInt64
  private var lane2: UInt64
  private var lane3: UInt64
  private var lane4: UInt64
  private let seed: UInt64
  private var total: UInt64 = 0
  private var pending: [UInt8] = []

  public init(seed: UInt64 = 0) {
    self.seed = seed
    lane1 = seed &+ Self.prime1 &+ Self.prime2
    lane2 = seed &+ Self.prime2
    lane3 = seed
    lane4 = seed &- Self.prime1
    pending.reserveCapacity(32)
  }

  /// The hash of one buffer.
  public static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
    var state = XXHash64(seed: seed)
    state.update(bytes)
    return state.finish()
  }

  /// The hash of a text's bytes.
  public static func hash(_ text: String, seed: UInt64 = 0) -> UInt64 {
    var text = text
    return text.withUTF8 { hash(UnsafeRawBufferPointer($0), seed: seed) }
  }

  /// Adds bytes to the hashed sequence.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard var cursor = bytes.baseAddress, bytes.count > 0 else { return }
    var left = bytes.count
    total &+= UInt64(left)
    if !pending.isEmpty {
      let missing = min(32 - pending.count, left)
      pending.append(contentsOf: UnsafeRawBufferPointer(start: cursor, count: missing))
      cursor += missing
      left -= missing
      guard pending.count == 32 else { return }
      pending.withUnsafeBytes { block in
        if let base = block.baseAddress { stripes(base, count: 1) }
      }
      pending.removeAll(keepingCapacity: true)
    }
    let whole = left / 32
    if whole > 0 {
      stripes(cursor, count: whole)
      cursor += whole * 32
      left -= whole * 32
    }
    if left > 0 {
      pending.append(contentsOf: UnsafeRawBufferPointer(start: cursor, count: left))
    }
  }

  /// Adds the little-endian bytes of an integer.
  public mutating func update<T: FixedWidthInteger>(_ value: T) {
    withUnsafeBytes(of: value.littleEndian) { update($0) }
  }

  /// The hash of everything added so far.
  public func finish() -> UInt64 {
    var hash: UInt64
    if total >= 32 {
      hash = lane1.rotated(1) &+ lane2.rotated(7) &+ lane3.rotated(12) &+ lane4.rotated(18)
      for lane in [lane1, lane2, lane3, lane4] {
        hash = (hash ^ Self.round(0, lane)) &* Self.prime1 &+ Self.prime4
      }
    } else {
      hash = seed &+ Self.prime5
    }
    hash &+= total
    pending.withUnsafeBytes { tail in
      var at = 0
      while at + 8 <= tail.count {
        let word = UInt64(littleEndian: tail.loadUnaligned(fromByteOffset: at, as: UInt64.self))
        hash = (hash ^ Self.round(0, word)).rotated(27) &* Self.prime1 &+ Self.prime4
        at += 8
      }
      if at + 4 <= tail.count {
        let word = UInt32(littleEndian: tail.loadUnaligned(fromByteOffset: at, as: UInt32.self))
        hash = (hash ^ UInt64(word) &* Self.prime1).rotated(23) &* Self.prime2 &+ Self.prime3
        at += 4
      }
      while at < tail.count {
        hash = (hash ^ UInt64(tail[at]) &* Self.prime5).rotated(11) &* Self.prime1
        at += 1
      }
    }
    hash = (hash ^ (hash >> 33)) &* Self.prime2
    hash = (hash ^ (hash >> 29)) &* Self.prime3
    return hash ^ (hash >> 32)
  }

  private mutating func stripes(_ start: UnsafeRawPointer, count: Int) {
    var (a, b, c, d) = (lane1, lane2, lane3, lane4)
    var at = start
    for _ in 0..<count {
      a = Self.round(a, UInt64(littleEndian: at.loadUnaligned(as: UInt64.self)))
      b = Self.round(b, UInt64(littleEndian: (at + 8).loadUnaligned(as: UInt64.self)))
      c = Self.round(c, UInt64(littleEndian: (at + 16).loadUnaligned(as: UInt64.self)))
      d = Self.round(d, UInt64(littleEndian: (at + 24).loadUnaligned(as: UInt64.self)))
      at += 32
    }
    (lane1, lane2, lane3, lane4) = (a, b, c, d)
  }

  @inline(__always)
  private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
    (lane &+ word &* prime2).rotated(31) &* prime1
  }
}

extension UInt64 {
  @inline(__always)
  fileprivate func rotated(_ bits: UInt64) -> UInt64 { (self << bits) | (self >> (64 &- bits)) }
}
