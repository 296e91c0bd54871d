// How are numbers and columns written?

/// A number with a fixed count of decimals, rounded half away from zero; "-" for nil.
package func fixed(_ value: Double?, _ decimals: Int) -> String {
  guard let value else { return "-" }
  guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
  var power = 1.0
  for _ in 0..<decimals { power *= 10 }
  let scaled = (abs(value) * power).rounded()
  guard scaled < 9e15 else { return value.description }
  let digits = String(Int64(scaled))
  let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
  let whole = padded.dropLast(decimals)
  let sign = value < 0 && scaled > 0 ? "-" : ""
  return sign + whole + (decimals > 0 ? "." + padded.suffix(decimals) : "")
}

/// The shortest text that reads back as the same number; `missing` for nil and what is not finite.
func exact(_ value: Double?, missing: String) -> String {
  guard let value, value.isFinite else { return missing }
  return value.description
}

/// A probability: four decimals, or "<0.0001".
func probability(_ value: Double?) -> String {
  guard let value else { return "-" }
  return value < 0.0001 ? "<0.0001" : fixed(value, 4)
}

/// A count with its noun, "1 list" or "2 lists".
func counted(_ count: Int, _ noun: String) -> String {
  "\(count) \(noun)\(count == 1 ? "" : "s")"
}

/// Text with blanks behind it up to a width.
func pad(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}

/// Lines of aligned columns, the first `left` of them to the left, the others to the right.
func columns(_ lines: [[String]], left: Int) -> String {
  var widths: [Int] = []
  for line in lines {
    for (column, cell) in line.enumerated() {
      if column == widths.count { widths.append(0) }
      widths[column] = max(widths[column], cell.count)
    }
  }
  var text = ""
  for line in lines {
    var row = ""
    for (column, cell) in line.enumerated() {
      if column > 0 { row += "  " }
      let blanks = String(repeating: " ", count: widths[column] - cell.count)
      row += column < left ? cell + blanks : blanks + cell
    }
    while row.last == " " { row.removeLast() }
    text += row + "\n"
  }
  return text
}
