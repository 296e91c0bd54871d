// Which number does an id have?

/// Ids as byte strings, numbered in order of first appearance; open addressing over an arena.
public struct IDTable: Sendable {
  private var slots: [UInt32]
  private var hashes: [UInt32] = []
  private var arena: [UInt8] = []
  private var ends: [Int] = []
  public var count: Int { ends.count }

  public init() { slots = [UInt32](repeating: .max, count: 1 << 12) }

  /// The id's bytes.
  public func bytes(at index: Int) -> ArraySlice<UInt8> {
    arena[(index > 0 ? ends[index - 1] : 0)..<ends[index]]
  }

  /// The id as text.
  public func id(at index: Int) -> String { String(decoding: bytes(at: index), as: UTF8.self) }

  /// The number of an id, given anew when it is unknown.
  public mutating func intern(_ id: UnsafeRawBufferPointer) -> UInt32 {
    let hash = Self.hash(id)
    let mask = slots.count - 1
    var slot = Int(hash) & mask
    while slots[slot] != .max {
      let index = Int(slots[slot])
      if hashes[index] == hash, equals(index, id) { return UInt32(index) }
      slot = (slot + 1) & mask
    }
    let index = UInt32(count)
    slots[slot] = index
    hashes.append(hash)
    arena.append(contentsOf: id)
    ends.append(arena.count)
    if count * 2 > slots.count { grow() }
    return index
  }

  private func equals(_ index: Int, _ id: UnsafeRawBufferPointer) -> Bool {
    let start = index > 0 ? ends[index - 1] : 0
    guard ends[index] - start == id.count else { return false }
    return arena.withUnsafeBufferPointer { arena in
      for place in 0..<id.count where arena[start + place] != id[place] { return false }
      return true
    }
  }

  private mutating func grow() {
    slots = [UInt32](repeating: .max, count: slots.count * 4)
    let mask = slots.count - 1
    for index in 0..<count {
      var slot = Int(hashes[index]) & mask
      while slots[slot] != .max { slot = (slot + 1) & mask }
      slots[slot] = UInt32(index)
    }
  }

  @inline(__always)
  private static func hash(_ id: UnsafeRawBufferPointer) -> UInt32 {
    var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(id.count)
    var at = 0
    while at + 8 <= id.count {
      hash = (hash ^ id.loadUnaligned(fromByteOffset: at, as: UInt64.self)) &* 0xFF51_AFD7_ED55_8CCD
      hash ^= hash >> 32
      at += 8
    }
    var tail: UInt64 = 0
    while at < id.count {
      tail = tail << 8 | UInt64(id[at])
      at += 1
    }
    hash = (hash ^ tail) &* 0xC4CE_B9FE_1A85_EC53
    return UInt32(truncatingIfNeeded: hash ^ (hash >> 29))
  }
}
