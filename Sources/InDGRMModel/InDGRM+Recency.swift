// How much of its expert does InDGRM keep where scores follow what is liked of late?

import DenseMath
import Fitting

/// The expert takes popularity out or adds it, and so does a recency term: which share of it suits is found with that.
extension InDGRM: ExpertCarrier {
  var hasExpert: Bool { expert != nil }

  func keepExpert(_ share: Double) {
    let whole = wholeExpert ?? expert
    wholeExpert = whole
    expert = whole?.keeping(share)
    if let expert { settings = expert.noted(in: settings) }
  }
}

extension NeighbourhoodExpert {
  /// With a share of the weights, and of what is added to popularity, that were chosen.
  func keeping(_ share: Double) -> NeighbourhoodExpert {
    guard share != 1 else { return self }
    var kept = self
    kept.choice.weight *= share
    kept.choice.factors *= share
    kept.choice.popularity = 1 + share * (choice.popularity - 1)
    if kept.choice.weight == 0 { kept.weights = nil }
    if kept.choice.factors == 0 { kept.factors = nil }
    kept.bias = Matrix(rows: 1, columns: bias.columns, bias.array)
    scale(kept.bias, by: Float(share))
    return kept
  }
}
