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
    templates = try SentenceTemplates(SentenceTemplates.reasons, name: "the standard templates")
  }

  /// A sentence without the item's title before it.
  package func sentence(_ reason: RecommendationReason) -> String {
    let sentence = templates.sentence(words.values(reason))
    return sentence.prefix(1).uppercased() + sentence.dropFirst()
  }
}
