// Which commands made this stream?

/// A digest as it is shown and stored: 16 hexadecimal digits.
public func hexadecimal(_ digest: UInt64) -> String {
  let digits = String(digest, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}

/// One run of a tool in a stream's history.
public struct ProvenanceStep: Equatable, Sendable {
  public let tool: String
  public let version: String
  public let arguments: [String]
  public let seed: Int?
  /// Indices, in the same history, of the steps that made this step's inputs.
  public let parents: [Int]
  /// `inputs`, the paths of what the parents made, in their order, and what else a tool keeps.
  public let details: JSONValue

  public init(
    tool: String, version: String, arguments: [String], seed: Int? = nil, parents: [Int] = [],
    details: JSONValue = .object([:])
  ) {
    self.tool = tool
    self.version = version
    self.arguments = arguments
    self.seed = seed
    self.parents = parents
    self.details = details
  }

  /// Whether an option was given.
  public func has(_ option: String) -> Bool { place(of: option) != nil }

  /// What was given for an option that takes something, the last time it was; nil where it was not.
  public func value(of option: String) -> String? {
    guard let place = place(of: option) else { return nil }
    return arguments[place] == option
      ? arguments[place...].dropFirst().first : String(arguments[place].dropFirst(option.count + 1))
  }

  private func place(of option: String) -> Int? {
    arguments.lastIndex { $0 == option || $0.hasPrefix(option + "=") }
  }

  var json: JSONValue {
    var members: [String: JSONValue] = [
      "tool": .string(tool), "version": .string(version),
      "arguments": .array(arguments.map { .string($0) }),
      "parents": .array(parents.map { .integer($0) }), "details": details,
    ]
    if let seed { members["seed"] = .integer(seed) }
    return .object(members)
  }

  init?(_ json: JSONValue, before index: Int) {
    guard let tool = json["tool"]?.string, let version = json["version"]?.string,
      let arguments = json["arguments"]?.array, let parents = json["parents"]?.array
    else { return nil }
    let parentIndices = parents.compactMap(\.int)
    guard parentIndices.count == parents.count,
      parentIndices.allSatisfy({ (0..<index).contains($0) })
    else { return nil }
    self.init(
      tool: tool, version: version, arguments: arguments.compactMap(\.string),
      seed: json["seed"]?.int, parents: parentIndices, details: json["details"] ?? .object([:]))
  }
}

/// A stream's history, oldest step first; the last step wrote the stream.
public struct Provenance: Equatable, Sendable {
  public private(set) var steps: [ProvenanceStep]

  public init(_ steps: [ProvenanceStep] = []) { self.steps = steps }

  /// The history of an output made from `inputs` by `step` (whose `parents` are filled in here).
  ///
  /// Steps that several inputs share appear once.
  public init(inputs: [Provenance], step: ProvenanceStep) {
    steps = []
    var parents: [Int] = []
    for input in inputs {
      var moved: [Int] = []
      for old in input.steps {
        let candidate = ProvenanceStep(
          tool: old.tool, version: old.version, arguments: old.arguments, seed: old.seed,
          parents: old.parents.map { moved[$0] }, details: old.details)
        if let known = steps.firstIndex(of: candidate) {
          moved.append(known)
        } else {
          moved.append(steps.count)
          steps.append(candidate)
        }
      }
      if let last = moved.last { parents.append(last) }
    }
    steps.append(
      ProvenanceStep(
        tool: step.tool, version: step.version, arguments: step.arguments, seed: step.seed,
        parents: parents, details: step.details))
  }

  var json: JSONValue { .array(steps.map(\.json)) }

  init?(_ json: JSONValue) {
    guard let list = json.array else { return nil }
    steps = []
    for (index, item) in list.enumerated() {
      guard let step = ProvenanceStep(item, before: index) else { return nil }
      steps.append(step)
    }
  }

  /// An argument quoted for a POSIX shell.
  public static func quoted(_ argument: String) -> String {
    let safe = argument.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
        || "-_./=:,@%+".utf8.contains($0)
    }
    return safe && !argument.isEmpty
      ? argument
      : "'"
        + argument.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''") + "'"
  }
}
