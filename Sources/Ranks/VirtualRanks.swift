// Into how many parts is a batch cut, and which of them are this process's?

/// Virtual ranks: the parts of every batch, whose gradients are added up by one binary tree. They are a property of a
/// model, as its seed is; the processes that share them are not.
public struct VirtualRanks: Sendable {
  /// One part, and one process.
  public static let one = VirtualRanks(count: 1, group: .alone)

  /// A power of two.
  public let count: Int
  public let group: RankGroup

  private init(count: Int, group: RankGroup) {
    self.count = count
    self.group = group
  }

  /// Throws `RankError` unless the number is a power of two that the processes can share evenly.
  public init(_ count: Int, sharedBy group: RankGroup) throws {
    guard count > 0, count & (count - 1) == 0 else {
      throw RankError(description: "\(count) ranks: their number must be a power of two")
    }
    guard count >= group.count else {
      throw RankError(
        description: "\(group.count) processes cannot share \(count) ranks; start \(count) or fewer"
      )
    }
    self.init(count: count, group: group)
  }

  /// This process's ranks.
  public var own: Range<Int> { group.share(of: count) }

  /// Where each process's part of so many indices begins, and where the last one's ends.
  public func bounds(of indices: Int) -> [Int] {
    (0...group.count).map { indices * ($0 * (count / group.count)) / count }
  }

  /// The process that has a rank.
  public func owner(of rank: Int) -> Int { rank / (count / group.count) }

  /// The part of so many indices that is a rank's.
  public func part(_ rank: Int, of indices: Int) -> Range<Int> {
    indices * rank / count..<indices * (rank + 1) / count
  }
}
