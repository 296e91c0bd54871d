// indgrm simulate: data from Algorithm 1, with its truth.

import ArgumentParser
import DenseMath
import Interchange
import Simulation
import ToolKit

@main
struct Simulate: Tool {
  static let toolName = "simulate"
  static let configuration = toolConfiguration(
    "Draw interactions from the paper's generative process.",
    discussion: """
      Plants user clusters, item groups and factors (Algorithm 1), with power-law popularity and \
      activity, and lets every user draw items without replacement. Items are categorised by their \
      group unless told not to. Streams: holds one block of users times items (32 MiB), the items, and \
      20 bytes a user.
      """)

  @OptionGroup var options: ShapeOptions

  @Flag(help: "Do not tell the groups as categories.")
  var secret = false

  @Option(
    help: ArgumentHelp(
      "Also write the planted structure, as a model stream that dump exports.", valueName: "file"))
  var truth: String?

  @OptionGroup var seed: SeedOption
  @OptionGroup var output: StreamOutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let complaint = options.shape.complaint { throw ValidationError(complaint) }
  }

  func execute(_ context: ToolContext) throws {
    try BLAS.open()
    let shape = options.shape
    let provenance = context.provenance(seed: seed.seed)
    let file = try output.open()
    let truthFile = try truth.map { try OutputFile($0, binary: true, for: "--truth") }
    let sampler = InteractionSampler(PlantedStructure(shape, seed: seed.seed))

    let writer = try InteractionWriter(
      file, metadata: ["ratings": .bool(shape.ratings != .none), "times": .bool(shape.hasTimes)],
      provenance: provenance, compression: output.compression > 0 ? output.compression : nil)
    if !secret { try writer.write(.categories(groupNames)) }
    try writer.write(.items(itemChunk(sampler.structure)))

    let progress = Progress("draw", unit: "users", total: shape.users, context.log)
    var rows = emptyChunk
    var (usersWritten, count) = (0, 0)
    func flush(upTo user: Int) throws {
      let ids = (usersWritten..<user).map { String($0 + 1) }
      try writer.write(.users(UserChunk(ids: ids)))
      try writer.write(.interactions(rows))
      usersWritten = user
      rows = emptyChunk
    }
    while let block = sampler.next() {
      rows.users += block.users
      rows.items += block.items
      rows.ratings? += block.ratings
      rows.times? += block.times
      let drawn = sampler.userClusters.count
      count += block.users.count
      if rows.count >= InteractionWriter.chunkRows { try flush(upTo: drawn) }
      progress.update(drawn)
    }
    try flush(upTo: shape.users)
    try writer.finish()
    if let truthFile {
      try planted(sampler, provenance).write(to: truthFile, kind: .model)
      try truthFile.commit()
    }
    try file.commit()
    progress.finish()
    context.log.notice(
      "\(count) interactions of \(shape.users) users with \(shape.items) items",
      counts: ["interactions": count, "users": shape.users, "items": shape.items])
  }

  private var emptyChunk: InteractionChunk {
    let shape = options.shape
    return InteractionChunk(
      ratings: shape.ratings == .none ? nil : [], times: shape.hasTimes ? [] : nil)
  }

  private var groupNames: [String] { (0..<options.shape.groups).map { "Group \($0 + 1)" } }

  private func itemChunk(_ structure: PlantedStructure) -> ItemChunk {
    ItemChunk(
      ids: structure.itemGroups.indices.map { String($0 + 1) },
      titles: structure.itemGroups.indices.map { "Item \($0 + 1)" },
      categories: secret ? nil : structure.itemGroups.map { [$0] })
  }

  /// The truth behind the data, its users in the order of the stream.
  private func planted(_ sampler: InteractionSampler, _ provenance: Provenance) -> StoredModel {
    let structure = sampler.structure
    func tensor(_ name: String, _ matrix: Matrix<Float>) -> (String, Tensor) {
      (name, Tensor(name, shape: [matrix.rows, matrix.columns], floats: matrix.buffer))
    }
    func tensor(_ name: String, _ values: [UInt32]) -> (String, Tensor) {
      (name, Tensor(name, shape: [values.count], integers: values))
    }
    func tensor(_ name: String, _ values: [Float]) -> (String, Tensor) {
      (name, Tensor(name, shape: [values.count], floats: values))
    }
    return StoredModel(
      description: ["name": "planted"], items: itemChunk(structure),
      categories: secret ? [] : groupNames,
      tensors: Dictionary(
        uniqueKeysWithValues: [
          tensor("user_cluster", sampler.userClusters), tensor("item_group", structure.itemGroups),
          tensor("item_vectors", structure.itemVectors), tensor("prototypes", structure.prototypes),
          tensor("cluster_means", structure.clusterMeans),
          tensor("cluster_variances", structure.clusterVariances),
          tensor("cluster_weights", structure.clusterWeights.map(Float.init)),
          tensor("mapping", structure.mapping), tensor("doors", structure.doors),
          tensor("log_popularity", structure.popularity),
        ]), provenance: provenance)
  }
}
