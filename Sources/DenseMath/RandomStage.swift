// Which random numbers belong to which use?

/// The stage of every stream of random numbers; streams of different stages are independent, and so are all of
/// different seeds. (`Simulation` has stages of its own for what it draws.)
///
/// To draw numbers for something new add a stage here, with a value that no other has.
public enum RandomStage {
  // MARK: Starts of parameters
  public static let multVAEEncoder: UInt32 = 1
  public static let multVAEPosterior: UInt32 = 2
  public static let multVAEHidden: UInt32 = 3
  public static let multVAEDecoder: UInt32 = 4
  /// The first layer; the layers after it have the 32 numbers that follow.
  public static let trunk: UInt32 = 10
  public static let sharedMean: UInt32 = 50
  public static let sharedLogVariance: UInt32 = 51
  public static let clusterMeans: UInt32 = 52
  public static let clusterLogVariances: UInt32 = 53
  public static let attentionHidden: UInt32 = 54
  public static let attention: UInt32 = 55
  public static let itemVectors: UInt32 = 60
  public static let mapping: UInt32 = 61
  public static let prototypes: UInt32 = 70
  public static let partInput: UInt32 = 75
  public static let partOutput: UInt32 = 76
  public static let macridItems: UInt32 = 80
  public static let macridEncoder: UInt32 = 81
  public static let macridPosterior: UInt32 = 82
  public static let dglgmGlobal: UInt32 = 90
  public static let dglgmHidden: UInt32 = 91
  public static let dglgmDecoder: UInt32 = 92

  // MARK: Draws
  /// The item factors that alternating least squares starts from.
  public static let alternatingStart: UInt32 = 0x414C_5331
  /// Which users the centres of cluster affinity start from.
  public static let clusterCentres: UInt32 = 0x434C_5553
  /// Axes and starts of discriminant mixtures.
  public static let discriminantStart: UInt32 = 0x4449_5343
  /// Which entries are dropped.
  public static let dropout: UInt32 = 0x4452_4F50
  /// Gumbel noise of item groups; further draws have the 64 numbers that follow.
  public static let gumbel: UInt32 = 0x4755_4D42
  /// The first centres of spherical k-means.
  public static let kMeans: UInt32 = 0x4B4D_4541
  /// Noise of posteriors; inner steps of InDGRM, or further parts of DGLGM, have the 100 numbers that follow.
  public static let noise: UInt32 = 0x4E4F_4953
  /// Noise of what group parts see.
  public static let partNoise: UInt32 = 0x5041_5254
  /// Which cluster a draw from DGLGM's prior is of.
  public static let priorCluster: UInt32 = 0x5052_494F
  /// Pairs of items that privileged groups rank.
  public static let privilegedPairs: UInt32 = 0x5052_4956
  /// Items drawn for a batch's softmax.
  public static let candidates: UInt32 = 0x5341_4D50
  /// The order of users in an epoch.
  public static let shuffle: UInt32 = 0x5348_5546
  /// The start of the spectral embedding.
  public static let spectralStart: UInt32 = 0x5350_4543
  /// Trials of the Parzen search.
  public static let parzen: UInt32 = 0x5450_4531
  /// The fold of every interaction of a user held out.
  public static let splitFolds: UInt32 = 0x5350_4C46
  /// The order of users that are held out.
  public static let splitUsers: UInt32 = 0x5350_4C55
  /// Which of a user's interactions a split by ratio takes.
  public static let splitRatio: UInt32 = 0x5350_4C52
  /// Which of a user's interactions are held out where times do not tell.
  public static let splitTruth: UInt32 = 0x5350_4C4F
  /// Users of the disentanglement score.
  public static let disentanglement: UInt32 = 0x4449_5345
  /// Random items that fidelity is held against.
  public static let fidelity: UInt32 = 0x4649_4445
  /// Users whose explanations are measured.
  public static let fidelityUsers: UInt32 = 0x4649_5553
  /// Histories drawn from a model.
  public static let drawnHistories: UInt32 = 0x4452_4157
  /// Users that interpret measures.
  public static let measuredUsers: UInt32 = 0x5553_4552
  /// Groups by chance that a report holds a model's against.
  public static let chanceGroups: UInt32 = 0x5245_504F
  /// Starts of the mixtures by which clusters are counted.
  public static let clusterCount: UInt32 = 0x434C_4E54
  /// The start of a normalised cut.
  public static let cutStart: UInt32 = 0x4E43_5554

  /// All of them, for the test that no two are the same.
  static let all: [UInt32] = [
    multVAEEncoder, multVAEPosterior, multVAEHidden, multVAEDecoder, trunk, sharedMean,
    sharedLogVariance, clusterMeans, clusterLogVariances, attentionHidden, attention, itemVectors,
    mapping, prototypes, partInput, partOutput, macridItems, macridEncoder, macridPosterior,
    dglgmGlobal, dglgmHidden, dglgmDecoder, alternatingStart, clusterCentres, discriminantStart,
    dropout, gumbel, kMeans, noise, partNoise, priorCluster, privilegedPairs, candidates, shuffle,
    spectralStart, parzen,
    splitFolds, splitUsers, splitRatio, splitTruth, disentanglement, fidelity,
    fidelityUsers, drawnHistories, measuredUsers, chanceGroups, clusterCount,
    cutStart,
  ]
}
