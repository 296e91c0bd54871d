// Which items may be ranked at all?

import ArgumentParser
import Interchange
import ToolKit

/// Items that alone are ranked, and items that never are.
struct CandidateItems: ParsableArguments {
  @Option(help: ArgumentHelp("Rank only the items whose ids this file lists.", valueName: "file"))
  var candidates: String?

  @Option(help: ArgumentHelp("Never rank the items whose ids this file lists.", valueName: "file"))
  var exclude: String?

  /// For each item whether it may be ranked; nil when all may.
  func mask(_ ids: [String], _ known: KnownShare, _ context: ToolContext) throws -> [Bool]? {
    guard candidates != nil || exclude != nil else { return nil }
    var mask = [Bool](repeating: candidates == nil, count: ids.count)
    let places = IDPlaces(ids)
    for (path, value) in [(candidates, true), (exclude, false)] {
      guard let path else { continue }
      let listed = try InputFile.ids(path)
      try ListedID.refuseMore(in: listed, path) { places[$0] != nil }
      let found = listed.compactMap { places[$0] }
      for item in found { mask[item] = value }
      let missing = listed.first { places[$0] == nil }
      if value {
        try known.check(
          found.count, of: listed.count, "candidates are in the model", first: missing, path,
          context)
      } else if let missing {
        // What must not be shown may well be more than what was ever chosen.
        context.log.warning(
          "\(path): \(listed.count - found.count) of \(listed.count) items are not in the model, first '\(missing)'"
        )
      }
    }
    return mask
  }
}
