// Which random numbers belong to which part of a simulation?

/// The stage of each stream of random numbers; the streams are independent.
enum Stage: UInt32 {
  case prototypes = 0x5101
  case clusters = 0x5102
  case mapping = 0x5103
  case items = 0x5104
  case popularity = 0x5105
  case activity = 0x5106
  case users = 0x5107
  case choice = 0x5108
  case ratings = 0x5109
  case doors = 0x510A
}
