// Are there ratings that nobody looked at?

/// The range of ratings that all count alike, in a split, a model or a history.
public struct UnreadRatings: Sendable {
  public private(set) var range: ClosedRange<Float>?

  public init() {}

  /// Takes the ratings of some interactions, where they have any.
  public mutating func add(_ ratings: [Float]?) {
    guard let lowest = ratings?.min(), let highest = ratings?.max(), lowest <= highest else {
      return
    }
    range = min(range?.lowerBound ?? lowest, lowest)...max(range?.upperBound ?? highest, highest)
  }

  /// What is to be said of them; nil where there are none, or one alone.
  public var warning: String? {
    guard let range, range.lowerBound < range.upperBound else { return nil }
    return
      "ratings of \(range.shortText) are not looked at: each counts as a like, the lowest too; binarize --min"
      + " keeps what was liked"
  }
}

extension Float {
  /// A rating as people write it: without a point where it is whole.
  public var shortText: String {
    self == rounded() && magnitude < 1e9 ? "\(Int(self))" : "\(self)"
  }
}

extension ClosedRange<Float> {
  /// The ratings of a range: `1 to 4.5`.
  public var shortText: String { "\(lowerBound.shortText) to \(upperBound.shortText)" }
}

extension InteractionSet {
  /// What is to be said where interactions still have different ratings.
  public var unreadRatings: String? {
    var unread = UnreadRatings()
    unread.add(ratings)
    return unread.warning
  }
}
