// Where do groups come from, and how are they written?

import ArgumentParser

/// The choices of `--from`.
enum GroupSource: String, ExpressibleByArgument, CaseIterable {
  case coOccurrence = "co-occurrence"
  case categories
}

/// The formats of `--format`.
enum GroupFormat: String, ExpressibleByArgument, CaseIterable {
  case ig
  case tsv
}
