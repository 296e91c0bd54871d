// How many users does a split hold for what?

import InteractionData
import Interchange
import ToolKit

/// How many users a split holds for what.
struct SplitTally {
  private(set) var training = 0
  private(set) var (validation, test) = (0, 0)
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

extension Split {
  /// Says how many users a split holds for what.
  func report(_ data: InteractionSet, _ context: ToolContext) throws {
    var tally = SplitTally(items: data.itemCount)
    try tally.add(data)
    tally.report(context)
    warn(of: tally, context)
  }

  /// Says so where what is divided has been divided before.
  func warn(ofSplit reader: InteractionReader, _ context: ToolContext) {
    guard reader.metadata["split"] != nil else { return }
    context.log.warning(
      "\(reader.stream.name): is a split already, and all of it is divided anew: what it held out may be trained on"
    )
  }

  /// Says so where nobody is held out although a share was.
  func warn(of tally: SplitTally, _ context: ToolContext) {
    let kinds = [
      ("test", testFrom != nil || test > 0, tally.test),
      ("validation", validationFrom != nil || validation > 0, tally.validation),
    ]
    let none = kinds.filter { $0.1 && $0.2 == 0 }.map { "the \($0.0)" }
    guard !none.isEmpty else { return }
    context.log.warning(
      "nobody is held out for \(none.joined(separator: " and ")): there are too few users or interactions"
    )
  }
}
