// What can be asked about a model and its recommendations?

/// The forms of an answer.
package enum ExplanationFormat: String, CaseIterable, Sendable {
  case text
  case jsonl
}

/// What an answer is about.
package enum ExplanationView: Sendable {
  /// Why items are recommended to users.
  case recommendations
  case clusters, groups, factors
  /// What comes nearest when this latent factor of the one user, or of the one item, is altered.
  case altering(Int)
}

/// A question about a model.
package struct ExplanationRequest: Sendable {
  package var view = ExplanationView.recommendations
  package var format = ExplanationFormat.text
  /// Ids of users, and a file that lists more; all users where there are neither.
  package var users: [String] = []
  package var usersFile: String?
  /// Lists of recommendations to explain; the best items where there are none.
  package var recommendations: String?
  /// Ids, or parts of titles, of the items to explain; the best ones where there are none.
  package var items: [String] = []
  /// Ids of the items that each is set against.
  package var contrasts: [String] = []
  /// Items for each user.
  package var top = 5
  /// Parts of each kind shown; 0 shows all.
  package var show = 4
  package var findsCounterfactuals = false
  /// Whether sentences alone are wanted, without the parts of scores.
  package var isBrief = false
  /// The largest set of own items that is tried.
  package var most = 5
  /// A file of sentences.
  package var template: String?
  /// Steps to each side when a factor is altered, and how far the last goes in standard deviations.
  package var steps = 3
  package var reach = 4.0

  package init() {}
}
