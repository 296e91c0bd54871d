// swift-tools-version: 6.1
import PackageDescription

// MARK: - Settings shared by all Swift targets

/// Whether pipelines/fuzz is building: then all targets count which branches an input takes.
let isFuzzing = Context.environment["INDGRM_FUZZ"] != nil

let swift: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
  ] + (isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer"])] : [])

/// The commit that `--version` tells; pipelines/install says which it builds.
let commit = Context.environment["INDGRM_COMMIT"] ?? ""

let arguments: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

/// A thin executable over the libraries: its folder holds the command and nothing else.
func tool(_ name: String, _ libraries: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name, dependencies: libraries + ["ToolKit", arguments], swiftSettings: swift)
}

/// Tests of what users run: optimised libraries and tools, which they need not be themselves.
func tests(
  _ folder: String, of dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(
    name: "\(folder)Tests", dependencies: dependencies + ["Support"], exclude: exclude,
    swiftSettings: swift + [.unsafeFlags(["-Onone"], .when(configuration: .release))])
}

/// A library of models.
///
/// Networks are generic over their precision: what other modules use of `Training` and `Fitting` is public, since the
/// compiler specialises across modules what is public alone, without which a fit takes up to twice as long.
func models(_ name: String, _ floors: [String]) -> Target {
  .target(
    name: name,
    dependencies: ["DenseMath", "InteractionData", "Interchange"]
      + floors.map { .byName(name: $0) },
    swiftSettings: swift + [
      .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release))
    ])
}

/// What a tool sees of models: not the families, which it finds by name.
let modelling: [Target.Dependency] = ["Recommending", "Fitting", "ModelCatalogue"]

let tools: [Target] = [
  tool("ingest", ["DataSources", "DenseMath", "InteractionData", "Interchange"]),
  tool("binarize", ["DataSources", "InteractionData", "Interchange"]),
  tool("split", ["DataSources", "InteractionData", "Interchange"]),
  tool("shard", ["InteractionData", "Interchange"]),
  tool("merge", ["InteractionData", "Interchange"]),
  tool("group-items", ["InteractionData", "Interchange"] + modelling),
  tool("fit", ["DenseMath", "InteractionData", "Interchange", "Ranks"] + modelling),
  tool("tune", ["DenseMath", "InteractionData", "Tuning", "Interchange"] + modelling),
  tool("score", ["DataSources", "InteractionData", "Interchange"] + modelling),
  tool("explain", ["DenseMath", "Explaining", "Interchange"]),
  tool(
    "metrics",
    ["DenseMath", "InteractionData", "Interpretability", "RankingMetrics", "Interchange"]
      + modelling),
  tool(
    "interpret",
    ["DenseMath", "InteractionData", "Interpretability", "Interchange"] + modelling),
  tool("report", ["DenseMath", "Plots", "Reporting"]),
  tool("simulate", ["DenseMath", "Simulation", "Interchange"]),
  tool("dump", ["DenseMath", "InteractionData", "Interchange"]),
  tool("check", ["Interchange"]),
]

/// The fuzz target has no main of its own: libFuzzer brings one.
let fuzzing: [Target] =
  isFuzzing
  ? [
    .executableTarget(
      name: "fuzz-reader",
      dependencies: ["DataSources", "DenseMath", "Interchange", "InteractionData"] + modelling,
      path: "Tests/Fuzz", swiftSettings: swift + [.unsafeFlags(["-parse-as-library"])],
      linkerSettings: [.unsafeFlags(["-sanitize=fuzzer"])])
  ] : []

let package = Package(
  name: "indgrm",
  products: [
    .executable(name: "indgrm", targets: ["indgrm"])
  ] + tools.map { .executable(name: $0.name, targets: [$0.name]) },
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    // MARK: System libraries
    // Without pkg-config on purpose: its flags would link OpenBLAS into every tool, which then starts
    // threads before main. The headers are found on the default path; CKernels opens the library.
    .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(
      name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),

    // MARK: Libraries, lowest first
    .target(
      name: "CKernels", dependencies: ["COpenBLAS"],
      cSettings: [.unsafeFlags(["-O3", "-fno-math-errno", "-fno-trapping-math"])]),
    .target(name: "CVersion", cSettings: [.define("INDGRM_COMMIT", to: "\"\(commit)\"")]),
    .target(name: "DenseMath", dependencies: ["CKernels"], swiftSettings: swift),
    .target(name: "Interchange", dependencies: ["CZstd"], swiftSettings: swift),
    .target(
      name: "DataSources", dependencies: ["CArchive", "CZlib", "Interchange"],
      swiftSettings: swift),
    .target(
      name: "InteractionData", dependencies: ["DenseMath", "Interchange"], swiftSettings: swift),
    // Open MPI is opened by the first process that asks for it, as OpenBLAS is.
    .target(name: "CMPI"),
    .target(name: "Ranks", dependencies: ["CMPI"], swiftSettings: swift),
    // Models, floor by floor: what one is, how any is fitted, how a network is trained, the families, their list.
    models("Recommending", []),
    models("Fitting", ["Recommending", "RankingMetrics", "Ranks"]),
    models("Training", ["Recommending", "Fitting", "Ranks"]),
    models("LinearModels", ["Recommending", "Fitting"]),
    models("FactorModels", ["Recommending", "Fitting"]),
    models("MultVAE", ["Recommending", "Fitting", "Training"]),
    models(
      "InDGRMModel", ["Recommending", "Fitting", "Training", "LinearModels", "FactorModels"]),
    models(
      "ModelCatalogue",
      ["Recommending", "Fitting", "LinearModels", "FactorModels", "MultVAE", "InDGRMModel"]),
    .target(name: "Tuning", dependencies: ["DenseMath", "Interchange"], swiftSettings: swift),
    .target(name: "Simulation", dependencies: ["DenseMath"], swiftSettings: swift),
    .target(name: "RankingMetrics", dependencies: ["DenseMath"], swiftSettings: swift),
    .target(name: "Plots", swiftSettings: swift),
    .target(name: "Interpretability", dependencies: ["DenseMath"], swiftSettings: swift),
    .target(
      name: "ToolKit", dependencies: ["CVersion", "DenseMath", "Interchange", arguments, logging],
      swiftSettings: swift),
    // What tools say at length of a model: their mains hold options alone.
    .target(
      name: "Explaining",
      dependencies: ["DenseMath", "InteractionData", "Interchange", "ToolKit"] + modelling,
      swiftSettings: swift),
    .target(
      name: "Reporting",
      dependencies: [
        "DataSources", "DenseMath", "Explaining", "InteractionData", "Interchange", "Plots",
        "ToolKit",
      ] + modelling,
      swiftSettings: swift),

    // MARK: Tools
    .executableTarget(name: "indgrm", dependencies: ["CVersion"], swiftSettings: swift),
  ] + tools + fuzzing + [
    // MARK: Tests
    .target(
      name: "Support", dependencies: ["Interchange"], path: "Tests/Support", swiftSettings: swift),
    .executableTarget(
      name: "roofline",
      dependencies: ["DenseMath", "DataSources", "Interchange", "Fitting", "InDGRMModel"],
      path: "Tests/Roofline", swiftSettings: swift),
    tests("DenseMath", of: ["DenseMath"]),
    tests("Interchange", of: ["Interchange"]),
    tests("DataSources", of: ["DataSources", "dump", "ingest"], exclude: ["Corpus"]),
    tests("InteractionData", of: ["InteractionData", "Interchange"]),
    tests("Models", of: ["ModelCatalogue"]),
    tests("ToolKit", of: ["ToolKit", "Interchange"]),
    tests("Tuning", of: ["Tuning", "Interchange"]),
    tests("Simulation", of: ["Simulation", "DenseMath"]),
    tests("RankingMetrics", of: ["RankingMetrics"]),
    tests("Plots", of: ["Plots"]),
    tests("Interpretability", of: ["Interpretability", "DenseMath"]),
    tests(
      "Tool", of: ["ToolKit", "Interchange", "indgrm"] + tools.map { .byName(name: $0.name) }),
  ]
)
