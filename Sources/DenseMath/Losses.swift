// How far are scores from the items a user has, and which way should they move?

/// What scores are measured by.
public enum ReconstructionCost: String, Sendable, CaseIterable {
  /// -sum_j c_j x_j log softmax_j.
  case multinomial
  /// -sum_j (c_j x_j log sigma_j + (1 - x_j) log(1 - sigma_j)).
  case bernoulli
  /// sum_j c_j (|x| softmax_j - x_j)^2 / 2, c_j = 1 where x_j = 0.
  case squared

  /// The loss of each row, without its weight; scores become scale_r dloss/dscores.
  ///
  /// - Parameters:
  ///   - scores: B x M.
  ///   - targets: the columns x_j = 1 of each row; their values are the confidences c_j, 1 without any.
  ///   - scales: the weight of each row's gradient.
  public func apply<T: Real>(_ scores: Matrix<T>, targets: SparseRows, scales: [T]) -> [T] {
    switch self {
    case .multinomial: softmaxCrossEntropy(scores, targets: targets, scales: scales)
    case .bernoulli: sigmoidCrossEntropy(scores, targets: targets, scales: scales)
    case .squared: softmaxSquaredError(scores, targets: targets, scales: scales)
    }
  }
}

/// Softmax cross-entropy with sparse targets, fused: logits become their gradients.
///
/// For a row with targets J: loss = -sum_{j in J} c_j log softmax_j, gradient = (sum c softmax - c_J) scale_r.
///
/// - Parameters:
///   - logits: B x M, overwritten by scale dloss/dlogits.
///   - targets: one row of column indices a row of the logits; values are confidences c, 1 without any.
///   - scales: the weight of each row's gradient.
/// - Returns: the loss of each row, without its weight.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func softmaxCrossEntropy<T: Real>(_ logits: Matrix<T>, targets: SparseRows, scales: [T])
  -> [T]
{
  overRows(logits, targets, scales) { values, row, scale in
    var total: T = 0
    for entry in row.entries { total += row.confidence(entry) }
    let shift = T.kernels.logSumExp(values.count, values.baseAddress)
    return row.crossEntropy(values, shift: shift, total: total, scale: scale)
  }
}

/// log sum_j exp x_j of every row.
public func logSumExp<T: Real>(_ x: Matrix<T>) -> [T] {
  let sums = Matrix<T>(rows: 1, columns: x.rows)
  Parallel.blocks(x.rows, size: 4) { rows in
    for row in rows { sums.pointer[row] = T.kernels.logSumExp(x.columns, x.row(row).baseAddress) }
  }
  return sums.array
}

/// Softmax cross-entropy as above of a part of the items, given what is to be known of all.
///
/// - Parameters:
///   - logits: B x m, of this part's items, overwritten by scale dloss/dlogits.
///   - targets: those among them.
///   - shifts: log sum_j exp over all items, a row.
///   - totals: sum of the confidences of all targets, a row.
///   - scales: the weight of each row's gradient.
/// - Returns: this part's share of each row's loss, without its weight.
public func softmaxCrossEntropy<T: Real>(
  _ logits: Matrix<T>, targets: SparseRows, shifts: [T], totals: [T], scales: [T]
) -> [T] {
  let known = zip(zip(shifts, totals), scales).map { ($0.0, $0.1, $1) }
  return overRows(logits, targets, known) { values, row, whole in
    row.crossEntropy(values, shift: whole.0, total: whole.1, scale: whole.2)
  }
}

/// The Bernoulli log-likelihood of every item, seen or not.
///
/// loss = sum_j c_j log(1 + exp s_j) - sum_{j in J} c_j s_j, gradient = (c sigma(s) - c_J) scale_r, c = 1 outside J.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func sigmoidCrossEntropy<T: Real>(_ logits: Matrix<T>, targets: SparseRows, scales: [T])
  -> [T]
{
  overRows(logits, targets, scales) { values, row, scale in
    var loss: T = 0
    for entry in row.entries { loss -= row.confidence(entry) * values[row.item(entry)] }
    return loss
      + withUnsafeTemporaryAllocation(of: T.self, capacity: 2 * values.count) { memory in
        guard let odds = memory.baseAddress, let base = values.baseAddress else { return 0 }
        let (count, logs) = (values.count, odds + values.count)
        odds.update(from: base, count: count)
        T.kernels.exp(count, odds)
        logs.update(repeating: 0, count: count)
        T.kernels.addLog(count, odds, 1, logs)
        var sum: T = 0
        for index in 0..<count { sum += logs[index] }
        for entry in row.entries where row.confidence(entry) != 1 {
          sum += (row.confidence(entry) - 1) * logs[row.item(entry)]
        }
        T.kernels.divide(count, odds, odds, 1, base)
        T.kernels.scale(count, scale, base)
        for entry in row.entries {
          let (item, confidence) = (row.item(entry), row.confidence(entry))
          values[item] = confidence * values[item] - scale * confidence
        }
        return sum
      }
  }
}

/// The squared error of |J| softmax, the expected number of a user's interactions with each item.
///
/// loss = sum_j c_j e_j^2 / 2 with e_j = |J| p_j - 1_J, c = 1 outside J;
/// gradient = p_j (|J| c_j e_j - sum_l p_l |J| c_l e_l) scale_r.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func softmaxSquaredError<T: Real>(_ logits: Matrix<T>, targets: SparseRows, scales: [T])
  -> [T]
{
  overRows(logits, targets, scales) { values, row, scale in
    withUnsafeTemporaryAllocation(of: T.self, capacity: values.count) { errors in
      guard let base = values.baseAddress, let error = errors.baseAddress else { return 0 }
      let (count, size) = (values.count, T(row.entries.count))
      _ = T.kernels.softmax(count, base)
      error.update(from: base, count: count)
      T.kernels.scale(count, size, error)
      for entry in row.entries { error[row.item(entry)] -= 1 }
      var loss = T.kernels.dot(count, error, error) / 2
      for entry in row.entries where row.confidence(entry) != 1 {
        let (item, confidence) = (row.item(entry), row.confidence(entry))
        loss += (confidence - 1) * error[item] * error[item] / 2
        error[item] *= confidence
      }
      let along = T.kernels.dot(count, base, error)
      for index in 0..<count { error[index] -= along }
      T.kernels.multiply(count, error, base)
      T.kernels.scale(count, size * scale, base)
      return loss
    }
  }
}

/// The targets of a row, each with its confidence.
private struct TargetRow<T: Real> {
  let entries: Range<Int>
  let targets: SparseRows

  @inline(__always)
  func item(_ entry: Int) -> Int { Int(targets.columns[entry]) }

  @inline(__always)
  func confidence(_ entry: Int) -> T { targets.values.map { T($0[entry]) } ?? 1 }

  /// The softmax's cross-entropy, of which logits become scale times the gradient.
  ///
  /// - Parameters:
  ///   - shift: log sum exp of all logits.
  ///   - total: the sum of all confidences.
  @inline(__always)
  func crossEntropy(_ logits: UnsafeMutableBufferPointer<T>, shift: T, total: T, scale: T) -> T {
    var loss: T = 0
    for entry in entries { loss += confidence(entry) * (shift - logits[item(entry)]) }
    T.kernels.softmaxGradient(logits.count, shift, scale * total, logits.baseAddress)
    for entry in entries { logits[item(entry)] -= scale * confidence(entry) }
    return loss
  }
}

/// Calls `body` for every row of scores with its targets and what else is known of it; returns what it returns.
@inline(__always)
private func overRows<T: Real, Known>(
  _ scores: Matrix<T>, _ targets: SparseRows, _ known: [Known],
  _ body: (UnsafeMutableBufferPointer<T>, TargetRow<T>, Known) -> T
) -> [T] {
  precondition(scores.rows == targets.rowCount && scores.columns == targets.columnCount)
  precondition(known.count == scores.rows)
  let losses = Matrix<T>(rows: 1, columns: scores.rows)
  Parallel.blocks(scores.rows, size: 4) { rows in
    for row in rows {
      let entries = targets.offsets[row]..<targets.offsets[row + 1]
      losses.pointer[row] = body(
        scores.row(row), TargetRow(entries: entries, targets: targets), known[row])
    }
  }
  return losses.array
}
