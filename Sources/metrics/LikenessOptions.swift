// By what are the items of a list alike?

import ArgumentParser
import DenseMath
import Interchange
import ModelCatalogue
import RankingMetrics
import Recommending
import ToolKit

/// Whether and how diversity and calibration are measured.
struct LikenessOptions: ParsableArguments {
  @Flag(help: "Also measure how lists differ within and suit histories: diversity, calibration.")
  var diversity = false

  @Option(
    help: ArgumentHelp(
      "Take diversity by the item vectors of this model instead of categories.", valueName: "model")
  )
  var vectors: String?

  var isWanted: Bool { diversity || vectors != nil }

  /// Throws `ToolError` (usage) for metrics that are named where nobody asks for likeness.
  func refuseUnasked(_ metrics: [Metric]) throws {
    guard !isWanted, let metric = metrics.first(where: Metric.likeness.contains) else { return }
    throw ToolError(.usage, "the metric '\(metric.rawValue)' needs --diversity")
  }

  /// What items are compared by; nil where nobody asks.
  ///
  /// Calibration is left out where it cannot be told and is not asked for by name.
  /// - Throws: `ToolError`, and what a model throws that cannot be read.
  func features(_ truth: Truth, _ options: inout MetricsOptions, namesMetrics: Bool) throws
    -> ItemFeatures?
  {
    guard isWanted else { return nil }
    var features = truth.categories
    if let vectors { features = try ItemFeatures(vectors: read(vectors, truth), beside: features) }
    guard let features, vectors != nil || features.hasCategories else {
      throw ToolError(
        .badData,
        "\(truth.name): its items have no categories for --diversity; ingest with --items, or give --vectors"
      )
    }
    let tellsCalibration = features.hasCategories && truth.tellsHistories
    if !namesMetrics {
      options.metrics += Metric.likeness.filter { tellsCalibration || $0 != .calibration }
    } else if !tellsCalibration, options.metrics.contains(.calibration) {
      throw ToolError(
        .badData,
        "\(truth.name): calibration needs a split whose items have categories as the truth")
    }
    return features
  }

  private func read(_ path: String, _ truth: Truth) throws -> [[Float]] {
    let stored = try StoredModel(InputFile.stream(path, expecting: [.model]))
    let fitted = try ModelCatalogue.restore(stored)
    guard let model = fitted.core as? any LatentModel else {
      throw ToolError(.usage, "\(path): has no vectors of items; name another model by --vectors")
    }
    let (places, rows) = (IDPlaces(stored.items.ids), model.itemVectors)
    let items = truth.items
    try items.refuseOtherThings(in: stored.items, path) { item in
      places[items.ids[Int(item)]].map { UInt32($0) }
    }
    let found = items.ids.map { id in places[id].map { Array(rows.row($0)) } ?? [] }
    guard found.contains(where: { !$0.isEmpty }) else {
      throw ToolError(.badData, "\(path): knows no item of the truth; do they belong together?")
    }
    return found
  }
}
