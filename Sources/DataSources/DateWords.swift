// What do the words of a date mean, in whatever language?

/// A date in words, written as `DateReader` knows it: `12 de enero de 2020` as `12 Jan 2020`, `2020年1月12日 午後2時5分`
/// as `2020-1-12 2:5 PM`.
enum DateWords {
  /// The date in plain words; nil where a word of it is none of a date, or may be another month.
  static func plain(_ field: ArraySlice<UInt8>) -> [UInt8]? {
    guard field.count < 100, let decoded = TextDecoder(.auto).text(field) else { return nil }
    var words = parts(of: String(decoding: decoded, as: UTF8.self))
    let months = words.indices.filter { month(words[$0]) != nil }
    // A Tuesday in France is short for as March is, and before it.
    if months.count == 2, isWeekday(words[months[0]]) { words[months[0]] = " " }
    var text: [UInt8] = []
    var half = ""
    for (place, word) in words.enumerated() {
      if let before = halves[word] { half = before }
      let isPoint = word == "." && !isBetweenDigits(place, words)
      guard let plain = isPoint ? " " : meaning(word) else { return nil }
      append(plain, to: &text)
    }
    while let last = text.last, " -:,".utf8.contains(last) { text.removeLast() }
    return text + Array(half.utf8)
  }

  /// Adds a word or mark; marks have no blank beside them, and there is never more than one blank.
  private static func append(_ plain: String, to text: inout [UInt8]) {
    if [":", "-", ","].contains(plain) { while text.last == 0x20 { text.removeLast() } }
    if plain == " " || plain == ",", text.last.map({ " -:.".utf8.contains($0) }) ?? true { return }
    text += plain.utf8
  }

  /// Digits, words of letters and other characters, in small letters; without what stands in brackets alone, as the
  /// day of the week does in `1月12日(日)`.
  private static func parts(of date: String) -> [String] {
    var date = String(date.lowercased().map { $0.isWhitespace ? " " : $0 })
    for half in ["a", "p"] where date.contains("m.") {
      for form in ["\(half).m.", "\(half). m."] { date = date.replacing(form, with: "\(half)m") }
    }
    var words: [String] = []
    var rest = date[...]
    while let first = rest.first {
      let count =
        isEastAsian(first)
        ? (2...3).last { eastAsian[String(rest.prefix($0))] != nil } ?? 1
        : first.isLetter
          ? rest.prefix { $0.isLetter && !isEastAsian($0) }.count
          : max(rest.prefix { $0.isASCII && $0.isNumber }.count, 1)
      words.append(String(rest.prefix(count)))
      rest = rest.dropFirst(count)
      if words.count > 2, [")", "）"].contains(words.last),
        ["(", "（"].contains(words.dropLast(2).last)
      {
        words.removeLast(3)
        words.append(" ")
      }
    }
    return words
  }

  private static func isEastAsian(_ letter: Character) -> Bool {
    letter.isLetter && letter.unicodeScalars.first.map { $0.value >= 0x2E80 } == true
  }

  /// Whether a full stop parts numbers, as in `2020. 1. 12.`, and ends no word.
  private static func isBetweenDigits(_ place: Int, _ words: [String]) -> Bool {
    func isNumber(_ word: String?) -> Bool { word?.first?.isNumber == true }
    return isNumber(words[..<place].last)
      && isNumber(words[(place + 1)...].first { $0 != " " })
  }

  private static func meaning(_ word: String) -> String? {
    guard let first = word.first, !first.isASCII || first.isLetter else { return word }
    if let plain = others[word] ?? eastAsian[word] { return plain }
    if let month = month(word) { return month }
    return isWeekday(word) ? " " : nil
  }
}

extension DateWords {
  /// The English name of a month that a word of three letters or more begins, in one month's row alone.
  static func month(_ word: String) -> String? { monthsByBeginning[word] }

  private static let monthsByBeginning: [String: String] = {
    let rows = months.map { month in
      (
        month.plain,
        Set(month.names.flatMap { name in (3...max(name.count, 3)).map { name.prefix($0) } })
      )
    }
    let all = rows.flatMap { plain, beginnings in beginnings.map { (String($0), plain) } }
    return Dictionary(grouping: all, by: \.0).filter { $0.value.count == 1 }.mapValues { $0[0].1 }
  }()

  /// English, German, French, Spanish, Portuguese, Italian, Dutch, Swedish, Danish, Norwegian, Hungarian, Indonesian,
  /// Turkish and Russian. Polish, Czech and Croatian have the same words for other months.
  private static let months: [(plain: String, names: [Substring])] = [
    ("Jan", "january január januar jänner janvier enero janeiro gennaio januari ocak января"),
    (
      "Feb",
      "february február februar février fevrier febrero fevereiro febbraio februari şubat февраля"
    ),
    ("Mar", "march március märz maerz mrz mars marzo março marco maart mrt marts maret марта"),
    ("Apr", "april április avril abril aprile nisan апреля"),
    ("May", "may május mai mayo maio maggio mei maj mayıs мая"),
    ("Jun", "june június juni juin junio junho giugno haziran июня"),
    ("Jul", "july július juli juillet julio julho luglio temmuz июля"),
    ("Aug", "august augusztus août aout agosto augustus augusti agustus ağustos августа"),
    (
      "Sep", "september szeptember septembre septiembre setiembre setembro settembre eylül сентября"
    ),
    ("Oct", "october október oktober octobre octubre outubro ottobre ekim октября"),
    ("Nov", "november novembre noviembre novembro kasım ноября"),
    (
      "Dec",
      "december dezember décembre decembre diciembre dezembro dicembre desember aralık декабря"
    ),
  ].map { ($0, $1.split(separator: " ")) }

  /// Whether a word of two letters or more begins a day of the week.
  private static func isWeekday(_ word: String) -> Bool { beginningsOfWeekdays.contains(word) }

  private static let beginningsOfWeekdays = Set(
    weekdays.flatMap { day in (2...max(day.count, 2)).map { String(day.prefix($0)) } })

  private static let weekdays =
    """
    monday tuesday wednesday thursday friday saturday sunday
    montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag
    lundi mardi mercredi jeudi vendredi samedi dimanche
    lunes martes miércoles miercoles jueves viernes sábado sabado domingo
    segunda terça terca quarta quinta sexta feira
    lunedì lunedi martedì martedi mercoledì mercoledi giovedì giovedi venerdì venerdi sabato domenica
    maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
    понедельник вторник среда четверг пятница суббота воскресенье пн вт ср чт пт сб вс
    """.split { $0 == " " || $0 == "\n" }

  /// Words that part or only accompany what counts.
  private static let others: [String: String] = {
    let silent =
      "de del di of the le el den st nd rd th er º ª ° at à a as às las la um alle ore kl om o в г года"
      .split(
        separator: " ")
    let marks = [
      "h": ":", "uhr": ":", "min": ":", "s": ":", "ч": ":", "мин": ":", "с": ":", "，": ",",
      "t": "T", "z": "Z", "am": " AM", "pm": " PM", "utc": " UTC", "gmt": " GMT",
    ]
    return marks.merging(silent.map { (String($0), " ") }) { $1 }
  }()

  /// What Chinese, Japanese and Korean put behind numbers, and their days of the week.
  private static let eastAsian: [String: String] = {
    let marks = [
      "年": "-", "년": "-", "月": "-", "월": "-", "日": " ", "일": " ", "号": " ", "號": " ",
      "時": ":", "时": ":", "点": ":", "點": ":", "시": ":", "分": ":", "분": ":", "秒": " ", "초": " ",
    ]
    let days =
      "月火水木金土日".map { "\($0)曜日" } + "월화수목금토일".map { "\($0)요일" }
      + "一二三四五六日天".flatMap { ["星期\($0)", "周\($0)", "週\($0)"] }
    return marks.merging((days + halves.keys).map { ($0, " ") }) { $1 }
  }()

  /// Halves of the day that come before the hour.
  private static let halves = [
    "午前": " AM", "上午": " AM", "오전": " AM", "午後": " PM", "下午": " PM", "오후": " PM",
  ]
}
