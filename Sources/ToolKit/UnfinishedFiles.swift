// Which temporary files must vanish when a signal ends the tool?

import Glibc

/// The temporary files of this process, kept where a signal handler may look.
public enum UnfinishedFiles {
  /// Slots of C strings, fixed in number because a handler must not meet a moving array.
  nonisolated(unsafe) private static let slots: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> =
    {
      let slots = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: 16)
      slots.initialize(repeating: nil, count: 16)
      return slots
    }()

  /// Signals that end a program which does not ask for them.
  private static let endings = [
    SIGHUP, SIGINT, SIGQUIT, SIGALRM, SIGTERM, SIGXCPU, SIGUSR1, SIGUSR2, SIGVTALRM, SIGPROF,
  ]

  static func add(_ path: String) {
    for slot in 0..<16 where slots[slot] == nil {
      slots[slot] = strdup(path)
      return
    }
  }

  static func remove(_ path: String) {
    for slot in 0..<16 {
      guard let known = slots[slot], strcmp(known, path) == 0 else { continue }
      slots[slot] = nil
      free(known)
    }
  }

  /// Removes all files; for use before an exit.
  static func removeAll() {
    for slot in 0..<16 {
      if let path = slots[slot] { unlink(path) }
    }
  }

  /// What is said when there is no memory: made before, since then nothing can be.
  nonisolated(unsafe) private static var complaint: UnsafeMutablePointer<CChar>?

  /// Installs handlers that remove the files and end as the signal would have ended the tool; where memory runs out
  /// they say so and exit with 71.
  static func installSignalHandlers(tool: String) {
    _ = slots
    complaint = strdup(
      "indgrm \(tool): there is not as much memory as this takes; use a machine, or a limit (ulimit -v),"
        + " with more\n")
    handleShortMemory()
    // A reader that went away is met where output is written; one of messages alone ends nothing.
    wasPipeIgnored = isIgnored(signal(SIGPIPE, SIG_IGN))
    // A file that grows beyond what is allowed is met there as well.
    signal(SIGXFSZ, SIG_IGN)
    for number in endings { handle(number) { UnfinishedFiles.endBySignal($0) } }
  }

  /// What the system would have done with SIGSEGV.
  nonisolated(unsafe) private static var faultAction = sigaction()

  /// Swift's runtime aborts where it gets no memory, and where there is none for its own message either, it reads at
  /// address 0 in the course of that.
  private static func handleShortMemory() {
    signal(SIGABRT) { number in
      UnfinishedFiles.endIfMemoryIsShort()
      UnfinishedFiles.endBySignal(number)
    }
    sigaction(SIGSEGV, nil, &faultAction)
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in
      UnfinishedFiles.endIfMemoryIsShort()
      // Any other fault meets what was there before, which tells where it was, when it is met again.
      UnfinishedFiles.removeAll()
      sigaction(SIGSEGV, &UnfinishedFiles.faultAction, nil)
    }
    action.sa_flags = faultAction.sa_flags & ~SA_SIGINFO | SA_ONSTACK
    sigaction(SIGSEGV, &action, nil)
  }

  /// Ends with the complaint where the last thing that failed on this thread was a request for memory.
  private static func endIfMemoryIsShort() {
    guard errno == ENOMEM, let complaint else { return }
    removeAll()
    _ = Glibc.write(2, complaint, strlen(complaint))
    _exit(ExitStatus.systemFault.rawValue)
  }

  /// Handles a signal, unless whoever started the tool had it ignored, as nohup does.
  public static func handle(_ number: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) {
    if isIgnored(signal(number, handler)) { signal(number, SIG_IGN) }
  }

  private static func isIgnored(_ handler: (@convention(c) (Int32) -> Void)?) -> Bool {
    unsafeBitCast(handler, to: Int.self) == 1
  }

  /// Whether whoever started the tool wants to hear of a reader that went away as of other trouble.
  nonisolated(unsafe) private static var wasPipeIgnored = false

  /// Ends as by SIGPIPE, with nothing left behind; comes back where that was ignored from the start.
  static func endByPipe() {
    if !wasPipeIgnored { endBySignal(SIGPIPE) }
  }

  /// Removes all files and ends as the signal does by default; for use in a handler.
  public static func endBySignal(_ number: Int32) {
    removeAll()
    signal(number, SIG_DFL)
    raise(number)
  }
}
