// How are interactions divided into what is learnt from, folded in and held out?

import DenseMath
import Interchange

/// How `split` divides a data set.
public enum SplitScheme: String, Sendable, CaseIterable {
  /// The paper's protocol (section 6.1), strong generalisation: users are held out, and each held-out
  /// user's interactions are cut into equal folds, one of which is the truth of a round.
  case users
  /// Every user's interactions are divided at random by shares.
  case ratio
  /// One interaction of every user is the test truth and one the validation truth: the latest ones
  /// where there are times, random ones otherwise.
  case leaveOneOut = "leave-one-out"
  /// Interactions after a point in time are the truth, for all users alike.
  case time
}

/// The options of a split.
public struct SplitOptions: Sendable {
  public var scheme = SplitScheme.users
  /// Folds of a held-out user's interactions, which is the number of rounds.
  public var folds = 5
  /// The share of users (or interactions) held out for testing.
  public var testShare = 0.1
  /// The share held out for validation.
  public var validationShare = 0.1
  public var seed: UInt64 = 20
  /// Whether a held-out user is told by their id and the seed alone, whoever else is there.
  public var isStable = false
  /// Whether these are some users of many, of whom none need be left to train on.
  public var isOfBlock = false
  /// Whether what a user chose in several parts of time is in each of them, so that the truth holds what was known.
  public var keepsRepeats = false
  /// Where the truth of validation and of test begins under `time`; nil leaves it to the shares.
  public var validationFrom: Moment?
  public var testFrom: Moment?

  public init() {}

  /// Metadata that tell of the split as well.
  public func notes(in metadata: JSONValue) -> JSONValue {
    var split: [String: JSONValue] = [
      "scheme": .string(scheme.rawValue), "folds": .integer(scheme == .users ? folds : 1),
      "test_share": .number(testShare), "validation_share": .number(validationShare),
    ]
    if isStable { split["stable"] = true }
    if keepsRepeats { split["repeats"] = true }
    return metadata.setting("split", .object(split))
  }
}

/// Fold codes of schemes that divide every user's interactions.
enum WithinUserFold {
  static let test: UInt8 = 0
  static let validation: UInt8 = 1
}

/// A split that cannot be made from the data at hand.
public struct SplitError: CategorisedError {
  public let description: String
  public init(description: String) { self.description = description }
  public var category: FailureCategory { .badData }
}

extension InteractionSet {
  /// Assigns roles, nested training sets and folds.
  ///
  /// Equal data and seeds give equal splits. Throws `SplitError` when a scheme needs what the data
  /// do not have.
  public func split(_ options: SplitOptions) throws -> InteractionSet {
    guard count > 0 || options.isOfBlock else {
      throw SplitError(description: "there are no interactions to split; check the filters before")
    }
    var result = self
    result.users.roles = nil
    result.users.tiers = nil
    switch options.scheme {
    case .users: try result.holdOutUsers(options)
    case .ratio: result.divideByShares(options)
    case .leaveOneOut: result.leaveOneOut(options)
    case .time: try result.divideByTime(options)
    }
    result.metadata = options.notes(in: metadata)
    return result
  }

  private mutating func holdOutUsers(_ options: SplitOptions) throws {
    let marks = options.isStable ? userMarks(seed: options.seed) : nil
    let parts = try marks.map { try partsByMark($0, options) } ?? partsByShare(options)
    var folds = [UInt8](repeating: neverHeldOut, count: count)
    for user in 0..<userCount where parts.roles[user] != UserRole.train.rawValue {
      var random = RandomStream(
        seed: options.seed, stage: RandomStage.splitFolds, index: marks?[user] ?? UInt64(user))
      let range = range(of: user)
      for (rank, position) in random.permutation(range.count).enumerated() {
        folds[range.lowerBound + position] = UInt8(rank % options.folds)
      }
    }
    users.roles = parts.roles
    users.tiers = parts.tiers
    self.folds = folds
  }

  /// Roles and nested training sets, one a user; the first set is in every one.
  private typealias UserParts = (roles: [UInt8], tiers: [UInt8])

  /// Parts of exactly the shares asked for, drawn among all users.
  private func partsByShare(_ options: SplitOptions) throws -> UserParts {
    var random = RandomStream(seed: options.seed, stage: RandomStage.splitUsers, index: 0)
    let order = random.permutation(userCount)
    let test = Int((Double(userCount) * options.testShare).rounded())
    let validation = Int((Double(userCount) * options.validationShare).rounded())
    guard test + validation < userCount else {
      throw SplitError(
        description:
          "\(userCount) users are too few to hold out \(test + validation); lower the shares")
    }
    var roles = [UInt8](repeating: UserRole.train.rawValue, count: userCount)
    var tiers = [UInt8](repeating: 0, count: userCount)
    for user in order[..<test] { roles[user] = UserRole.test.rawValue }
    for user in order[test..<test + validation] { roles[user] = UserRole.validation.rawValue }
    let training = order[(test + validation)...]
    for (rank, user) in training.enumerated() {
      tiers[user] = UInt8(rank * 5 / training.count + 1)
    }
    return (roles, tiers)
  }

  /// Parts that depend on nothing but a user's mark, of the shares asked for on average.
  private func partsByMark(_ marks: [UInt64], _ options: SplitOptions) throws -> UserParts {
    var roles = [UInt8](repeating: UserRole.train.rawValue, count: userCount)
    var tiers = [UInt8](repeating: 0, count: userCount)
    let heldOut = options.testShare + options.validationShare
    for (user, mark) in marks.enumerated() {
      let place = Double(mark >> 11) * 0x1p-53
      if place < options.testShare {
        roles[user] = UserRole.test.rawValue
      } else if place < heldOut {
        roles[user] = UserRole.validation.rawValue
      } else {
        tiers[user] = UInt8(min((place - heldOut) / (1 - heldOut) * 5, 4)) + 1
      }
    }
    guard options.isOfBlock || tiers.contains(where: { $0 > 0 }) else {
      throw SplitError(
        description: "no user of \(userCount) is left to train on; lower the shares")
    }
    return (roles, tiers)
  }

  /// 64 even bits for every user, told by the id and the seed.
  private func userMarks(seed: UInt64) -> [UInt64] {
    users.ids.map { XXHash64.hash($0, seed: seed) }
  }

  private mutating func divideByShares(_ options: SplitOptions) {
    divideEachUser { user, range in
      var random = RandomStream(
        seed: options.seed, stage: RandomStage.splitRatio, index: UInt64(user))
      let order = random.permutation(range.count)
      let test = Int(Double(range.count) * options.testShare)
      let validation = Int(Double(range.count) * options.validationShare)
      return (Array(order[..<test]), Array(order[test..<test + validation]))
    }
  }

  private mutating func leaveOneOut(_ options: SplitOptions) {
    let times = times
    divideEachUser { user, range in
      // Fewer than three interactions would leave nothing to learn from.
      guard range.count >= 3 else { return ([], []) }
      var random = RandomStream(
        seed: options.seed, stage: RandomStage.splitTruth, index: UInt64(user))
      var order = random.permutation(range.count)
      if let times {
        order = (0..<range.count).sorted {
          (times[range.lowerBound + $0], $0) > (times[range.lowerBound + $1], $1)
        }
      }
      return ([order[0]], [order[1]])
    }
  }

  private mutating func divideByTime(_ options: SplitOptions) throws {
    let own = options.keepsRepeats ? folds : nil
    let parts = try own ?? options.folds(of: times)
    divideEachUser { _, range in
      let positions = 0..<range.count
      return (
        positions.filter { parts[range.lowerBound + $0] == WithinUserFold.test },
        positions.filter { parts[range.lowerBound + $0] == WithinUserFold.validation }
      )
    }
  }

  private mutating func divideEachUser(
    _ divide: (_ user: Int, _ range: Range<Int>) -> (test: [Int], validation: [Int])
  ) {
    var folds = [UInt8](repeating: neverHeldOut, count: count)
    for user in 0..<userCount {
      let range = range(of: user)
      let (test, validation) = divide(user, range)
      for position in test { folds[range.lowerBound + position] = WithinUserFold.test }
      for position in validation { folds[range.lowerBound + position] = WithinUserFold.validation }
    }
    users.roles = [UInt8](repeating: UserRole.train.rawValue, count: userCount)
    users.tiers = [UInt8](repeating: 1, count: userCount)
    self.folds = folds
  }
}

extension SplitOptions {
  /// The part of time that each of some interactions lies in, as a fold.
  ///
  /// Throws `SplitError` without times, and where nothing is left to train on, or to test on from a moment that was named.
  func folds(of times: [Int64]?) throws -> [UInt8] {
    guard let times else {
      throw SplitError(
        description: "a split by time needs timestamps, and these interactions have none")
    }
    let ordered = times.sorted()
    let testStart = (testFrom ?? .share(1 - testShare)).seconds(among: ordered)
    let before = ordered.count { $0 < testStart } - Int(validationShare * Double(times.count))
    let validationStart =
      (validationFrom
      ?? (testFrom == nil
        ? .share(1 - testShare - validationShare)
        : .seconds(
          before < ordered.count ? min(ordered[max(before, 0)], testStart) : testStart)))
      .seconds(among: ordered)
    guard validationStart <= testStart, times.contains(where: { $0 < validationStart }) else {
      throw SplitError(
        description:
          "nothing is left to train on before the validation and the test; look at the dates")
    }
    guard testFrom == nil || times.contains(where: { $0 >= testStart }) else {
      throw SplitError(description: "nothing is from --test-from on, to test on; look at the date")
    }
    return times.map {
      $0 >= testStart
        ? WithinUserFold.test : $0 >= validationStart ? WithinUserFold.validation : neverHeldOut
    }
  }
}

extension InteractionRows {
  /// The rows with the parts of time they lie in, so that what comes again in another part is no duplicate.
  ///
  /// Throws `SplitError` as `split` does.
  public func parted(_ options: SplitOptions) throws -> InteractionRows {
    guard rows.count > 0 else { return self }
    var parted = self
    parted.rows.folds = try options.folds(of: rows.times)
    return parted
  }
}
