// Is a closed door between a factor and an item group a true zero, and does what passes the others carry the score?

import DenseMath
import Glibc
import Interchange
import Support
import Testing

@testable import Fitting
@testable import InDGRMModel
@testable import Recommending

@Suite struct DoorTests {
  /// Users of two tastes and what all of them like.
  private let data = TrainingData(
    rows: SparseRows(lists: SmallData.twoTastes(users: 60), columnCount: 12), seed: 7)

  private func fit(_ words: [String], _ data: TrainingData? = nil) throws -> InDGRM {
    let settings = try ModelSettings(
      pinning: ["width=12", "clusters=2", "groups=4", "latent=6", "epochs=12", "factor-loss=0"]
        + words, for: InDGRMFamily.self)
    let fitted = try InDGRMFamily.fit(data ?? self.data, settings, TrainingMonitor())
    return try #require(fitted.model as? InDGRM)
  }

  @Test(arguments: [0.25, 0.5, 0.9]) func asManyAreClosedAsAsked(_ share: Double) throws {
    let doors = try #require(try fit(["closed-doors=\(share)"]).decoder.doors)
    let (strengths, all) = (doors.strengths.value, 4 * 6)
    // What all users share is closed to no group.
    #expect((0..<4).allSatisfy { strengths[$0, 0] > 0 })
    #expect(strengths.buffer.count { $0 == 0 } == min(Int(share * Double(all)), 4 * 5))
  }

  @Test func withoutThemThereAreNone() throws {
    let model = try fit(["closed-doors=0"])
    #expect(model.decoder.doors == nil && model.tensors().allSatisfy { $0.name != "doors" })
    #expect(try fit(["closed-doors=0.5", "group-parts=on"]).decoder.doors == nil)
    #expect(try fit(["closed-doors=0.5", "item-groups=off"]).decoder.doors == nil)
  }

  /// A user moves along one factor: scores change where its door is open, and nowhere else.
  @Test func aClosedDoorMeansNoInfluence() throws {
    let model = try fit(["closed-doors=0.5", "similarity=inner-product"])
    let doors = try #require(model.decoder.doors)
    let users = model.represent(data.rows)
    func scores() -> Matrix<Float> {
      let scores = Matrix<Float>(rows: data.rows.rowCount, columns: 12)
      model.score(users, into: scores)
      return scores
    }
    let kept = Matrix<Float>(rows: users.points.rows, columns: 6)
    kept.copy(from: users.points)
    let before = scores()
    var (same, other) = (0, 0)
    for factor in 0..<6 {
      for row in 0..<users.points.rows { users.points[row, factor] += 1 }
      let after = scores()
      users.points.copy(from: kept)
      for item in 0..<12 {
        let isOpen = doors.strengths.value[doors.assignment[item], factor] > 0
        let moved = (0..<60).contains { after[$0, item] != before[$0, item] }
        let far = (0..<60).contains { abs(after[$0, item] - before[$0, item]) > 1e-4 }
        if isOpen { other += far ? 1 : 0 } else { same += 1 }
        #expect(
          isOpen || !moved, "factor \(factor) moves item \(item) through a closed door")
      }
    }
    #expect(same > 0 && other > 0)
  }

  /// Factors turned among themselves score as before, what was fitted to the doors turned with them.
  @Test func turningLeavesScoresAsTheyAre() throws {
    let model = try fit(["closed-doors=0.5", "latent=5"])
    func scores() -> [Float] {
      let scores = Matrix<Float>(rows: data.rows.rowCount, columns: 12)
      model.score(data.rows, rows: 0..<data.rows.rowCount, into: scores)
      return scores.array
    }
    let before = scores()
    let half = 0.5.squareRoot()
    let turn = Matrix<Double>(rows: 2, columns: 2, [half, half, -half, half])
    model.turn(
      CanonicalBasis(
        turning: [1, 2], by: turn, users: model.directions(of: model.represent(data.rows))))
    #expect(zip(before, scores()).allSatisfy { abs($0 - $1) < 1e-4 })
  }

  /// The factors of a fit are in simple structure: mixed, two of them make items load on more.
  @Test func factorsAreInSimpleStructure() throws {
    let model = try fit(["closed-doors=0.01", "latent=5"])
    let counts = data.rows.columnCounts()
    /// The sum of fourth powers of what each item has to say, sqrt(n_j) h_jl, which varimax makes large.
    func structure() -> Double {
      var sum = 0.0
      for axis in 1..<5 {
        for item in 0..<12 {
          let square = Double(counts[item]) * pow(Double(model.decoder.unitItems[item, axis]), 2)
          sum += square * square
        }
      }
      return sum
    }
    let simple = structure()
    let half = 0.5.squareRoot()
    let turn = Matrix<Double>(rows: 2, columns: 2, [half, half, -half, half])
    model.turn(
      CanonicalBasis(
        turning: [1, 2], by: turn, users: model.directions(of: model.represent(data.rows))))
    #expect(structure() < simple)
  }

  /// Where no door is closed, what passes are the items' vectors as they were trained.
  @Test func openDoorsLetAllPass() throws {
    let model = try fit(["closed-doors=0.01"])
    let doors = try #require(model.decoder.doors)
    #expect(doors.strengths.value.buffer.allSatisfy { $0 > 0 })
    let passing = try #require(doors.passing).value
    for index in 0..<passing.count {
      #expect(abs(passing.pointer[index] - model.decoder.unitItems.pointer[index]) < 1e-5)
    }
  }

  /// Fitted items are zero where their door is closed, and scores closer to the open model's than those of items that are
  /// only cut: half of the doors of these tastes are hardly missed.
  @Test func itemsAreFittedToOpenDoors() throws {
    let (open, closed) = (try fit(["closed-doors=0.01"]), try fit(["closed-doors=0.5"]))
    let doors = try #require(closed.decoder.doors)
    let vectors = closed.decoder.scoredItems
    for item in 0..<12 {
      for factor in 0..<6 {
        let isOpen = doors.strengths.value[doors.assignment[item], factor] > 0
        #expect(isOpen == (vectors[item, factor] != 0))
      }
    }
    func scores(_ model: InDGRM) -> [Float] {
      let scores = Matrix<Float>(rows: data.rows.rowCount, columns: 12)
      model.score(data.rows, rows: 0..<data.rows.rowCount, into: scores)
      return scores.array
    }
    let wanted = scores(open)
    func distance(_ scores: [Float]) -> Double {
      zip(wanted, scores).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    }
    let fitted = distance(scores(closed))
    let passing = try #require(doors.passing).value
    for item in 0..<12 {
      for factor in 0..<6 where passing[item, factor] != 0 {
        passing[item, factor] = closed.decoder.unitItems[item, factor]
      }
    }
    #expect(fitted < distance(scores(closed)))
  }

  /// As many factors are left to items as asked, what all users share among them; a door is open where something passes.
  @Test func itemsKeepAsFewFactorsAsAsked() throws {
    let model = try fit(["closed-doors=0.3", "item-factors=3"])
    let doors = try #require(model.decoder.doors)
    let vectors = model.decoder.scoredItems
    #expect(vectors.buffer.count { $0 != 0 } == 3 * 12)
    for item in 0..<12 { #expect(vectors[item, 0] != 0) }
    for group in Set(doors.assignment) {
      for factor in 0..<6 {
        let passes = (0..<12).contains {
          doors.assignment[$0] == group && vectors[$0, factor] != 0
        }
        #expect(passes == (doors.strengths.value[group, factor] > 0))
      }
    }
    #expect(model.settings["item-factors"]?.int == 3)
  }

  /// Explanations add up to scores, and say exactly nothing of a factor whose door is closed.
  @Test func explanationsHaveTheZeros() throws {
    let model = try fit(["closed-doors=0.5"])
    let doors = try #require(model.decoder.doors)
    let scores = Matrix<Float>(rows: data.rows.rowCount, columns: 12)
    model.score(data.rows, rows: 0..<data.rows.rowCount, into: scores)
    for user in [0, 11, 59] {
      for explanation in model.explain(
        Array(data.rows.row(user)), items: (0..<12).map { UInt32($0) })
      {
        let item = Int(explanation.item)
        let sum = explanation.contributions.reduce(0) { $0 + $1.value }
        #expect(abs(sum - Double(scores[user, item])) < 1e-4 * max(1, abs(sum)))
        #expect(explanation.groups.map(\.index) == [doors.assignment[item]])
        // An item is as near to itself as can be, however little of it passes.
        if data.rows.row(user).contains(explanation.item) {
          #expect(abs((explanation.nearest.first?.weight ?? 0) - 1) < 1e-6)
        }
        for part in explanation.contributions {
          guard case .factor(let factor) = part.source else { continue }
          let isOpen = doors.strengths.value[doors.assignment[item], factor] > 0
          #expect(isOpen || part.value == 0)
        }
      }
    }
  }

  /// Members need not all have doors.
  @Test func membersComeBackEachWithItsOwn() throws {
    let (model, other) = (try fit(["closed-doors=0.5"]), try fit(["closed-doors=0"]))
    model.join([other])
    let stored = StoredModel(
      description: ["settings": model.settings],
      items: ItemChunk(ids: (0..<12).map { "i\($0)" }), categories: [],
      tensors: Dictionary(model.tensors().map { ($0.name, $0) }) { first, _ in first })
    let back = try #require(try InDGRMFamily.restore(stored) as? InDGRM)
    #expect(back.decoder.doors != nil && back.others[0].decoder.doors == nil)
    let (own, again) = (
      Matrix<Float>(rows: data.rows.rowCount, columns: 12),
      Matrix<Float>(rows: data.rows.rowCount, columns: 12)
    )
    model.score(data.rows, rows: 0..<data.rows.rowCount, into: own)
    back.score(data.rows, rows: 0..<data.rows.rowCount, into: again)
    #expect(zip(own.buffer, again.buffer).allSatisfy { abs($0 - $1) < 1e-4 })
  }

  /// What is read back scores the same, and maps no factor to a group where the door is closed.
  @Test func modelsComeBack() throws {
    let model = try fit(["closed-doors=0.5"])
    let stored = StoredModel(
      description: ["settings": model.settings],
      items: ItemChunk(ids: (0..<12).map { "i\($0)" }), categories: [],
      tensors: Dictionary(model.tensors().map { ($0.name, $0) }) { first, _ in first })
    let back = try #require(try InDGRMFamily.restore(stored) as? InDGRM)
    func scores(_ model: InDGRM) -> [Float] {
      let scores = Matrix<Float>(rows: data.rows.rowCount, columns: 12)
      model.score(data.rows, rows: 0..<data.rows.rowCount, into: scores)
      return scores.array
    }
    // They are read in blocks of other sizes.
    #expect(zip(scores(back), scores(model)).allSatisfy { abs($0 - $1) < 1e-5 })
    let (mapping, strengths) = (
      try #require(back.factorToGroup), try #require(back.decoder.doors).strengths.value
    )
    for row in 0..<mapping.rows {
      for factor in 0..<6 where strengths[row % 4, factor] == 0 {
        #expect(mapping[row, factor] == 0)
      }
    }
  }

  /// Groups are of the two tastes, whatever the common axis says; those that were given stay as they were given.
  @Test func groupsAreWhatGoesTogether() throws {
    let tastes = try fit(["closed-doors=0.5", "groups=2"])
    let doors = try #require(tastes.decoder.doors)
    #expect(Set(doors.assignment[0..<6]).count == 1 && Set(doors.assignment[6..<12]).count == 1)
    #expect(doors.assignment[0] != doors.assignment[6])
    // A prototype says nothing of what all users share.
    let prototypes = tastes.decoder.groups.prototypes.value
    #expect(prototypes[0, 0] == 0 && prototypes[1, 0] == 0)
    let open = try fit(["closed-doors=0", "groups=2"])
    #expect(open.decoder.groups.prototypes.value.buffer.allSatisfy { $0 != 0 })
    var given = data
    given.groups = ((0..<12).map { UInt32($0 % 2) }, 2)
    let kept = try fit(["closed-doors=0.5", "groups=2"], given)
    #expect(kept.decoder.groups.prototypes.value.buffer.allSatisfy { $0 != 0 })
  }

  /// As many are closed as validation users bear: none of them loses more than half a per cent by it.
  @Test func validationUsersSayHowMany() throws {
    var data = data
    data.validation = ValidationUsers(
      foldIn: data.rows.rows(at: Array(0..<20)),
      truth: (0..<20).map { [UInt32($0 % 12), UInt32(($0 + 5) % 12)] },
      lengths: .init(repeating: 2, count: 20), rounds: .init(repeating: 0, count: 20))
    let validation = try #require(data.validation)
    let model = try fit([], data)
    let share = try #require(model.settings["closed-doors"]?.double)
    let doors = try #require(model.decoder.doors).strengths.value
    #expect(doors.buffer.count { $0 == 0 } == min(Int(share * 24), 20))
    // All open.
    let open = try fit([], data)
    open.decoder.doors?.strengths.value.fill(1)
    open.decoder.prepareItems(seed: 0, step: nil)
    #expect(
      ValidationProfile(validation, model).loses(
        atMost: 0.007, of: ValidationProfile(validation, open)))
  }
}
