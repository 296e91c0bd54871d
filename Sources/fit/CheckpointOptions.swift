// Where does a run wait until it goes on?

import ArgumentParser
import Fitting
import ToolKit

/// A run put aside, and one that goes on.
struct CheckpointOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "File to put the run aside in now and then, and when it ends.", valueName: "file"))
  var checkpoint: String?

  @Option(help: ArgumentHelp("Epochs between checkpoints.", valueName: "n"))
  var checkpointEvery = 10

  @Option(help: ArgumentHelp("A checkpoint to go on from.", valueName: "file"))
  var resume: String?

  /// What says when all processes put a run aside.
  var words: String { "\(checkpoint != nil) \(checkpointEvery)" }

  /// Makes the checkpoint's file and throws it away, so that a place that cannot be written to is known before any
  /// training.
  func tryPlace() throws {
    if let checkpoint { _ = try OutputFile(checkpoint, binary: true, for: "--checkpoint") }
  }

  /// Lets a run be put aside, where that is asked for.
  ///
  /// The first process writes the file; all go by the same epochs, and have their parts of items fetched.
  func keep(_ run: RunCheckpoint, by monitor: inout TrainingMonitor, _ shared: SharedFit) {
    monitor.checkpointEvery = checkpointEvery
    guard let checkpoint else { return }
    let (isFirst, isCut) = (shared.isFirst, shared.itemRanks.count > 1)
    monitor.checkpoint = {
      if isFirst || isCut { try run.write($0, to: isFirst ? checkpoint : "/dev/null") }
    }
  }

  func validate() throws {
    guard checkpointEvery > 0 else {
      throw ValidationError("--checkpoint-every must be positive")
    }
  }
}
