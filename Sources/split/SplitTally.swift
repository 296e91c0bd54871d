// How many users does a split hold for what?

import InteractionData
import ToolKit

/// How many users a split holds for what.
struct SplitTally {
  private(set) var training = 0
  private var (validation, test) = (0, 0)
  private var isKnown: [Bool]

  init(items: Int) { isKnown = [Bool](repeating: false, count: items) }

  mutating func add(_ data: InteractionSet) throws {
    guard let plan = try SplitPlan(data) else { return }
    training += plan.trainingUsers().count
    test += plan.heldOutUsers(.test).count
    validation += plan.heldOutUsers(.validation).count
    for item in plan.training().columns { isKnown[Int(item)] = true }
  }

  func report(_ context: ToolContext) {
    let unknown = isKnown.count { !$0 }
    context.log.notice(
      "\(training) users to train on, \(validation) to validate, \(test) to test;"
        + " \(unknown) of \(isKnown.count) items occur only in held-out parts and cannot be recommended",
      counts: [
        "training_users": training, "validation_users": validation, "test_users": test,
        "items": isKnown.count, "unknown_items": unknown,
      ])
  }
}
