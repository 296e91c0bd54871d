// How do tests read a source to its end?

import Support
import Testing

@testable import DataSources

struct Row: Equatable {
  var user: String
  var item: String
  var rating: Float?
  var time: Int64?

  init(_ user: String, _ item: String, _ rating: Float? = nil, _ time: Int64? = nil) {
    (self.user, self.item, self.rating, self.time) = (user, item, rating, time)
  }
}

func read(
  _ path: String, _ options: SourceOptions = SourceOptions(),
  badRows: BadRows = BadRows(tolerated: 0)
) throws -> [Row] {
  let bytes = try ByteStream(path, preferred: ["ratings.csv", "mv_*.txt"])
  let (users, items, batch) = (IDTable(), IDTable(), RowBatch())
  var rows: [Row] = []
  repeat {
    let source = try options.open(bytes, badRows: badRows)
    while try source.next(into: batch, users: users, items: items) {
      for place in 0..<batch.count {
        rows.append(
          Row(
            users.id(at: Int(batch.users[place])), items.id(at: Int(batch.items[place])),
            source.columns.ratings ? batch.ratings[place] : nil,
            source.columns.times ? batch.times[place] : nil))
      }
    }
  } while try bytes.nextMember()
  return rows
}

func readText(_ text: String, _ change: (inout SourceOptions) throws -> Void = { _ in }) throws
  -> [Row]
{
  let folder = try Folder()
  var options = SourceOptions()
  try change(&options)
  return try read(folder.write("source", text), options)
}

/// What is said of a text that is refused.
func refusal(_ text: String, _ change: (inout SourceOptions) throws -> Void = { _ in })
  -> String
{
  let error = #expect(throws: SourceError.self) { try readText(text, change) }
  return error?.description ?? ""
}
