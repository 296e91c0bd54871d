// In what range would the means lie with other users of the same kind?

/// Percentile bootstrap intervals of the means over users, one a column; nil without replicates.
///
/// Each replicate draws as many users as there are, with replacement. Equal seeds give equal
/// intervals. Time: replicates x users x columns.
///
/// - Parameters:
///   - order: rows of the table in the order that does not depend on arrival
///   - group: its name makes the draws of groups independent
func bootstrap(
  _ table: UserTable, _ order: [Int], replicates: Int, confidence: Double, seed: UInt64,
  group: String
) -> [Interval]? {
  guard replicates > 0, order.count > 1 else { return nil }
  let width = table.rows.width
  let users = order.count
  var key = seed
  for byte in group.utf8 { key = (key ^ UInt64(byte)) &* 0x100_0000_01b3 }
  var random = SplitMix(state: key)
  var means = [[Double]](repeating: [], count: width)

  // Several replicates at once, so that each row is read once for all of them.
  let block = 8
  let weights = UnsafeMutablePointer<UInt32>.allocate(capacity: users * block)
  let sums = UnsafeMutablePointer<Double>.allocate(capacity: width * block)
  defer {
    weights.deallocate()
    sums.deallocate()
  }
  var done = 0
  while done < replicates {
    let now = min(block, replicates - done)
    weights.initialize(repeating: 0, count: users * block)
    sums.initialize(repeating: 0, count: width * block)
    for replicate in 0..<now {
      for _ in 0..<users { weights[random.below(users) * block + replicate] += 1 }
    }
    for (place, index) in order.enumerated() {
      let row = table.rows.row(index)
      for replicate in 0..<now {
        let weight = Double(weights[place * block + replicate])
        let sum = sums + replicate * width
        for column in 0..<width { sum[column] += weight * row[column] }
      }
    }
    for replicate in 0..<now {
      for column in 0..<width {
        means[column].append(sums[replicate * width + column] / Double(users))
      }
    }
    done += now
  }
  return means.map { values in
    let ascending = values.sorted()
    let tail = (1 - confidence) / 2
    return Interval(low: quantile(ascending, tail), high: quantile(ascending, 1 - tail))
  }
}

/// The quantile of ascending values, linear between the two nearest.
func quantile(_ ascending: [Double], _ probability: Double) -> Double {
  guard let last = ascending.last else { return .nan }
  let place = probability * Double(ascending.count - 1)
  let below = Int(place)
  guard below + 1 < ascending.count else { return last }
  let fraction = place - Double(below)
  return ascending[below] + fraction * (ascending[below + 1] - ascending[below])
}

/// The SplitMix64 generator (Steele, Lea and Flood 2014).
struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// A number in 0..<bound; the bias of about bound / 2^64 is nothing here.
  mutating func below(_ bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }
}
