public enum Parallel { nonisolated(unsafe) public static var threads = 1; public static let availableCores = 2 }
