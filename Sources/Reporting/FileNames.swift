// What are files called in a report?

import ToolKit

/// Short names of files, or their paths where two would be called the same.
package func distinctNames(_ paths: [String]) -> [String] {
  let names = paths.map(shortName)
  return zip(paths, names).map { path, name in
    names.count { $0 == name } > 1 ? path : name
  }
}

/// The files that words such as `FILE` and `NAME=FILE` stand for, each with a name of its own.
///
/// What has a slash before the first equals sign is a path. Throws `ToolError` when a name or a file is
/// missing or two files have the same name.
package func namedFiles(_ words: [String], option: String) throws -> [(name: String, path: String)]
{
  let parts = try words.map { word -> (name: String?, path: String) in
    guard let mark = word.firstIndex(of: "="), !word[..<mark].contains("/") else {
      return (nil, word)
    }
    let (name, path) = (String(word[..<mark]), String(word[word.index(after: mark)...]))
    guard !name.isEmpty, !path.isEmpty else {
      throw ToolError(.usage, "\(option) \(word): is not NAME=FILE; give a name and a file")
    }
    return (name, path)
  }
  let shorts = parts.map { $0.name ?? shortName($0.path) }
  var seen: Set<String> = []
  return try zip(parts, shorts).map { part, short in
    // A file without a name that would be called as another one is called by its path.
    let isShared = part.name == nil && shorts.count { $0 == short } > 1
    let name = isShared ? part.path : short
    guard seen.insert(name).inserted else {
      throw ToolError(
        .usage, "\(option): the name '\(name)' is given twice; call one of them NAME=\(part.path)")
    }
    return (name, part.path)
  }
}

/// A path without its folders and what follows the name's last dot, cut at 40 letters.
package func shortName(_ path: String) -> String {
  let name = path.split(separator: "/").last.map(String.init) ?? path
  let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name[...]
  let whole = stem.isEmpty ? name : String(stem)
  return whole.count > 40 ? whole.prefix(39) + "…" : whole
}
