// What is the model for, what was it made from, and how good is it? (A model card.)

import DataSources
import Interchange
import Plots
import ToolKit

/// What a nightly run, or anybody, wrote down about a model as JSON.
struct ModelCard {
  let name: String
  let members: JSONValue

  /// Reads a card.
  ///
  /// Throws `ToolError` when it is no JSON object, or of another model.
  init(_ path: String, of model: StoredModel) throws {
    name = path
    let text = try InputFile.lines(path).joined(separator: "\n")
    guard let value = JSONValue(parsing: Array(text.utf8)), case .object = value else {
      throw ToolError(
        .badData, "\(path): is no JSON object; name a card as indgrm nightly writes it")
    }
    let digest = hexadecimal(model.digest)
    if let other = value["model_digest"]?.string, other != digest {
      throw ToolError(
        .badData,
        "\(path): is the card of the model with digest \(other), not \(digest); do they belong together?"
      )
    }
    members = value
  }
}

/// The card as a table in the order in which it is read; what it does not know is left out.
func cardSection(_ card: ModelCard?) -> Section {
  guard let card else {
    return Section("card", "Model card", [.omitted("it needs a card; give one with --card")])
  }
  let members = card.members
  var facts: [[String]] = []
  func add(_ name: String, _ text: String?) {
    if let text, !text.isEmpty { facts.append([name, text]) }
  }
  add("Intended use", members["intended_use"]?.string)
  add("Not for", members["not_for"]?.string)
  add("Date", members["date"]?.string)
  if let made = members["model_of"]?.string, made != members["run"]?.string {
    add("Made on", "\(made); a later model was worse")
  }
  add("Made with", members["version"]?.string)
  add("Data", members["data"].flatMap(dataText))
  add("Digest of the data", members["data"]?["digest"]?.string)
  add("Quality", members["figures"].flatMap(figureText))
  add("Digest of the model", members["model_digest"]?.string)
  guard !facts.isEmpty else {
    return Section("card", "Model card", [.omitted("\(card.name) says nothing that a card says")])
  }
  var blocks: [Block] = [
    .table(
      Table(
        caption: "Digests are of contents: equal data and equal models have equal ones.",
        columns: [.name("What"), .text("Value")], rows: facts))
  ]
  let commands = members["commands"]?.array?.compactMap(\.string) ?? []
  if !commands.isEmpty {
    blocks.append(
      .table(
        Table(
          caption: "The commands that made it.", columns: [.text("Command")],
          rows: commands.map { [$0] })))
  }
  return Section("card", "Model card", blocks)
}

private func dataText(_ data: JSONValue) -> String? {
  guard let rows = data["rows"]?.int, let users = data["users"]?.int, let items = data["items"]?.int
  else { return nil }
  let counts = [rows, users, items].map(NumberText.grouped)
  var text = "\(counts[0]) interactions of \(counts[1]) users with \(counts[2]) items"
  if let oldest = data["oldest"]?.int, let newest = data["newest"]?.int {
    text += ", from \(dayText(Int64(oldest))) to \(dayText(Int64(newest)))"
  }
  return text
}

private func figureText(_ figures: JSONValue) -> String? {
  guard let metric = figures["metric"]?.string, let mean = figures["mean"]?.double else {
    return nil
  }
  var text = "\(metric) \(NumberText.decimals(mean, 4))"
  if let low = figures["interval"]?["low"]?.double, let high = figures["interval"]?["high"]?.double
  {
    text += " (95 % interval \(NumberText.decimals(low, 4)) to \(NumberText.decimals(high, 4)))"
  }
  if let users = figures["users"]?.int { text += " on \(NumberText.grouped(users)) held-out users" }
  if let earlier = figures["earlier"]?.double {
    text += "; the model before it \(NumberText.decimals(earlier, 4))"
  }
  if let later = figures["later"]?.double {
    text += "; the later model, which was not put in use, \(NumberText.decimals(later, 4))"
  }
  return text
}
