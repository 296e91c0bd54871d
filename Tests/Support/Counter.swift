// How often was something heard of, whoever calls?

import Synchronization

public final class Counter: Sendable {
  private let value = Atomic<Int>(0)

  public init() {}

  public var count: Int { value.load(ordering: .relaxed) }
  public func add() { value.add(1, ordering: .relaxed) }
}
