// What is a network of InDGRM made of?

import Fitting
import Interchange
import Recommending

/// Sizes and parts of a network: what a stored model has to tell for its parameters to be put in place and to score.
struct NetworkShape: Sendable {
  /// Units of the encoder's layers.
  var width: Int
  /// Dense layers of the encoder after the first.
  var depth: Int
  /// d.
  var latent: Int
  /// K.
  var clusters: Int
  /// G.
  var groups = 1
  /// The most users at a time.
  var batch = InDGRMFamily.usualBatch
  /// tau of the items' membership in groups (Eq. 6) and of the similarity (Eq. 9).
  var temperature = 1.0
  var usesGroups = false
  /// Whether users stand at another place for every item group (`GroupParts`).
  var usesParts = false
  /// Whether factors speak about some item groups alone (`Doors`).
  var usesDoors = false
  /// Whether what passes the doors was fitted to them (`PassingItems`).
  var fitsItems = false
  /// Whether every item group has a basis of its own in which users' places are read (`PlaceBases`).
  var hasPlaceBases = false
  var usesCosine = false
  /// Whether clusters' weights see the items' vectors and what other users of a cluster like (Eq. 15).
  var usesGroupAttention = false
  /// Whether the heads see the items' vectors beside the encoder's features (Eq. 14).
  var usesItemFeatures = false

  /// Whether there is a term of groups beside the similarity.
  var mixesGroups: Bool { usesGroups && !usesDoors }

  /// What the posterior's heads see of a user: the encoder's features, and the sum of item vectors.
  var headInputs: Int { width + (usesItemFeatures ? latent : 0) }

  static let widthRange = 1...100_000
  static let depthRange = 0...32
  static let latentRange = 1...10_000
  static let clusterRange = 1...256
  static let groupRange = 1...10_000

  /// What a fit keeps that starts from an earlier model or goes on with a run.
  static let sizeNames = ["group-parts", "clusters", "latent", "groups", "depth"]

  /// What was settled, as a run that goes on takes it.
  var sizes: JSONValue {
    [
      "group-parts": .string(usesParts ? "on" : "off"), "clusters": .integer(clusters),
      "latent": .integer(latent), "groups": .integer(groups), "depth": .integer(depth),
    ]
  }
}

extension NetworkShape {
  /// The network that InDGRM's settings ask for.
  ///
  /// - Parameter settings: settled ones (`InDGRMRules`).
  init(_ settings: ModelSettings) {
    self.init(
      width: settings.integer("width"), depth: settings.integer("depth"),
      latent: settings.integer("latent"), clusters: settings.integer("clusters"))
    groups = settings.integer("groups")
    batch = settings.integer("batch")
    temperature = 0.1
    usesGroups = settings.flag("item-groups")
    usesParts = usesGroups && settings.choice("group-parts") == "on"
    usesCosine = settings.choice("similarity") == "cosine"
    usesGroupAttention = true
    usesItemFeatures = settings.flag("item-features")
  }

  /// The network of a stored model.
  ///
  /// Throws `ModelError` when the stored settings make no sense.
  init(stored json: JSONValue) throws {
    guard json["refine-steps"]?.int ?? 0 == 0 else {
      throw ModelError(
        .badData,
        "the model fits factor-to-group vectors to each user (refine-steps), which is no longer done; fit the model again"
      )
    }
    self = try Self.encoder(stored: json)
    guard let groups = json["groups"]?.int, let temperature = json["temperature"]?.double,
      Self.groupRange.contains(groups), temperature > 0
    else { throw Self.unusable }
    self.groups = groups
    self.temperature = temperature
    usesGroups = json["item-groups"]?.bool ?? true
    usesParts = usesGroups && json["group-parts"]?.string == "on"
    // Models of earlier versions say true, and their item vectors pass as they are.
    fitsItems = usesGroups && !usesParts && json["doors"]?.string == "fitted"
    usesDoors = fitsItems || usesGroups && !usesParts && json["doors"]?.bool == true
    hasPlaceBases = usesParts && json["doors"]?.string == "places"
    // Models of earlier versions may be without.
    usesGroupAttention = json["attention"]?.string ?? "group" == "group"
    usesItemFeatures = json["item-features"]?.bool ?? false
    usesCosine = json["similarity"]?.string != "inner-product"
  }

  /// The encoder alone of a stored model.
  ///
  /// Throws `ModelError` when the stored settings make no sense.
  static func encoder(stored json: JSONValue) throws -> NetworkShape {
    guard let width = json["width"]?.int, let depth = json["depth"]?.int,
      let latent = json["latent"]?.int, let clusters = json["clusters"]?.int,
      widthRange.contains(width), depthRange.contains(depth), latentRange.contains(latent),
      clusterRange.contains(clusters)
    else { throw unusable }
    return NetworkShape(width: width, depth: depth, latent: latent, clusters: clusters)
  }

  private static var unusable: ModelError {
    ModelError(.badData, "the model's settings are unusable; fit the model again")
  }
}
