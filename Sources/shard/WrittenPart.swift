// How is one part written?

import InteractionData
import Interchange
import ToolKit

/// What a part came to.
struct WrittenPart {
  let users: Int
  let rows: Int
  let bytes: Int
  let digest: UInt64

  /// Writes a part, block after block, to a file.
  ///
  /// - Parameter compression: zstd's level; 0 for none.
  init(
    _ rows: SortedUsers, _ shard: Shard, to path: String, _ metadata: JSONValue,
    _ provenance: Provenance, _ compression: Int32
  ) throws {
    let file = try OutputFile(path, binary: true)
    let writer = try InteractionWriter(
      file, metadata: metadata.setting("shard", shard.note),
      provenance: provenance, compression: compression > 0 ? compression : nil)
    let blocks = try UserBlockWriter(writer, head: rows.head)
    for bucket in rows.buckets(of: shard.part) { try blocks.append(rows.block(bucket)) }
    try blocks.finish()
    try file.commit()
    (users, self.rows) = (blocks.userCount, blocks.rowCount)
    (bytes, digest) = (file.byteCount, writer.digest)
  }

  func entry(_ name: String) -> ManifestEntry {
    ManifestEntry(name: name, bytes: bytes, digest: digest)
  }
}
