// What is a model made of that adds something to another?

import Interchange

/// A model that adds something to the scores of another.
public protocol WrappingModel: RecommendationModel {
  var inner: any RecommendationModel { get }
}

extension WrappingModel {
  public func streamedTensors() -> [StreamedTensor] { inner.streamedTensors() }
}

extension RecommendationModel {
  /// The model below what was added to it: the one that has clusters, factors and places of its own.
  public var core: any RecommendationModel { (self as? any WrappingModel)?.inner ?? self }
}
