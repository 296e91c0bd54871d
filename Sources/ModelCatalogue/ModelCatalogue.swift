// Which models are there?

import FactorModels
import Fitting
import InDGRMModel
import Interchange
import LinearModels
import MultVAE
import Recommending

/// Every model there is.
public enum ModelCatalogue {
  public static let families: [any ModelFamily.Type] = [
    Popularity.self, Timely<ItemKNN>.self, Timely<EASE>.self, Timely<EDLAE>.self,
    Timely<SLIM>.self, Timely<ImplicitALS>.self, Timely<ExplainableFactorisation>.self,
    Timely<MultVAEFamily>.self, Timely<RecVAEFamily>.self, Timely<MacridVAEFamily>.self,
    Timely<DGLGMFamily>.self, Timely<InDGRMFamily>.self,
  ]

  /// Every rule by which settings are taken from the data, by number; of families that share one the first's.
  public static var rules: [Rule] {
    let all = Dictionary(families.flatMap { $0.rules }.map { ($0.number, $0) }) { first, _ in first
    }
    return all.values.sorted { $0.number < $1.number }
  }

  /// The family of that name.
  ///
  /// Throws `ModelError` that lists the names when there is none.
  public static func family(named name: String) throws -> any ModelFamily.Type {
    if let family = families.first(where: { $0.name == name }) { return family }
    let names = families.map { $0.name }.joined(separator: ", ")
    throw ModelError(.usage, "there is no model '\(name)'; choose one of \(names)")
  }

  /// Brings back a model of any family.
  public static func restore(_ stored: StoredModel) throws -> any RecommendationModel {
    guard let name = stored.description["model"]?.string else {
      throw ModelError(.badData, "the model's name is missing; fit it again")
    }
    guard let family = families.first(where: { $0.name == name }) else {
      throw ModelError(.badData, "holds a model '\(name)' that is unknown here; use a newer indgrm")
    }
    return try family.restore(stored)
  }
}

extension StoredModel {
  /// Items by how many training users chose them; nil where the model file does not tell.
  public var popularity: (any RecommendationModel)? { Popularity(trainingOf: self) }
}
