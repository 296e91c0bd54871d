// What are scores products of?

/// One side of scores u . v_j + b_j + log(r . c_j + 1e-20), the last two parts where there are any: one row a
/// user or an item.
public struct RankingFactors: Sendable {
  /// u or v; with biases two more columns, which are ones for users, and b_j for items, cut into what
  /// bfloat16 holds and the rest, so that rounding hardly touches it.
  public let factors: Matrix<Float>
  let hasBiases: Bool
  /// r or c, not negative.
  public let shares: Matrix<Float>?

  /// Either side, without biases.
  public init(_ factors: Matrix<Float>, shares: Matrix<Float>? = nil) {
    self.init(factors, shares, hasBiases: false)
  }

  private init(_ factors: Matrix<Float>, _ shares: Matrix<Float>?, hasBiases: Bool) {
    precondition(shares.map { $0.rows == factors.rows } ?? true)
    (self.factors, self.shares, self.hasBiases) = (factors, shares, hasBiases)
  }

  /// What is added to r . c_j, so that a logarithm exists.
  public static let leastShare: Float = 1e-20

  /// Items with biases.
  ///
  /// - Parameter biases: 1 x M.
  public init(items vectors: Matrix<Float>, biases: Matrix<Float>, shares: Matrix<Float>? = nil) {
    precondition(biases.count == vectors.rows)
    let result = Matrix<Float>(rows: vectors.rows, columns: vectors.columns + 2)
    for item in 0..<vectors.rows {
      let (row, bias) = (result.row(item), biases.buffer[item])
      _ = row.update(from: vectors.row(item))
      row[vectors.columns] = RoundedProducts.rounded(bias)
      row[vectors.columns + 1] = bias - RoundedProducts.rounded(bias)
    }
    self.init(result, shares, hasBiases: true)
  }

  /// Items with more added to their biases; nil where they have none.
  ///
  /// - Parameter more: 1 x M.
  public func adding(_ more: Matrix<Float>) -> RankingFactors? {
    guard hasBiases else { return nil }
    let biases = Matrix<Float>(rows: 1, columns: factors.rows)
    let vectors = Matrix<Float>(rows: factors.rows, columns: factors.columns - 2)
    for item in 0..<factors.rows {
      biases[0, item] = bias(item) + more[0, item]
      _ = vectors.row(item).update(from: vector(item))
    }
    return RankingFactors(items: vectors, biases: biases, shares: shares)
  }

  /// Users of items with biases.
  ///
  /// - Parameter scale: multiplied to `vectors`.
  public init(users vectors: Matrix<Float>, scale: Float = 1, shares: Matrix<Float>? = nil) {
    let result = Matrix<Float>(rows: vectors.rows, columns: vectors.columns + 2)
    result.fill(1)
    for user in 0..<vectors.rows {
      let (row, source) = (result.row(user), vectors.row(user))
      for index in source.indices { row[index] = scale * source[index] }
    }
    self.init(result, shares, hasBiases: true)
  }

  /// A row without what stands for biases.
  func vector(_ row: Int) -> UnsafeMutableBufferPointer<Float> {
    let whole = factors.row(row)
    return UnsafeMutableBufferPointer(rebasing: whole[..<(whole.count - (hasBiases ? 2 : 0))])
  }

  /// The bias of an item, 0 without any.
  func bias(_ row: Int) -> Float {
    guard hasBiases else { return 0 }
    let whole = factors.row(row)
    return whole[whole.count - 2] + whole[whole.count - 1]
  }
}
