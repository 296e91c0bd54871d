// How is a part divided as the whole would be?

import InteractionData
import Interchange
import ToolKit

extension Split {
  /// Divides users block by block: what becomes of one is told by the id and the seed alone. Items stay in the
  /// dictionary, whether anybody has them or not.
  func divide(_ blocks: UserBlocks, _ context: ToolContext) throws {
    if case .share? = until {
      throw ToolError(
        .usage,
        "\(blocks.name): is read in blocks, which share no order of time; give --until a date")
    }
    warn(ofSplit: blocks.reader, context)
    var options = options
    options.isOfBlock = true
    let file = try output.open()
    let writer = try UserBlockWriter(
      writer(file, options.notes(in: blocks.metadata), blocks.provenance, context),
      head: blocks.head)
    let progress = Progress("split", unit: "users", context.log)
    var tally = SplitTally(items: blocks.head.items.ids.count)
    var (merged, left, read) = (0, 0, 0)
    var unread = UnreadRatings()
    while let block = try blocks.next() {
      read += block.users.ids.count
      var used = try kept(block)
      used.rows.folds = nil
      left += block.users.ids.count - used.users.ids.count
      let (data, duplicates) = try used.set(blocks)
      merged += duplicates
      unread.add(data.ratings)
      let divided = try data.split(options)
      try tally.add(divided)
      try writer.append(divided.block)
      progress.update(read)
    }
    try writer.finish()
    guard blocks.shard.isPart || tally.training > 0 else {
      throw SplitError(description: "no user of \(read) is left to train on; lower the shares")
    }
    try file.commit()
    progress.finish()
    if merged > 0 { context.log.notice("merged \(merged) duplicates: the last one of each counts") }
    if let unread = unread.warning { context.log.warning(unread) }
    if left > 0 { context.log.notice("left out \(left) users without interactions") }
    tally.report(context)
    if !blocks.shard.isPart { warn(of: tally, context) }
  }

  /// What was before --until, without users who had nothing then.
  private func kept(_ block: UserBlock) throws -> UserBlock {
    guard case .seconds(let end)? = until else {
      return block.filtered(leavingOutEmpty: true) { _, _ in true }
    }
    guard let times = block.rows.times else {
      throw SplitError(description: "--until needs timestamps, and these interactions have none")
    }
    return block.filtered(leavingOutEmpty: true) { times[$1] < end }
  }
}
