// When are two ids the same?

/// The id of a user or an item, the same as another only where all bytes are.
///
/// Swift holds strings for equal that Unicode does, however they are composed; files that tell such ids apart must
/// find them told apart everywhere. Ids are kept as strings and compared as these.
public struct ID: Hashable, Comparable, Sendable {
  public let text: String

  public init(_ text: String) { self.text = text }

  public static func == (left: ID, right: ID) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  public static func < (left: ID, right: ID) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }

  public func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

/// Where ids stand in a dictionary of users or items.
public struct IDPlaces: Sendable {
  private var places: [ID: Int] = [:]

  /// Of ids that come twice the first place counts.
  public init(_ ids: [String]) {
    places.reserveCapacity(ids.count)
    for (place, id) in ids.enumerated() where places[ID(id)] == nil { places[ID(id)] = place }
  }

  /// The place of an id, or nil.
  public subscript(_ id: String) -> Int? { places[ID(id)] }

  /// The place of an id, which gets `next` where it has none yet.
  public mutating func place(of id: String, else next: Int) -> Int {
    if let known = places[ID(id)] { return known }
    places[ID(id)] = next
    return next
  }
}
