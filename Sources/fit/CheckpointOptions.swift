// Where does a run wait until it goes on?

import ArgumentParser

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

  func validate() throws {
    guard checkpointEvery > 0 else {
      throw ValidationError("--checkpoint-every must be positive")
    }
  }
}
