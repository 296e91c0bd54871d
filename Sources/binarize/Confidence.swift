// How much does a rating, a quantity or a play count say beside that something was chosen?

import ArgumentParser
import Glibc
import InteractionData
import Interchange
import ToolKit

/// How a rating becomes the confidence of an interaction.
enum ConfidenceRule: String, CaseIterable, ExpressibleByArgument {
  /// r / unit.
  case linear
  /// log2(1 + r / unit).
  case log

  func value(_ rating: Float, unit: Double) -> Float {
    let units = Double(rating) / unit
    return switch self {
    case .linear: Float(units)
    case .log: Float(log2(1 + units))
    }
  }
}

extension Binarize {
  /// Whether repeats are what is counted, so that data without ratings have some.
  var countsRepeats: Bool { confidence != nil && duplicates == .sum }

  /// Throws `ToolError` where there are no ratings to make confidences of.
  func refuseNoConfidence(_ hasRatings: Bool, _ name: String) throws {
    guard confidence != nil, !hasRatings, !countsRepeats else { return }
    throw ToolError(
      .badData,
      "\(name): has no ratings to make confidences of; --duplicates sum counts repeats instead")
  }

  /// The ratings that confidences are made of: where repeats are counted and there are none, each row is one.
  ///
  /// Throws `ToolError` where there is nothing to make confidences of.
  func counted(_ ratings: [Float]?, rows count: Int, _ name: String) throws -> [Float]? {
    try refuseNoConfidence(ratings != nil || count == 0, name)
    return ratings ?? (countsRepeats ? [Float](repeating: 1, count: count) : nil)
  }

  /// The confidences of ratings; nil where none are asked for.
  func confidences(of ratings: [Float]?) -> [Float]? {
    confidence.flatMap { rule in ratings?.map { rule.value($0, unit: confidenceUnit) } }
  }

  /// Throws `ToolError` where confidences that are kept are not positive.
  func refuseUnusable(_ confidences: [Float]?, _ name: String) throws {
    guard confidence != nil, let confidences else { return }
    let unusable = confidences.count { !($0 > 0 && $0.isFinite) }
    guard unusable == 0 else {
      throw ToolError(
        .badData,
        "\(name): \(unusable) interactions have a rating that makes no positive confidence;"
          + " leave them out by --min, or choose another --confidence-unit")
    }
  }
}
