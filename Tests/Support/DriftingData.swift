// Which small data set has a past and a present?

import Interchange

/// Users of sixty days who like what is new: on every day items become known that are liked for some days, most of all
/// on the first.
public enum DriftingData {
  /// Users come on one day each, or (every third) on one day and again ten days later.
  public static func chunk(days: Int = 60, usersADay: Int = 4) -> InteractionChunk {
    var rows = InteractionChunk()
    var times: [Int64] = []
    for day in 0..<days {
      for place in 0..<usersADay {
        let user = day * usersADay + place
        for visit in place % 3 == 0 ? [day, day + 10] : [day] where visit < days {
          for step in 0..<4 {
            let age = (user * 7 + step * (1 + user % 3)) % 6
            let item = UInt32(max(visit - age, 0) + (step == 3 ? (user * 5) % 3 : 0))
            rows.users.append(UInt32(user))
            rows.items.append(item)
            times.append(Int64(visit) * 86_400 + Int64(place * 4 + step))
          }
        }
      }
    }
    rows.times = times
    return rows
  }

  /// The same as a stream; without times where nobody noted them.
  public static func reader(times: Bool = true, days: Int = 60) throws -> StreamReader {
    var rows = chunk(days: days)
    if !times { rows.times = nil }
    let sink = MemorySink()
    let writer = try InteractionWriter(sink, metadata: .object([:]), provenance: Provenance())
    let (users, items) = (rows.users.max() ?? 0, rows.items.max() ?? 0)
    try writer.write(.users(UserChunk(ids: (0...users).map { "u\($0)" })))
    try writer.write(.items(ItemChunk(ids: (0...items).map { "i\($0)" })))
    try writer.write(.interactions(rows))
    try writer.finish()
    return try StreamReader(ByteInput(OwnedBytes(copying: sink.bytes), name: "test"))
  }
}
