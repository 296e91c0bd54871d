// How many interactions does each user have?

import DenseMath
import Glibc

/// Interactions of each user: the minimum plus a Lomax number, scaled so that they add up to the total.
///
/// Expects a shape without complaint.
func activity(_ shape: SimulationShape, seed: UInt64) -> [Int] {
  let (least, most) = (shape.minimumPerUser, shape.maximumPerUser)
  let excess = (0..<shape.users).map { user in
    var random = RandomStream(seed: seed, stage: Stage.activity.rawValue, index: UInt64(user))
    return pow(1 - random.uniform(), -1 / shape.activityShape) - 1
  }
  func count(_ user: Int, _ scale: Double) -> Int {
    least + Int(min(Double(most - least), scale * excess[user]))
  }
  func total(_ scale: Double) -> Int {
    var sum = 0
    for user in 0..<shape.users { sum += count(user, scale) }
    return sum
  }
  var (low, high) = (0.0, 1.0)
  while total(high) < shape.interactions, high < 1e300 { high *= 2 }
  for _ in 0..<60 {
    let middle = (low + high) / 2
    if total(middle) <= shape.interactions { low = middle } else { high = middle }
  }
  var counts = (0..<shape.users).map { count($0, low) }
  var missing = shape.interactions - counts.reduce(0, +)
  while missing > 0 {
    for user in 0..<shape.users where missing > 0 && counts[user] < most {
      counts[user] += 1
      missing -= 1
    }
  }
  return counts
}
