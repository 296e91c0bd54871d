// Which of the processor's instructions do kernels use?

import CKernels

/// The processor as the kernels see it.
public enum Processor {
  /// The level kernels work at, `x86-64-v3` for example, `best` where nothing holds them down and there is AVX-512, and
  /// `base` on other architectures.
  public static var level: String { name(indgrm_cpu_level()) }

  /// What is wrong with INDGRM_CPU_LEVEL; nil when it is not set or right.
  public static var complaint: String? {
    indgrm_cpu_complaint().map { String(cString: $0) }
  }

  private static func name(_ level: Int32) -> String {
    switch Int(level) {
    case INDGRM_BEST: "best"
    case INDGRM_V4: "x86-64-v4"
    case INDGRM_V3: "x86-64-v3"
    case INDGRM_V2: "x86-64-v2"
    default: "base"
    }
  }
}
