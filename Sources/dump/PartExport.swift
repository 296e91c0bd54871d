// How does a data set or a part of a split leave as a whole?

import DenseMath
import InteractionData
import Interchange
import ToolKit

/// A part of a split (or all interactions) ready for export.
struct PartExport {
  private let data: InteractionSet
  /// Users in the order of the rows.
  private let users: [Int]
  private let rows: SparseRows

  /// Reads the stream.
  ///
  /// Throws `ToolError` when a part of something that is not a split, or a round it does not have, is
  /// asked for.
  init(_ stream: StreamReader, _ part: SplitPart?, round: Int) throws {
    guard stream.kind == .interactions else {
      throw ToolError(.badData, "\(stream.name): holds \(stream.kind.title), which has no parts")
    }
    data = try InteractionSet.read(stream).0
    guard let part else {
      users = Array(0..<data.userCount)
      rows = data.rows()
      return
    }
    guard let plan = try SplitPlan(data) else {
      throw ToolError(.badData, "\(stream.name): is not a split; make one with 'indgrm split'")
    }
    guard round < plan.rounds else {
      throw ToolError(.usage, "--round must be below \(plan.rounds), the rounds of this split")
    }
    guard part != .train else {
      users = plan.trainingUsers()
      rows = plan.training()
      return
    }
    let role: UserRole = part == .validationIn || part == .validationOut ? .validation : .test
    let held = plan.heldOutUsers(role)
    let foldsIn = part == .validationIn || part == .testIn
    var offsets = [0]
    var columns: [UInt32] = []
    for user in held {
      columns +=
        foldsIn
        ? plan.foldIn(of: user, role, round: round) : plan.truth(of: user, role, round: round)
      offsets.append(columns.count)
    }
    users = held
    rows = SparseRows(offsets: offsets, columns: columns, columnCount: data.itemCount)
  }

  /// Writes the rows in a style, or numpy's arrays for nil.
  func write(to file: OutputFile, _ style: FieldStyle?) throws {
    if let style { return try writeRows(to: file, style) }
    let archive = NumpyArchive(file)
    let wide = rows.count > Int(Int32.max)
    try archive.add("indices", type: "<i4", rows.columns.map { Int32($0) })
    if wide {
      try archive.add("indptr", type: "<i8", rows.offsets.map { Int64($0) })
    } else {
      try archive.add("indptr", type: "<i4", rows.offsets.map { Int32($0) })
    }
    try archive.addScalar("format", "csr")
    try archive.add("shape", type: "<i8", [Int64(rows.rowCount), Int64(rows.columnCount)])
    let ratings = users.count == data.userCount ? data.ratings : nil
    try archive.add(
      "data", type: "<f4", ratings ?? [Float](repeating: 1, count: rows.count))
    try archive.add("user_ids", users.map { data.users.ids[$0] })
    try archive.add("item_ids", data.items.ids)
    try archive.finish()
  }

  private func writeRows(to file: OutputFile, _ style: FieldStyle) throws {
    var buffer = RowBuffer(file)
    let asCSV = style.isCSV
    if asCSV {
      buffer.append("user,item")
      try buffer.endRow()
    }
    for (row, user) in users.enumerated() {
      for item in rows.row(row) {
        buffer.append(asCSV ? "" : "{\"user\":")
        buffer.append(style.field(data.users.ids[user]))
        buffer.append(asCSV ? "," : ",\"item\":")
        buffer.append(style.field(data.items.ids[Int(item)]))
        if !asCSV { buffer.append("}") }
        try buffer.endRow()
      }
    }
    try buffer.flush()
  }
}

/// Writes a model's tensors and item ids as .npz.
func exportTensors(_ model: StoredModel, _ file: OutputFile) throws {
  let archive = NumpyArchive(file)
  for (name, tensor) in model.tensors.sorted(by: { $0.key < $1.key }) {
    let types: [ElementType: String] = [
      .f32: "<f4", .f64: "<f8", .u32: "<u4", .i64: "<i8", .u8: "|u1",
    ]
    guard let type = types[tensor.type] else { continue }
    try archive.add(name, type: type, shape: tensor.shape, tensor.data)
  }
  try archive.add("item_ids", model.items.ids)
  try archive.finish()
}
