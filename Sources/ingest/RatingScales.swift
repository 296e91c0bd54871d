// Do all inputs rate on one scale?

import InteractionData

/// The ratings of each input.
struct RatingScales {
  private var ranges: [(name: String, range: ClosedRange<Float>)] = []

  mutating func add(_ ratings: UnsafeBufferPointer<Float>, of name: String) {
    guard let low = ratings.min(), let high = ratings.max() else { return }
    if ranges.last?.name == name, let known = ranges.popLast()?.range {
      ranges.append((name, min(low, known.lowerBound)...max(high, known.upperBound)))
    } else {
      ranges.append((name, low...high))
    }
  }

  /// The ratings of all inputs.
  var whole: ClosedRange<Float>? {
    guard let low = ranges.map(\.range.lowerBound).min(),
      let high = ranges.map(\.range.upperBound).max()
    else { return nil }
    return low...high
  }

  /// What is to be said where all ratings of one input are at least twice those of another; nil where none are.
  var doubt: String? {
    guard let least = ranges.min(by: { $0.range.upperBound < $1.range.upperBound }),
      let most = ranges.max(by: { $0.range.lowerBound < $1.range.lowerBound }),
      least.range.upperBound > 0, most.range.lowerBound >= 2 * least.range.upperBound
    else { return nil }
    return
      "ratings of \(most.range.shortText) in \(most.name) are on another scale than those of"
      + " \(least.range.shortText) in \(least.name); bring them to one"
  }
}
