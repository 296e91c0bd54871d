// How does a trained decoder become one with other clusters, or with doors?

import DenseMath

extension Decoder {
  /// What a trained decoder has for all clusters alike.
  private convenience init(sharing trained: Decoder<T>, options: InDGRMOptions) {
    self.init(items: trained.items.value.rows, options: options, seed: 0, starts: false)
    let sources = Dictionary(uniqueKeysWithValues: trained.parameters.map { ($0.name, $0) })
    for own in parameters where own.name != mapping.name {
      if let source = sources[own.name] { own.value.copy(from: source.value) }
    }
  }

  /// A trained decoder with some of its clusters, or with doors.
  convenience init(keeping clusters: [Int], of trained: Decoder<T>, options: InDGRMOptions) {
    self.init(sharing: trained, options: options)
    let rows = clusters.flatMap { cluster in
      (0..<options.groups).map { UInt32(cluster * options.groups + $0) }
    }
    gatherRows(trained.mapping.value, rows, into: mapping.value)
  }

  /// A trained decoder with one cluster in the place of several.
  ///
  /// - Parameter weights: of those, adding up to 1.
  convenience init(joining weights: [T], of trained: Decoder<T>, options: InDGRMOptions) {
    self.init(sharing: trained, options: options)
    for (cluster, weight) in weights.enumerated() where options.usesGroups {
      let rows = cluster * options.groups..<(cluster + 1) * options.groups
      addScaled(trained.mapping.value.rowBlock(rows), by: weight, to: mapping.value)
    }
  }
}
