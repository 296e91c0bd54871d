// How does a model look in a stream: its description, its items, its tensors?

/// A model as it is stored: a name, JSON settings, the items it knows and named tensors.
///
/// Also carries item groups and checkpoints (`StreamKind.itemGroups`, `.checkpoint`), which have the same parts.
public struct StoredModel: Sendable {
  /// What the model is and how it was made; `name` is the `--model` that `fit` was given.
  public var description: JSONValue
  public var items: ItemChunk
  public var categories: [String]
  public var tensors: [String: Tensor]
  /// More of them, which are written with the others but have to be read to be used.
  public var streamed: [StreamedTensor]
  public var provenance: Provenance
  /// The digest of the stream it was read from.
  public var digest: UInt64

  public init(
    description: JSONValue, items: ItemChunk, categories: [String], tensors: [String: Tensor] = [:],
    streamed: [StreamedTensor] = [], provenance: Provenance = Provenance(), digest: UInt64 = 0
  ) {
    self.description = description
    self.items = items
    self.categories = categories
    self.tensors = tensors
    self.streamed = streamed
    self.provenance = provenance
    self.digest = digest
  }

  /// Reads a whole model, whose numbers must all be finite.
  ///
  /// - Parameter keeps: of tensors by their names, whether they are wanted.
  ///
  /// Throws `FormatError`.
  public init(_ stream: StreamReader, keeping keeps: (String) -> Bool = { _ in true }) throws {
    var items = ItemChunk(ids: [], titles: [], categories: [])
    var categories: [String] = []
    var tensors: [String: Tensor] = [:]
    func malformed(_ what: String) -> FormatError {
      FormatError(
        .malformed, stream: stream.name,
        "section \(stream.sectionCount - 1) has unusable \(what); fetch or make it again")
    }
    while let section = try stream.next() {
      switch section {
      case .tensor(let tensor):
        guard keeps(tensor.name) else { continue }
        guard tensor.isFinite else {
          throw malformed("tensors: '\(tensor.name)' holds a NaN or an infinity")
        }
        guard tensors.updateValue(tensor, forKey: tensor.name) == nil else {
          throw malformed("tensors: '\(tensor.name)' comes twice")
        }
      case .table(let chunk) where chunk.table == "categories":
        guard case .text(let names)? = chunk["name"] else { throw malformed("categories") }
        categories += names
      case .table(let chunk) where chunk.table == "items":
        guard case .text(let ids)? = chunk["id"], case .text(let titles)? = chunk["title"],
          case .lists(let offsets, let values)? = chunk["categories"],
          values.allSatisfy({ $0 < categories.count })
        else { throw malformed("items") }
        items.ids += ids
        items.titles? += titles
        items.categories? += zip(offsets, offsets.dropFirst()).map { Array(values[$0..<$1]) }
      case .table:
        continue
      }
    }
    self.init(
      description: stream.metadata, items: items, categories: categories, tensors: tensors,
      provenance: stream.provenance, digest: stream.digest ?? 0)
  }

  /// Writes the model; tensors in the order of their names.
  ///
  /// - Parameter fetch: what is written of a tensor, where it is elsewhere until then.
  public func write(
    to sink: any ByteSink, kind: StreamKind, compression: Int32? = 1,
    fetching fetch: (Tensor) -> Tensor = { $0 }
  ) throws {
    let stream = try StreamWriter(
      sink, kind: kind, metadata: description, provenance: provenance, compression: compression)
    for start in stride(from: 0, to: categories.count, by: 1 << 15) {
      let part = Array(categories[start..<min(start + 1 << 15, categories.count)])
      try stream.write(TableChunk("categories", rowCount: part.count, [("name", .text(part))]))
    }
    let titles = items.titles ?? [String](repeating: "", count: items.ids.count)
    let lists = items.categories ?? [[UInt32]](repeating: [], count: items.ids.count)
    for start in stride(from: 0, to: items.ids.count, by: 1 << 15) {
      let range = start..<min(start + 1 << 15, items.ids.count)
      var offsets = [0]
      for list in lists[range] { offsets.append((offsets.last ?? 0) + list.count) }
      try stream.write(
        TableChunk(
          "items", rowCount: range.count,
          [
            ("id", .text(Array(items.ids[range]))), ("title", .text(Array(titles[range]))),
            ("categories", .lists(offsets: offsets, values: lists[range].flatMap { $0 })),
          ]))
    }
    for name in (tensors.keys + streamed.map(\.name)).sorted() {
      if let tensor = tensors[name].map(fetch) {
        try stream.write(tensor: name, tensor.type, shape: tensor.shape, tensor.data)
      } else if let tensor = streamed.first(where: { $0.name == name }) {
        try stream.write(tensor)
      }
    }
    try stream.finish()
  }
}

extension Collection<Float> {
  /// Whether no value is a NaN or an infinity.
  var areFinite: Bool {
    // Their exponents have all bits set; a loop without an early end runs over many at once.
    let mask: UInt32 = 0x7F80_0000
    return reduce(UInt8(0)) { $0 | ($1.bitPattern & mask == mask ? 1 : 0) } == 0
  }
}

extension Tensor {
  /// A tensor that copies its values.
  public init(_ name: String, shape: [Int], floats: some Collection<Float>) {
    let block = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(floats.count * 4, 1), alignment: 64)
    _ = block.bindMemory(to: Float.self).initialize(from: floats)
    let owner = OwnedBytes(
      adopting: UnsafeMutableRawBufferPointer(rebasing: block[..<(floats.count * 4)]))
    self.init(name: name, type: .f32, shape: shape, data: owner.raw, owner: owner)
  }

  /// A tensor of double-precision numbers that copies its values.
  public init(_ name: String, shape: [Int], doubles: some Collection<Double>) {
    let block = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(doubles.count * 8, 1), alignment: 64)
    _ = block.bindMemory(to: Double.self).initialize(from: doubles)
    let owner = OwnedBytes(
      adopting: UnsafeMutableRawBufferPointer(rebasing: block[..<(doubles.count * 8)]))
    self.init(name: name, type: .f64, shape: shape, data: owner.raw, owner: owner)
  }

  /// A tensor of unsigned numbers that copies its values.
  public init(_ name: String, shape: [Int], integers: some Collection<UInt32>) {
    let block = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(integers.count * 4, 1), alignment: 64)
    _ = block.bindMemory(to: UInt32.self).initialize(from: integers)
    let owner = OwnedBytes(
      adopting: UnsafeMutableRawBufferPointer(rebasing: block[..<(integers.count * 4)]))
    self.init(name: name, type: .u32, shape: shape, data: owner.raw, owner: owner)
  }

  /// Whether no value is a NaN or an infinity.
  var isFinite: Bool {
    switch type {
    case .f32:
      return data.bindMemory(to: Float.self).areFinite
    case .f64:
      let mask: UInt64 = 0x7FF0_0000_0000_0000
      return data.bindMemory(to: UInt64.self).reduce(0) { $0 | ($1 & mask == mask ? 1 : 0) } == 0
    default: return true
    }
  }

  /// The values as Float, when they are.
  public var floats: UnsafeBufferPointer<Float>? {
    type == .f32 ? data.bindMemory(to: Float.self) : nil
  }

  /// The values as Double, when they are.
  public var doubles: UnsafeBufferPointer<Double>? {
    type == .f64 ? data.bindMemory(to: Double.self) : nil
  }

  /// The values as UInt32, when they are.
  public var integers: UnsafeBufferPointer<UInt32>? {
    type == .u32 ? data.bindMemory(to: UInt32.self) : nil
  }
}
