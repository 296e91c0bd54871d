// What can be seen of a model beside why it recommends what?

import ArgumentParser
import Explaining

/// Views of the whole model, of which one may be asked for.
struct ViewOptions: ParsableArguments {
  @Flag(help: "Say of every user cluster how large it is and what sets it apart.")
  var clusters = false

  @Flag(help: "Say of every item group what is in it; needs no interactions.")
  var groups = false

  @Flag(help: "Say of every latent factor which items lie at its ends; needs no interactions.")
  var factors = false

  @Option(
    help: ArgumentHelp(
      "Alter this latent factor of the one --user, or of the one --item, and list what comes nearest.",
      valueName: "factor"))
  var alter: Int?

  @Option(help: ArgumentHelp("Steps to each side when a factor is altered.", valueName: "n"))
  var steps = 3

  @Option(
    help: ArgumentHelp("How far the last step goes, in standard deviations.", valueName: "x"))
  var reach = 4.0

  func validate() throws {
    let count = [clusters, groups, factors, alter != nil].count { $0 }
    guard count <= 1 else {
      throw ValidationError("--clusters, --groups, --factors and --alter exclude each other")
    }
    guard (1...1000).contains(steps), reach.isFinite, reach > 0 else {
      throw ValidationError("--steps must be between 1 and 1000, --reach positive")
    }
  }

  var isOfModel: Bool { clusters || groups || factors || alter != nil }

  var view: ExplanationView {
    if let alter { return .altering(alter) }
    return clusters ? .clusters : groups ? .groups : factors ? .factors : .recommendations
  }
}
