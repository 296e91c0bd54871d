// Where do the tools live, which are there, and how is one started?

import Glibc

/// The folder of the tools.
enum ToolDirectory {
  /// The tools by the stage of work they belong to, with what each does.
  static let stages: [(stage: String, tools: [(name: String, does: String)])] = [
    (
      "Data",
      [
        ("ingest", "read raw ratings and write interactions"),
        ("binarize", "keep what was liked, drop the rating or make a confidence of it"),
        ("split", "divide into training and held-out parts"),
      ]
    ),
    (
      "Models",
      [
        ("group-items", "put items into groups"),
        ("fit", "fit a model"),
        ("tune", "search a model's settings"),
        ("score", "rank items for users"),
        ("explain", "say why items are recommended"),
        ("metrics", "measure recommendations"),
        ("report", "draw a model, its users and its figures"),
        ("interpret", "measure how far a model can be understood"),
      ]
    ),
    (
      "Files",
      [
        ("simulate", "draw data with planted structure"),
        ("shard", "cut data into parts by users"),
        ("merge", "put parts together again"),
        ("dump", "show or export what is in a file"),
        ("check", "tell whether files are whole"),
      ]
    ),
  ]

  /// `INDGRM_EXEC_PATH`, or `../libexec/indgrm` beside this program, or this program's own folder.
  static let path: String = {
    if let chosen = getenv("INDGRM_EXEC_PATH") { return String(cString: chosen) }
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let length = readlink("/proc/self/exe", &buffer, Int(PATH_MAX))
    let program = String(
      decoding: buffer.prefix(max(length, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folder = program.lastIndex(of: "/").map { String(program[..<$0]) } ?? "."
    let installed = folder + "/../libexec/indgrm"
    return access(installed, X_OK) == 0 ? installed : folder
  }()

  /// What `indgrm` alone prints.
  static var overview: String {
    var text = "usage: indgrm TOOL [OPTION]... ; indgrm help TOOL\n"
    for (stage, tools) in stages {
      text += "\n\(stage)\n"
      for (name, does) in tools {
        text += "  \(name)" + String(repeating: " ", count: 14 - name.count) + does + "\n"
      }
    }
    return text + "\nAlso: --exec-path, --version, completions bash|zsh|fish\n"
  }

  static var names: [String] { stages.flatMap { $0.tools.map(\.name) } }

  /// Replaces this process by the tool.
  static func run(_ tool: String, _ arguments: [String]) -> Never {
    guard names.contains(tool) || isInstalled(tool) else {
      refuseOdd(tool)
      let near = names.min { distance($0, tool) < distance($1, tool) }
      let hint = near.flatMap { distance($0, tool) <= 3 ? "; did you mean '\($0)'?" : nil } ?? ""
      fail("there is no tool '\(tool)'\(hint)", status: 64)
    }
    execute("\(path)/\(tool)", ["\(path)/\(tool)"] + arguments)
    fail("\(path)/\(tool): cannot be started: \(String(cString: strerror(errno)))", status: 70)
  }

  /// Ends where a name is none of any tool and holds what a terminal must not see.
  private static func refuseOdd(_ tool: String) {
    guard tool.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
      fail("there is no such tool; its name is no plain text", status: 64)
    }
  }

  /// Whether a script of this name, such as nightly, stands beside the tools.
  private static func isInstalled(_ script: String) -> Bool {
    !script.contains("/") && !script.hasPrefix(".") && access("\(path)/\(script)", X_OK) == 0
      && path.hasSuffix("/libexec/indgrm")
  }

  /// Shows the tool's man page, or its help where there is no man page.
  static func showManual(of tool: String) -> Never {
    refuseOdd(tool)
    let page = tool == "indgrm" ? "indgrm" : "indgrm-\(tool)"
    for folder in ["\(path)/../../share/man", "\(path)/../../../man"] {
      let file = "\(folder)/man1/\(page).1"
      if access(file, R_OK) == 0 { execute("/usr/bin/man", ["man", file]) }
    }
    execute("/usr/bin/man", ["man", page])
    run(tool, ["--help"])
  }

  private static func execute(_ program: String, _ arguments: [String]) {
    var words = arguments.map { strdup($0) }
    words.append(nil)
    execv(program, words)
    for word in words { free(word) }
  }

  /// Edits that turn one word into another (Levenshtein).
  private static func distance(_ left: String, _ right: String) -> Int {
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let next = min(row[j] + 1, row[j + 1] + 1, diagonal + (a == b ? 0 : 1))
        diagonal = row[j + 1]
        row[j + 1] = next
      }
    }
    return row[right.count]
  }
}
