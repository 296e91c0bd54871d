// indgrm check: are files whole and unharmed?

import ArgumentParser
import Interchange
import ToolKit

@main
struct Check: Tool {
  static let toolName = "check"
  static let configuration = toolConfiguration(
    "Tell whether streams are whole and unharmed.",
    discussion: """
      Silent when all is well; otherwise one line for each bad file. By default the head and the end of \
      a file are looked at; --all reads everything and verifies every checksum, as is always done with \
      standard input.
      """)

  @Argument(help: "Files to check; - is standard input.")
  var inputs: [String] = ["-"]

  @Flag(help: "Verify every checksum.")
  var all = false

  @OptionGroup var common: CommonOptions

  func execute(_ context: ToolContext) throws {
    var worst: (any CategorisedError)?
    for path in inputs {
      do {
        let input = try InputFile.open(path, mapped: true)
        if all || input.mapping == nil {
          let reader = try StreamReader(input)
          while try reader.next() != nil {}
        } else {
          try StreamReader.checkEnds(input)
        }
      } catch let error as any CategorisedError {
        if let before = worst { context.log.error(before.description) }
        worst = error
      }
    }
    if let worst { throw worst }
  }
}
