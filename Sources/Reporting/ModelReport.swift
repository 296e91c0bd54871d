// What is a report of a model drawn from, and which sections has it?

import DenseMath
import Explaining
import InteractionData
import Interchange
import ModelCatalogue
import Plots
import Recommending
import ToolKit

/// A model, its users and its figures as one page.
package struct ModelReport {
  /// The files that sections are drawn from, by path; a section that lacks one is left out.
  package struct Files {
    package var model: String
    package var data: String?
    /// Training logs with the names they go by, the model's own first.
    package var logs: [(name: String, path: String)]
    package var recommendations: String?
    package var metrics: [String]
    package var series: [String]
    /// The model card that a nightly run wrote.
    package var card: String?
    /// Whether users are called by their ids.
    package var showsIDs: Bool
    /// How much of the data the model must know.
    package var known: KnownShare

    package init(
      model: String, data: String?, logs: [(name: String, path: String)], recommendations: String?,
      metrics: [String], series: [String], card: String? = nil, showsIDs: Bool = false,
      known: KnownShare
    ) {
      (self.showsIDs, self.known) = (showsIDs, known)
      (self.model, self.data, self.logs) = (model, data, logs)
      (self.recommendations, self.metrics) = (recommendations, metrics)
      (self.series, self.card) = (series, card)
    }
  }

  private let page: Page
  /// Interactions with items that the model does not know.
  package let unknownInteractions: Int

  /// Reads the files and draws the sections.
  ///
  /// Throws `ToolError`, `FormatError` and `ModelError` where a file cannot be used.
  package init(_ files: Files) throws {
    let read = try StoredModel(InputFile.stream(files.model, expecting: [.model]))
    let stored = read.distinctlyTitled
    let fitted = try ModelCatalogue.restore(stored)
    let population = try files.data.map { try Population($0, of: read, files.known) }
    let lists = try files.recommendations.map {
      try RecommendedLists($0, of: stored, for: population?.stream)
    }
    let logs = try files.logs.map { try TrainingLog($0.path, name: $0.name) }
    let measured = try zip(files.metrics, distinctNames(files.metrics)).map {
      try MeasuredModel($0, name: $1)
    }
    let varied = try files.series.flatMap { try SeriesFile($0).figures }
    let card = try files.card.map { try ModelCard($0, of: stored) }
    unknownInteractions = population?.unknownInteractions ?? 0
    let subject = Subject(stored, fitted, population, showsIDs: files.showsIDs)
    let sections = [
      summarySection(subject, measured),
      explanationSection(subject, lists, try ReasonSentences(stored)), clustersSection(subject),
      groupsSection(subject), accuracySection(measured), seriesSection(varied),
    ]
    let appendix = [
      cardSection(card), numbersSection(subject), dataSection(subject), trainingSection(logs),
      mappingSection(subject), traversalSection(subject),
    ]
    page = Page(
      title: "What \(shortName(files.model)) recommends, and why",
      sections: sections.filter { !$0.isOmitted }, appendix: appendix.filter { !$0.isOmitted },
      notes: stored.provenance)
    sectionCount = sections.count + appendix.count
    absent = (sections + appendix).filter(\.isOmitted).map { section in
      let reasons: [String] = section.blocks.compactMap {
        if case .omitted(let why) = $0 { why } else { nil }
      }
      return "no section '\(section.title)': \(reasons.joined(separator: "; "))"
    }
  }

  /// One HTML file that needs no network and no scripts.
  package var html: String { page.html }
  /// All figures in the order of the page.
  package var figures: [Figure] { page.figures }
  package let sectionCount: Int
  package var drawnSectionCount: Int { page.sections.count + page.appendix.count }
  /// Why sections are not on the page.
  package let absent: [String]
}
