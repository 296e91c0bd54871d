// Which metrics are there, and by what formula is each computed?

/// A metric of ranked lists, computed at each cut-off n.
///
/// Notation of the formulas: T is the truth of one user in one round (items that cannot be scored
/// included), `rel(r)` is 1 when the item at rank r is in T and else 0, `hits` is the sum of `rel`
/// over ranks 1...n. A list shorter than n counts as if its missing places were misses.
///
/// E is the set of items that the user's history makes explainable (`ExplainabilitySettings`); the metrics
/// on E are computed when the evaluation is told of it. Those on the likeness of items (`ItemFeatures`) are, too.
public enum Metric: String, CaseIterable, Codable, Sendable {
  case recall
  case recallMin = "recall-min"
  case ndcg
  case precision
  case hitRate = "hit-rate"
  case reciprocalRank = "mrr"
  case averagePrecision = "map"
  case explainabilityPrecision = "mep"
  case explainabilityRecall = "mer"
  case explainableItems = "explainable"
  case diversity
  case calibration
  case coverage
  case gini
  case novelty

  /// Whether a metric has a value for each user or only one for all lists together.
  public enum Kind: Sendable {
    case perUser
    case catalogue
  }

  /// The metrics that have a value for each user, in the order of their columns.
  public static let perUser: [Metric] = allCases.filter { $0.kind == .perUser }

  /// The metrics that ask which items a user's history makes explainable.
  public static let explainability: [Metric] = allCases.filter(\.needsExplainability)

  /// Whether the metric asks which items are explainable.
  public var needsExplainability: Bool {
    switch self {
    case .explainabilityPrecision, .explainabilityRecall, .explainableItems: true
    default: false
    }
  }

  /// The metrics that ask how items are alike.
  public static let likeness: [Metric] = [.diversity, .calibration]

  /// Whether users have values of their own (and so a standard error) in this metric.
  public var kind: Kind {
    switch self {
    case .recall, .recallMin, .ndcg, .precision, .hitRate, .reciprocalRank, .averagePrecision,
      .explainabilityPrecision, .explainabilityRecall, .explainableItems, .diversity, .calibration:
      .perUser
    case .coverage, .gini, .novelty:
      .catalogue
    }
  }

  /// The definition in one line, as `metrics --list` prints it.
  public var formula: String {
    switch self {
    case .recall:
      "hits / |T|  (the InDGRM paper's recall)"
    case .recallMin:
      "hits / min(n, |T|)  (Liang et al. 2018; at n = 1 equal to precision and ndcg)"
    case .ndcg:
      "sum over r <= n of (2^rel(r) - 1) / log2(r + 1), divided by the same sum of an ideal list, "
        + "which has min(n, |T|) hits on top"
    case .precision:
      "hits / n"
    case .hitRate:
      "1 if hits > 0, else 0"
    case .reciprocalRank:
      "1 / rank of the first hit, 0 if it is below rank n"
    case .averagePrecision:
      "sum over hits at r <= n of (hits in the first r / r), divided by min(n, |T|)"
    case .explainabilityPrecision:
      "explainable items in the first n places / n  (--explainability; mean explainability precision)"
    case .explainabilityRecall:
      "explainable items in the first n places / |E|, 0 if E is empty  (--explainability; mean "
        + "explainability recall)"
    case .explainableItems:
      "|E|, the same at every n  (--explainability)"
    case .diversity:
      "mean over the pairs of the first n places of 1 - cosine of their categories or vectors, 0 without a "
        + "pair  (--diversity; intra-list diversity)"
    case .calibration:
      "sum over categories c of p_c ln(p_c / (0.99 q_c + 0.01 p_c)), p their shares in the history and q in the "
        + "first n places, an item's share being divided among its own; 0 = as the history, at most 4.6  "
        + "(--diversity; Steck 2018, less is better)"
    case .coverage:
      "distinct items in the first n places of all lists / items that can be scored"
    case .gini:
      "Gini coefficient of how often each item that can be scored is in the first n places: "
        + "sum over i of (2i - N - 1) x_i / (N sum x), x ascending, never-listed items included; "
        + "0 = all equally often"
    case .novelty:
      "mean over the first n places of all lists of -log2(training interactions of the item / all "
        + "training interactions); an item without any counts as having one"
    }
  }

  /// How values are averaged, the same text for all metrics of a kind.
  public var averaging: String {
    switch kind {
    case .perUser:
      "mean over users within a round, then over rounds; standard error over users, "
        + "a user's value being the mean over their rounds"
    case .catalogue:
      "over all lists of a round, then mean over rounds"
    }
  }
}

/// The text of `metrics --list`: each metric's name, formula and averaging.
public func metricList() -> String {
  let width = Metric.allCases.map(\.rawValue.count).max() ?? 0
  var text = "T: truth of a user in a round, with items that cannot be scored; rel(r): 1 if the "
  text += "item at rank r is in T, else 0;\nhits: sum of rel over the first n places. "
  text += "A list shorter than n is not stretched: its missing places are misses.\n"
  text += "Users with an empty T are left out and counted. Item group g: T is replaced by the "
  text += "truth items in g, the ranking stays whole.\n"
  text +=
    "E: items j outside the user's history I with |N_j and I| / |N_j| above a threshold, N_j the "
  text += "items nearest to j by the cosine of\ninteraction columns in the training users; by the "
  text +=
    "literal reading only those of them that the user chose (T). Item group g:\nE is replaced by "
  text += "its items in g.\n\n"
  for metric in Metric.allCases {
    text += pad(metric.rawValue, width) + "  " + metric.formula + "\n"
    text += pad("", width) + "  " + metric.averaging + "\n"
  }
  return text
}
