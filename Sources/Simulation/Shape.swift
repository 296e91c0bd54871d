// How large is simulated data, and how is it distributed?

/// What ratings look like.
public enum RatingScale: String, CaseIterable, Sendable {
  /// Interactions without ratings.
  case none
  /// Whole stars, 1 to 5.
  case stars
  /// Half stars, 0.5 to 5.
  case halfStars = "half-stars"
}

/// The parameters of Algorithm 1 and of what it leaves open: sizes, popularity and activity.
public struct SimulationShape: Sendable {
  public var users: Int
  public var items: Int
  public var interactions: Int
  /// User clusters, K.
  public var clusters: Int
  /// Item groups, G.
  public var groups: Int
  /// Latent dimensions, d.
  public var factors = 32
  /// Every user has at least so many interactions.
  public var minimumPerUser: Int
  /// Item weights fall as rank^-exponent.
  public var popularityExponent: Double
  /// Interactions beyond the minimum follow a Lomax (shifted Pareto) law of this shape.
  public var activityShape: Double
  public var ratings: RatingScale
  public var hasTimes: Bool
  /// Scale of the cosine between user and item, in nats: how much taste matters beside popularity.
  public var strength: Float = 6
  /// Length of a cluster's mean beside the spread of its users; 0 is the paper's N(0, lambda).
  public var separation: Float = 1.5
  /// How far items stray from the prototype of their group (0: not at all).
  public var spread: Float = 0.6
  /// The share of factors that say nothing about an item group.
  public var closedDoors = 0.0
  /// Concentration of the stick-breaking weights of clusters.
  public var alpha = 4.0
  /// Temperature of group membership (Eq. 6).
  public var temperature: Float = 0.1
  /// Shape and scale of the inverse gamma law of the factors' variances.
  public var varianceShape = 3.0
  public var varianceScale = 2.0

  /// Most interactions a user can have, as items can be had once.
  var maximumPerUser: Int { max(items * 3 / 5, 1) }

  /// What is wrong with the sizes, if anything.
  public var complaint: String? {
    for (value, name) in [
      (users, "users"), (items, "items"), (clusters, "clusters"), (groups, "groups"),
      (factors, "factors"),
    ] where value < 1 { return "the number of \(name) must be positive" }
    guard users <= 1 << 31, items <= 1 << 26, clusters <= 1 << 16, groups <= 1 << 16,
      factors <= 1 << 12, interactions <= 1 << 40
    else { return "the data would be too large" }
    guard minimumPerUser >= 0, minimumPerUser <= maximumPerUser else {
      return "users can have at most \(maximumPerUser) of \(items) items"
    }
    guard interactions >= users * minimumPerUser else {
      return "\(users) users with at least \(minimumPerUser) interactions have more than"
        + " \(interactions)"
    }
    guard interactions <= users * maximumPerUser else {
      return "\(interactions) interactions are more than 60 % of all pairs"
    }
    guard popularityExponent.isFinite, popularityExponent >= 0, activityShape.isFinite,
      activityShape > 0, strength.isFinite, strength >= 0, separation.isFinite, separation >= 0,
      spread.isFinite, spread >= 0
    else { return "exponents and strengths must be numbers that are not negative" }
    guard closedDoors >= 0, closedDoors < 1 else {
      return "the share of closed doors is from 0 to below 1"
    }
    return nil
  }
}

/// Shapes of known data sets, after Table 1 of the paper and the sets' own descriptions.
public enum SimulationPreset: String, CaseIterable, Sendable {
  case ml1m = "ml-1m"
  case ml20m = "ml-20m"
  case netflix
  case alishop7c = "alishop-7c"
  case yelp

  public var shape: SimulationShape {
    switch self {
    case .ml1m:
      SimulationShape(
        users: 6040, items: 3706, interactions: 1_000_209, clusters: 6, groups: 18,
        minimumPerUser: 20, popularityExponent: 0.9, activityShape: 3, ratings: .stars,
        hasTimes: true)
    case .ml20m:
      SimulationShape(
        users: 138_493, items: 26_744, interactions: 20_000_263, clusters: 8, groups: 20,
        minimumPerUser: 20, popularityExponent: 1.2, activityShape: 2.5, ratings: .halfStars,
        hasTimes: true)
    case .netflix:
      SimulationShape(
        users: 480_189, items: 17_770, interactions: 100_480_507, clusters: 8, groups: 20,
        minimumPerUser: 1, popularityExponent: 1.1, activityShape: 2.5, ratings: .stars,
        hasTimes: true)
    case .alishop7c:
      SimulationShape(
        users: 10_668, items: 20_591, interactions: 767_493, clusters: 7, groups: 7,
        minimumPerUser: 2, popularityExponent: 0.7, activityShape: 3, ratings: .none,
        hasTimes: false)
    case .yelp:
      SimulationShape(
        users: 1_182_626, items: 156_638, interactions: 4_731_265, clusters: 8, groups: 22,
        minimumPerUser: 1, popularityExponent: 0.8, activityShape: 1.6, ratings: .stars,
        hasTimes: true)
    }
  }
}
