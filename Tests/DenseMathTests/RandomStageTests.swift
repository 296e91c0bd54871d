// Has every use of random numbers a stream of its own?

import Testing

@testable import DenseMath

@Suite struct RandomStageTests {
  @Test func noTwoStagesAreTheSame() {
    #expect(Set(RandomStage.all).count == RandomStage.all.count)
    // Those that number on leave room for what follows.
    for (stage, room) in [
      (RandomStage.trunk, 32), (RandomStage.gumbel, 64), (RandomStage.noise, 100),
    ] {
      let taken = stage + 1...stage + UInt32(room)
      #expect(!RandomStage.all.contains { taken.contains($0) })
    }
  }
}
