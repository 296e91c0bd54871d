// Were parts made by the same choices, where what they hold does not tell?

import Interchange
import ToolKit

extension Provenance {
  /// What of the lists or the split of one part was chosen otherwise than of another part, and is not noted in them.
  func difference(inMaking other: Provenance) -> String? {
    if let one = scoring?.details["model"], let two = other.scoring?.details["model"], one != two {
      return "--model"
    }
    for case (let one?, let two?) in [(scoring, other.scoring), (dividing, other.dividing)] {
      if one.seed != two.seed { return "--seed" }
      if let name = Self.unnoted.first(where: { one.choice($0) != two.choice($0) }) { return name }
    }
    return nil
  }

  /// Options that change what is written and are not noted beside it. Of files each part may have its own.
  private static let unnoted = [
    "--stable", "--keep-seen", "--fill", "--diversity", "--diversity-by", "--users", "--candidates",
    "--exclude", "--candidates-by-user", "--exclude-by-user", "--new-items",
  ]
}

extension ProvenanceStep {
  /// Whether an option was given, and with which number or word where it takes one.
  fileprivate func choice(_ name: String) -> String? {
    guard ["--diversity", "--diversity-by"].contains(name) else { return has(name) ? name : nil }
    return value(of: name)
  }
}
