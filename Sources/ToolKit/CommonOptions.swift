// Which options does every tool share, under one name and with one meaning?

import ArgumentParser
import DenseMath
import Glibc

/// How log lines look.
public enum LogFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
  case text
  case json
}

/// Options every tool has.
public struct CommonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Threads for our own loops and for BLAS alike; 0 takes every core.", valueName: "n"))
  public var threads = 0

  @Flag(name: [.short, .long], help: "Report errors only.")
  public var quiet = false

  @Flag(name: [.short, .long], help: "Report more, and the command line first.")
  public var verbose = false

  @Option(help: "Format of the lines on standard error.")
  public var log: LogFormat = .text

  public init() {}

  public func validate() throws {
    guard (0...1024).contains(threads) else {
      throw ValidationError("--threads must be between 0 (every core) and 1024")
    }
    guard !(quiet && verbose) else {
      throw ValidationError("--quiet and --verbose exclude each other")
    }
  }
}

/// The seed option of tools that draw random numbers.
public struct SeedOption: ParsableArguments {
  @Option(help: ArgumentHelp("Seed of every random number drawn.", valueName: "n"))
  public var seed: UInt64 = 20

  public init() {}
}

/// Where a tool puts what it writes.
public struct OutputOption: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "File to write, complete or not at all; - is standard output.", valueName: "file"))
  public var output = "-"

  public init() {}

  /// Opens the file.
  ///
  /// Throws as `OutputFile` does.
  public func open(binary: Bool) throws -> OutputFile { try OutputFile(output, binary: binary) }
}

/// Where a tool that writes a stream puts it, and how tightly.
public struct StreamOutputOptions: ParsableArguments {
  @OptionGroup private var file: OutputOption

  @Option(
    name: [.customShort("z"), .long],
    help: ArgumentHelp(
      "zstd level of the columns, 1 to 19; 0 stores them plain.", valueName: "level"))
  public var compression: Int32 = 1

  public init() {}

  public func validate() throws {
    guard (0...19).contains(compression) else {
      throw ValidationError("--compression must be between 0 and 19")
    }
  }

  /// Opens the file.
  ///
  /// Throws as `OutputFile` does.
  public func open(binary: Bool = true) throws -> OutputFile { try file.open(binary: binary) }
}
