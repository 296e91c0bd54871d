// Are there ratings that nobody looked at?

extension InteractionSet {
  /// What is to be said where interactions still have different ratings, all of which count alike in a
  /// split or a model; nil where there are none.
  public var unreadRatings: String? {
    guard let ratings, let lowest = ratings.min(), let highest = ratings.max(), lowest < highest
    else { return nil }
    func text(_ rating: Float) -> String {
      rating == rating.rounded() && rating.magnitude < 1e9 ? "\(Int(rating))" : "\(rating)"
    }
    return
      "ratings of \(text(lowest)) to \(text(highest)) are not looked at: each counts as a like, the lowest"
      + " too; binarize --min keeps what was liked"
  }
}
