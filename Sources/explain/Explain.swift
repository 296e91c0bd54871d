// indgrm explain: why is an item recommended to a user?

import ArgumentParser
import DenseMath
import Explaining
import Interchange
import ToolKit

@main
struct Explain: Tool {
  static let toolName = "explain"
  static let configuration = toolConfiguration(
    "Say why items are recommended to users.",
    discussion: """
      For each user the best items, or the items named, with the parts their scores are made of: they \
      add up to the score. Without --user or --users all users are explained, but those of whose items \
      the model knows none. A user's history is all the input holds of them. Holds the interactions, and the model once a thread.
      """)

  static let companions = [
    "--most": "--counterfactual", "--reach": "--alter", "--steps": "--alter",
  ]

  @Argument(help: "Split or interactions to read; - is standard input.")
  var input = "-"

  @Option(help: ArgumentHelp("The fitted model.", valueName: "file"))
  var model: String

  @Option(help: ArgumentHelp("Explain for this user, repeatable.", valueName: "id"))
  var user: [String] = []

  @Option(help: ArgumentHelp("Explain for the users whose ids this file lists.", valueName: "file"))
  var users: String?

  @Option(
    help: ArgumentHelp(
      "Explain these lists, which score wrote, from the histories they were made from.",
      valueName: "file"))
  var recommendations: String?

  @Option(
    help: ArgumentHelp(
      "Explain this item, repeatable; otherwise the best ones. Part of its title will do.",
      valueName: "id"))
  var item: [String] = []

  @Option(help: ArgumentHelp("Items to explain for each user.", valueName: "n"))
  var top = 5

  @Option(
    help: ArgumentHelp(
      "Parts of each kind, own items and clusters shown; the others are summed up. 0 shows all.",
      valueName: "n"))
  var show = 4

  @Option(
    help: ArgumentHelp(
      "Say what speaks for each item rather than for this one, repeatable.", valueName: "id"))
  var contrast: [String] = []

  @Flag(
    help: "Find the own items without which an item would not be among the --top, by re-scoring.")
  var counterfactual = false

  @Option(help: ArgumentHelp("The largest set of own items tried.", valueName: "n"))
  var most = 5

  @Option(
    help: ArgumentHelp(
      "File of sentences with places to fill in, the first that can be filled is used.",
      valueName: "file"))
  var template: String?

  @Flag(help: "Give each item its sentence alone, without the parts of its score; in less time.")
  var brief = false

  @OptionGroup var views: ViewOptions

  @OptionGroup var known: KnownShare

  @Option(help: "Text for people or one JSON object a recommendation.")
  var format: ExplanationFormat = .text

  @OptionGroup var output: OutputOption

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (1...10_000).contains(top), (0...10_000).contains(show) else {
      throw ValidationError("--top must be between 1 and 10000, --show between 0 and 10000")
    }
    guard views.alter == nil || user.count + item.count == 1 else {
      throw ValidationError("--alter needs one --user or one --item")
    }
    guard recommendations == nil || item.isEmpty else {
      throw ValidationError("--recommendations and --item exclude each other")
    }
    guard !brief || contrast.isEmpty && !counterfactual else {
      throw ValidationError("--brief goes without --contrast and --counterfactual")
    }
    guard (1...1000).contains(most) else {
      throw ValidationError("--most must be between 1 and 1000")
    }
    guard
      !views.isOfModel
        || users == nil && recommendations == nil && contrast.isEmpty
          && template == nil && !counterfactual && !brief
          && (views.alter != nil || user.isEmpty && item.isEmpty)
    else {
      throw ValidationError(
        "--clusters, --groups, --factors and --alter show the model; leave out what recommendations are explained by"
      )
    }
  }

  func execute(_ context: ToolContext) throws {
    try BLAS.open()
    let file = try output.open(binary: false)
    let stored = try StoredModel(InputFile.stream(model, expecting: [.model]))
    let explainer = try Explainer(stored, name: model, request, known: known)
    try explainer.answer(input, context) { try file.write($0) }
    try file.commit()
  }

  private var request: ExplanationRequest {
    var request = ExplanationRequest()
    (request.view, request.steps, request.reach) = (views.view, views.steps, views.reach)
    (request.users, request.usersFile) = (user, users)
    (request.items, request.contrasts) = (item, contrast)
    request.recommendations = recommendations
    (request.top, request.show, request.most) = (top, show, most)
    (request.isBrief, request.findsCounterfactuals) = (brief, counterfactual)
    (request.template, request.format) = (template, format)
    return request
  }
}

extension ExplanationFormat: ExpressibleByArgument {}
