// How does a run of numbers become few bytes? (Difference, byte planes, then zstd.)

/// What is done to numbers before their bytes are split into planes.
enum Filter: UInt8 {
  /// The values as they are.
  case plain = 0
  /// Zigzag-coded differences from the value before (the first from zero).
  case difference = 1
  /// Codes into a table of at most 256 distinct values, which precedes the planes.
  case palette = 2
}

/// Splits words into byte planes: all lowest bytes first, then the next ones; high planes that
/// hold only zeros are left out.
enum Planes {
  /// Planes needed for the largest of the words, at least one.
  static func needed(_ words: UnsafeBufferPointer<UInt64>) -> Int {
    var all: UInt64 = 0
    for word in words { all |= word }
    return max((64 - all.leadingZeroBitCount + 7) / 8, 1)
  }

  static func split(
    _ words: UnsafeBufferPointer<UInt64>, planes: Int, into target: UnsafeMutablePointer<UInt8>
  ) {
    let count = words.count
    for plane in 0..<planes {
      let shift = UInt64(8 * plane)
      let out = target + plane * count
      for index in 0..<count { out[index] = UInt8(truncatingIfNeeded: words[index] &>> shift) }
    }
  }

  static func join(
    _ bytes: UnsafePointer<UInt8>, planes: Int, into words: UnsafeMutableBufferPointer<UInt64>
  ) {
    let count = words.count
    for index in 0..<count { words[index] = UInt64(bytes[index]) }
    for plane in 1..<max(planes, 1) {
      let shift = UInt64(8 * plane)
      let source = bytes + plane * count
      for index in 0..<count { words[index] |= UInt64(source[index]) &<< shift }
    }
  }
}

/// The zigzag difference filter over 64-bit words.
enum Difference {
  static func apply(_ words: UnsafeMutableBufferPointer<UInt64>) {
    var before: UInt64 = 0
    for index in 0..<words.count {
      let word = words[index]
      let step = Int64(bitPattern: word &- before)
      words[index] = UInt64(bitPattern: (step &<< 1) ^ (step &>> 63))
      before = word
    }
  }

  static func undo(_ words: UnsafeMutableBufferPointer<UInt64>) {
    var before: UInt64 = 0
    for index in 0..<words.count {
      let code = words[index]
      before = before &+ ((code &>> 1) ^ (0 &- (code & 1)))
      words[index] = before
    }
  }
}

/// An estimate of the bits a run of words takes after plane splitting: the sum of the planes'
/// order-0 entropies, from at most 4,096 words spread over the run.
func planeEntropy(_ words: UnsafeBufferPointer<UInt64>, difference: Bool) -> Double {
  let sample = min(words.count, 4096)
  guard sample > 0 else { return 0 }
  let stride = words.count / sample
  var histogram = [Int32](repeating: 0, count: 8 * 256)
  for step in 0..<sample {
    let index = step * stride
    var word = words[index]
    if difference {
      let move = Int64(bitPattern: word &- (index > 0 ? words[index - 1] : 0))
      word = UInt64(bitPattern: (move &<< 1) ^ (move &>> 63))
    }
    for plane in 0..<8 {
      histogram[plane << 8 | Int(UInt8(truncatingIfNeeded: word &>> UInt64(8 * plane)))] += 1
    }
  }
  var bits = 0.0
  for count in histogram where count > 0 {
    bits -= Double(count) * log2Approximately(Double(count) / Double(sample))
  }
  return bits
}

/// log2 good to three digits, enough to compare two encodings, and the same on every machine.
private func log2Approximately(_ value: Double) -> Double {
  let fraction = value.significand
  return Double(value.exponent) + (fraction - 1) * (4.0 / 3 - (fraction - 1) / 3)
}
