// How does a page say in a sentence why an item is recommended?

import Interchange
import Recommending

/// The standard sentences for reasons of a model's recommendations.
package struct ReasonSentences {
  private let words: ReasonWords
  private let templates: SentenceTemplates

  /// Throws `ToolError` only where the standard templates are faulty.
  package init(_ model: StoredModel) throws {
    words = ReasonWords(model)
    templates = try SentenceTemplates(
      SentenceTemplates.standard, name: "the standard templates")
  }

  /// A sentence without the item's title before it.
  package func sentence(_ reason: RecommendationReason) -> String {
    var values = words.values(reason)
    let title = values["title"] ?? ""
    // A title of its own length, so that what follows is found whatever it holds.
    values["title"] = title
    let whole = templates.sentence(values)
    let rest = whole.dropFirst(title.count).drop { ": ".contains($0) }
    return rest.prefix(1).uppercased() + rest.dropFirst()
  }
}
