// Which ids, titles and categories do items get in the stream?

import DataSources
import Interchange

/// What is known of items beside their interactions.
struct ItemLabels {
  private let metadata: ItemMetadata
  private let originalIDs: OriginalIDs?
  private let vectors: CategoryVectors?
  private let names: [String]
  /// Numbers of the categories.
  let numbers: [String: UInt32]

  /// - Parameter columns: further columns of items that count as categories.
  /// - Throws: `SourceError` when a file cannot be read.
  init(
    items: [String], columns: [String], quotes: QuoteRule, originalIDs: String?,
    categoryVectors: String?
  ) throws {
    var metadata = ItemMetadata(further: columns)
    for path in items {
      let source = try ByteStream(path, preferred: ["movies.csv", "movies.dat", "u.item"])
      try metadata.read(source, quotes: quotes)
    }
    try metadata.finish()
    self.metadata = metadata
    self.originalIDs = try originalIDs.map { try OriginalIDs(ByteStream($0)) }
    names = metadata.categoryNames
    numbers = Dictionary(uniqueKeysWithValues: zip(names, names.indices.map { UInt32($0) }))
    let wanted = Set(names)
    vectors = try categoryVectors.map { try CategoryVectors(ByteStream($0), of: wanted) }
  }

  /// What comes before all items: the categories and their vectors.
  ///
  /// Throws `SourceError` when a category has no vector.
  func preamble() throws -> [InteractionPart] {
    guard !names.isEmpty else { return [] }
    var parts: [InteractionPart] = [.categories(names)]
    if let vectors {
      parts.append(
        .categoryVectors(
          dimensions: vectors.dimensions, values: try names.flatMap { try vectors.vector(of: $0) }))
    }
    return parts
  }

  /// Whether a title or a category is known of an item.
  func knows(_ id: String) -> Bool { metadata.knows(id) }

  var hasTitles: Bool { metadata.hasTitles }
  /// How the files of items were understood.
  var remarks: [String] { metadata.remarks }

  /// Items with all that is known of them.
  ///
  /// Throws `SourceError` when an id has no original.
  func chunk(_ numbered: [String]) throws -> ItemChunk {
    let ids = try numbered.map { try originalIDs?.id(of: $0) ?? $0 }
    var chunk = ItemChunk(ids: ids)
    if metadata.hasTitles { chunk.titles = ids.map { metadata.title(of: $0) ?? "" } }
    if metadata.hasCategories {
      chunk.categories = ids.map { metadata.categories(of: $0).compactMap { numbers[$0] } }
    }
    return chunk
  }
}
