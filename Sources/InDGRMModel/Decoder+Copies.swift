// How does a trained decoder become one with other clusters, or with doors?

import DenseMath

extension Decoder {
  /// What a trained decoder has for all clusters alike.
  private convenience init(sharing trained: Decoder<T>, shape: NetworkShape) {
    self.init(items: trained.items.value.rows, shape: shape, seed: 0, starts: false)
    let sources = Dictionary(uniqueKeysWithValues: trained.parameters.map { ($0.name, $0) })
    for own in parameters where own.name != mapping.name {
      if let source = sources[own.name] { own.value.copy(from: source.value) }
    }
  }

  /// A trained decoder with some of its clusters, or with doors.
  convenience init(keeping clusters: [Int], of trained: Decoder<T>, shape: NetworkShape) {
    self.init(sharing: trained, shape: shape)
    let rows = clusters.flatMap { cluster in
      (0..<shape.groups).map { UInt32(cluster * shape.groups + $0) }
    }
    gatherRows(trained.mapping.value, rows, into: mapping.value)
  }

  /// A trained decoder with one cluster in the place of several.
  ///
  /// - Parameter weights: of those, adding up to 1.
  convenience init(joining weights: [T], of trained: Decoder<T>, shape: NetworkShape) {
    self.init(sharing: trained, shape: shape)
    for (cluster, weight) in weights.enumerated() where shape.usesGroups {
      let rows = cluster * shape.groups..<(cluster + 1) * shape.groups
      addScaled(trained.mapping.value.rowBlock(rows), by: weight, to: mapping.value)
    }
  }
}
