// Do ranked lists belong to the model and the interactions beside them?

import Interchange

extension RecommendationReader {
  /// Refuses lists that another model made, or that were made for a split other than the one beside them.
  ///
  /// - Parameters:
  ///   - model: the model that is said to have made them; nil where any may have.
  ///   - data: the interactions beside them, read to the end.
  /// - Throws: `ToolError` (badData).
  public func refuseOthers(thanOf model: StoredModel? = nil, for data: StreamReader?) throws {
    if let model { try refuseOthers(thanOf: model) }
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

  private func refuseOthers(thanOf model: StoredModel) throws {
    let kind = model.description["model"]?.string ?? ""
    if let maker = metadata["model"]?.string, maker != kind {
      throw ToolError(
        .badData,
        "\(stream.name): was made by a model '\(maker)', not '\(kind)'; give the lists of this one")
    }
    // Lists of earlier versions do not tell which of a kind it was.
    guard let maker = provenance.scoring?.details["model"]?.string, model.digest != 0,
      maker != hexadecimal(model.digest)
    else { return }
    throw ToolError(
      .badData,
      "\(stream.name): was made by another '\(kind)' than this one, with other scores; give the lists of this one"
    )
  }
}
