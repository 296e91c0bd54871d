// indgrm interpret: how far can a fitted model be understood?

import ArgumentParser
import DenseMath
import Fitting
import Interchange
import Interpretability
import ToolKit

@main
struct Interpret: Tool {
  static let toolName = "interpret"
  static let configuration = toolConfiguration(
    "Measure how far a fitted model can be understood.",
    discussion: """
      How few factors and item groups its scores flow through, independence and disentanglement of \
      its latent features, agreement of item groups and user clusters with categories, fidelity of \
      its explanations, truth of its reasons, and the generalisation bounds of the \
      paper with the errors they bound. Of a split, the training users are looked at, and the test \
      users in the first round where users the model has not seen are called for; of plain \
      interactions, all users. How many recommended items are explainable is for 'metrics \
      --explainability' to say. Holds the interactions and the model.
      """)

  @Argument(help: "Split or interactions to read; - is standard input.")
  var input = "-"

  @Option(help: ArgumentHelp("The fitted model.", valueName: "file"))
  var model: String

  @Option(
    help: ArgumentHelp(
      "Recommendations whose first items fidelity is measured on, instead of the model's own.",
      valueName: "file"))
  var recommendations: String?

  @Option(
    help: ArgumentHelp(
      "What to measure, comma-separated; everything by default.", valueName: "part,..."))
  var only: String?

  @Option(
    help: ArgumentHelp("Users drawn to be looked at, where there are more.", valueName: "n"))
  var sample = 10_000

  @Option(
    help: ArgumentHelp(
      "ARD variance up to which a dimension counts as pruned.", valueName: "variance"))
  var prune = 0.001

  @OptionGroup var disentanglement: DisentanglementOptions

  @Option(
    help: ArgumentHelp(
      "User clusters that k-means makes of users' representations.", valueName: "n"))
  var clusters = 6

  @Option(
    help: ArgumentHelp(
      "The structure behind simulated data, to hold groups and clusters against.",
      valueName: "file"))
  var planted: String?

  @Option(
    help: ArgumentHelp(
      "Another model of the same data, such as by another seed, to hold groups and clusters against.",
      valueName: "file"))
  var other: String?

  @OptionGroup var fidelity: FidelityOptions

  @Option(
    help: ArgumentHelp("Best items of every test user whose reasons are checked.", valueName: "n"))
  var reasonsTop = 10

  @Option(help: ArgumentHelp("Confidence of the first bound.", valueName: "level"))
  var confidence = 0.95

  @Option(help: "Text for people or one JSON object.")
  var format: InterpretFormat = .text

  @OptionGroup var known: KnownShare
  @OptionGroup var output: OutputOption

  @OptionGroup var seed: SeedOption
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (2...10_000_000).contains(sample) else {
      throw ValidationError("--sample must be between 2 and 10000000")
    }
    guard (2...10_000).contains(clusters) else {
      throw ValidationError("--clusters must be between 2 and 10000")
    }
    guard (1...1000).contains(reasonsTop) else {
      throw ValidationError("--reasons-top must be between 1 and 1000")
    }
    guard planted == nil || other == nil else {
      throw ValidationError("--planted and --other exclude each other")
    }
    guard prune >= 0, confidence > 0, confidence < 1 else {
      throw ValidationError("--prune must not be negative, --confidence between 0 and 1, like 0.95")
    }
  }

  func execute(_ context: ToolContext) throws {
    let parts = try Part.chosen(only)
    try Part.refuseVain(beside: parts, context)
    try BLAS.open()
    let file = try output.open(binary: false)
    let subjects = try Subjects(
      model: model, input: input, sample: sample, seed: seed.seed, known, context)
    var sections: [Section] = []
    for part in parts {
      switch part {
      case .structure:
        sections.append(
          structureSection(subjects, users: fidelity.fidelityUsers, seed: seed.seed, context))
      case .independence: sections.append(independenceSection(subjects, prune: prune))
      case .disentanglement:
        sections.append(
          disentanglementSection(
            subjects, disentanglement.plan(seed.seed), disentanglement.histories, prune: prune,
            context))
      case .agreement:
        sections.append(
          agreementSection(
            subjects, clusters: clusters,
            known: try planted.map { try KnownLabels(planted: $0, subjects) }
              ?? other.map { try KnownLabels(other: $0, subjects) },
            seed: seed.seed))
      case .fidelity:
        let targets = try recommendations.map { try RecommendedItems($0, subjects) }
        sections.append(
          try fidelitySection(
            subjects, fidelity.plan(seed.seed), users: fidelity.fidelityUsers, targets: targets,
            context))
      case .reasons:
        sections.append(reasonsSection(subjects, top: reasonsTop, context))
      case .bounds: sections.append(boundsSection(subjects, confidence: confidence))
      }
    }
    try file.write(format == .json ? subjects.json(sections) : subjects.text(sections))
    try file.commit()
    if let unread = subjects.data.unreadRatings { context.log.warning(unread) }
  }
}
