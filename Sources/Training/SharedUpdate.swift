// How do processes that share a batch add up gradients and update the parameters?

import DenseMath
import Ranks

/// The parameters of which every part of a batch has a whole gradient, as one line of places that is worked on piece by
/// piece.
///
/// Of each piece a process adds up what all have in its own part of the places, updates the parameters there, and gets
/// the values of the other places from the processes that have updated those. So it sends and receives a gradient or a
/// value for each place and process, and what it adds up is in the processor's cache still when it is used. Which places are
/// whose never changes: nobody else has their moments.
final class SharedUpdate<T: Real> {
  /// A parameter with its places in the line, and which it is of those of a batch.
  private struct Segment {
    let parameter: Parameter<T>
    let places: Range<Int>
    var index = 0
  }
  private let segments: [Segment]
  private let group: RankGroup
  /// Memory for a piece of the line.
  private let sums: Matrix<T>
  /// Of each parameter of a batch the gradient's sum over parts, but not a process's last; and memory that is free.
  private var earlier = TreeSum<[Matrix<T>]>()
  private var free: [Matrix<T>] = []
  /// The last part's share; its gradients are still in the parameters.
  private var share: T = 1

  /// Places of a piece for each process: half a megabyte of floats, which fits into a core's cache.
  private static var ownPlaces: Int { 1 << 17 }

  init(_ parameters: [Parameter<T>], sharedBy group: RankGroup) {
    self.group = group
    var end = 0
    segments = parameters.map { parameter in
      end += parameter.value.count
      return Segment(parameter: parameter, places: end - parameter.value.count..<end)
    }
    sums = Matrix(rows: 1, columns: min(end, Self.ownPlaces * group.count))
  }

  /// Takes the gradients of a part that has a share in the batch.
  ///
  /// - Parameter isLast: whether they stay in the parameters until `update`.
  func take(_ learnt: [Parameter<T>], share: T, isLast: Bool) {
    guard !isLast else { return self.share = share }
    let part = chosen(learnt).map { segment in
      let gradient = memory(segment.places.count)
      gradient.fill(0)
      addScaled(segment.parameter.gradient, by: share, to: gradient)
      return gradient
    }
    earlier.add(part) { first, second in
      for (one, other) in zip(first, second) { add(one, to: other) }
      free += first
      return second
    }
  }

  /// Memory for so many numbers, which it need not be cleared for.
  private func memory(_ count: Int) -> Matrix<T> {
    free.firstIndex { $0.count == count }.map { free.remove(at: $0) }
      ?? Matrix(rows: 1, columns: count)
  }

  /// Adds up the gradients of all parts and updates the parameters by them.
  ///
  /// - Parameter step: the number of this update, from 1.
  func update(_ learnt: [Parameter<T>], learningRate: T, step: Int) {
    let earlier = self.earlier.takeForLast()
    forEachPiece(chosen(learnt)) { segments, places in
      let piece = sums.elements(0..<places.count)
      piece.fill(0)
      Self.forEach(segments, in: places) { segment, elements, at in
        let sum = piece.elements(at)
        addScaled(segment.parameter.gradient.elements(elements), by: share, to: sum)
        for part in earlier { add(part[segment.index].elements(elements), to: sum) }
      }
      let own = group.sumPart(of: piece.buffer)
      let part = piece.elements(own)
      let ownPlaces = places.lowerBound + own.lowerBound..<places.lowerBound + own.upperBound
      Self.forEach(segments, in: ownPlaces) { segment, elements, at in
        segment.parameter.update(
          elements, by: part.elements(at).pointer, learningRate: learningRate, step: step)
      }
      spread(segments, places) { $0.value }
    }
    free += earlier.joined()
  }

  /// Lets this process have the moments of all places, as one that is alone has.
  func completeMoments() {
    for moments in [\AdamState<T>.first, \AdamState<T>.second] {
      forEachPiece(segments.filter { $0.parameter.isUpdatedWhole }) { segments, places in
        spread(segments, places) { $0.state[keyPath: moments] }
      }
    }
  }

  /// Gives all processes what each has of a piece in its own part of the places.
  ///
  /// - Parameter numbers: those of a parameter that are spread.
  private func spread(
    _ segments: [Segment], _ places: Range<Int>, _ numbers: (Parameter<T>) -> Matrix<T>
  ) {
    guard group.count > 1 else { return }
    if let only = segments.first, segments.count == 1, places.clamped(to: only.places) == places {
      // What is one parameter's alone goes from where it is to where it belongs.
      let first = places.lowerBound - only.places.lowerBound
      let own = numbers(only.parameter).elements(first..<first + places.count)
      return group.spreadParts(of: own.buffer)
    }
    let piece = sums.elements(0..<places.count)
    Self.forEach(segments, in: places) { segment, elements, at in
      piece.elements(at).copy(from: numbers(segment.parameter).elements(elements))
    }
    group.spreadParts(of: piece.buffer)
    Self.forEach(segments, in: places) { segment, elements, at in
      numbers(segment.parameter).elements(elements).copy(from: piece.elements(at))
    }
  }

  /// The segments of parameters that are to be updated here.
  private func chosen(_ learnt: [Parameter<T>]) -> [Segment] {
    var found = segments.filter { segment in
      segment.parameter.isUpdatedWhole && learnt.contains { $0 === segment.parameter }
    }
    for index in found.indices { found[index].index = index }
    return found
  }

  /// Calls `body` with every piece of the line that has something of the segments, and those that it has of.
  private func forEachPiece(
    _ segments: [Segment], _ body: (_ segments: [Segment], _ places: Range<Int>) -> Void
  ) {
    let (end, length) = (self.segments.last?.places.upperBound ?? 0, Self.ownPlaces * group.count)
    for start in stride(from: 0, to: end, by: length) {
      let places = start..<min(start + length, end)
      let found = segments.filter { $0.places.overlaps(places) }
      if !found.isEmpty { body(found, places) }
    }
  }

  /// Calls `body` with every segment's elements that have their place in a range, and where in the range they are.
  private static func forEach(
    _ segments: [Segment], in places: Range<Int>,
    _ body: (_ segment: Segment, _ elements: Range<Int>, _ at: Range<Int>) -> Void
  ) {
    for segment in segments {
      let common = segment.places.clamped(to: places)
      guard !common.isEmpty else { continue }
      let (first, start) = (segment.places.lowerBound, places.lowerBound)
      body(
        segment, common.lowerBound - first..<common.upperBound - first,
        common.lowerBound - start..<common.upperBound - start)
    }
  }
}

extension Parameter {
  /// Whether it learns, and all its elements at once.
  fileprivate var isUpdatedWhole: Bool { rate > 0 && touched == nil }
}
