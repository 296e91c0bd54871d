// Do ranked lists belong to the model and the interactions beside them?

import Interchange

extension RecommendationReader {
  /// Refuses lists that another kind of model made, or that were made for a split other than the one beside them.
  ///
  /// - Parameters:
  ///   - model: the kind of the model that is said to have made them; nil where any may have.
  ///   - data: the interactions beside them, read to the end.
  /// - Throws: `ToolError` (badData).
  public func refuseOthers(thanOf model: String? = nil, for data: StreamReader?) throws {
    if let model, let maker = metadata["model"]?.string, maker != model {
      throw ToolError(
        .badData,
        "\(stream.name): was made by a model '\(maker)', not '\(model)'; give the lists of this one"
      )
    }
    guard let data, let split = metadata["split"], split != .null else { return }
    let isOther =
      metadata["interactions"]?.string.map { $0 != data.digest.map(hexadecimal) }
      ?? (split != data.metadata["split"])
    guard isOther else { return }
    let fault =
      data.metadata["split"] == nil
      ? "the lists are of a split; give the split they were made from"
      : "was made for another split; give the one that was scored"
    throw ToolError(.badData, "\(stream.name): \(fault)")
  }
}
