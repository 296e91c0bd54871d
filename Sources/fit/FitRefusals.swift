// What is refused before a fit, and what is no success after it?

import ArgumentParser
import Fitting
import ToolKit

extension Fit {
  static let companions = ["--checkpoint-every": "--checkpoint"]

  /// Throws `ToolError` where the model that was written is not all that was asked for.
  ///
  /// - Parameter isOfFirst: whether it is the first fit's, of which --refit asks two.
  func refuseSuccess(_ outcome: FitOutcome, isOfFirst: Bool) throws {
    switch outcome {
    case .finished: break
    case .failed(let failure):
      throw ToolError(.internalFault, "\(failure); the best model before was kept")
    case .stopped:
      let what = isOfFirst ? "the first fit's model" : "the best model so far"
      throw ToolError(
        .stopped,
        "stopped by a signal; \(what) was written and is marked as stopped"
          + (aside.checkpoint.map { "; go on with --resume \($0)" } ?? ""))
    }
  }

  /// Options that exclude each other.
  func refuseOptionsTogether() throws {
    let written = [output.output, aside.checkpoint, logJSON].compactMap { $0 }.filter { $0 != "-" }
    guard Set(written).count == written.count else {
      throw ValidationError("--output, --checkpoint and --log-json must be different files")
    }
    guard start == nil || groups == nil else {
      throw ValidationError(
        "--init and --groups exclude each other: an earlier model has its groups")
    }
  }

  /// Options that the model has no use for, before they are silently of none.
  func refuseWhatCannotApply(_ family: any ModelFamily.Type) throws {
    let given = [
      ("--init", start), ("--checkpoint", aside.checkpoint), ("--resume", aside.resume),
      ("--budget", budget.map { "\($0)" }),
    ]
    if !family.trainsInEpochs, let useless = given.first(where: { $0.1 != nil }) {
      throw ToolError(
        .usage,
        "\(useless.0) is for networks; '\(chosen.model)' is none")
    }
    if !family.takesGroups, groups != nil {
      throw ToolError(.usage, "--groups is for models with item groups; '\(chosen.model)' has none")
    }
  }

  /// Options that a fit whose items are cut cannot have.
  func refuseWhatCannotBeCut(_ family: any ModelFamily.Type) throws {
    guard ranks.itemRanks > 1 else { return }
    guard family.cutsItems else {
      throw ToolError(
        .usage,
        "--item-ranks cuts the items of indgrm, mult-vae and recvae; those of '\(chosen.model)' cannot be cut"
      )
    }
  }

  /// Options that processes which share a fit cannot have.
  func refuseWhatCannotBeShared(_ shared: SharedFit) throws {
    guard shared.isShared else { return }
    guard budget == nil else {
      throw ToolError(
        .usage, "--budget is for one process: each has a clock of its own; leave it out")
    }
    let read = [input] + [groups, start, aside.resume].compactMap { $0 }
    guard !read.contains("-") else {
      throw ToolError(
        .usage, "standard input is for one process; give a file that all processes can read")
    }
  }
}
