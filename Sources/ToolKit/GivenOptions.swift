// Does every option that is given count?

import Interchange

/// The options of a command line: each file that one names is read or written, and none stands without what it is
/// about. Of numbers and words given twice the last counts, by which scripts have defaults.
struct GivenOptions {
  /// Their long names as they come.
  private let names: [String]

  /// - Parameter words: a command line that the parser takes, so that no value looks like an option.
  init(_ words: some Collection<String>) {
    let options = words.prefix { $0 != "--" }.filter { $0.count > 1 && $0.hasPrefix("-") }
    names = options.map { $0 == "-o" ? "--output" : String($0.prefix { $0 != "=" }) }
  }

  /// A word that looks like an option and is none: of its letters the parser would take those that it knows, such as
  /// the h of help.
  static func stranger(among words: some Collection<String>) -> String? {
    words.prefix { $0 != "--" }.first { word in
      let letters = word.prefix { $0 != "=" }.dropFirst()
      return word.hasPrefix("-") && !word.hasPrefix("--") && letters.count > 1
        && !letters.allSatisfy("hoqvz".contains)
    }
  }

  func contains(_ name: String) -> Bool { names.contains(name) }

  /// What is wrong with them; nil where each counts.
  func complaint(_ tool: any Tool.Type) -> String? {
    var seen: Set<String> = []
    if let twice = names.first(where: { !seen.insert($0).inserted && namesOneFile($0, tool) }) {
      return
        "\(twice) is given twice, and one of its files would not count; give one, with all that is meant"
    }
    for (option, other) in tool.companions.sorted(by: { $0.key < $1.key })
    where contains(option) && !contains(other) {
      return "\(option) changes nothing without \(other); give both or neither"
    }
    return nil
  }

  /// Whether an option names one file, and the last counts where it is given again.
  private func namesOneFile(_ name: String, _ tool: any Tool.Type) -> Bool {
    let help = JSONValue(parsing: Array(tool._dumpHelp().utf8))
    let option = help?["command"]?["arguments"]?.array?.first { argument in
      argument["names"]?.array?.contains { "--" + ($0["name"]?.string ?? "") == name } ?? false
    }
    return ["file", "stream", "folder", "path"].contains(option?["valueName"]?.string)
      && option?["isRepeating"]?.bool == false
  }
}
