// Are ids the same only where their bytes are, in every tool that looks them up?

import Foundation
import Support
import Testing

@Suite struct IDTests {
  private let folder: Folder
  /// One letter, composed and decomposed.
  private static let twins = (#"$'caf\u00e9'"#, #"$'cafe\u0301'"#)

  /// Two users and two items whose ids differ in how they are composed, among others.
  init() throws {
    folder = try Folder()
    let (one, two) = Self.twins
    let made = run(
      "export LC_ALL=C.UTF-8; { echo user,item; for u in $(seq 30); do for k in 1 2 3 4 5; do"
        + " echo u$u,i$(((u + k * k) % 9)); done; echo u$u,\(one); done; echo u1,\(two);"
        + " for k in 1 2 3; do echo \(one),i$k; done; for k in 5 6 7; do echo \(two),i$k; done; } > log.csv"
        + " && ingest -q log.csv -o log.ig && fit -q --model item-knn --set shrink=0 log.ig -o m")
    #expect(made.status == 0, "\(made.errors)")
  }

  private func run(_ command: String) -> Shell.Result {
    Shell.run("export LC_ALL=C.UTF-8; cd \(folder.path("")) && \(command)")
  }

  @Test func listsAreOfTheirOwnUsers() {
    let lists = run(
      "score -q --model m log.ig --top 9 --keep-seen -o l && metrics -q --truth log.ig l --at 5 > t"
        + " && score -q --model m log.ig --top 9 --format tsv | cut -f1,4 > all"
        + " && for u in \(Self.twins.0) \(Self.twins.1); do echo \"$u\" > one;"
        + " score -q --model m --users one --top 9 --format tsv log.ig | cut -f4 | grep -c '^i[123]$'; done"
    )
    #expect(lists.output == "0\n3\n", "\(lists.output) \(lists.errors)")
    let explained = run(
      "for u in \(Self.twins.0) \(Self.twins.1); do"
        + " explain -q --model m --user \"$u\" --top 1 --format jsonl log.ig | grep -c $u; done")
    #expect(explained.output == "1\n1\n", "\(explained.output) \(explained.errors)")
  }

  /// What a user has is not recommended to them, however it is spelt beside another item.
  @Test func itemsSeenAreTold() {
    let seen = run(
      "echo u1 > one; score -q --model m --users one --top 99 --format tsv log.ig | cut -f4"
        + " | grep -c caf; score -q --model m --keep-seen --users one --top 99 --format tsv log.ig"
        + " | cut -f4 | grep -c caf; echo \(Self.twins.1) > no;"
        + " score -q --model m --keep-seen --exclude no --users one --top 99 --format tsv log.ig"
        + " | cut -f4 | grep caf | od -An -tx1")
    #expect(seen.output == "0\n2\n 63 61 66 c3 a9 0a\n", "\(seen.output) \(seen.errors)")
  }

  @Test func listsOfIdsHaveNoComments() {
    let made = run(
      "printf 'u,#a\\nu,b\\nv,#a\\nv,b\\nv,c\\nw,c\\nw,#a\\nw,b\\n' | ingest -q -o h.ig && fit -q --model popularity h.ig -o p"
    )
    #expect(made.status == 0, "\(made.errors)")
    for mark in ["", "\\xef\\xbb\\xbf"] {
      let left = run(
        "printf '\(mark)#a\\n\(mark)c\\r\\n' > no; score -q --model p --keep-seen --exclude no --format tsv h.ig"
          + " | cut -f4 | sort -u")
      #expect(left.output == "b\nitem\n", "\(left.output) \(left.errors)")
    }
    for blank in ["#a\\n\\nc\\n", "#a\\n \\n", "\\n"] {
      let refused = run("printf '\(blank)' > no; score --model p --exclude no h.ig -o x")
      #expect(
        refused.status == 65 && refused.errors.contains("blank"), "\(blank) \(refused.errors)")
    }
    let none = run(": > no; score --model p --users no h.ig -o x")
    #expect(none.status == 65 && none.errors.contains("lists no ids"), "\(none.errors)")
  }
}
