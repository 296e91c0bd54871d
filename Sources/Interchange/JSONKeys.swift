// Is something said twice in one JSON object?

import FoundationEssentials

/// Walks over JSON text that is known to be whole, and looks at the keys of every object in it.
public struct JSONKeys {
  /// The first key that an object has twice, however it is spelled, with the keys that lead to it; nil where none does.
  public static func repeated(in bytes: some Collection<UInt8>) -> String? {
    var walk = JSONKeys(bytes: Array(bytes))
    return walk.passValue(under: [])
  }

  private let bytes: [UInt8]
  private var at = 0

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// The next byte that is no blank, and passes over those before it.
  private mutating func next() -> UInt8? {
    while at < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 }
    return at < bytes.count ? bytes[at] : nil
  }

  /// A text with its quotes; they are passed over.
  private mutating func text() -> ArraySlice<UInt8> {
    let start = at
    at += 1
    while at < bytes.count, bytes[at] != 0x22 { at += bytes[at] == 0x5C ? 2 : 1 }
    at = min(at + 1, bytes.count)
    return bytes[start..<at]
  }

  /// Passes over a value, and returns the path to the first key in it that comes twice.
  private mutating func passValue(under path: [String]) -> String? {
    switch next() {
    case 0x7B:
      return passMembers(under: path)
    case 0x5B:
      at += 1
      while let byte = next(), byte != 0x5D {
        if byte == 0x2C { at += 1 } else if let twice = passValue(under: path) { return twice }
      }
      at += 1
    case 0x22:
      _ = text()
    default:
      repeat { at += 1 } while at < bytes.count && !",]} \t\n\r".utf8.contains(bytes[at])
    }
    return nil
  }

  private mutating func passMembers(under path: [String]) -> String? {
    var seen: Set<ID> = []
    at += 1
    while let byte = next(), byte != 0x7D {
      guard byte == 0x22 else {
        at += 1
        continue
      }
      let literal = text()
      let key = JSONValue(parsing: literal)?.string ?? String(decoding: literal, as: UTF8.self)
      guard seen.insert(ID(key)).inserted else { return (path + [key]).joined(separator: ".") }
      if next() == 0x3A { at += 1 }
      if let twice = passValue(under: path + [key]) { return twice }
    }
    at += 1
    return nil
  }
}
