// What is wrong with a source, and where?

import Interchange

/// A source that cannot be read, with file, line and what to do.
public struct SourceError: CategorisedError {
  public let category: FailureCategory
  public let description: String

  init(_ category: FailureCategory, _ description: String) {
    self.category = category
    self.description = description
  }
}
