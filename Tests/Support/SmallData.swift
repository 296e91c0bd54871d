// Which small data sets do several tests use?

import Interchange

/// A fixed little world of two tastes: users of the first half like items of the first half, and
/// everybody likes item 0 now and then.
public enum SmallData {
  /// Item lists by user, ascending.
  public static func twoTastes(users: Int = 40, items: Int = 12) -> [[UInt32]] {
    (0..<users).map { user in
      let half = user % 2 == 0 ? 0 : items / 2
      var list = Set<UInt32>()
      for step in 0..<(3 + user % 3) {
        let mixed = (user * 2_654_435_761 + step * 40_503_001) >> 11
        list.insert(UInt32(half + mixed % (items / 2)))
      }
      if user % 5 == 0 { list.insert(0) }
      return list.sorted()
    }
  }

  /// Item lists of 24 users, two to six each, of which users next to one another have some in common.
  public static func overlapping(items: Int) -> [[UInt32]] {
    (0..<24).map { (user: Int) -> [UInt32] in
      let places = 0..<2 + user % 5
      return Set(places.map { UInt32((3 * $0 + user) % items) }).sorted()
    }
  }
}
