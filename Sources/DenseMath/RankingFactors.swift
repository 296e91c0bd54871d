// What are scores products of?

/// One side of scores u . v_j + log(r . c_j + 1e-20): one row a user or an item.
public struct RankingFactors: Sendable {
  /// u or v.
  public let factors: Matrix<Float>
  /// r or c, not negative; nil where scores are u . v_j alone.
  public let shares: Matrix<Float>?

  public init(_ factors: Matrix<Float>, shares: Matrix<Float>? = nil) {
    precondition(shares.map { $0.rows == factors.rows } ?? true)
    (self.factors, self.shares) = (factors, shares)
  }

  /// What is added to r . c_j, so that a logarithm exists.
  public static let leastShare: Float = 1e-20

  /// Item vectors and biases as one matrix of d + 2 columns, for users that end in two ones. A bias is
  /// cut into what bfloat16 holds and the rest, so that rounding hardly touches it.
  public static func items(_ vectors: Matrix<Float>, biases: Matrix<Float>) -> Matrix<Float> {
    precondition(biases.count == vectors.rows)
    let result = Matrix<Float>(rows: vectors.rows, columns: vectors.columns + 2)
    for item in 0..<vectors.rows {
      let (row, bias) = (result.row(item), biases.buffer[item])
      _ = row.update(from: vectors.row(item))
      row[vectors.columns] = bfloat16(bias)
      row[vectors.columns + 1] = bias - bfloat16(bias)
    }
    return result
  }

  /// User vectors times `scale`, followed by the two ones that `items` asks for.
  public static func users(_ vectors: Matrix<Float>, scale: Float = 1) -> Matrix<Float> {
    let result = Matrix<Float>(rows: vectors.rows, columns: vectors.columns + 2)
    result.fill(1)
    for user in 0..<vectors.rows {
      let (row, source) = (result.row(user), vectors.row(user))
      for index in source.indices { row[index] = scale * source[index] }
    }
    return result
  }
}

/// x~, x rounded to bfloat16, to nearest and to even.
func bfloat16(_ x: Float) -> Float {
  let bits = x.bitPattern
  return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
}
