// In which order are the parts of a sum added?

/// The sum of parts that come one after another, by a binary tree: each is added to that of as many parts before it.
public struct TreeSum<Sum> {
  private var waiting: [(parts: Int, sum: Sum)] = []

  public init() {}

  /// Takes one part more.
  ///
  /// - Parameter add: makes one sum of two, the earlier one first.
  public mutating func add(_ part: Sum, by add: (Sum, Sum) -> Sum) {
    var (parts, sum) = (1, part)
    while let last = waiting.last, last.parts == parts {
      waiting.removeLast()
      sum = add(last.sum, sum)
      parts *= 2
    }
    waiting.append((parts, sum))
  }

  /// The sums that the last part of a power of two is to be added to one after another, in this order; then it begins
  /// anew.
  public mutating func takeForLast() -> [Sum] {
    defer { waiting.removeAll() }
    return waiting.reversed().map(\.sum)
  }

  /// The sum, once a power of two of parts was taken; then it begins anew.
  public mutating func finish() -> Sum {
    guard let last = waiting.popLast(), waiting.isEmpty else {
      preconditionFailure("as many parts as a power of two")
    }
    return last.sum
  }
}
