// Which number does an id have?

import Glibc

/// Ids as byte strings, numbered in order of first appearance.
///
/// Ids of up to eight bytes are one word each, longer ones lie in an arena; each kind has its own
/// open-addressing table. Memory: 8 bytes an id, 8 to 16 of slots, and the bytes of long ids. Ids hold
/// no zero byte; at most 2^32 - 2 of them.
public final class IDTable {
  /// Behind a pointer, so that looking up costs no exclusivity checks.
  private struct Storage {
    var count = 0
    var capacity = 1 << 12
    /// The bytes of a short id, the first lowest, or place and length of a long id in the arena.
    var words = UnsafeMutablePointer<UInt64>.allocate(capacity: 1 << 12)
    var short = Slots()
    var long = Slots()
  }

  private let storage: UnsafeMutablePointer<Storage>
  private var isLong: [Bool] = []
  private var arena: [UInt8] = []

  /// Index + 1 of the ids, 0 where free; at most half full.
  private struct Slots {
    var base: UnsafeMutablePointer<UInt32>
    var bits = 13
    var used = 0

    init() {
      base = .allocate(capacity: 1 << bits)
      base.initialize(repeating: 0, count: 1 << bits)
    }

    @inline(__always)
    func start(_ hash: UInt64) -> Int { Int(hash >> UInt64(64 - bits)) }
  }

  public init() {
    storage = .allocate(capacity: 1)
    storage.initialize(to: Storage())
  }

  deinit {
    storage.pointee.words.deallocate()
    storage.pointee.short.base.deallocate()
    storage.pointee.long.base.deallocate()
    storage.deallocate()
  }

  public var count: Int { storage.pointee.count }

  /// The id as text.
  public func id(at index: Int) -> String {
    precondition(index >= 0 && index < count, "no such id")
    if isLong[index] {
      let (start, length) = place(index)
      return String(decoding: arena[start..<start + length], as: UTF8.self)
    }
    return withUnsafeBytes(of: storage.pointee.words[index].littleEndian) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// The number of an id, given anew when it is unknown; eight bytes from `id` on must be readable.
  @inline(__always)
  func intern(_ id: UnsafePointer<UInt8>, _ length: Int) -> UInt32 {
    guard length <= 8 else { return internLong(id, length) }
    var word = UnsafeRawPointer(id).loadUnaligned(as: UInt64.self).littleEndian
    if length < 8 { word &= (1 << UInt64(length * 8)) &- 1 }
    // Each slot table holds one kind only, so equal words are equal ids.
    let slots = storage.pointee.short
    let words = storage.pointee.words
    var slot = slots.start(Self.mix(word))
    let mask = (1 << slots.bits) &- 1
    while true {
      let entry = slots.base[slot]
      if entry == 0 { break }
      if words[Int(entry &- 1)] == word { return entry &- 1 }
      slot = (slot &+ 1) & mask
    }
    return add(word, isLong: false, slot: slot)
  }

  /// The number of an id, given anew when it is unknown.
  public func intern(_ id: [UInt8]) -> UInt32 {
    (id + [0, 0, 0, 0, 0, 0, 0, 0]).withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      return intern(base, id.count)
    }
  }

  /// Whether an id is known; eight bytes from `id` on must be readable.
  func holds(_ id: UnsafePointer<UInt8>, _ length: Int) -> Bool {
    guard length <= 8 else {
      return findLong(id, length).number != nil
    }
    var word = UnsafeRawPointer(id).loadUnaligned(as: UInt64.self).littleEndian
    if length < 8 { word &= (1 << UInt64(length * 8)) &- 1 }
    let slots = storage.pointee.short
    var slot = slots.start(Self.mix(word))
    while slots.base[slot] != 0 {
      if storage.pointee.words[Int(slots.base[slot] - 1)] == word { return true }
      slot = (slot + 1) & ((1 << slots.bits) - 1)
    }
    return false
  }

  /// Whether an id is known.
  func holds(_ id: [UInt8]) -> Bool {
    (id + [0, 0, 0, 0, 0, 0, 0, 0]).withUnsafeBufferPointer { bytes in
      bytes.baseAddress.map { holds($0, id.count) } ?? false
    }
  }

  /// The bytes of an id.
  func bytes(at index: Int) -> [UInt8] {
    if isLong[index] {
      let (start, length) = place(index)
      return Array(arena[start..<start + length])
    }
    return withUnsafeBytes(of: storage.pointee.words[index].littleEndian) { bytes in
      Array(bytes.prefix { $0 != 0 })
    }
  }

  /// Whether a short id holds nothing but letters without accents, digits and marks other than points, and begins with
  /// no zero before others.
  func isOrdinary(_ index: Int) -> Bool {
    guard !isLong[index] else { return false }
    var word = storage.pointee.words[index]
    if word & 0xFF == 0x30, word > 0xFF { return false }
    while word != 0 {
      let byte = UInt8(truncatingIfNeeded: word)
      if byte >= 0x80 || byte == 0x20 || byte == 0x2E || byte | 0x20 == 0x65 { return false }
      word >>= 8
    }
    return true
  }

  /// Whether a short id begins with a sign of equality or an apostrophe.
  func beginsWithMark(_ index: Int) -> Bool {
    !isLong[index] && [0x3D, 0x27].contains(storage.pointee.words[index] & 0xFF)
  }

  /// The number of an id that is a whole number.
  func intern(_ number: Int) -> UInt32 { intern(Array(String(number).utf8)) }

  @inline(never)
  private func internLong(_ id: UnsafePointer<UInt8>, _ length: Int) -> UInt32 {
    let (number, slot) = findLong(id, length)
    if let number { return number }
    let start = arena.count
    arena.append(contentsOf: UnsafeBufferPointer(start: id, count: length))
    return add(UInt64(start) << 24 | UInt64(length), isLong: true, slot: slot)
  }

  /// The number of a long id, if known, and its slot.
  private func findLong(_ id: UnsafePointer<UInt8>, _ length: Int) -> (number: UInt32?, slot: Int) {
    let bytes = UnsafeBufferPointer(start: id, count: length)
    let slots = storage.pointee.long
    let mask = (1 << slots.bits) - 1
    var slot = slots.start(Self.hash(bytes))
    while true {
      let entry = slots.base[slot]
      if entry == 0 { break }
      let (start, size) = place(Int(entry - 1))
      let isSame =
        size == length
        && arena.withUnsafeBufferPointer { arena in
          arena.baseAddress.map { memcmp($0 + start, id, length) == 0 } ?? false
        }
      if isSame { return (entry - 1, slot) }
      slot = (slot + 1) & mask
    }
    return (nil, slot)
  }

  /// Where a long id lies; ids have less than 16 MiB, as lines do.
  private func place(_ index: Int) -> (start: Int, length: Int) {
    (Int(storage.pointee.words[index] >> 24), Int(storage.pointee.words[index] & 0xFF_FFFF))
  }

  @inline(never)
  private func add(_ word: UInt64, isLong: Bool, slot: Int) -> UInt32 {
    let count = storage.pointee.count
    if count == storage.pointee.capacity {
      let larger = UnsafeMutablePointer<UInt64>.allocate(capacity: count * 2)
      larger.update(from: storage.pointee.words, count: count)
      storage.pointee.words.deallocate()
      storage.pointee.words = larger
      storage.pointee.capacity = count * 2
    }
    storage.pointee.words[count] = word
    storage.pointee.count = count + 1
    self.isLong.append(isLong)
    let slots: WritableKeyPath<Storage, Slots> = isLong ? \.long : \.short
    storage.pointee[keyPath: slots].base[slot] = UInt32(count + 1)
    storage.pointee[keyPath: slots].used += 1
    let now = storage.pointee[keyPath: slots]
    if now.used * 2 > 1 << now.bits {
      storage.pointee[keyPath: slots] = grown(now, isLong: isLong)
    }
    return UInt32(count)
  }

  private func grown(_ old: Slots, isLong: Bool) -> Slots {
    var slots = old
    slots.bits = old.bits + 2
    slots.base = .allocate(capacity: 1 << slots.bits)
    slots.base.initialize(repeating: 0, count: 1 << slots.bits)
    let mask = (1 << slots.bits) - 1
    for index in 0..<count where self.isLong[index] == isLong {
      var hash = Self.mix(storage.pointee.words[index])
      if isLong {
        let (start, length) = place(index)
        hash = arena.withUnsafeBufferPointer {
          Self.hash(UnsafeBufferPointer(rebasing: $0[start..<start + length]))
        }
      }
      var slot = slots.start(hash)
      while slots.base[slot] != 0 { slot = (slot + 1) & mask }
      slots.base[slot] = UInt32(index + 1)
    }
    old.base.deallocate()
    return slots
  }

  /// Multiplies and folds, so that the high bits depend on all bits.
  @inline(__always)
  private static func mix(_ word: UInt64) -> UInt64 {
    let product = word &* 0x9E37_79B9_7F4A_7C15
    return (product ^ (product >> 32)) &* 0xD6E8_FEB8_6659_FD93
  }

  private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    let raw = UnsafeRawBufferPointer(bytes)
    var hash = UInt64(raw.count)
    var at = 0
    while at + 8 <= raw.count {
      hash = mix(hash ^ raw.loadUnaligned(fromByteOffset: at, as: UInt64.self))
      at += 8
    }
    while at < raw.count {
      hash = mix(hash ^ UInt64(raw[at]))
      at += 1
    }
    return mix(hash)
  }
}
