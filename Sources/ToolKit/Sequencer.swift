// How does writing go on while reading does?

import Dispatch
import Synchronization

/// Runs jobs one after another beside the caller, at most two of them waiting; with one thread they run
/// on the caller's.
///
/// The order of jobs, and so what they write, does not depend on the number of threads.
public final class Sequencer: Sendable {
  private let queue: DispatchQueue?
  private let places = DispatchSemaphore(value: 2)
  private let failure = Mutex<(any Error)?>(nil)

  public init(threads: Int) {
    queue = threads > 1 ? DispatchQueue(label: "sequencer") : nil
  }

  /// Adds a job; throws the error of an earlier one.
  public func run(_ job: @escaping @Sendable () throws -> Void) throws {
    guard let queue else { return try job() }
    try check()
    places.wait()
    queue.async { [self] in
      defer { places.signal() }
      guard failure.withLock({ $0 == nil }) else { return }
      do {
        try job()
      } catch {
        failure.withLock { $0 = error }
      }
    }
  }

  /// Waits for all jobs; throws the error of one.
  public func finish() throws {
    queue?.sync {}
    try check()
  }

  private func check() throws {
    if let error = failure.withLock({ $0 }) { throw error }
  }
}
