// What size and laws do simulated data have?

import ArgumentParser
import Simulation

/// A known data set's sizes and laws, and what differs from them.
struct ShapeOptions: ParsableArguments {
  @Option(help: "Take sizes and laws from a known data set.")
  var like: SimulationPreset = .ml1m

  @Option(
    help: ArgumentHelp(
      "Multiply the users and interactions of --like by this.", valueName: "factor"))
  var scale = 1.0

  @Option(help: ArgumentHelp("Number of users.", valueName: "n"))
  var users: Int?

  @Option(help: ArgumentHelp("Number of items.", valueName: "n"))
  var items: Int?

  @Option(help: ArgumentHelp("Number of interactions.", valueName: "n"))
  var interactions: Int?

  @Option(help: ArgumentHelp("Fewest interactions of a user.", valueName: "n"))
  var minUser: Int?

  @Option(help: ArgumentHelp("Number of user clusters.", valueName: "n"))
  var clusters: Int?

  @Option(help: ArgumentHelp("Number of item groups.", valueName: "n"))
  var groups: Int?

  @Option(help: ArgumentHelp("Number of latent dimensions.", valueName: "n"))
  var factors: Int?

  @Option(
    help: ArgumentHelp(
      "How much taste matters beside popularity: scale of the cosine, in nats.", valueName: "x"))
  var strength: Float?

  @Option(
    help: ArgumentHelp(
      "How far apart clusters lie, in spreads of their users; 0 is the paper's.", valueName: "x"))
  var separation: Float?

  @Option(
    help: ArgumentHelp("How far items stray from their group's prototype.", valueName: "x"))
  var spread: Float?

  @Option(
    help: ArgumentHelp(
      "Share of the factors that say nothing about an item group.", valueName: "share"))
  var closedDoors: Double?

  @Option(
    help: ArgumentHelp("Item weights fall as rank to minus this power.", valueName: "x"))
  var popularity: Double?

  @Option(
    help: ArgumentHelp(
      "Shape of the users' activity law; smaller has a longer tail.", valueName: "x"))
  var activity: Double?

  @Option(help: "The ratings' scale.")
  var ratings: RatingScale?

  @Flag(help: "Leave out the times.")
  var noTimes = false

  func validate() throws {
    guard scale > 0, scale <= 1e6 else { throw ValidationError("--scale must be positive") }
    guard scale == 1 || users == nil || interactions == nil else {
      throw ValidationError(
        "--scale changes nothing beside --users and --interactions; leave it out")
    }
  }

  var shape: SimulationShape {
    var shape = like.shape
    shape.users = users ?? max(1, Int((Double(shape.users) * scale).rounded()))
    shape.interactions =
      interactions ?? max(1, Int((Double(shape.interactions) * scale).rounded()))
    shape.items = items ?? shape.items
    shape.minimumPerUser = minUser ?? shape.minimumPerUser
    shape.clusters = clusters ?? shape.clusters
    shape.groups = groups ?? shape.groups
    shape.factors = factors ?? shape.factors
    shape.strength = strength ?? shape.strength
    shape.separation = separation ?? shape.separation
    shape.spread = spread ?? shape.spread
    shape.closedDoors = closedDoors ?? shape.closedDoors
    shape.popularityExponent = popularity ?? shape.popularityExponent
    shape.activityShape = activity ?? shape.activityShape
    shape.ratings = ratings ?? shape.ratings
    shape.hasTimes = shape.hasTimes && !noTimes
    return shape
  }
}

extension RatingScale: ExpressibleByArgument {}
extension SimulationPreset: ExpressibleByArgument {}
