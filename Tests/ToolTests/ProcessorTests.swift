// Are kernels held down to what is asked for, and is what the processor lacks refused by name?

import Support
import Testing

@Suite struct ProcessorTests {
  @Test(arguments: [
    ("INDGRM_CPU_LEVEL=x86-64-v9", 64, "INDGRM_CPU_LEVEL must be"),
    ("INDGRM_CPU_LEVEL=haswell", 64, "INDGRM_CPU_LEVEL must be"),
  ])
  func unknownLevelsAreRefused(_ setting: String, _ status: Int32, _ reason: String) throws {
    let folder = try Folder()
    let run = Shell.run("\(setting) simulate --users 50 --items 50 -o \(folder.path("out"))")
    #expect(run.status == status && run.errors.contains(reason), "\(run.errors)")
    #expect(folder.names.isEmpty)
  }

  @Test func unknownCoreTypesAreRefused() throws {
    let folder = try Folder()
    let (_, split) = try folder.simulated()
    for (core, fits) in [("Bogus", false), ("Haswel", false), ("default", true), ("", true)] {
      let fit = Shell.run(
        "INDGRM_BLAS_CORETYPE=\(core) fit -q --model ease \(split) -o \(folder.path("m\(core)"))")
      #expect((fit.status == 0) == fits, "\(core): \(fit.errors)")
      #expect(
        fits || fit.errors.contains("INDGRM_BLAS_CORETYPE=\(core) names no core type"),
        "\(fit.errors)")
    }
  }

  /// Fits differ in last bits between levels, at most: what is measured of them does not.
  @Test func levelsAgree() throws {
    let folder = try Folder()
    let (_, split) = try folder.simulated()
    func measured(_ setting: String) -> String {
      Shell.run(
        "export \(setting); fit -q --model ease \(split) -o \(folder.path("m")) && score -q --model"
          + " \(folder.path("m")) \(split) | metrics -q --truth \(split) --metrics ndcg --at 20"
      ).output
    }
    let best = measured("INDGRM_CPU_LEVEL=")
    #expect(best.contains("ndcg"))
    for level in ["x86-64", "x86-64-v2"] {
      #expect(measured("INDGRM_CPU_LEVEL=\(level)") == best, "\(level)")
    }
  }
}
