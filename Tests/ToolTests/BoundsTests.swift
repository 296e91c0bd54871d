// Do small files stay small, are models read as they were verified, and do names reach no terminal raw?

import Foundation
import Interchange
import Support
import Testing

@Suite struct BoundsTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private func write(_ name: String, _ sink: MemorySink) throws {
    try Data(sink.bytes).write(to: URL(fileURLWithPath: folder.path(name)))
  }

  /// Lists of zeros shrink to nothing; what they become has a bound.
  @Test func fewBytesDoNotBecomeMany() throws {
    let sink = MemorySink()
    let writer = try StreamWriter(
      sink, kind: .interactions, metadata: .object([:]), provenance: Provenance(), compression: 1)
    let column = Column.lists(
      offsets: [0, 20_000_000], values: [UInt32](repeating: 0, count: 20_000_000))
    try writer.write(TableChunk("items", rowCount: 1, [("categories", column)]))
    try writer.finish()
    #expect(sink.bytes.count < 1 << 16)
    try write("bomb.ig", sink)
    let refused = folder.run("check --all bomb.ig")
    #expect(
      refused.status == 65 && refused.errors.contains("cannot be decoded"), "\(refused.errors)")
  }

  /// Arrays of zeros shrink to a thousandth; what an archive becomes has a bound, and heads are no promises.
  @Test(arguments: [
    "data |i1 1 30000000", "user_ids <U1 4 5000000", "item_ids |S0 0 1152921504606846976",
  ])
  func archivesOfZerosStaySmall(_ array: String) throws {
    _ = try folder.write(
      "bomb.py",
      """
      import sys, zipfile
      name, kind, size, count = sys.argv[1].split()
      def member(name, kind, size, count):
          head = "{'descr': '%s', 'fortran_order': False, 'shape': (%d,), }" % (kind, count)
          with archive.open(name + ".npy", "w") as file:
              file.write(b"\\x93NUMPY\\x01\\0" + bytes([len(head), 0]) + head.encode())
              for start in range(0, count * size, 1 << 20):
                  file.write(bytes(min(count * size - start, 1 << 20)))
      with zipfile.ZipFile("bomb.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
          for other, width in ("shape", 8), ("indptr", 8), ("indices", 4):
              if other != name:
                  member(other, "<i%d" % width, width, 2)
          member(name, kind, int(size), int(count))
      """)
    let refused = folder.run(
      "python3 bomb.py '\(array)' && ulimit -v 1500000 && timeout 60 ingest bomb.npz")
    #expect(
      refused.status == 65 && refused.errors.contains("times what is stored"), "\(refused.errors)")
  }

  /// Chunk after chunk of nothing: what a stream's tables become is bounded by its length.
  @Test(arguments: ["interactions", "times"])
  func manyChunksStaySmall(_ table: String) throws {
    let sink = MemorySink()
    let writer = try StreamWriter(
      sink, kind: .interactions, metadata: .object([:]), provenance: Provenance(), compression: 1)
    let zeros = [UInt32](repeating: 0, count: 1 << 19)
    let chunk =
      table == "times"
      ? TableChunk("x", rowCount: 1, [("x", .lists(offsets: [0, 1 << 19], values: zeros))])
      : TableChunk("x", rowCount: 1 << 19, [("user", .u32(zeros)), ("item", .u32(zeros))])
    for _ in 0..<40 { try writer.write(chunk) }
    try writer.finish()
    #expect(sink.bytes.count < 1 << 18)
    try write("bomb.ig", sink)
    for tool in table == "times" ? ["dump"] : ["check --all"] {
      let refused = folder.run("(ulimit -v 1500000; timeout 60 \(tool) bomb.ig)")
      #expect(
        refused.status == 65 && refused.errors.contains("cannot be decoded"),
        "\(tool): \(refused.status) \(refused.errors)")
    }
  }

  /// A list of ids or another small text that is none ends early, whatever is in it.
  @Test func whatIsNoListOfIdsIsSaidAtOnce() throws {
    let made = folder.run(
      "seq 60 | awk '{ print $1 % 9 \",\" $1 }' | ingest -q -o l && fit -q --model popularity l -o m"
    )
    #expect(made.status == 0, "\(made.errors)")
    for text in [
      "head -c 300000000 /dev/zero", "yes 7 | head -c 300000000 | tr -d '\\n'",
      "printf '1\\n2\\0\\n'",
    ] {
      for use in ["score -q --model m --users - l", "check --manifest /dev/stdin"] {
        let run = folder.run("\(text) | timeout 20 \(use) > out")
        #expect(
          run.status == 65 && run.errors.contains("or is longer than 64 KiB"),
          "\(use): \(run.errors)")
      }
    }
    // Long ids are cut out of a message, what to do is not.
    let long = folder.run("yes 7 | head -c 60000 | tr -d '\\n' | score --model m --users - l > out")
    #expect(
      long.status == 65 && long.errors.utf8.count < 5000
        && long.errors.contains("check the ids"),
      "\(long.errors.utf8.count)")
  }

  /// Without memory tools end with a line, whatever asked for it: Swift's runtime, OpenBLAS, a reader.
  @Test func littleMemoryEndsWithALine() throws {
    let (_, split) = try folder.simulated()
    var refused = 0
    for limit in [60_000, 80_000] + stride(from: 100_000, through: 700_000, by: 120_000) {
      for model in ["ease", "mult-vae --set width=4000 --set epochs=1"] {
        let fit = folder.run(
          "(ulimit -v \(limit); timeout 60 fit -q --model \(model) \(split) -o m)")
        let last = fit.errors.split(separator: "\n").last ?? ""
        #expect(
          fit.status == 0
            || [71, 74].contains(fit.status) && last.contains("memory") && last.contains("ulimit")
            || last.contains("shared libraries"), "\(model), \(limit): \(fit.status) \(fit.errors)")
        refused += fit.status == 0 ? 0 : 1
      }
    }
    #expect(refused > 0)
    #expect(!folder.names.contains { $0.hasSuffix(".tmp") })
  }

  /// Brackets in a text must not hide how deep the others nest.
  @Test func nestingIsCountedOutsideOfTexts() {
    let deep = String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)
    let text = "{\"a\":\"" + String(repeating: "]", count: 5000) + "\\\"]\",\"b\":\(deep)}"
    #expect(JSONValue(parsing: Array(text.utf8)) == nil)
    let brackets = String(repeating: "[", count: 500)
    #expect(JSONValue(parsing: Array("[\"\(brackets)\"]".utf8)) == [.string(brackets)])
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func modelsOfNumbersThatAreNoneAreRefused(_ value: Float) throws {
    let sink = MemorySink()
    try StoredModel(
      description: ["model": "popularity"],
      items: ItemChunk(ids: ["a", "b", "c"], titles: ["", "", ""], categories: [[], [], []]),
      categories: [],
      tensors: ["shares": Tensor("shares", shape: [1, 3], floats: [1, value, 0.5])]
    ).write(to: sink, kind: .model)
    try write("m", sink)
    let refused = folder.run("echo a,b | ingest -q | score --model m -o x")
    #expect(
      refused.status == 65 && refused.errors.contains("'shares' holds a NaN or an infinity"),
      "\(refused.errors)")
  }

  /// Tensors are in memory of their own once they were verified.
  @Test func tensorsDoNotFollowTheirFile() throws {
    let sink = MemorySink()
    let values = (0..<100_000).map { Float($0) }
    try StoredModel(
      description: ["model": "popularity"], items: ItemChunk(ids: []), categories: [],
      tensors: ["shares": Tensor("shares", shape: [1, values.count], floats: values)]
    ).write(to: sink, kind: .model)
    try write("m", sink)
    let descriptor = open(folder.path("m"), O_RDONLY)
    let model = try StoredModel(
      StreamReader(ByteInput(descriptor: descriptor, name: "m", owned: true)))
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: folder.path("m")))
    try file.write(contentsOf: [UInt8](repeating: 7, count: sink.bytes.count / 2))
    try file.truncate(atOffset: UInt64(sink.bytes.count / 2))
    #expect(model.tensors["shares"]?.floats.map { Array($0) } == values)
    #expect(folder.run("score --model m m").status == 65)
  }

  @Test func namesReachNoTerminalRaw() throws {
    let made = folder.run(
      "printf 'i1,One\\033[31m\\302\\205\\342\\200\\256,A\\ni2,Two,A\\ni3,Three,A\\n' > t"
        + " && for u in 1 2 3 4 5 6; do for i in 1 2 3; do test $i = $((u % 3 + 1)) || echo u$u,i$i; done; done"
        + " > l.csv && ingest -q l.csv --items t -o l && fit -q --model item-knn l -o m"
        + " && explain -q --model m l | od -An -c | grep -c '033'; explain -q --model m l | grep -c 'One.u.1b'"
    )
    #expect(
      made.output.hasPrefix("0\n") && made.output != "0\n0\n", "\(made.output) \(made.errors)")
    let error = folder.run("check $'a\\033[2Jb\\nc'")
    #expect(
      error.errors.hasPrefix("indgrm check: a\\u{1b}[2Jb\\u{a}c: cannot be opened"),
      "\(error.errors)")
    for words in ["", "help "] {
      let tool = folder.run("indgrm \(words)$'\\033[2Jb'")
      #expect(tool.status == 64 && tool.errors.contains("no such tool"), "\(tool.errors)")
      #expect(!tool.errors.contains("\u{1B}"))
    }
    let shown = folder.run(
      "script -qec 'score -q --model m --top 1 --format tsv l' /dev/null | grep -c $(printf '\\033'); true"
    )
    #expect(shown.output == "0\n", "\(shown.output) \(shown.errors)")
  }
}
