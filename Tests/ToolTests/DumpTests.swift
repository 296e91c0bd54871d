// Does dump count and export what is there?

import Foundation
import Support
import Testing

@Suite struct DumpTests {
  @Test func statisticsCountWhatIsThere() throws {
    let folder = try Folder()
    let csv = try folder.write(
      "a.csv", "user,item,rating,timestamp\n1,7,5,1000\n1,8,4,3000\n2,7,3,2000\n1,7,2,1500\n")
    let stats = Shell.run("ingest -q \(csv) | dump --stats").output
    for part in [
      "\"rows\":4", "\"users\":2", "\"items\":2", "\"repeated\":1", "\"oldest\":1000",
      "\"newest\":3000", "\"kind\":\"INTR\"",
    ] {
      #expect(stats.contains(part), "\(part) in \(stats)")
    }
    let (split, model, lists) = try folder.ranked()
    let counted = Shell.run("dump --stats \(lists)").output
    #expect(counted.contains("\"longest\":10") && counted.contains("\"empty\":0"), "\(counted)")
    #expect(Shell.run("dump --stats \(split)").output.contains("\"test_users\":"))
    #expect(Shell.run("dump --stats \(model)").output.contains("\"model\":\"popularity\""))
    #expect(Shell.run("dump --stats --header \(split)").status == 64)
  }

  /// In numpy's format too.
  @Test func interactionsComeBack() throws {
    let folder = try Folder()
    let text = "user,item,rating\na,x,1.0\na,long-item-id,4.5\nü,x,3.0\n"
    let csv = try folder.write("r.csv", text)
    let npz = folder.path("r.npz")
    #expect(Shell.run("ingest \(csv) | dump --to npz -o \(npz)").status == 0)
    let back = Shell.run("ingest \(npz) | dump --to csv")
    #expect(Set(back.output.split(separator: "\n")) == Set(text.split(separator: "\n")))
    // Without ratings there are none afterwards; a pipe will do.
    let liked = Shell.run(
      "ingest \(csv) | binarize --min 3 | dump --to npz | ingest | dump --to csv")
    #expect(liked.output == "user,item\na,long-item-id\nü,x\n", "\(liked.errors)")
  }
}
