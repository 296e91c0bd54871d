// How is a stream written so that its reader can tell a whole one from a part?

/// Writes one stream: header, sections, end section.
///
/// The end section is written by `finish()` alone, so a writer that is dropped after an error
/// leaves a stream that every reader refuses.
public final class StreamWriter {
  private let sink: any ByteSink
  private let encoder: ColumnEncoder
  private var ordinal: UInt32 = 0
  private var payloadBytes: UInt64 = 0
  private var content = XXHash64()
  private var offset = 0
  private var payload: [UInt8] = []

  /// Writes the header and the metadata.
  ///
  /// - Parameters:
  ///   - compression: zstd's level, or nil to leave columns uncompressed.
  public init(
    _ sink: any ByteSink, kind: StreamKind, metadata: JSONValue, provenance: Provenance,
    compression: Int32? = 1
  ) throws {
    self.sink = sink
    encoder = ColumnEncoder(compression.map { Zstandard(level: $0) })
    try put(StreamHeader(kind: kind).bytes)
    content.update(UInt64(kind.code.reduce(0) { $0 << 8 | UInt64($1) }))
    try section(SectionTag.metadata, Array(metadata.text.utf8))
    try section(SectionTag.provenance, Array(provenance.json.text.utf8))
  }

  /// Writes a chunk of a table.
  public func write(_ chunk: TableChunk) throws {
    precondition(chunk.rowCount <= FormatLimit.chunkRows, "too many rows for one chunk")
    payload.removeAll(keepingCapacity: true)
    payload.appendName(chunk.table)
    payload.appendInteger(UInt32(chunk.rowCount))
    payload.append(UInt8(chunk.columns.count))
    for (name, values) in chunk.columns {
      payload.appendName(name)
      encoder.append(values, to: &payload)
    }
    try section(SectionTag.table, payload)
  }

  /// Writes a tensor uncompressed, its data starting at a multiple of 64 bytes in the stream.
  public func write(
    tensor name: String, _ type: ElementType, shape: [Int], _ data: UnsafeRawBufferPointer
  )
    throws
  {
    try write(StreamedTensor(name, type, shape: shape) { try $0(data) })
  }

  /// The same of a tensor that comes piece by piece; it is asked for twice, since a section begins with its digest.
  public func write(_ tensor: StreamedTensor) throws {
    precondition(
      tensor.type.width > 0 && tensor.shape.count <= FormatLimit.rank, "not a tensor")
    var head: [UInt8] = []
    head.appendName(tensor.name)
    head.append(tensor.type.rawValue)
    head.append(UInt8(tensor.shape.count))
    for size in tensor.shape { head.appendInteger(UInt64(size)) }
    let beforeData = offset + SectionTag.headSize + head.count + 1
    let padding = (64 - beforeData % 64) % 64
    head.append(UInt8(padding))
    head.append(contentsOf: repeatElement(0, count: padding))
    try section(SectionTag.tensor, head, tensor)
  }

  /// Writes the end section; nothing may be written after it.
  public func finish() throws {
    var end: [UInt8] = []
    end.appendInteger(UInt64(ordinal))
    end.appendInteger(payloadBytes)
    end.appendInteger(content.finish())
    end.append(contentsOf: SectionTag.endMark)
    try section(SectionTag.end, end)
  }

  /// The digest of the content so far, without its history.
  public var digest: UInt64 { content.finish() }

  private func section(_ tag: [UInt8], _ payload: [UInt8], _ data: StreamedTensor? = nil) throws {
    let length = UInt64(payload.count + (data?.byteCount ?? 0))
    var hash = XXHash64()
    tag.withUnsafeBytes { hash.update($0) }
    hash.update(ordinal)
    hash.update(length)
    payload.withUnsafeBytes { hash.update($0) }
    // The digest of the content leaves out positions, so that provenance does not change it.
    var body = XXHash64()
    tag.withUnsafeBytes { body.update($0) }
    if data == nil { payload.withUnsafeBytes { body.update($0) } }
    var size = 0
    try data?.forEachPiece {
      hash.update($0)
      body.update($0)
      size += $0.count
    }
    precondition(size == data?.byteCount ?? 0, "a tensor's shape must cover its data")
    if tag[0] < 0x61 && tag != SectionTag.end { content.update(body.finish()) }
    var head = tag
    head.appendInteger(ordinal)
    head.appendInteger(length)
    head.appendInteger(hash.finish())
    try put(head)
    try put(payload)
    try data?.forEachPiece(put)
    let rest = (8 - offset % 8) % 8
    if rest > 0 { try put([UInt8](repeating: 0, count: rest)) }
    ordinal += 1
    payloadBytes += length
  }

  private func put(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes(put) }

  private func put(_ bytes: UnsafeRawBufferPointer) throws {
    guard bytes.count > 0 else { return }
    try sink.write(bytes)
    offset += bytes.count
  }
}
