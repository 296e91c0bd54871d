// Does training end when its time is over, and can what it chose be had again?

import DenseMath
import InteractionData
import Interchange
import Support
import Testing

@testable import Fitting
@testable import ModelCatalogue
@testable import Recommending

@Suite struct BudgetTests {
  private let sizes = ["width=8", "latent=4", "clusters=2", "patience=1000"]

  private func fit(_ name: String, _ words: [String], seconds: Double?) throws -> FittedModel {
    let family = try ModelCatalogue.family(named: name)
    let own = family.options.map(\.name)
    let fitting = (sizes + words).filter { word in own.contains { word.hasPrefix($0 + "=") } }
    var monitor = TrainingMonitor()
    monitor.budget = seconds.map { TrainingBudget(seconds: $0) }
    return try family.fit(
      driftingTask(times: false, scheme: .users).data, ModelSettings(fitting, for: family), monitor)
  }

  private func numbers(_ fitted: FittedModel) -> [Float] {
    fitted.model.tensors().flatMap {
      $0.type == .f32 ? Array($0.data.bindMemory(to: Float.self)) : []
    }
  }

  /// What a fit with a budget says is set for the same fit without one.
  @Test(arguments: ["mult-vae", "recvae", "macridvae", "dglgm", "indgrm"])
  func theSameIsHadAgain(_ name: String) throws {
    let start = seconds()
    let cut = try fit(name, ["epochs=100000"], seconds: 1.5)
    #expect(seconds() - start < 30)
    #expect(cut.outcome == .finished)
    let epochs = try #require(cut.model.settings["epochs"]?.int)
    #expect(epochs > 0 && epochs < 100_000)
    #expect(cut.settings.reason(for: "epochs") == TrainingBudget.reason)
    let family = try ModelCatalogue.family(named: name)
    let words = TrainingBudget.words(cut.settings, for: family)
    #expect(words.contains("--set epochs=\(epochs)"))
    let again = try fit(
      name, words.split(separator: " ").filter { $0 != "--set" }.map(String.init), seconds: nil)
    #expect(numbers(again) == numbers(cut))
  }

  /// Time that is left goes to further members, each of them whole.
  @Test func timeThatIsLeftGoesToMembers() throws {
    let many = try fit("indgrm", ["epochs=2", "group-parts=off"], seconds: 600)
    #expect(many.model.settings["members"]?.int == TrainingBudget.mostMembers)
    #expect(many.settings.integer("members") == TrainingBudget.mostMembers)
    let family = try ModelCatalogue.family(named: "indgrm")
    #expect(
      TrainingBudget.words(many.settings, for: family)
        == "--set epochs=2 --set group-parts=off --set members=5")
    let given = try fit("indgrm", ["epochs=2", "group-parts=off", "members=2"], seconds: 600)
    #expect(given.model.settings["members"]?.int == 2)
  }

  /// Time that is over at once leaves one epoch.
  @Test func oneEpochIsTheLeast() throws {
    let one = try fit("indgrm", ["epochs=500"], seconds: 1e-9)
    #expect(one.model.settings["epochs"]?.int == 1 && one.model.settings["members"]?.int == 1)
  }
}
