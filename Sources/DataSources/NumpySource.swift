// Which interactions does an archive of numpy arrays hold?

/// A CSR matrix as `scipy.sparse.save_npz` writes it: rows are users, columns items, values ratings.
///
/// Ids come from the arrays `user_ids` and `item_ids` where they are (as in this project's export);
/// otherwise rows and columns are numbered from 0. When all values are 1 there are no ratings. Holds the
/// matrix in memory, in 8 bytes an interaction and 8 a user, beside the ids.
final class NumpySource: InteractionSource {
  let columns: RowColumns
  let layout = "a matrix of scipy or dump"
  private let offsets: [Int]
  private let indices: [UInt32]
  private let values: [Float]?
  private let userIDs: [[UInt8]]?
  private let itemIDs: [[UInt8]]?
  private var row = 0
  private var itemNumbers: [UInt32] = []

  init(_ bytes: ByteStream) throws {
    let arrays = try Arrays(bytes)
    let name = bytes.name.prefix { $0 != ":" }
    func malformed(_ what: String) -> SourceError {
      SourceError(
        .badData, "\(name): \(what); write it with scipy.sparse.save_npz from a CSR matrix")
    }
    if let format = arrays.format?.first, format != Array("csr".utf8) {
      throw malformed("holds a matrix in \(shown(format)) format, not CSR")
    }
    guard let indptr = arrays.offsets, let indices = arrays.indices, let shape = arrays.shape,
      shape.count == 2
    else { throw malformed("has no arrays indptr, indices and shape") }
    let (rows, width) = (shape[0], shape[1])
    guard rows >= 0, indptr.count - 1 == rows, indptr.first == 0, indptr.last == indices.count,
      zip(indptr, indptr.dropFirst()).allSatisfy({ $0 <= $1 }),
      indices.allSatisfy({ Int($0) < width }),
      arrays.values.map({ $0.count == indices.count && $0.allSatisfy(\.isFinite) }) ?? true
    else { throw malformed("has arrays that make no CSR matrix of finite numbers") }
    (offsets, self.indices, userIDs, itemIDs) = (indptr, indices, arrays.userIDs, arrays.itemIDs)
    guard userIDs == nil || userIDs?.count == rows, itemIDs == nil || itemIDs?.count == width else {
      throw malformed("has ids for other numbers of users or items than the matrix")
    }
    let areRatings = arrays.values?.contains { $0 != 1 } ?? false
    values = areRatings ? arrays.values : nil
    columns = RowColumns(ratings: areRatings, times: false)
  }

  func next(into batch: RowBatch, users: IDTable, items: IDTable) throws -> Bool {
    batch.removeAll()
    if let itemIDs, itemNumbers.isEmpty { itemNumbers = itemIDs.map { items.intern($0) } }
    while row < offsets.count - 1, !batch.isFull {
      let range = offsets[row]..<offsets[row + 1]
      if !range.isEmpty {
        let user = userIDs.map { users.intern($0[row]) } ?? users.intern(row)
        for place in range {
          let column = Int(indices[place])
          let item = itemIDs == nil ? items.intern(column) : itemNumbers[column]
          batch.append(user, item, values?[place] ?? 1, 0)
        }
      }
      row += 1
    }
    return batch.count > 0
  }
}

/// The arrays of an archive that make a matrix; others are passed over.
private struct Arrays {
  var format: [[UInt8]]?
  var shape: [Int]?
  var offsets: [Int]?
  var indices: [UInt32]?
  var values: [Float]?
  var userIDs: [[UInt8]]?
  var itemIDs: [[UInt8]]?

  /// Reads all members.
  ///
  /// Throws `SourceError`.
  init(_ bytes: ByteStream) throws {
    var taken = 0
    repeat {
      let member = bytes.name.utf8
      func isCalled(_ name: String) -> Bool {
        member.suffix(name.utf8.count + 6).elementsEqual("::\(name).npy".utf8)
      }
      var array: NumpyArray?
      func open() throws -> NumpyArray {
        let opened = try NumpyArray(bytes, taken: taken)
        array = opened
        return opened
      }
      if isCalled("format") { format = try open().texts() }
      if isCalled("shape") { shape = try open().integers() }
      if isCalled("indptr") { offsets = try open().integers() }
      if isCalled("indices") { indices = try open().numbers() }
      if isCalled("data") { values = try open().floats() }
      if isCalled("user_ids") { userIDs = try open().texts() }
      if isCalled("item_ids") { itemIDs = try open().texts() }
      taken = array?.taken ?? taken
    } while try bytes.nextMember()
  }
}
