// How are numbers written for people?

import Glibc

/// Numbers as text, without a locale: `12,345`, `−0.25`, `3.2 k`.
public enum NumberText {
  /// A whole number with its thousands set apart.
  public static func grouped(_ value: Int) -> String {
    let digits = String(value.magnitude)
    var result = ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place) % 3 == 0 { result += "," }
      result.append(digit)
    }
    return value < 0 ? "−" + result : result
  }

  /// A number with a fixed count of decimals, a real minus sign and its thousands set apart.
  public static func decimals(_ value: Double, _ count: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "–" : value < 0 ? "−∞" : "∞" }
    let scale = pow(10, Double(count))
    let scaled = (abs(value) * scale).rounded()
    guard scaled < 9e15 else { return exponential(value) }
    let whole = grouped(Int(scaled / scale))
    let rest = String(Int(scaled.truncatingRemainder(dividingBy: scale)))
    let sign = value < 0 && scaled > 0 ? "−" : ""
    guard count > 0 else { return sign + whole }
    return sign + whole + "." + String(repeating: "0", count: count - rest.count) + rest
  }

  /// A number in about three significant digits.
  public static func short(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : decimals(value, 0) }
    let size = abs(value)
    if size >= 1e7 || size < 1e-4 { return exponential(value) }
    let digits = Int(log10(size).rounded(.down))
    return trimmed(decimals(value, max(0, 2 - digits)))
  }

  /// A share as a percentage; one too small to be told from none is said to be below the smallest.
  public static func percent(_ share: Double, decimals count: Int = 0) -> String {
    let least = pow(10, -Double(count))
    let isTiny = share > 0 && share * 100 < least / 2
    return (isTiny ? "<" + decimals(least, count) : decimals(share * 100, count)) + "\u{A0}%"
  }

  /// A signed number, with a plus where it is not negative.
  public static func signed(_ value: Double, _ count: Int) -> String {
    let text = decimals(value, count)
    return text.hasPrefix("−") ? text : "+" + text
  }

  /// Text for ticks a step apart: all of an axis have the same number of decimals.
  static func tick(_ value: Double, step: Double) -> String {
    if abs(value) < step * 1e-9 { return "0" }
    if abs(value) >= 1e7 || step < 1e-5 { return exponential(value) }
    return decimals(value, max(0, -Int(log10(step * 1.0000001).rounded(.down))))
  }

  /// A number such as 2e6, read as two times a million.
  private static func exponential(_ value: Double) -> String {
    let power = Int(log10(abs(value)).rounded(.down))
    let front = trimmed(decimals(value / pow(10, Double(power)), 1))
    return "\(front)e\(power < 0 ? "−" : "")\(power.magnitude)"
  }

  private static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var text = text
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return text
  }
}
