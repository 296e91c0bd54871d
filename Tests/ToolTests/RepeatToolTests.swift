// Are people who buy again asked for what they have, and is a fit told how long it may take?

import Foundation
import Support
import Testing

@Suite struct RepeatToolTests {
  private let folder: Folder
  private let bought: String

  /// Sixty users who buy two of their three own articles every week for ten weeks, and now and then another.
  init() throws {
    folder = try Folder()
    var rows = "user,item,timestamp\n"
    for week in 0..<10 {
      for user in 0..<60 {
        for step in 0..<2 {
          let item = (user % 7) * 3 + (week + step) % 3
          rows += "u\(user),i\(item),\(1_700_000_000 + week * 604_800 + user * 60 + step)\n"
        }
        if (user + week) % 5 == 0 {
          let time = 1_700_000_005 + week * 604_800 + user * 60
          rows += "u\(user),o\((user * 3 + week) % 20),\(time)\n"
        }
      }
    }
    bought = try folder.write("bought.csv", rows)
  }

  @Test func listsKeepWhatIsBoughtAgain() throws {
    let (split, model) = (folder.path("split.ig"), folder.path("m"))
    let made = Shell.run(
      "ingest -q \(bought) | split -q --scheme time --repeats -o \(split)"
        + " && fit -q --model ease \(split) -o \(model)"
        + " && dump --header \(model) | grep -o '\"validation\":[0-9.]*' | cut -d: -f2")
    let said = try #require(Double(made.output.dropLast()), "\(made.errors)")
    func measured(_ options: String) -> Double {
      let run = Shell.run(
        "score -q --role validation \(options) --model \(model) \(split)"
          + " | metrics -q --truth \(split) --metrics ndcg --at 100 --format csv | grep '^all' | cut -d, -f4"
      )
      return Double(run.output.dropLast()) ?? -1
    }
    let kept = measured("--keep-seen")
    #expect(abs(kept - said) < 1e-6, "\(kept) but \(said)")
    #expect(kept > 2 * measured(""))
    let warned = Shell.run("score --model \(model) \(split) -o \(folder.path("r"))")
    #expect(warned.status == 0 && warned.errors.contains("add --keep-seen"), "\(warned.errors)")
    // Split again without repeats, nothing is known and asked for as well.
    let plain = Shell.run(
      "split -q --scheme time \(split) | dump --to csv | cut -d, -f1,2 | sort | uniq -d | wc -l")
    #expect(plain.output == "0\n", "\(plain.errors)")
  }

  @Test(arguments: [
    ("split --repeats", "add --scheme time"), ("fit --model ease --budget 5", "is for networks"),
    ("fit --budget 0", "must be positive"),
  ])
  func whatCannotApplyIsRefused(_ command: String, _ reason: String) {
    let run = Shell.run("ingest -q \(bought) | \(command) -o \(folder.path("no"))")
    #expect(run.status == 64 && run.errors.contains(reason), "\(run.errors)")
    #expect(!folder.names.contains("no"))
  }

  /// A fit with a budget says how the same is had again; the tensors are the same then.
  @Test func budgetsAreTold() throws {
    let (split, model, again) = (folder.path("split.ig"), folder.path("m"), folder.path("again"))
    #expect(Shell.run("ingest -q \(bought) | split -q -o \(split)").status == 0)
    let small = "--model mult-vae --set width=8 --set latent=4 --set patience=1000"
    let run = Shell.run(
      "fit \(small) --set epochs=100000 --budget 3 \(split) -o \(model)")
    let told = try #require(
      run.errors.components(separatedBy: "whatever time it takes: ").last?.split(separator: "\n")
        .first)
    #expect(run.status == 0 && told.hasPrefix("--set epochs="), "\(run.errors)")
    #expect(Shell.run("dump --header \(model)").output.contains("\"again\":\"\(told)\""))
    #expect(Shell.run("fit -q \(small) \(told) \(split) -o \(again)").status == 0)
    let tensors = [model, again].map { Shell.run("dump --to npz \($0) | sha256sum").output }
    #expect(tensors[0] == tensors[1])
  }
}
