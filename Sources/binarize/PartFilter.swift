// How is a part filtered as the whole would be?

import InteractionData
import Interchange
import ToolKit

extension Binarize {
  /// Whether a stream is filtered in blocks of users; how often items occur in all of it, a whole tells by itself.
  ///
  /// Throws `ToolError` (badData) where a part would have to, and where no part is given counts.
  func isInBlocks(_ stream: StreamReader) throws -> Bool {
    guard let shard = try Shard(stream) else {
      guard itemCounts == nil else {
        throw ToolError(
          .badData,
          "\(stream.name): is no part that shard cut; leave --item-counts out, or cut it first")
      }
      return false
    }
    guard minItem > 0, itemCounts == nil else { return true }
    guard shard.isPart else { return false }
    throw ToolError(
      .badData,
      "\(stream.name): is \(shard.name), which does not tell how often items occur in all of them;"
        + " give --item-counts")
  }

  /// Filters users block by block, as `hold` and `stream` do all at once; how often an item occurs in all parts, other
  /// parts tell.
  func filter(_ blocks: UserBlocks, _ writer: InteractionWriter, _ context: ToolContext) throws {
    let isSorted = minUser > 0 || minItem > 0 || duplicates != nil
    let allowed = try allowedItems(blocks.head.items.ids)
    var (head, numbers) = (blocks.head, [UInt32]())
    if let allowed { (head.items, numbers) = head.items.filtered { allowed[$0] } }
    let output = try UserBlockWriter(writer, head: head)
    let progress = Progress("read", unit: "interactions", context.log)
    var (seen, merged) = (0, 0)
    var met = MetRows()
    while var block = try blocks.next() {
      seen += block.rows.count
      met.add(block.rows, dated: since != nil)
      block.rows.ratings = try counted(block.rows.ratings, rows: block.rows.count, blocks.name)
      // What lies outside the window must not win over a duplicate inside.
      if since ?? until != nil {
        let before = block.rows
        block = block.filtered { isInTime(before, $1) }
      }
      if isSorted {
        let (set, duplicates) = try block.set(blocks, duplicates: duplicates ?? .highest)
        block = set.block
        merged += duplicates
      }
      block.rows.confidences = confidences(of: block.rows.ratings) ?? block.rows.confidences
      let kept = liked(block, allowed, numbers, leavingOutEmpty: isSorted)
      try refuseUnusable(kept.rows.confidences, blocks.name)
      try output.append(kept)
      progress.update(seen)
    }
    if !blocks.shard.isPart { try refuseNothing(output.rowCount, of: seen, blocks.name) }
    try output.finish()
    progress.finish()
    try judge(met, blocks.reader.stream, context)
    let others = isSorted ? "; merged \(merged) duplicates" : ""
    context.log.notice(
      "kept \(output.rowCount) of \(seen) interactions, \(output.userCount) users\(others)",
      counts: ["interactions": output.rowCount, "read": seen, "users": output.userCount])
  }

  /// Of a block what reaches the thresholds, without ratings.
  private func liked(
    _ block: UserBlock, _ allowed: [Bool]?, _ numbers: [UInt32], leavingOutEmpty: Bool
  ) -> UserBlock {
    let rows = block.rows
    var result = block.filtered { _, row in
      if let allowed, !allowed[Int(rows.items[row])] { return false }
      guard let min, let ratings = rows.ratings else { return true }
      return ratings[row] >= min
    }
    if leavingOutEmpty || minUser > 0 {
      let offsets = result.offsets
      result = result.filtered(leavingOutEmpty: leavingOutEmpty) { user, _ in
        offsets[user + 1] - offsets[user] >= minUser
      }
    }
    result.rows.ratings = nil
    if allowed != nil { result.rows.items = result.rows.items.map { numbers[Int($0)] } }
    return result
  }

  /// For each item whether all parts have it often enough; nil where nobody asks.
  ///
  /// Throws `ToolError` (badData) that names a line which is no count.
  private func allowedItems(_ ids: [String]) throws -> [Bool]? {
    guard let itemCounts else { return nil }
    let places = IDPlaces(ids)
    var counts = [Int](repeating: 0, count: ids.count)
    var known = 0
    for (line, text) in try InputFile.ids(itemCounts).enumerated() {
      let fields = text.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
      guard fields.count == 2, let count = Int(fields[0]), count >= 0 else {
        throw ToolError(
          .badData,
          "\(itemCounts): line \(line + 1) is no count, a tab and an id; make it by dump --item-counts"
        )
      }
      guard let place = places[String(fields[1])] else { continue }
      let sum = counts[place].addingReportingOverflow(count)
      counts[place] = sum.overflow ? .max : sum.partialValue
      known += 1
    }
    guard known > 0 || ids.isEmpty else {
      throw ToolError(
        .badData, "\(itemCounts): has none of the items; does it belong to this data?")
    }
    return counts.map { $0 >= minItem }
  }
}
