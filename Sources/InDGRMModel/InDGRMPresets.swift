// What does the paper call InDGRM's variants?

import Fitting

/// The variants of the paper, by name.
enum InDGRMPresets {
  /// The parts of section 6.2.3, its optimisations of section 5.3 and its own configuration (section 6.1).
  ///
  /// The paper's weight of the KL divergence is one a user; ours is one an interaction, and stays.
  static let all = [
    Preset(
      "paper", "the configuration that the paper describes",
      [
        "cost=squared", "start=random", "latent=150", "batch=128", "inner-steps=2",
        "prior=pure", "ard=on", "mapping-penalty=1", "item-features=on",
        "group-parts=off", "closed-doors=0", "factor-loss=0",
      ]),
    Preset("indgrm-a", "without the mixture over users", ["clusters=1"]),
    Preset("indgrm-b", "without item groups", ["item-groups=off"]),
    Preset("indgrm-p", "groups stand for the items' categories", ["privileged=on"]),
    Preset("indgrm-sgd", "plain stochastic gradient descent, the default", ["inner-steps=0"]),
    Preset("indgrm-lvo", "local variational optimisation", ["inner-steps=2"]),
  ]
}
