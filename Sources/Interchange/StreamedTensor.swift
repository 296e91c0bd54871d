// What is written of a tensor that nobody holds as a whole?

/// A tensor whose data come piece by piece, in order, and the same each time they are asked for.
public struct StreamedTensor: @unchecked Sendable {
  public typealias Body = (UnsafeRawBufferPointer) throws -> Void

  public let name: String
  public let type: ElementType
  public let shape: [Int]
  /// Calls a body with every piece.
  public let forEachPiece: (Body) throws -> Void

  public init(
    _ name: String, _ type: ElementType, shape: [Int],
    forEachPiece: @escaping (Body) throws -> Void
  ) {
    self.name = name
    self.type = type
    self.shape = shape
    self.forEachPiece = forEachPiece
  }

  /// The same under another name.
  public func named(_ name: String) -> StreamedTensor {
    StreamedTensor(name, type, shape: shape, forEachPiece: forEachPiece)
  }

  public var byteCount: Int { shape.reduce(type.width, *) }
}
