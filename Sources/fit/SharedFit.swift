// How do several processes make one model together?

import ArgumentParser
import DenseMath
import Fitting
import Glibc
import Interchange
import Ranks
import ToolKit

/// The parts that batches and users are cut into.
struct RankOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Parts of a network's batches, or of the users of other models, a power of two, whose sums are added up in one"
        + " fixed order; under mpirun (Open MPI) up to so many processes share them, and any number of them makes the"
        + " same model.",
      valueName: "n"))
  var ranks = 1

  @Option(
    help: ArgumentHelp(
      "Parts of the items of indgrm, mult-vae or recvae, a power of two, for catalogues that are too large for one machine; under mpirun up to"
        + " so many processes hold the weights of a share of them each, and any number makes the same model.",
      valueName: "n"))
  var itemRanks = 1

  func validate() throws {
    for (name, count) in [("--ranks", ranks), ("--item-ranks", itemRanks)] {
      guard (1...4096).contains(count), count & (count - 1) == 0 else {
        throw ValidationError("\(name) must be a power of two from 1 to 4096")
      }
    }
    guard ranks == 1 || itemRanks == 1 else {
      throw ValidationError(
        "--ranks and --item-ranks exclude each other: cut the users of a batch, or the items")
    }
  }
}

/// This process's share of a fit.
///
/// All processes read the same files and compute what is no gradient of their own, with the same result; the first one
/// writes and speaks.
struct SharedFit {
  let ranks: VirtualRanks
  let itemRanks: VirtualRanks
  private let group: RankGroup
  var isFirst: Bool { group.isFirst }
  var isShared: Bool { group.count > 1 }

  /// Joins the other processes that mpirun started.
  ///
  /// Throws `ToolError` where there are some and nothing says how batches are cut, or they cannot be joined.
  private init(_ option: RankOption, threads: Int) throws {
    let started = RankGroup.startedCount
    guard started == 1 || option.ranks > 1 || option.itemRanks > 1 else {
      throw ToolError(
        .usage, "\(started) processes were started; add --ranks \(started), or start one alone")
    }
    let strangers = RankGroup.startedOtherwise
    guard strangers == 1 || (option.ranks == 1 && option.itemRanks == 1) else {
      throw ToolError(
        .usage,
        "\(strangers) processes were started that cannot share a fit; start them by Open MPI's mpirun, not by srun or another MPI"
      )
    }
    do {
      group = try RankGroup.join()
      ranks = option.itemRanks > 1 ? .one : try VirtualRanks(option.ranks, sharedBy: group)
      itemRanks = option.itemRanks > 1 ? try VirtualRanks(option.itemRanks, sharedBy: group) : .one
    } catch let error as RankError {
      throw ToolError(.usage, error.description)
    }
    if threads == 0, isShared {
      // Where mpirun binds none of them to cores of its own, those of one machine share them evenly.
      let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN)) / max(RankGroup.startedHere, 1)
      Parallel.threads = max(1, min(Parallel.availableCores, cores))
    }
  }

  /// Does the work, alone or with others. What goes wrong in all processes alike the first one has time to say.
  static func run(_ option: RankOption, threads: Int, _ work: (SharedFit) throws -> Void) throws {
    do {
      let shared = try SharedFit(option, threads: threads)
      try work(shared)
      shared.group.leave()
    } catch {
      if RankGroup.startedRank > 0 { sleep(5) }
      throw error
    }
  }

  /// The file that the first process writes the model to; the others write to nothing.
  func open(_ output: OutputOption) throws -> OutputFile {
    try isFirst ? output.open(binary: true) : OutputFile("/dev/null", binary: true)
  }

  /// Throws `ToolError` unless all processes are about to make the same model.
  ///
  /// - Parameters:
  ///   - run: what makes the run what it is.
  ///   - options: what says besides what is done one after another.
  ///   - checkpoint: what it goes on from.
  func refuseDifferences(in run: JSONValue, _ options: String, _ checkpoint: Checkpoint?) throws {
    guard isShared else { return }
    let run = run.setting("epoch", checkpoint?.description["epoch"] ?? .null)
    // Another version may have other words for the rest.
    let same = [
      ("version of indgrm", indgrmVersion), ("data, settings or seed", run.text),
      ("options", options),
      (
        "processor level (hold them down by INDGRM_CPU_LEVEL)",
        "\(Processor.level) \(RoundedProducts.isFaster)"
      ),
      ("kernels of OpenBLAS (set INDGRM_BLAS_CORETYPE)", BLAS.coreName),
    ]
    for (what, word) in same {
      guard group.agrees(on: XXHash64.hash(word)) else {
        throw ToolError(.badData, "process \(group.rank) and the others have not the same \(what)")
      }
    }
  }
}
