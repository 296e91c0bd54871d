// Which options change nothing where groups are there already?

import Interchange
import ToolKit

extension GroupItems {
  /// Throws `ToolError` (usage) for an option by which groups that are there already cannot be changed.
  func refuseVain(_ stream: StreamReader, _ context: ToolContext) throws {
    if stream.kind == .model {
      try context.refuse(
        ["--from", "--groups", "--dimensions"], since: "\(stream.name): a model has its groups")
    } else if from == .categories {
      try context.refuse(["--groups"], since: "categories are the groups")
    }
  }
}
