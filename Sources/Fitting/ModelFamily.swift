// How is a model fitted, and how does it come back from a file?

import Interchange
import Recommending

/// A `--model` of `fit`: how to fit it and how to bring it back from a file.
public protocol ModelFamily: SendableMetatype {
  /// The name after `--model`.
  static var name: String { get }
  /// One line for `fit --list`.
  static var summary: String { get }
  /// The settings it understands.
  static var options: [ModelOption] { get }
  /// Settings that earlier versions had, and what is done now.
  static var withdrawn: [String: String] { get }
  /// How those are settled that are left to the data, in the order in which they are asked.
  static var rules: [Rule] { get }
  /// Settings that go together under a name.
  static var presets: [Preset] { get }
  /// Whether a run can be put aside, go on and start from an earlier model.
  static var trainsInEpochs: Bool { get }
  /// Whether it can start from given item groups.
  static var takesGroups: Bool { get }
  /// Whether its items can be cut into parts that processes hold a share of each.
  static var cutsItems: Bool { get }

  /// Fits a model, and says how that ended.
  ///
  /// Throws `ModelError` when there is no model to return.
  static func fit(_ data: TrainingData, _ settings: ModelSettings, _ monitor: TrainingMonitor)
    throws -> FittedModel

  /// Brings a model back.
  ///
  /// Throws `ModelError` when tensors are missing or of the wrong shape.
  static func restore(_ stored: StoredModel) throws -> any RecommendationModel
}

extension ModelFamily {
  public static var withdrawn: [String: String] { [:] }
  public static var rules: [Rule] { [] }
  public static var presets: [Preset] { [] }
  public static var trainsInEpochs: Bool { false }
  public static var takesGroups: Bool { false }
  public static var cutsItems: Bool { false }
}
