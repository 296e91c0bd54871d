// Do exports to numpy's format come back as they were?

import Foundation
import Support
import Testing

@Suite struct NumpyTests {
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
