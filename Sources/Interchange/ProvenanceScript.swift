// Which shell script makes a stream again?

extension Provenance {
  /// The history as a shell script that makes the stream again, to the byte, where its sources are: files between
  /// steps get the names they had, and are not overwritten; what went through a pipe goes through one again.
  public var shellScript: String {
    guard steps.allSatisfy({ $0.parents.count == $0.inputs.count }) else {
      return "# Made by, without the files between:\n" + commands
    }
    var lines = [
      "#!/bin/sh",
      "# Makes the file again in a folder with its sources: sh SCRIPT FILE",
      "set -eu",
    ]
    let names = files
    let between = Set(names.compactMap { $0 }.filter { !$0.isTemporary }.map(\.name)).sorted()
    if !between.isEmpty {
      lines += [
        "free() {",
        "  for file; do",
        "    [ ! -e \"$file\" ] || { echo \"$file exists; take a folder with the sources alone\" >&2; exit 73; }",
        "  done",
        "}",
        "free \(between.map(Self.quoted).joined(separator: " "))",
      ]
    }
    if names.contains(where: { $0?.isTemporary ?? false }) {
      lines += ["between=$(mktemp -d)", "trap 'rm -rf \"$between\"' EXIT"]
    }
    for index in steps.indices where index == steps.count - 1 || names[index] != nil {
      let target = names[index].map(\.word) ?? "\"${1:--}\""
      lines.append("\(command(index, names)) -o \(target)")
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// The commands alone, one a line, arguments quoted and outputs left out.
  public var commands: String {
    steps.map { step in
      (["indgrm", step.tool] + step.arguments).map(Self.quoted).joined(separator: " ") + "\n"
    }.joined()
  }

  /// A file between two steps.
  private struct Between {
    let name: String
    /// Whether no step named it.
    let isTemporary: Bool
    var word: String { isTemporary ? "\"$between\"/\(name)" : Provenance.quoted(name) }
  }

  /// The file each step writes; nil where another reads it through a pipe, and for the last.
  private var files: [Between?] {
    steps.indices.map { index in
      let reading = steps.dropFirst(index + 1).flatMap { step in
        step.inputs.filter { $0.step == index }.map(\.path)
      }
      guard let first = reading.first else { return nil }
      if let named = reading.first(where: { !Self.isPiped($0) && !$0.hasPrefix("/dev/") }) {
        return Between(name: named, isTemporary: false)
      }
      return reading.count == 1 && Self.isPiped(first)
        ? nil : Between(name: "\(index + 1).ig", isTemporary: true)
    }
  }

  private static func isPiped(_ path: String) -> Bool { path == "-" || path == "/dev/stdin" }

  /// A step with what it reads from standard input, but for its output.
  private func command(_ index: Int, _ names: [Between?]) -> String {
    let step = steps[index]
    var words = step.arguments.map(Self.quoted)
    var (before, after) = ("", "")
    if step.readsSource {
      after = " < \"${INPUT:?names the file that \(step.tool) read from standard input}\""
    }
    for input in step.inputs {
      let file = names[input.step]
      if Self.isPiped(input.path) {
        if let file {
          after = " < \(file.word)"
        } else {
          before = "\(command(input.step, names)) | "
        }
      } else if let file, file.name != input.path || file.isTemporary {
        for place in words.indices where step.arguments[place] == input.path {
          words[place] = file.word
        }
        for place in words.indices where step.arguments[place].hasSuffix("=\(input.path)") {
          let option = step.arguments[place].dropLast(input.path.count)
          words[place] = Self.quoted(String(option)) + file.word
        }
      }
    }
    return before + (["indgrm", step.tool] + words).joined(separator: " ") + after
  }
}

extension ProvenanceStep {
  /// The steps whose streams this one read, with the paths it read them from; none where it kept no paths.
  fileprivate var inputs: [(step: Int, path: String)] {
    let paths = details["inputs"]?.array?.compactMap(\.string) ?? []
    guard paths.count == parents.count else { return [] }
    return zip(parents, paths).map { (step: $0, path: $1) }
  }

  /// Whether it read raw data from standard input.
  fileprivate var readsSource: Bool {
    parents.isEmpty && details["inputs"]?.array?.compactMap(\.string) == ["-"]
  }
}
