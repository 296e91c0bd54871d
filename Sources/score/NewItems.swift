// Which items are ranked that the model was not fitted to?

import ArgumentParser
import DataSources
import Interchange
import Recommending
import ToolKit

/// Items of a catalogue that nobody chose yet.
struct NewItems: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Rank also the items of this file of titles and categories that the model was not fitted to, as its items of"
        + " their categories.",
      valueName: "file"))
  var newItems: String?

  /// The model's items and, where a file names them, further ones.
  ///
  /// Throws `SourceError`, and `ToolError` when the model knows no categories.
  func shelf(
    _ fitted: any RecommendationModel, _ stored: StoredModel, _ name: String, _ context: ToolContext
  ) throws -> Shelf {
    guard let newItems else { return Shelf(items: stored.items, model: fitted, cold: nil) }
    try InputFile.note([ByteStream.file(of: newItems)])
    var catalogue = ItemMetadata()
    try catalogue.read(ByteStream(newItems, preferred: ["movies.csv", "movies.dat", "u.item"]))
    let known = stored.items.categories ?? []
    guard known.contains(where: { !$0.isEmpty }) else {
      throw ToolError(
        .badData,
        "\(name): knows no categories of its items, so that new ones cannot be scored by theirs; ingest with"
          + " --items and fit again, or leave --new-items out")
    }
    let numbers = IDPlaces(stored.categories)
    let used = Set(known.joined())
    let places = IDPlaces(stored.items.ids)
    var (items, categories, homeless) = (stored.items, [[UInt32]](), [String]())
    let new = catalogue.ids.filter { places[$0] == nil }
    for id in new {
      let own = catalogue.categories(of: id).compactMap { numbers[$0].map { UInt32($0) } }
        .filter(used.contains)
      guard !own.isEmpty else {
        homeless.append(id)
        continue
      }
      items.ids.append(id)
      items.titles?.append(catalogue.title(of: id) ?? "")
      categories.append(own)
    }
    if let first = homeless.first {
      context.log.warning(
        "\(newItems): \(homeless.count) of \(new.count) new items have no category that the model knows and are"
          + " left out, first '\(first)'")
    }
    context.log.notice("\(categories.count) items that the model was not fitted to are ranked too")
    guard !categories.isEmpty else { return Shelf(items: stored.items, model: fitted, cold: nil) }
    items.categories = known + categories
    let cold = ColdItems(fitted, known: known, further: categories)
    return Shelf(items: items, model: cold, cold: cold)
  }
}

/// All that may be ranked: the model's items, then further ones.
struct Shelf {
  let items: ItemChunk
  let model: any RecommendationModel
  /// The model where there are further ones.
  let cold: ColdItems?
}
