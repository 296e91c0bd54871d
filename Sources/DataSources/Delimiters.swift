// What stands between the fields of rows?

extension RowLayout {
  /// The delimiter given, or the first of Hive's control characters, `::`, tab, comma, semicolon, bar, blank and rarer
  /// ones in the first line that parts all lines alike. A semicolon comes before the comma where it parts more fields: commas are decimal there.
  /// Blanks that stand beside every one belong to it.
  static func delimiter(of lines: [[UInt8]], options: SourceOptions) -> [UInt8] {
    if let given = options.delimiter { return Array(given.utf8) }
    guard let first = lines.first else { return [0x2C] }
    func counts(_ delimiter: [UInt8]) -> [Int] {
      let quoting = Quoting(options.quotes, delimiter: delimiter)
      return lines.map { line in
        line.withUnsafeBufferPointer { countFields($0, by: delimiter, quoting) }
      }
    }
    /// The longest that parts all lines as a short one does the first.
    func widened(_ mark: [UInt8]) -> [UInt8] {
      let wide: [[UInt8]] =
        mark == [0x3A, 0x3A]
        ? [mark + [0x3A]]
        : mark == [0x09] || mark == [0x20] ? [] : [[0x20] + mark + [0x20], mark + [0x20]]
      let width = counts(mark)[0]
      return wide.first { counts($0).allSatisfy { $0 == width } } ?? mark
    }
    // No text holds control characters but to part it. `::` counts only where it parts fields: RecBole's headers hold
    // single colons.
    let controls: [[UInt8]] = [[0x01], [0x1F]]
    let usual: [[UInt8]] = [[0x3A, 0x3A], [0x09], [0x2C], [0x3B], [0x7C], [0x20]]
    let rare: [[UInt8]] = [[0x5E], [0x7E]]
    let found = (controls + usual + rare).filter { mark in
      first.withUnsafeBufferPointer { countFields($0, by: mark, .none) > 1 }
    }
    guard found.count > 1 else { return found.first.map(widened) ?? [0x2C] }
    let even = found.filter { mark in Set(counts(mark)).count == 1 && counts(mark)[0] > 1 }
    let candidates = even.isEmpty ? found : even
    if candidates[0] == [0x2C], candidates.contains([0x3B]),
      counts([0x3B]).first ?? 0 > counts([0x2C]).first ?? 0
    {
      return widened([0x3B])
    }
    return widened(candidates[0])
  }
}
