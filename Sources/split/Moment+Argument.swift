// How does a user write a moment, and how data are divided?

import ArgumentParser
import DataSources
import InteractionData

extension SplitScheme: ExpressibleByArgument {}
extension Moment: ExpressibleByArgument {
  /// A share of the interactions, or a time as users write it.
  public init?(argument: String) {
    if let share = Double(argument), (0...1).contains(share) {
      self = .share(share)
    } else if let seconds = secondsSince1970(argument) {
      self = .seconds(seconds)
    } else {
      return nil
    }
  }
}
