// How does any text become safe inside SVG and HTML, and how much room does it take?

/// Text for documents in XML syntax.
public enum Markup {
  /// Text that stands for itself as content and as an attribute's value.
  ///
  /// Characters that XML forbids, such as most control characters, become U+FFFD.
  public static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n", "\r": result += " "
      default: result.unicodeScalars.append(isAllowed(scalar) ? scalar : "\u{FFFD}")
      }
    }
    return result
  }

  /// Whether XML 1.0 lets a character stand in a document; C1 controls are left out as well.
  private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0xFFFE, 0xFFFF: false
    // These turn the direction of text around, or end a line, and could dress up what follows.
    case 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: false
    default: true
    }
  }

  /// The width of text in a proportional face, in pixels: an estimate on the safe side.
  public static func width(_ text: String, size: Double = 12) -> Double {
    var total = 0.0
    for scalar in text.unicodeScalars {
      switch scalar {
      case "i", "j", "l", "I", ".", ",", ":", ";", "'", "!", "|", "(", ")", "[", "]", " ", "t", "f",
        "r":
        total += 0.41
      case "m", "w", "M", "W", "%", "@", "—", "…": total += 0.98
      case "A"..."Z", "&", "+", "−", "×", "=": total += 0.74
      default: total += scalar.value >= 0x1100 ? 1.05 : 0.63
      }
    }
    return total * size
  }

  /// The text, or its beginning with an ellipsis where it is wider than the room.
  public static func fitted(_ text: String, in room: Double, size: Double = 12) -> String {
    guard width(text, size: size) > room else { return text }
    var result = ""
    var used = width("…", size: size)
    for character in text {
      let next = width(String(character), size: size)
      if used + next > room { break }
      result.append(character)
      used += next
    }
    while result.last == " " { result.removeLast() }
    return result + "…"
  }
}
