// Are inputs read alike?

import DataSources
import ToolKit

/// How the inputs before were read.
struct SeenLayouts {
  private var layouts: Set<String> = []
  private var orders: [(name: String, order: ColumnOrder)] = []
  /// Whether some input holds rows of fields.
  var hasRows: Bool { !orders.isEmpty }

  /// Says how an input is read, in passing where another was read like that.
  ///
  /// Throws `ToolError` as `refuseOther`.
  mutating func add(_ source: any InteractionSource, _ name: String, _ log: Diagnostics) throws {
    if let order = source.order {
      try refuseOther(order, name)
      if !orders.contains(where: { $0.order == order }) { orders.append((name, order)) }
    }
    if layouts.insert(source.layout).inserted {
      log.notice("\(name): \(source.layout)")
    } else {
      log.info("\(name): \(source.layout)")
    }
  }

  /// Throws `ToolError` where an input has a header, another has none, and their columns would be read in different
  /// orders: they are parts of one table as a rule.
  private func refuseOther(_ order: ColumnOrder, _ name: String) throws {
    guard let other = orders.first(where: { $0.order.contradicts(order) }) else { return }
    let named = order.isNamed ? (name, order) : other
    let bare = order.isNamed ? other.name : name
    throw ToolError(
      .badData,
      "\(bare): has no header, and its columns would be read in another order than those of \(named.0); say which"
        + " field holds what, as in --columns \(named.1.option)")
  }
}
