// How does a test run the built tools?

import Foundation

/// Runs shell commands with the built tools first on PATH.
public enum Shell {
  public struct Result: Sendable {
    public let status: Int32
    public let output: String
    public let errors: String
  }

  /// The folder of the built tools: that of the running test bundle.
  public static let tools: String = {
    let program = CommandLine.arguments[0]
    let bundle = Bundle.main.bundlePath
    let manager = FileManager.default
    for folder in [bundle, (program as NSString).deletingLastPathComponent] {
      if manager.isExecutableFile(atPath: folder + "/binarize") { return folder }
    }
    return bundle
  }()

  /// The folder of the project.
  public static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Runs a command by `bash`; output goes through files, so a lot of it cannot block. A command that
  /// runs for two minutes is stopped, with status 124.
  public static func run(_ command: String) -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (out, err) = (folder.appendingPathComponent("out"), folder.appendingPathComponent("err"))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
    process.arguments = [
      "120", "/bin/bash", "-c",
      "exec >'\(out.path)' 2>'\(err.path)' </dev/null; set -o pipefail; \(command)",
    ]
    var environment = ProcessInfo.processInfo.environment
    environment["PATH"] = tools + ":" + (environment["PATH"] ?? "/usr/bin:/bin")
    environment["SWIFT_BACKTRACE"] = "enable=no"
    process.environment = environment
    do {
      try process.run()
    } catch {
      return Result(status: -1, output: "", errors: "\(error)")
    }
    process.waitUntilExit()
    let text = { (url: URL) in
      (try? Data(contentsOf: url)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
    return Result(status: process.terminationStatus, output: text(out), errors: text(err))
  }
}

extension Shell {
  /// Runs a command that sends signals: a test's own threads block them, which its children would inherit.
  public static func runWithSignals(_ command: String) -> Result {
    let quoted = command.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "'\\''")
    return run(
      "exec timeout -s KILL 60 python3 -c 'import os, signal, sys;"
        + " signal.pthread_sigmask(signal.SIG_SETMASK, []);"
        + " os.execvp(\"bash\", [\"bash\", \"-c\", sys.argv[1]])' '\(quoted)'")
  }
}

/// A temporary folder that is removed with the object.
public final class Folder: Sendable {
  private let url: URL

  public init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  public func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  /// Writes a file and returns its path.
  public func write(_ name: String, _ text: String) throws -> String {
    try Data(text.utf8).write(to: url.appendingPathComponent(name))
    return path(name)
  }

  /// Runs a command in the folder.
  public func run(_ command: String) -> Shell.Result { Shell.run("cd '\(url.path)' && \(command)") }

  /// The names of all files, hidden ones included.
  public var names: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
  }
}

extension Folder {
  /// Simulated interactions of 150 users with 60 items, and a split of them.
  ///
  /// Throws `SimulationFailed` with what the tools said.
  public func simulated() throws -> (plain: String, split: String) {
    let (plain, split) = (path("plain.ig"), path("split.ig"))
    let run = Shell.run(
      "simulate -q --users 150 --items 60 --interactions 4000 --min-user 5 -o \(plain)"
        + " && split -q \(plain) -o \(split)")
    guard run.status == 0 else { throw SimulationFailed(errors: run.errors) }
    return (plain, split)
  }
}

extension Folder {
  /// A split of simulated interactions, what is popular there, and lists of 10 items for its test users.
  ///
  /// Throws `SimulationFailed` with what the tools said.
  public func ranked() throws -> (split: String, model: String, lists: String) {
    let (split, model, lists) = (try simulated().split, path("m"), path("lists"))
    let run = Shell.run(
      "fit -q --model popularity \(split) -o \(model)"
        + " && score -q --model \(model) --top 10 \(split) -o \(lists)")
    guard run.status == 0 else { throw SimulationFailed(errors: run.errors) }
    return (split, model, lists)
  }

  /// Runs a command in a folder of its own that holds `ratings.csv` and `items.csv`.
  public static func run(_ command: String, _ ratings: String, items: String = "") throws
    -> Shell.Result
  {
    let folder = try Folder()
    _ = try folder.write("ratings.csv", ratings)
    _ = try folder.write("items.csv", items)
    return folder.run(command)
  }
}

extension Folder {
  /// What 40 users chose of nine items as `log.csv` and `log.ig`, with neighbours of items as the model `m`.
  ///
  /// Throws `SimulationFailed` with what the tools said.
  public func chosen() throws {
    let made = run(
      "{ echo user,item; for u in $(seq 40); do for k in 1 2 3 4; do echo u$u,i$(((u + k * k) % 9)); done; done; }"
        + " > log.csv && ingest -q log.csv -o log.ig && fit -q --model item-knn log.ig -o m")
    guard made.status == 0 else { throw SimulationFailed(errors: made.errors) }
  }

  /// Simulated stars `raw.ig`, whole as `one.ig` and in seven parts.
  ///
  /// Throws `SimulationFailed` with what the tools said.
  public func cut() throws {
    let made = run(
      "simulate -q --users 300 --items 80 --interactions 9000 --ratings stars -o raw.ig"
        + " && shard -q --into 1 --part 0 raw.ig -o one.ig && shard -q --into 7 raw.ig -o parts")
    guard made.status == 0 else { throw SimulationFailed(errors: made.errors) }
  }

  /// The content digests of files, which leave their history out.
  ///
  /// Throws `SimulationFailed` with what check said where a file has none.
  public func digests(_ files: String...) throws -> [String] {
    let run = run("check --digests \(files.joined(separator: " ")) | sed '/^#/d; s/ .*//'")
    let found = run.output.split(separator: "\n").map(String.init)
    guard found.count == files.count else { throw SimulationFailed(errors: run.errors) }
    return found
  }
}

public struct SimulationFailed: Error {
  public let errors: String
}
