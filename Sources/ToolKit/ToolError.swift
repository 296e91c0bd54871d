// Which exit status does a failure have, and what is the user told?

import Interchange

/// Exit statuses of all tools, after sysexits.h.
public enum ExitStatus: Int32, Sendable, CaseIterable {
  case success = 0
  /// A figure is lower than was asked for; as with cmp and diff, the answer is no.
  case belowFloor = 1
  case usage = 64
  case badData = 65
  case noInput = 66
  case internalFault = 70
  /// The system lacks what it takes, such as memory.
  case systemFault = 71
  case cannotCreate = 73
  case inputOutput = 74
  case stopped = 75

  init(_ category: FailureCategory) {
    self =
      switch category {
      case .belowFloor: .belowFloor
      case .usage: .usage
      case .badData: .badData
      case .noInput: .noInput
      case .internalFault: .internalFault
      case .systemFault: .systemFault
      case .cannotCreate: .cannotCreate
      case .inputOutput: .inputOutput
      case .stopped: .stopped
      }
  }
}

/// A failure a tool reports itself: one sentence that says what was wrong and what to do.
public struct ToolError: CategorisedError {
  public let category: FailureCategory
  public let description: String

  public init(_ category: FailureCategory, _ description: String) {
    self.category = category
    self.description = description
  }
}
