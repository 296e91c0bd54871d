// How is a whole filtered, chunk by chunk or held?

import InteractionData
import Interchange
import ToolKit

extension Binarize {
  /// Throws `ToolError` where no interaction is left: nothing could be learned from what is written.
  func refuseNothing(_ kept: Int, of seen: Int, _ name: String) throws {
    guard kept == 0 else { return }
    throw ToolError(
      .badData,
      seen == 0
        ? "\(name): holds no interactions"
        : "\(name): none of its \(seen) interactions are kept; lower --min, --min-user or"
          + " --min-item, or look at --since and --until"
    )
  }

  /// Whether an interaction lies between --since and --until.
  func isInTime(_ rows: InteractionChunk, _ index: Int) -> Bool {
    guard since ?? until != nil, let times = rows.times else { return true }
    let time = times[index]
    return time >= since?.seconds ?? .min && (until.map { time < $0.seconds } ?? true)
  }

  /// Passes chunk after chunk, keeping what reaches the threshold.
  func stream(
    _ reader: InteractionReader, _ writer: InteractionWriter, _ context: ToolContext
  )
    throws
  {
    let progress = Progress("read", unit: "interactions", context.log)
    var pending = InteractionChunk()
    var (seen, kept) = (0, 0)
    var met = MetRows()
    while let part = try reader.next() {
      guard case .interactions(var rows) = part else {
        try writer.write(part)
        continue
      }
      try refuseNoConfidence(rows.ratings != nil, reader.stream.name)
      rows.confidences = confidences(of: rows.ratings) ?? rows.confidences
      seen += rows.count
      met.add(rows, dated: since != nil)
      pending.append(rows) { index in
        guard isInTime(rows, index) else { return false }
        guard let min, let ratings = rows.ratings else { return true }
        return ratings[index] >= min
      }
      if pending.count >= InteractionWriter.chunkRows {
        kept += pending.count
        try refuseUnusable(pending.confidences, reader.stream.name)
        try writer.write(.interactions(pending))
        pending = InteractionChunk()
      }
      progress.update(seen)
    }
    kept += pending.count
    try refuseUnusable(pending.confidences, reader.stream.name)
    try refuseNothing(kept, of: seen, reader.stream.name)
    try writer.write(.interactions(pending))
    try writer.finish()
    progress.finish()
    try judge(met, reader.stream, context)
    context.log.notice(
      "kept \(kept) of \(seen) interactions", counts: ["interactions": kept, "read": seen])
  }

  /// Sorts everything in memory, resolves duplicates, then filters.
  func hold(
    _ reader: InteractionReader, _ writer: InteractionWriter, _ context: ToolContext
  )
    throws
  {
    let progress = Progress("read", unit: "interactions", context.log)
    var rows = try InteractionRows(reader) { progress.update($0) }
    progress.finish()
    let seen = rows.rows.count
    var met = MetRows()
    met.add(rows.rows, dated: since != nil)
    rows.rows.ratings = try counted(rows.rows.ratings, rows: seen, reader.stream.name)
    // What lies outside the window must not win over a duplicate inside.
    if since ?? until != nil {
      rows.rows = rows.rows.rows(at: rows.rows.users.indices.filter { isInTime(rows.rows, $0) })
    }
    let (all, merged) = try rows.sorted(duplicates: duplicates ?? .highest)
    var liked = all
    if let min, let ratings = all.ratings { liked = all.filtered { ratings[$0] >= min } }
    liked.confidences = confidences(of: liked.ratings) ?? liked.confidences
    try refuseUnusable(liked.confidences, reader.stream.name)
    liked.ratings = nil
    let (result, removed) = liked.core(minUser: minUser, minItem: minItem)
    try refuseNothing(result.count, of: seen, reader.stream.name)
    if try Shard(reader.stream) == nil {
      try result.write(to: writer)
      try writer.finish()
    } else {
      let blocks = try UserBlockWriter(writer, head: result.head)
      try blocks.append(result.block)
      try blocks.finish()
    }
    try judge(met, reader.stream, context)
    context.log.notice(
      "kept \(result.count) of \(seen) interactions, \(result.userCount) users,"
        + " \(result.itemCount) items; merged \(merged) duplicates; dropped \(removed.users) users"
        + " and \(removed.items) items",
      counts: [
        "interactions": result.count, "read": seen, "users": result.userCount,
        "items": result.itemCount, "merged": merged,
      ])
  }
}

extension InteractionChunk {
  /// Appends the rows of another chunk that are kept, without their ratings.
  mutating func append(_ other: InteractionChunk, where isKept: (Int) -> Bool) {
    if other.times != nil, times == nil { times = [] }
    if other.confidences != nil, confidences == nil { confidences = [] }
    if other.folds != nil, folds == nil { folds = [] }
    for index in 0..<other.count where isKept(index) {
      users.append(other.users[index])
      items.append(other.items[index])
      if let values = other.times { times?.append(values[index]) }
      if let values = other.confidences { confidences?.append(values[index]) }
      if let values = other.folds { folds?.append(values[index]) }
    }
  }
}
