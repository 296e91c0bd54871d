// Which vectors do categories have?

/// Vectors of categories in the text format of word2vec and GloVe: a name and its numbers on each line
/// (after an optional line of counts); blanks in a name may be written as underscores or hyphens.
public struct CategoryVectors: Sendable {
  public let dimensions: Int
  private let vectors: [String: [Float]]
  private let name: String

  /// Reads the vectors of the categories wanted, passing over others.
  ///
  /// Throws `SourceError`.
  public init(_ source: ByteStream, of categories: Set<String>) throws {
    name = source.name
    let wanted = Set(categories.map(Self.plain))
    let text = try LineBlocks(source)
    var vectors: [String: [Float]] = [:]
    var length: Int?
    var number = 0
    while let block = try text.next() {
      for line in block.split(separator: 10) {
        number += 1
        let fields = line.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D })
        if number == 1, fields.count == 2 { continue }
        guard fields.count >= 2 else {
          throw SourceError(.badData, "\(name): line \(number): is no name with numbers")
        }
        if let length, fields.count != length {
          throw SourceError(
            .badData, "\(name): line \(number): has \(fields.count - 1) numbers, not \(length - 1)")
        }
        length = fields.count
        let key = Self.plain(String(decoding: fields[0], as: UTF8.self))
        guard wanted.contains(key) else { continue }
        let values = fields.dropFirst().compactMap { parseNumber(Array($0)) }
        guard values.count == fields.count - 1, values.allSatisfy(\.isFinite) else {
          throw SourceError(.badData, "\(name): line \(number): holds what is no finite number")
        }
        vectors[key] = values
      }
    }
    try source.finish()
    self.vectors = vectors
    dimensions = (length ?? 1) - 1
  }

  private static func plain(_ name: String) -> String {
    String(name.lowercased().map { $0 == "_" || $0 == "-" ? " " : $0 })
  }

  /// The vector of a category.
  ///
  /// Throws `SourceError` when there is none.
  public func vector(of category: String) throws -> [Float] {
    guard let vector = vectors[Self.plain(category)] else {
      throw SourceError(
        .badData,
        "\(name): has no vector for the category '\(category)'; add one or leave"
          + " --category-vectors out")
    }
    return vector
  }
}
