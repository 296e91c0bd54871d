// Does a column that is left out tell what was liked?

/// Two values of a column that may part what was chosen from what was not.
struct Verdict {
  let one: [UInt8]
  let other: [UInt8]

  /// Names of columns that say whether something was liked.
  private static let names: Set = [
    "liked", "isliked", "like", "recommended", "isrecommended", "votedup", "thumbsup", "label",
    "clicked", "isclicked", "isclick", "click", "purchased", "bought", "interaction", "feedback",
  ]
  /// Names of columns that count or weigh it, where nothing or less than nothing is no choice.
  private static let amounts: Set = [
    "count", "quantity", "qty", "clicks", "confidence", "frequency", "amount", "units", "target",
  ]

  /// Nil where the name is none of these, or the values do not differ in what they say.
  init?(_ values: [[UInt8]], called name: String) {
    let plain = ColumnRole.plain(name)
    guard let first = values.first else { return nil }
    if Self.names.contains(plain), let other = values.first(where: { $0 != first }) {
      (one, self.other) = (first, other)
      return
    }
    guard Self.amounts.contains(plain),
      let none = values.first(where: { parseNumber($0).map { $0 <= 0 } ?? false }),
      let some = values.first(where: { parseNumber($0).map { $0 > 0 } ?? false })
    else { return nil }
    (one, other) = (some, none)
  }

  /// What is to be said of a column that is left out.
  ///
  /// - Parameters:
  ///   - things: what counts alike, such as rows.
  ///   - columns: what `--columns` would be to read it.
  func doubt(_ things: String, _ name: String, columns: String) -> String {
    "\(things) count alike, whether '\(shown(name.utf8))' is '\(shown(one))' or '\(shown(other))'; keep those that were"
      + " liked, or say --columns \(columns) where it holds numbers"
  }
}
