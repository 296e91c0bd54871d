// Does check notice what was replaced or damaged?

import Foundation
import Support
import Testing

@Suite struct CheckTests {
  @Test func aManifestNoticesWhatWasReplaced() throws {
    let folder = try Folder()
    let (_, _, lists) = try folder.ranked()
    let manifest = folder.path("MANIFEST")
    let write = Shell.run("cd \(folder.path("")) && check --digests split.ig m lists > MANIFEST")
    #expect(write.status == 0, "\(write.errors)")
    #expect(Shell.run("cd / && check --manifest \(manifest)").status == 0)
    // A line that was lost is missed; without its head a manifest is one of an earlier version.
    for line in 2...4 {
      let lost = folder.run("sed \(line)d MANIFEST > less; check --manifest less")
      #expect(
        lost.status == 65 && lost.errors.contains("counts 3 files, 2 follow"), "\(lost.errors)")
    }
    let headless = folder.run("sed 1d MANIFEST > old; check --manifest old")
    #expect(headless.status == 0, "\(headless.errors)")
    _ = Shell.run("dump --to csv \(lists) > /dev/null; cp \(folder.path("m")) \(lists)")
    let other = Shell.run("check --manifest \(manifest)")
    #expect(other.status == 65)
    #expect(other.errors.contains("lists") && other.errors.contains("the manifest says"))
    _ = Shell.run("rm \(lists)")
    #expect(Shell.run("check --manifest \(manifest)").status == 66)
    let bad = try folder.write("bad", "zz 1 a\n")
    #expect(Shell.run("check --manifest \(bad)").errors.contains("line 1"))
    let empty = try folder.write("empty", "")
    #expect(Shell.run("check --manifest \(empty)").status == 65)
  }

  /// Without --all a small file with a broken middle does not pass.
  @Test func smallFilesAreCheckedWhole() throws {
    let folder = try Folder()
    let (split, _, _) = try folder.ranked()
    var bytes = try Data(contentsOf: URL(fileURLWithPath: split))
    bytes[bytes.count / 2] ^= 0xFF
    try bytes.write(to: URL(fileURLWithPath: split))
    #expect(Shell.run("check \(split)").status == 65)
  }
}
