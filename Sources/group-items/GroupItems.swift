// indgrm group-items: puts items into groups by whom they share, by category, or as a model learnt.

import ArgumentParser
import DenseMath
import Fitting
import InteractionData
import Interchange
import ModelCatalogue
import Recommending
import ToolKit

@main
struct GroupItems: Tool {
  static let toolName = "group-items"
  static let configuration = toolConfiguration(
    "Put items into groups.",
    discussion: """
      From co-occurrence: spherical k-means of a spectral embedding of the items. From categories: one \
      group for each category, an item in the first of its own. From a model: the groups an InDGRM \
      learnt. Holds the interactions and 512 bytes an item.
      """)

  @Argument(help: "Interactions, a split or a model to read; - is standard input.")
  var input = "-"

  /// Of a small catalogue some of these stay empty.
  private static let usualGroups = 18

  @Option(help: "Where the groups come from.")
  var from: GroupSource = .coOccurrence

  @Option(help: ArgumentHelp("How many groups, for co-occurrence.", valueName: "n"))
  var groups = usualGroups

  @Option(help: ArgumentHelp("Dimensions of the spectral embedding.", valueName: "n"))
  var dimensions = 64

  @Option(help: "ig is the stream that fit reads; tsv lists items with their groups.")
  var format: GroupFormat = .ig

  @OptionGroup var seed: SeedOption
  @OptionGroup var output: StreamOutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (1...10_000).contains(groups) else {
      throw ValidationError("--groups must be between 1 and 10000")
    }
    guard (1...1000).contains(dimensions) else {
      throw ValidationError("--dimensions must be between 1 and 1000")
    }
  }

  func execute(_ context: ToolContext) throws {
    try BLAS.open()
    let file = try output.open(binary: format == .ig)
    let stream = try InputFile.stream(input, expecting: [.interactions, .model])
    try refuseVain(stream, context)
    let found = stream.kind == .model ? try learnt(stream) : try computed(stream, context)
    let names =
      found.names
      ?? GroupNames(
        found.assignment, count: found.count, items: found.items, categories: found.categories,
        popularity: found.popularity
      ).names
    let result = StoredModel(
      description: [
        "source": .string(stream.kind == .model ? "model" : from.rawValue),
        "groups": .integer(found.count), "names": .array(names.map { .string($0) }),
      ],
      items: found.items, categories: found.categories,
      tensors: [
        "groups": Tensor("groups", shape: [found.assignment.count], integers: found.assignment),
        "prototypes": Tensor(
          "prototypes", shape: [found.prototypes.rows, found.prototypes.columns],
          floats: found.prototypes.buffer),
      ],
      provenance: context.provenance(from: [stream.provenance], at: [input], seed: seed.seed))
    switch format {
    case .ig:
      try result.write(
        to: file, kind: .itemGroups, compression: output.compression > 0 ? output.compression : nil)
    case .tsv:
      try file.write("item\tgroup\tname\ttitle\n")
      for (item, group) in found.assignment.enumerated() {
        let title = found.items.titles?[item] ?? ""
        try file.write("\(found.items.ids[item])\t\(group)\t\(names[Int(group)])\t\(title)\n")
      }
    }
    try file.commit()
    var sizes = [Int](repeating: 0, count: found.count)
    for group in found.assignment { sizes[Int(group)] += 1 }
    context.log.notice(
      "\(found.assignment.count) items in \(found.count) groups of \(sizes.min() ?? 0) to \(sizes.max() ?? 0)"
    )
  }

  private func computed(_ stream: StreamReader, _ context: ToolContext) throws -> ItemGrouping {
    let (data, _) = try InteractionSet.read(stream)
    try context.log.warn(ofPart: stream)
    let training = TrainingSet(data, try SplitPlan(data))
    guard training.rows.count > 0 else {
      throw ToolError(
        .badData, "\(stream.name): has no training interactions; check the filters and the split")
    }
    guard groups == Self.usualGroups || groups <= training.items.ids.count else {
      throw ToolError(
        .usage,
        "--groups \(groups) is more than the \(training.items.ids.count) items of \(stream.name); lower it"
      )
    }
    let vectors = spectralEmbedding(training.rows, dimensions: dimensions, seed: seed.seed)
    var result = ItemGrouping(
      assignment: [], count: 0, prototypes: vectors, items: training.items,
      categories: data.categories, popularity: training.rows.columnCounts())
    switch from {
    case .coOccurrence:
      let clusters = sphericalKMeans(vectors, clusters: groups, seed: seed.seed, iterations: 50)
      result.assignment = clusters.assignment
      result.count = groups
      result.prototypes = clusters.centroids
    case .categories:
      guard let lists = training.items.categories, !data.categories.isEmpty else {
        throw ToolError(
          .badData, "\(stream.name): its items have no categories; give ingest a file of them")
      }
      // Items without a category share a group after the others.
      let none = UInt32(data.categories.count)
      result.assignment = lists.map { $0.first ?? none }
      result.count = data.categories.count + (result.assignment.contains(none) ? 1 : 0)
      result.prototypes = ItemGrouping.meanDirections(vectors, result.assignment, result.count)
    }
    if let unread = data.unreadRatings { context.log.warning(unread) }
    return result
  }

  private func learnt(_ stream: StreamReader) throws -> ItemGrouping {
    let stored = try StoredModel(stream)
    let model = try ModelCatalogue.restore(stored)
    guard let learnt = model.itemGroups else {
      throw ToolError(.badData, "\(stream.name): holds a model without item groups; fit an indgrm")
    }
    return ItemGrouping(
      assignment: learnt.assignment, count: learnt.prototypes.rows, prototypes: learnt.prototypes,
      items: stored.items, categories: stored.categories, popularity: stored.itemInteractions,
      names: GroupNames(model, stored)?.names)
  }
}
