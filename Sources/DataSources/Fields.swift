// What does a field of text mean?

import Glibc

/// A finite number, or nil; blanks around it do not count. A comma before one or two last digits is a decimal one;
/// before three it could part thousands. One that is too large or too small to be kept is none.
func parseNumber(_ field: [UInt8]) -> Float? {
  var field = trimmed(field)
  if let comma = field.firstIndex(of: 0x2C), (1...2).contains(field.count - comma - 1),
    field[(comma + 1)...].allSatisfy(isDigit), !field.contains(0x2E)
  {
    field[comma] = 0x2E
  }
  guard !field.isEmpty,
    field.allSatisfy({ isDigit($0) || "+-.eE".utf8.contains($0) }),
    let value = Float(String(decoding: field, as: UTF8.self)), value.isFinite,
    value != 0 || !isBeyondFloats(field)
  else { return nil }
  return value
}

/// Whether a number is too large or too small for what ratings are kept in.
func isBeyondFloats(_ field: [UInt8]) -> Bool {
  guard let value = Double(String(decoding: trimmed(field), as: UTF8.self)), value.isFinite else {
    return false
  }
  return value != 0 && (Float(value) == 0 || !Float(value).isFinite)
}

/// A field without the blanks around it.
func trimmed(_ field: [UInt8]) -> [UInt8] {
  guard field.first == 0x20 || field.last == 0x20 else { return field }
  var inner = field[...]
  while inner.first == 0x20 { inner.removeFirst() }
  while inner.last == 0x20 { inner.removeLast() }
  return Array(inner)
}
