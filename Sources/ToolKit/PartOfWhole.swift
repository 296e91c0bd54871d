// Is what is learned from all there is?

import Interchange

extension Diagnostics {
  /// Says so where interactions are one of several parts, of which nobody should learn alone unawares.
  public func warn(ofPart stream: StreamReader) throws {
    guard let shard = try Shard(stream), shard.isPart else { return }
    warning(
      "\(stream.name): is \(shard.name), and the others are not looked at; merge all of them to use them"
    )
  }
}
