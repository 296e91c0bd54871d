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

  /// Makes the checkpoint's file and throws it away, so that a place that cannot be written to is known before any
  /// training.
  func tryPlace() throws {
    if let checkpoint { _ = try OutputFile(checkpoint, binary: true) }
  }

  /// Lets a run be put aside, where that is asked for.
  ///
  /// - Parameter writes: whether this process writes the file; all of them go by the same epochs.
  func keep(_ run: RunCheckpoint, by monitor: inout TrainingMonitor, writes: Bool) {
    monitor.checkpointEvery = checkpointEvery
    guard let checkpoint else { return }
    monitor.checkpoint = { if writes { try run.write($0, to: checkpoint) } }
  }

  func validate() throws {
    guard checkpointEvery > 0 else {
      throw ValidationError("--checkpoint-every must be positive")
    }
  }
}
