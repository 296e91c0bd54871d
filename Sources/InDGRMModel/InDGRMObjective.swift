// What does training a network of InDGRM minimise, and how?

import DenseMath
import Fitting

/// The terms of the objective (Eq. 10-12) and how a step goes down it; nothing that a fitted model needs.
struct InDGRMObjective: Sendable {
  /// Share of the input dropped.
  var dropout: Double
  /// Of the KL divergence, an interaction.
  var klWeight: Double
  /// Shares of the earlier posterior and of the wide Gaussian in the prior.
  var priorOld = 0.75
  var priorWide = 0.1
  var cost = ReconstructionCost.multinomial
  /// lambda_o, the group lasso of the factor-to-group vectors.
  var mappingPenalty = 0.0
  /// Draws per item in the Gumbel-softmax relaxation (N_j of Eq. 6).
  var groupDraws = 1
  /// L of local variational optimisation (Algorithm 2); no steps are plain gradient descent.
  var innerSteps = 0
  var usesARD = false
  /// Passes that update the encoder alone before each that updates the decoder alone; 0 updates both at
  /// once.
  var encoderPasses = 0
}

extension InDGRMObjective {
  /// - Parameter settings: settled ones (`InDGRMRules`).
  init(_ settings: ModelSettings) {
    self.init(dropout: settings.number("dropout"), klWeight: settings.number("kl-weight"))
    if settings.choice("prior") == "pure" { (priorOld, priorWide) = (0, 0) }
    cost = ReconstructionCost(rawValue: settings.choice("cost")) ?? .multinomial
    mappingPenalty = settings.number("mapping-penalty")
    groupDraws = max(settings.integer("group-draws"), 1)
    innerSteps = settings.integer("inner-steps")
    usesARD = settings.flag("ard")
  }
}
