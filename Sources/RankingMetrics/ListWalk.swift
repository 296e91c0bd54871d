// What are the metrics of one ranked list at every cut-off?

/// Running sums over the hits of one list against one truth (all of it, or one item group's part).
private struct Tally {
  var size = 0
  var hits = 0
  var gain = 0.0
  var precisions = 0.0
  var reciprocal = 0.0
  var explainable = 0
  var explained = 0

  @inline(__always)
  mutating func hit(rank: Int, gain weight: Double) {
    hits += 1
    gain += weight
    precisions += Double(hits) / Double(rank)
    if hits == 1 { reciprocal = 1 / Double(rank) }
  }
}

/// Walks one list after another, once each, with memory for items and ranks laid out beforehand.
///
/// Tally 0 is against the whole truth, tally 1 + g against the truth items of frequency group g.
/// After a walk, `values(tally)` has `Metric.perUser.count` x `cutoffs.count` values, metric first.
final class ListWalk {
  let cutoffs: [Int]
  let itemCount: Int
  /// Items that can be scored.
  let scorableCount: Int
  let tallyCount: Int
  private let valuesPerTally: Int
  private let tallies: UnsafeMutablePointer<Tally>
  private let scratch: UnsafeMutablePointer<Double>
  /// For each item the stamp of the last list that had it in its truth or ranking.
  private let marks: UnsafeMutablePointer<UInt32>
  private let groups: UnsafeMutablePointer<UInt8>
  /// For each item the stamp of the last list that it was explainable in; empty when nobody asks.
  private let explainable: UnsafeMutablePointer<UInt32>
  private let explains: Bool
  private let figures: ListFigures
  private let features: ItemFeatures?
  /// Of the next walk, where anybody asks.
  private var likeness: ListLikeness?
  private var stamp: UInt32 = 0
  private static let unscorable = UInt32.max

  init(options: MetricsOptions, catalogue: Catalogue) {
    cutoffs = options.cutoffs
    itemCount = catalogue.itemCount
    tallyCount = catalogue.trainingCounts == nil ? 1 : options.frequencyBounds.count + 2
    valuesPerTally = Metric.perUser.count * cutoffs.count
    tallies = .allocate(capacity: tallyCount)
    tallies.initialize(repeating: Tally(), count: tallyCount)
    scratch = .allocate(capacity: tallyCount * valuesPerTally)
    scratch.initialize(repeating: 0, count: tallyCount * valuesPerTally)
    marks = .allocate(capacity: itemCount)
    marks.initialize(repeating: 0, count: itemCount)
    groups = .allocate(capacity: itemCount)
    groups.initialize(repeating: 0, count: itemCount)
    explains = options.explainability != nil
    explainable = .allocate(capacity: explains ? itemCount : 0)
    explainable.initialize(repeating: 0, count: explains ? itemCount : 0)
    var blocked = 0
    for (item, scorable) in (catalogue.scorable ?? []).enumerated() where !scorable {
      marks[item] = Self.unscorable
      blocked += 1
    }
    scorableCount = itemCount - blocked
    if let counts = catalogue.trainingCounts {
      for (item, group) in frequencyGroups(counts, bounds: options.frequencyBounds).enumerated() {
        groups[item] = group
      }
    }
    figures = ListFigures(depth: cutoffs.last ?? 1)
    features = Metric.likeness.contains(where: options.metrics.contains) ? catalogue.features : nil
  }

  deinit {
    tallies.deallocate()
    scratch.deallocate()
    marks.deallocate()
    groups.deallocate()
    explainable.deallocate()
  }

  /// Truth items of a tally in the last walk.
  func truthCount(_ tally: Int) -> Int { tallies[tally].size }

  /// Items that are explainable in the next walk.
  var explainableCount: Int { tallies[0].explainable }

  /// Values of a tally in the last walk.
  func values(_ tally: Int) -> UnsafePointer<Double> {
    UnsafePointer(scratch + tally * valuesPerTally)
  }

  /// Takes in the truth of the next list; returns how many of its items cannot be scored.
  ///
  /// An item without an index in the catalogue was not in training: it is of the first group.
  func begin(truth: UnsafeBufferPointer<UInt32>, user: UInt32, round: Int) throws -> Int {
    advanceStamp()
    for tally in 0..<tallyCount { tallies[tally] = Tally() }
    tallies[0].size = truth.count
    var unscorable = 0
    var previous = -1
    for (position, item) in truth.enumerated() {
      let item = Int(item)
      guard item > previous else {
        throw MetricsError.unsortedTruth(user: user, round: round, position: position)
      }
      previous = item
      let known = item < itemCount
      if tallyCount > 1 { tallies[1 + (known ? Int(groups[item]) : 0)].size += 1 }
      if known && marks[item] != Self.unscorable {
        marks[item] = stamp
      } else {
        unscorable += 1
      }
    }
    return unscorable
  }

  /// Takes in which items are explainable in the next walk; after `begin`.
  func take(explainable items: UnsafeBufferPointer<UInt32>) {
    guard explains else { return }
    for item in items where Int(item) < itemCount && explainable[Int(item)] != stamp {
      explainable[Int(item)] = stamp
      tallies[0].explainable += 1
      if tallyCount > 1 { tallies[1 + Int(groups[Int(item)])].explainable += 1 }
    }
  }

  /// Takes in what the user of the next walk is known by.
  func take(history: [UInt32]) {
    likeness = features.map { ListLikeness($0, history: history) }
  }

  /// Walks the list down to the greatest cut-off, counting exposures by band between cut-offs.
  ///
  /// - Parameter exposure: cutoffs.count x itemCount counts; row c is of ranks above cut-off c - 1
  func walk(
    _ ranking: UnsafeBufferPointer<UInt32>, exposure: UnsafeMutablePointer<UInt32>,
    user: UInt32, round: Int
  ) throws {
    var position = 0
    for (cut, cutoff) in cutoffs.enumerated() {
      let band = exposure + cut * itemCount
      let end = min(cutoff, ranking.count)
      while position < end {
        let item = Int(ranking[position])
        guard item < itemCount, marks[item] != Self.unscorable else {
          throw MetricsError.unknownItem(
            user: user, round: round, rank: position + 1, item: ranking[position])
        }
        let mark = marks[item]
        guard mark != stamp + 1 else {
          throw MetricsError.repeatedItem(
            user: user, round: round, rank: position + 1, item: ranking[position])
        }
        marks[item] = stamp + 1
        band[item] &+= 1
        likeness?.append(item)
        if mark == stamp {
          tallies[0].hit(rank: position + 1, gain: figures.gain(at: position))
          if tallyCount > 1 {
            tallies[1 + Int(groups[item])].hit(rank: position + 1, gain: figures.gain(at: position))
          }
        }
        if explains, explainable[item] == stamp {
          tallies[0].explained += 1
          if tallyCount > 1 { tallies[1 + Int(groups[item])].explained += 1 }
        }
        position += 1
      }
      let (diversity, calibration) = (likeness?.diversity ?? 0, likeness?.calibration ?? 0)
      for tally in 0..<tallyCount where tallies[tally].size > 0 {
        let values = scratch + tally * valuesPerTally
        write(tallies[tally], diversity, calibration, cut: cut, to: values)
      }
    }
  }

  /// Writes one cut-off's column of each metric, in the order of `Metric.perUser`.
  @inline(__always)
  private func write(
    _ tally: Tally, _ diversity: Double, _ calibration: Double, cut: Int,
    to values: UnsafeMutablePointer<Double>
  ) {
    let stride = cutoffs.count
    var next = values + cut
    @inline(__always)
    func put(_ value: Double) {
      next.pointee = value
      next += stride
    }
    let cutoff = cutoffs[cut]
    let best = min(cutoff, tally.size)
    let hits = Double(tally.hits)
    put(figures.recall(hits: tally.hits, truth: tally.size))
    put(figures.recallMin(hits: tally.hits, truth: tally.size, cutoff: cutoff))
    put(figures.ndcg(gain: tally.gain, truth: tally.size, cutoff: cutoff))
    put(hits / Double(cutoff))
    put(tally.hits > 0 ? 1 : 0)
    put(tally.reciprocal)
    put(tally.precisions / Double(best))
    put(Double(tally.explained) / Double(cutoff))
    put(tally.explainable > 0 ? Double(tally.explained) / Double(tally.explainable) : 0)
    put(Double(tally.explainable))
    put(diversity)
    put(calibration)
  }

  /// Takes the next two stamps; when they run out all marks start anew.
  private func advanceStamp() {
    guard stamp >= Self.unscorable - 4 else {
      stamp += 2
      return
    }
    for item in 0..<itemCount where marks[item] != Self.unscorable { marks[item] = 0 }
    if explains { explainable.update(repeating: 0, count: itemCount) }
    stamp = 2
  }
}
