// For a split data set: who is trained on, what is folded in, what is the truth?

import DenseMath
import Interchange

/// How much of a split is trained on.
public enum TrainingShare: Sendable, Equatable {
  /// What is held out for neither validation nor test.
  case training
  /// The training users of the smallest nested sets, 1 to 5 for 20 to 100 % of them.
  case nested(Int)
  /// All that is not held out for test, once validation users have had their say.
  case withValidation
}

/// A split data set seen as the protocol's parts.
public struct SplitPlan: Sendable {
  public let data: InteractionSet
  public let scheme: SplitScheme
  /// The number of rounds of held-out users: folds of the protocol, otherwise one.
  public let rounds: Int
  /// Whether the truth holds what users are known by as well: what they chose again.
  public let hasRepeats: Bool

  /// Reads the split's scheme from the metadata; nil when the data were not split.
  ///
  /// Throws `SplitError` when roles or folds are missing or do not fit.
  public init?(_ data: InteractionSet) throws {
    guard let notes = data.metadata["split"] else { return nil }
    guard let scheme = notes["scheme"]?.string.flatMap(SplitScheme.init(rawValue:)),
      let rounds = notes["folds"]?.int, (1...254).contains(rounds),
      data.users.roles?.count == data.userCount, data.folds?.count == data.count
    else {
      throw SplitError(
        description: "the split in this stream has no usable roles or folds; split it again")
    }
    self.data = data
    self.scheme = scheme
    self.rounds = rounds
    hasRepeats = notes["repeats"]?.bool == true
  }

  /// A user's role.
  public func role(of user: Int) -> UserRole {
    data.users.roles.flatMap { UserRole(rawValue: $0[user]) } ?? .train
  }

  /// The users that rankings are made for and judged on.
  ///
  /// In schemes that divide every user, those who have some truth.
  public func heldOutUsers(_ role: UserRole) -> [Int] {
    if scheme == .users { return (0..<data.userCount).filter { self.role(of: $0) == role } }
    return (0..<data.userCount).filter { user in
      data.range(of: user).contains { isTruth($0, role, round: 0) }
    }
  }

  /// The users trained on.
  public func trainingUsers(_ share: TrainingShare = .training) -> [Int] {
    (0..<data.userCount).filter { user in
      switch (role(of: user), share) {
      case (.train, .nested(let tier)): Int(data.users.tiers?[user] ?? 1) <= tier
      case (.train, _): true
      case (.validation, .withValidation): true
      default: false
      }
    }
  }

  /// The interactions trained on, one row a training user, over all items of the data.
  public func training(_ share: TrainingShare = .training) -> SparseRows {
    var offsets = [0]
    var columns: [UInt32] = []
    columns.reserveCapacity(data.count)
    for user in trainingUsers(share) {
      for position in trainedOn(of: user, share) { columns.append(data.itemIndices[position]) }
      offsets.append(columns.count)
    }
    return SparseRows(offsets: offsets, columns: columns, columnCount: data.itemCount)
  }

  /// What is known of the interactions of `training`, in their order: one value each of a column of the data.
  func training<Value>(_ column: [Value], _ share: TrainingShare = .training) -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(column.count)
    for user in trainingUsers(share) {
      for position in trainedOn(of: user, share) { values.append(column[position]) }
    }
    return values
  }

  /// The positions of a training user's interactions that are trained on.
  private func trainedOn(of user: Int, _ share: TrainingShare) -> some Sequence<Int> {
    distinct(user) { scheme == .users || isTrainedOn(data.folds?[$0], share) }
  }

  /// Of a user's positions those that are wanted, and of one item in several parts the latest.
  private func distinct(_ user: Int, _ isWanted: (Int) -> Bool) -> [Int] {
    let positions = data.range(of: user).filter(isWanted)
    // The folds of later parts are smaller, and stand first.
    return positions.indices.filter {
      $0 == 0 || data.itemIndices[positions[$0]] != data.itemIndices[positions[$0 - 1]]
    }.map { positions[$0] }
  }

  /// What a held-out user is judged on in a round.
  public func truth(of user: Int, _ role: UserRole, round: Int) -> [UInt32] {
    data.range(of: user).filter { isTruth($0, role, round: round) }.map { data.itemIndices[$0] }
  }

  /// What is known of a held-out user in a round.
  public func foldIn(of user: Int, _ role: UserRole, round: Int) -> [UInt32] {
    distinct(user) { isFoldedIn($0, role, round: round) }.map { data.itemIndices[$0] }
  }

  private func isTrainedOn(_ fold: UInt8?, _ share: TrainingShare) -> Bool {
    fold == neverHeldOut || (share == .withValidation && fold == WithinUserFold.validation)
  }

  private func isTruth(_ position: Int, _ role: UserRole, round: Int) -> Bool {
    let fold = data.folds?[position]
    if scheme == .users { return fold == UInt8(round) }
    return fold == (role == .test ? WithinUserFold.test : WithinUserFold.validation)
  }

  private func isFoldedIn(_ position: Int, _ role: UserRole, round: Int) -> Bool {
    let fold = data.folds?[position]
    if scheme == .users { return fold != UInt8(round) }
    return role == .test ? fold != WithinUserFold.test : fold == neverHeldOut
  }
}

extension InteractionSet {
  /// All interactions as sparse rows, one a user.
  public func rows() -> SparseRows {
    SparseRows(offsets: offsets, columns: itemIndices, columnCount: itemCount)
  }
}
