// How do the processes of an MPI job add up what each of them has?

import CMPI
import Glibc

/// The processes that share a fit, started by Open MPI's mpirun, or this one alone.
///
/// All of them call the same functions in the same order. Their number is a power of two, so that sums are those of one
/// binary tree whatever it is: ((0 + 1) + (2 + 3)) + ...
public final class RankGroup: Sendable {
  public let rank: Int
  /// A power of two.
  public let count: Int

  /// This process by itself.
  public static let alone = RankGroup(rank: 0, count: 1)

  private init(rank: Int, count: Int) {
    self.rank = rank
    self.count = count
  }

  /// The processes that mpirun started, as its environment says; 1 without it.
  public static var startedCount: Int { told("OMPI_COMM_WORLD_SIZE") ?? 1 }
  /// Those of them on this machine.
  public static var startedHere: Int { told("OMPI_COMM_WORLD_LOCAL_SIZE") ?? 1 }
  /// Processes that another starter than Open MPI's mpirun made, which do not know each other; 1 without any.
  public static var startedOtherwise: Int {
    guard told("OMPI_COMM_WORLD_SIZE") == nil else { return 1 }
    return max(told("SLURM_STEP_NUM_TASKS") ?? 1, told("PMI_SIZE") ?? 1)
  }
  /// The rank that mpirun gave this process, before it joins the others.
  public static var startedRank: Int { told("OMPI_COMM_WORLD_RANK") ?? 0 }

  private static func told(_ name: String) -> Int? {
    getenv(name).flatMap { Int(String(cString: $0)) }
  }

  /// Joins the job this process was started in, once; all calls are to come from the thread that joins.
  ///
  /// Throws `RankError` where Open MPI is missing, or the number of processes is no power of two.
  public static func join() throws -> RankGroup {
    guard startedCount > 1 else { return alone }
    var (rank, count): (Int32, Int32) = (0, 1)
    var reason: UnsafePointer<CChar>?
    guard indgrm_mpi_join(&rank, &count, &reason) != 0 else {
      throw RankError(description: reason.map { String(cString: $0) } ?? "Open MPI does not start")
    }
    guard count > 0, count & (count - 1) == 0 else {
      throw RankError(
        description: "\(count) processes cannot share a fit; start 2, 4, 8 or another power of two")
    }
    return RankGroup(rank: Int(rank), count: Int(count))
  }

  /// Whether this process writes what all have made.
  public var isFirst: Bool { rank == 0 }

  /// This process's part of so many indices, as even as can be.
  public func share(of indices: Int) -> Range<Int> {
    indices * rank / count..<indices * (rank + 1) / count
  }

  /// Where each process's part of some places begins, and where the last one's ends: parts cost about as much.
  public func bounds(costs: [Int]) -> [Int] { Self.bounds(costs: costs, parts: count) }

  static func bounds(costs: [Int], parts count: Int) -> [Int] {
    let total = costs.reduce(0, +)
    var bounds = [0]
    var before = 0
    for (place, cost) in costs.enumerated() {
      // A part ends where its share of the costs is reached.
      while bounds.count < count, before * count >= total * bounds.count { bounds.append(place) }
      before += cost
    }
    return bounds + [Int](repeating: costs.count, count: count + 1 - bounds.count)
  }

  /// Gives all processes what each of them has in its part of the places.
  ///
  /// - Parameter bounds: where each process's part begins, and where the last one's ends.
  public func gather<T: BitwiseCopyable>(
    _ values: UnsafeMutableBufferPointer<T>, _ bounds: [Int]
  ) {
    guard count > 1, let base = values.baseAddress else { return }
    var distance = 1
    while distance < count {
      // Of as many processes as the distance is, what all of them have.
      let first = rank & ~(distance - 1)
      let (own, others) = (bounds[first]..<bounds[first + distance], first ^ distance)
      let missing = bounds[others]..<bounds[others + distance]
      exchange(
        base + own.lowerBound, own.count, base + missing.lowerBound, missing.count, rank ^ distance)
      distance *= 2
    }
  }

  /// Adds up the values of all processes, place by place; all get the same sums.
  ///
  /// Each process adds up a part of the places and gets the other parts' sums back, so that it sends each value twice at
  /// most, however many processes there are.
  @_specialize(where T == Float)
  @_specialize(where T == Double)
  public func sum<T: BinaryFloatingPoint & BitwiseCopyable>(_ values: UnsafeMutableBufferPointer<T>)
  {
    guard count > 1 else { return }
    _ = sumPart(of: values)
    spreadParts(of: values)
  }

  /// The places of so many that are this process's in sums.
  public func part(of places: Int) -> Range<Int> { halves(of: places).last?.kept ?? 0..<places }

  /// How places are halved from step to step, with processes at a distance that doubles.
  private func halves(of places: Int) -> [(kept: Range<Int>, given: Range<Int>, distance: Int)] {
    var own = 0..<places
    var halves: [(kept: Range<Int>, given: Range<Int>, distance: Int)] = []
    var distance = 1
    while distance < count {
      let middle = own.lowerBound + own.count / 2
      let (low, high) = (own.lowerBound..<middle, middle..<own.upperBound)
      let (kept, given) = rank & distance == 0 ? (low, high) : (high, low)
      halves.append((kept, given, distance))
      own = kept
      distance *= 2
    }
    return halves
  }

  /// Adds up the values of all processes in this one's part of the places, which is returned; those of other parts are
  /// no longer of use.
  @_specialize(where T == Float)
  @_specialize(where T == Double)
  public func sumPart<T: BinaryFloatingPoint & BitwiseCopyable>(
    of values: UnsafeMutableBufferPointer<T>
  )
    -> Range<Int>
  {
    guard count > 1, let base = values.baseAddress else { return 0..<values.count }
    return withUnsafeTemporaryAllocation(of: T.self, capacity: values.count / 2 + 1) { received in
      let other = received.baseAddress.unsafelyUnwrapped
      for (kept, given, distance) in halves(of: values.count) {
        // The two halves may differ by one place.
        exchange(base + given.lowerBound, given.count, other, kept.count, rank ^ distance)
        // From pointers of their own several numbers are added at a time.
        let sums = base + kept.lowerBound
        for index in 0..<kept.count { sums[index] += other[index] }
      }
      return part(of: values.count)
    }
  }

  /// Gives all processes what each has in its part of the places.
  public func spreadParts<T: BitwiseCopyable>(of values: UnsafeMutableBufferPointer<T>) {
    guard count > 1, let base = values.baseAddress else { return }
    for (kept, given, distance) in halves(of: values.count).reversed() {
      exchange(
        base + kept.lowerBound, kept.count, base + given.lowerBound, given.count, rank ^ distance)
    }
  }

  /// Lets each process in turn, the first one first, go on with the values where the one before it has left off; all
  /// get what the last one leaves.
  public func inTurn<T: BitwiseCopyable>(
    _ values: UnsafeMutableBufferPointer<T>, _ goOn: () -> Void
  ) {
    guard count > 1, let base = values.baseAddress else { return goOn() }
    if rank > 0 { exchange(base, 0, base, values.count, rank - 1) }
    goOn()
    if rank + 1 < count { exchange(base, values.count, base, 0, rank + 1) }
    gather(values, [Int](repeating: 0, count: count) + [values.count])
  }

  /// Brings numbers that one process has to the first one; all others do nothing, and get nothing.
  ///
  /// - Parameters:
  ///   - values: those of the process that has them.
  ///   - owner: which one that is.
  public func bring<T: BitwiseCopyable>(
    _ values: UnsafeBufferPointer<T>, from owner: Int, to received: UnsafeMutableBufferPointer<T>
  ) {
    guard owner > 0, isFirst || rank == owner else { return }
    // One direction alone: what is sent the other way is nothing.
    let nothing = UnsafeMutablePointer<T>.allocate(capacity: 1)
    defer { nothing.deallocate() }
    let sent = values.baseAddress.map { UnsafeMutablePointer(mutating: $0) } ?? nothing
    exchange(
      sent, isFirst ? 0 : values.count, received.baseAddress ?? nothing,
      isFirst ? received.count : 0, isFirst ? owner : 0)
  }

  private func exchange<T>(
    _ sent: UnsafeMutablePointer<T>, _ sentCount: Int, _ received: UnsafeMutablePointer<T>,
    _ receivedCount: Int, _ other: Int
  ) {
    let size = MemoryLayout<T>.stride
    indgrm_mpi_exchange(sent, sentCount * size, received, receivedCount * size, Int32(other))
  }

  /// Whether any process says so.
  public func any(_ flag: Bool) -> Bool {
    var sum = flag ? 1.0 : 0
    withUnsafeMutablePointer(to: &sum) {
      self.sum(UnsafeMutableBufferPointer(start: $0, count: 1))
    }
    return sum > 0
  }

  /// Whether all processes have the same word.
  public func agrees(on word: UInt64) -> Bool {
    // Two words are the same if they are so bit by bit; of each bit all or none have it.
    var bits = (0..<64).map { Double(word >> UInt64($0) & 1) }
    bits.withUnsafeMutableBufferPointer { sum($0) }
    return bits.allSatisfy { $0 == 0 || $0 == Double(count) }
  }

  /// Leaves the job; the process goes on alone.
  public func leave() {
    if count > 1 { indgrm_mpi_leave() }
  }
}

/// Why processes cannot share a fit.
public struct RankError: Error, CustomStringConvertible, Sendable {
  public let description: String
}
