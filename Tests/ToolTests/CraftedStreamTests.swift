// Do tools refuse streams whose checksums are right but whose contents make no sense?

import Foundation
import Interchange
import Support
import Testing

@Suite struct CraftedStreamTests {
  private let folder: Folder
  private let path: String
  private let csv: String

  init() throws {
    folder = try Folder()
    path = folder.path("crafted")
    csv = try folder.write("some.csv", "1,a\n1,b\n2,b\n2,c\n3,a\n3,c\n")
  }

  /// Writes a stream and runs commands on it that must fail with one line and status 65.
  private func refuse(
    _ kind: StreamKind, _ metadata: JSONValue, by commands: [String], _ note: String,
    _ body: (StreamWriter) throws -> Void
  ) throws {
    let sink = MemorySink()
    let writer = try StreamWriter(sink, kind: kind, metadata: metadata, provenance: Provenance())
    try body(writer)
    try writer.finish()
    try Data(sink.bytes).write(to: URL(fileURLWithPath: path))
    for command in commands {
      let run = Shell.run(
        command.replacingOccurrences(of: "IN", with: path)
          .replacingOccurrences(of: "CSV", with: csv))
      #expect(run.status == 65, "\(note), \(command): \(run.status) \(run.errors)")
      let said = run.errors.split(separator: "\n").count { !$0.hasPrefix("indgrm ingest:") }
      #expect(said == 1, "\(note), \(command): \(run.errors)")
    }
  }

  private func table(_ name: String, _ columns: [(name: String, values: Column)]) -> TableChunk {
    TableChunk(name, rowCount: columns.first?.values.count ?? 0, columns)
  }

  private typealias Body = (StreamWriter) throws -> Void

  private var users: TableChunk { table("users", [("id", .text(["u", "v"]))]) }
  private var items: TableChunk { table("items", [("id", .text(["a", "b"]))]) }

  private func rows(_ users: [UInt32], _ items: [UInt32]) -> TableChunk {
    table("interactions", [("user", .u32(users)), ("item", .u32(items))])
  }

  /// Tables one after the other.
  private func tables(_ tables: TableChunk...) -> Body {
    { for table in tables { try $0.write(table) } }
  }

  @Test func interactions() throws {
    let readers = [
      "split -q IN", "fit -q --model ease IN", "group-items -q --groups 2 IN",
      "binarize -q --min-user 1 IN", "dump -q --to npz IN",
    ]
    let empty = ["split -q IN", "fit -q --model ease IN"]
    let faults: [(String, [String], Body)] = [
      ("a user outside", readers, tables(users, items, rows([2], [0]))),
      ("an item outside", readers, tables(users, items, rows([0], [7]))),
      ("rows before dictionaries", readers, tables(rows([0], [0]), users, items)),
      ("users without ids", readers, tables(table("users", [("name", .text(["u"]))]))),
      ("ids that are numbers", readers, tables(table("users", [("id", .u32([1]))]))),
      (
        "rows without items", readers,
        tables(users, items, table("interactions", [("user", .u32([0]))]))
      ),
      (
        "unknown categories", readers,
        tables(
          table(
            "items", [("id", .text(["a"])), ("categories", .lists(offsets: [0, 1], values: [3]))]))
      ),
      (
        "a rating that is none", readers,
        tables(
          users, items,
          table(
            "interactions",
            [("user", .u32([0])), ("item", .u32([0])), ("rating", .f32([.nan]))]))
      ),
      ("an infinite category vector", readers, infiniteVector),
      (
        "unknown roles", readers,
        tables(table("users", [("id", .text(["u"])), ("role", .u8([9]))]))
      ),
      ("nothing at all", empty, tables()), ("no rows", empty, tables(users, items)),
    ]
    for (note, readers, body) in faults {
      try refuse(.interactions, ["ratings": false, "times": false], by: readers, note, body)
    }
    try refuse(
      .interactions, ["split": ["scheme": "users", "folds": 5]],
      by: ["fit -q --model ease IN", "dump -q --part train --to npz IN"], "a split without roles",
      tables(users, items, rows([0], [0])))
  }

  private func infiniteVector(_ writer: StreamWriter) throws {
    try writer.write(table("categories", [("name", .text(["c"]))]))
    try [Float.infinity].withUnsafeBytes {
      try writer.write(tensor: "category_vectors", .f32, shape: [1, 1], $0)
    }
    for table in [users, items, rows([0, 1], [0, 1])] { try writer.write(table) }
  }

  @Test func models() throws {
    let readers = ["ingest -q CSV | score -q --model IN", "ingest -q CSV | explain -q --model IN"]
    let items = table(
      "items",
      [
        ("id", .text(["a", "b", "c"])), ("title", .text(["", "", ""])),
        ("categories", .lists(offsets: [0, 0, 0, 0], values: [])),
      ])
    func tensor(_ writer: StreamWriter, _ name: String, _ shape: [Int]) throws {
      let values = [Float](repeating: 0.5, count: shape.reduce(1, *))
      try values.withUnsafeBytes { try writer.write(tensor: name, .f32, shape: shape, $0) }
    }
    typealias Body = (StreamWriter) throws -> Void
    let huge: JSONValue = [
      "width": 100_000, "depth": 32, "latent": 10_000, "clusters": 256, "groups": 10_000,
      "temperature": 0.1,
    ]
    let cases: [(String, JSONValue, Body)] = [
      ("no name", [:], { try $0.write(items) }),
      ("unknown", ["model": "x"], { try $0.write(items) }),
      ("ease without weights", ["model": "ease"], { try $0.write(items) }),
      (
        "ease of another size", ["model": "ease"],
        {
          try $0.write(items)
          try tensor($0, "weights", [3, 2])
        }
      ),
      (
        "neighbours outside", ["model": "item-knn"],
        {
          try $0.write(items)
          let writer = $0
          try [UInt32](repeating: 77, count: 3).withUnsafeBytes {
            try writer.write(tensor: "neighbours", .u32, shape: [3, 1], $0)
          }
        }
      ),
      (
        "mult-vae with a false latent size", ["model": "mult-vae"],
        {
          try $0.write(items)
          try tensor($0, "encoder.weights", [3, 4])
          try tensor($0, "hidden.weights", [9, 4])
        }
      ),
      ("indgrm without settings", ["model": "indgrm"], { try $0.write(items) }),
      (
        "indgrm with huge settings", ["model": "indgrm", "settings": huge],
        { try $0.write(items) }
      ),
      (
        "indgrm with words for sizes", ["model": "indgrm", "settings": ["width": "wide"]],
        { try $0.write(items) }
      ),
    ]
    for (note, metadata, body) in cases {
      try refuse(.model, metadata, by: readers, note, body)
    }
  }

  @Test func recommendationsAndGroups() throws {
    let split = folder.path("split.ig")
    #expect(
      Shell.run("simulate -q --users 40 --items 100 --interactions 1000 | split -q -o \(split)")
        .status
        == 0)
    let users = table("users", [("id", .text(["1"]))])
    let items = table("items", [("id", .text(["1", "2"]))])
    func lists(_ user: UInt32, _ round: UInt8, _ length: UInt32) -> TableChunk {
      table("lists", [("user", .u32([user])), ("round", .u8([round])), ("length", .u32([length]))])
    }
    func entries(_ items: [UInt32], _ score: Float = 1) -> TableChunk {
      table("entries", [("item", .u32(items)), ("score", .f32(items.map { _ in score }))])
    }
    for (note, tables) in [
      ("lists longer than entries", [users, items, lists(0, 0, 3), entries([0, 1])]),
      ("an item outside", [users, items, lists(0, 0, 1), entries([5])]),
      ("a score that is none", [users, items, lists(0, 0, 1), entries([1], .nan)]),
      ("an infinite score", [users, items, lists(0, 0, 1), entries([1], -.infinity)]),
      ("a user outside", [users, items, lists(4, 0, 1), entries([1])]),
      ("no entries", [users, items, lists(0, 0, 1)]),
      ("an item twice", [users, items, lists(0, 0, 2), entries([1, 1])]),
      ("a round there is none of", [users, items, lists(0, 77, 1), entries([1])]),
    ] {
      try refuse(.recommendations, [:], by: ["metrics -q --truth \(split) IN"], note) {
        for table in tables { try $0.write(table) }
      }
    }
    try refuse(
      .itemGroups, ["groups": 2], by: ["fit -q --model indgrm --groups IN \(split)"],
      "groups of other sizes"
    ) {
      try $0.write(items)
    }
    try refuse(
      .itemGroups, ["groups": 2], by: ["fit -q --model indgrm --groups IN \(split)"],
      "groups that are no numbers"
    ) {
      let writer = $0
      try writer.write(items)
      try [Float](repeating: .nan, count: 4).withUnsafeBytes {
        try writer.write(tensor: "memberships", .f32, shape: [2, 2], $0)
      }
    }
  }
}
