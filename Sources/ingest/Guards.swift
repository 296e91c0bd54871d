// Do ids bear what was put before them for a spreadsheet?

import DataSources
import Interchange
import ToolKit

extension Ingest {
  /// Throws `ToolError` for ids with the mark of an export for spreadsheets: with it they are others than in the
  /// catalogue and in other files.
  func refuseGuards(_ sink: InteractionSink, _ seen: SeenLayouts) throws {
    guard seen.hasRows, format.quotes != .none,
      let id = sink.users.firstGuarded ?? sink.items.firstGuarded
    else { return }
    let script =
      id.hasPrefix("=") ? #"s/"?=("+)([^"]*)\1"?/\2/g"# : #"s/(^|[,;\t])("?)\x27([-=+@])/\1\2\3/g"#
    let path = inputs.count == 1 && inputs[0] != "-" ? Provenance.quoted(inputs[0]) : "FILE"
    throw ToolError(
      .badData,
      "\(inputs.joined(separator: ", ")): ids such as '\(id)' bear a mark for spreadsheets; take it out:"
        + " sed -E '\(script)' \(path) | ingest -, or say --quotes none where it is theirs")
  }
}
