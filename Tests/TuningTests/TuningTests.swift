// Does the search find good settings sooner than chance, and can it be resumed?

import Foundation
import Interchange
import Testing

@testable import Tuning

/// The best value a search finds of a function (larger is better) in so many trials.
private func best(
  _ space: SearchSpace, trials: Int, seed: UInt64, randomOnly: Bool,
  _ function: ([Double]) -> Double
) -> Double {
  var search = ParzenSearch(space, seed: seed)
  if randomOnly { search.randomTrials = .max }
  var known: [(coordinates: [Double], value: Double)] = []
  for _ in 0..<trials {
    let next = search.next(after: known)
    known.append((next, function(next)))
  }
  return known.map(\.value).max() ?? 0
}

private func branin(_ x: [Double]) -> Double {
  let (a, b) = (x[0], x[1])
  let bowl = b - 5.1 / (4 * .pi * .pi) * a * a + 5 / .pi * a - 6
  return -(bowl * bowl + 10 * (1 - 1 / (8 * .pi)) * cos(a) + 10)
}

/// Hartmann's function of six dimensions; its least value is -3.32237.
private func hartmann(_ x: [Double]) -> Double {
  let weights = [1.0, 1.2, 3.0, 3.2]
  let shapes = [
    [10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8],
    [17, 8, 0.05, 10, 0.1, 14],
  ]
  let centres = [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
  ]
  return (0..<4).reduce(0.0) { sum, peak in
    let distance = x.indices.reduce(0.0) {
      $0 + shapes[peak][$1] * (x[$1] - centres[peak][$1]) * (x[$1] - centres[peak][$1])
    }
    return sum + weights[peak] * exp(-distance)
  }
}

private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

@Suite struct TuningTests {
  private let plane = SearchSpace([
    SearchDimension("a", .number(-5, 10, isLogarithmic: false)),
    SearchDimension("b", .number(0, 15, isLogarithmic: false)),
  ])

  /// Median regrets over 45 seeds, beside the search at random; Tests/References/tpe_peers.py has those of others
  /// (figures in record 20). 20 trials are what a user can pay for.
  @Test(arguments: [("Branin", 20), ("Branin", 60), ("Hartmann", 20), ("Hartmann", 60)])
  func beatsChance(_ name: String, _ trials: Int) {
    let cube = SearchSpace(
      (0..<6).map { SearchDimension("\($0)", .number(0, 1, isLogarithmic: false)) })
    let (space, function, highest) =
      name == "Branin" ? (plane, branin, -0.397887) : (cube, hartmann, 3.32237)
    func regret(randomOnly: Bool) -> Double {
      highest
        - median(
          (0..<45).map {
            best(space, trials: trials, seed: $0, randomOnly: randomOnly, function)
          })
    }
    let (ours, chance) = (regret(randomOnly: false), regret(randomOnly: true))
    print("median regret on \(name) after \(trials) trials: \(ours), at random \(chance)")
    #expect(ours < (trials < 60 ? 0.9 : 0.5) * chance)
    #expect(name != "Branin" || trials < 60 || ours < 0.6)
  }

  @Test func choicesAndLogarithms() {
    let space = SearchSpace([
      SearchDimension("rate", .number(1e-5, 1, isLogarithmic: true)),
      SearchDimension("kind", .choice(["x", "y", "z"])),
      SearchDimension("depth", .integer(1, 9, isLogarithmic: false)),
    ])
    func value(_ x: [Double]) -> Double {
      let depth = Double(space.dimensions[2].text(at: x[2])) ?? 0
      let kind = space.dimensions[1].text(at: x[1])
      return -(x[0] - log(0.003)) * (x[0] - log(0.003)) - (kind == "y" ? 0 : 3)
        - abs(depth - 7)
    }
    let ours = median((0..<9).map { best(space, trials: 50, seed: $0, randomOnly: false, value) })
    let chance = median((0..<9).map { best(space, trials: 50, seed: $0, randomOnly: true, value) })
    #expect(ours > chance)
    #expect(ours > -0.7)
  }

  @Test func coordinatesComeBack() throws {
    let json = JSONValue(
      parsing: Array(
        #"{"a": {"log": [0.001, 1]}, "b": {"integer": [0, 4]}, "c": {"choice": ["on", "off"]}, "d": {"log-integer": [10, 1000]}, "e": {"number": [-1, 1]}}"#
          .utf8))
    let space = try SearchSpace(#require(json), name: "space")
    #expect(space.dimensions.map(\.name) == ["a", "b", "c", "d", "e"])
    for (dimension, text) in zip(space.dimensions, ["0.0123", "3", "off", "77", "-0.5"]) {
      let coordinate = try #require(dimension.coordinate(of: text))
      #expect(dimension.text(at: coordinate) == text)
      #expect(coordinate >= dimension.bounds.low && coordinate <= dimension.bounds.high)
    }
    for bad in [
      "[]", "{}", #"{"a": 3}"#, #"{"a": {"log": [0, 1]}}"#, #"{"a": {"number": [2, 1]}}"#,
      #"{"a": {"choice": [1]}}"#, #"{"a": {"integer": [0.5, 2]}}"#,
    ] {
      let json = try #require(JSONValue(parsing: Array(bad.utf8)))
      #expect(throws: TuningError.self) { try SearchSpace(json, name: "bad") }
    }
  }

  @Test func logsComeBack() throws {
    let run: JSONValue = ["model": "ease", "users": 30]
    let trial = Trial(
      number: 3, settings: ["a": "0.5"], value: 0.25, curve: [2: 0.125, 4: 0.25],
      wasStopped: true, seconds: 1.5, run: run)
    let failed = Trial(
      number: 4, settings: [:], value: nil, curve: [:], wasStopped: false, seconds: 1, run: run)
    let lines = [trial.json.text, failed.json.text]
    func read(_ lines: [String], of run: JSONValue) throws -> [Trial] {
      try [Trial](log: lines, of: run, name: "log")
    }
    #expect(try read(lines, of: run) == [trial, failed])
    #expect(try read(lines + [String(lines[0].dropLast(9))], of: run).count == 2)
    #expect(throws: TuningError.self) { try read(["x"] + lines, of: run) }
    #expect(throws: TuningError.self) { try read(lines, of: ["model": "ease", "users": 31]) }
    #expect(throws: TuningError.self) { try read(lines, of: ["model": "ease", "seed": "20"]) }
  }

  @Test func hopelessTrialsAreTold() {
    let others = [0.1, 0.2, 0.3, 0.4].enumerated().map { number, value in
      Trial(
        number: number, settings: [:], value: value, curve: [2: value / 2, 4: value],
        wasStopped: false, seconds: 1, run: .null)
    }
    #expect(others.isHopeless(0.25, at: 4))
    #expect(!others.isHopeless(0.25, at: 2))
    #expect(!others.isHopeless(0.35, at: 5))
    #expect(!Array(others.prefix(3)).isHopeless(0, at: 4))
    // The best of all was there after 40 epochs; before the 20th nothing is given up.
    let slow = Trial(
      number: 4, settings: [:], value: 0.5, curve: [2: 0.01, 40: 0.5, 44: 0.5], wasStopped: false,
      seconds: 1, run: .null)
    #expect(!(others + [slow]).isHopeless(0.05, at: 18))
    #expect((others + [slow]).isHopeless(0.05, at: 20))
  }
}
