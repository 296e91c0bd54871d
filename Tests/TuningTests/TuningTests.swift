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

private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

@Suite struct TuningTests {
  private let plane = SearchSpace([
    SearchDimension("a", .number(-5, 10, isLogarithmic: false)),
    SearchDimension("b", .number(0, 15, isLogarithmic: false)),
  ])

  /// Branin's least value is 0.3979; median regret over 15 seeds after 60 trials.
  @Test func beatsChanceOnBranin() {
    let ours = median(
      (0..<15).map { best(plane, trials: 60, seed: $0, randomOnly: false, branin) })
    let chance = median(
      (0..<15).map { best(plane, trials: 60, seed: $0, randomOnly: true, branin) })
    #expect(-ours - 0.3979 < 0.5 * (-chance - 0.3979), "\(ours) against \(chance)")
    #expect(-ours - 0.3979 < 0.6)
    print(
      "median regret on Branin after 60 trials: \(-ours - 0.3979), at random \(-chance - 0.3979)")
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
