// How does a fit fail, and why can a model not be used?

import Interchange

/// A fit that failed or a model that cannot be used.
public struct ModelError: CategorisedError {
  public let category: FailureCategory
  public let description: String

  public init(_ category: FailureCategory, _ description: String) {
    self.category = category
    self.description = description
  }
}
