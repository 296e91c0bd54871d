// How do the items of several streams become one dictionary, whatever order they come in?

import Interchange

/// The items of all streams: by their numbers where ids are whole numbers, then by the bytes of the ids, so that their
/// order does not depend on which stream has them; categories by the bytes of their names.
public struct ItemCatalogue: Sendable {
  private var places = IDPlaces([])
  private var all = ItemChunk(ids: [])
  private var categoryPlaces = IDPlaces([])
  private var categories: [String] = []
  private var vectors: [Int: [Float]] = [:]
  private var dimensions = 0

  public init() {}

  /// The numbers that a stream's items got so far, in the order in which the stream numbers them.
  public struct Numbering: Sendable {
    public fileprivate(set) var items: [UInt32] = []
    fileprivate var categories: [UInt32] = []
    fileprivate let stream: String

    /// - Parameter stream: its name, for messages.
    public init(stream: String) { self.stream = stream }
  }

  /// Takes items, categories and vectors of a stream, and passes over users and rows. Of an item that comes again the
  /// first title that is not empty and the first categories count.
  ///
  /// Throws `FormatError` where vectors differ in length.
  public mutating func add(_ part: InteractionPart, _ numbering: inout Numbering) throws {
    switch part {
    case .categories(let names):
      for name in names {
        let place = categoryPlaces.place(of: name, else: categories.count)
        if place == categories.count { categories.append(name) }
        numbering.categories.append(UInt32(place))
      }
    case .categoryVectors(let length, let values):
      guard vectors.isEmpty || length == dimensions,
        values.count == length * numbering.categories.count
      else {
        throw FormatError(
          .malformed, stream: numbering.stream,
          "has category vectors of another shape than the inputs before; give them alike")
      }
      dimensions = length
      for (row, category) in numbering.categories.enumerated() where vectors[Int(category)] == nil {
        vectors[Int(category)] = Array(values[row * length..<(row + 1) * length])
      }
    case .items(let chunk): add(chunk, &numbering)
    case .users, .interactions: return
    }
  }

  private mutating func add(_ chunk: ItemChunk, _ numbering: inout Numbering) {
    for (index, id) in chunk.ids.enumerated() {
      let lists = chunk.categories.map { [$0[index].map { numbering.categories[Int($0)] }] }
      let one = ItemChunk(ids: [id], titles: chunk.titles.map { [$0[index]] }, categories: lists)
      let place = places.place(of: id, else: all.ids.count)
      numbering.items.append(UInt32(place))
      guard place < all.ids.count else {
        all.append(one)
        continue
      }
      if let title = one.titles?[0], !title.isEmpty, all.titles?[place].isEmpty ?? true {
        if all.titles == nil { all.titles = all.ids.map { _ in "" } }
        all.titles?[place] = title
      }
      if let list = lists?[0], !list.isEmpty, all.categories?[place].isEmpty ?? true {
        if all.categories == nil { all.categories = all.ids.map { _ in [] } }
        all.categories?[place] = list
      }
    }
  }

  /// The dictionary in its order, and where each numbered item stands in it.
  public func ordered() -> (head: DataHead, ranks: [UInt32]) {
    let numbers = all.ids.map { Int($0) ?? .max }
    let order = all.ids.indices.sorted {
      numbers[$0] == numbers[$1] ? ID(all.ids[$0]) < ID(all.ids[$1]) : numbers[$0] < numbers[$1]
    }
    let categoryOrder = categories.indices.sorted { ID(categories[$0]) < ID(categories[$1]) }
    let categoryRanks = Self.ranks(categoryOrder)
    var head = DataHead()
    head.items = ItemChunk(
      ids: order.map { all.ids[$0] }, titles: all.titles.map { titles in order.map { titles[$0] } },
      categories: all.categories.map { lists in
        order.map { lists[$0].map { categoryRanks[Int($0)] } }
      })
    head.categories = categoryOrder.map { categories[$0] }
    if !vectors.isEmpty {
      let nothing = [Float](repeating: 0, count: dimensions)
      head.categoryVectors = (dimensions, categoryOrder.flatMap { vectors[$0] ?? nothing })
    }
    return (head, Self.ranks(order))
  }

  private static func ranks(_ order: [Int]) -> [UInt32] {
    var ranks = [UInt32](repeating: 0, count: order.count)
    for (rank, index) in order.enumerated() { ranks[index] = UInt32(rank) }
    return ranks
  }
}
