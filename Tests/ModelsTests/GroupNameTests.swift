// Are item groups named by what is common to their items?

import Interchange
import Testing

@testable import Recommending

@Suite struct GroupNameTests {
  private let titles = ["Alien", "Brazil", "Casablanca", "Diva", "Eraserhead"]

  @Test func groupsAreNamedByTheirBestKnownItems() {
    let names = GroupNames(
      [0, 0, 0, 1, 1], count: 3, items: ItemChunk(ids: titles), categories: [],
      popularity: [3, 9, 5, 1, 1])
    #expect(names.names == ["Brazil, Casablanca", "Diva, Eraserhead", ""])
    // A sentence that recommends an item does not name it as the reason.
    #expect(names.name(of: 0, besides: 1) == "the likes of Casablanca and Alien")
    #expect(names.name(of: 0, besides: 0) == "the likes of Brazil and Casablanca")
    #expect(names.name(of: 1, besides: 3) == "the likes of Eraserhead")
    #expect(names.name(of: 7, besides: 0) == "")
  }

  @Test func categoriesComeFirst() {
    // Both groups hold as many of category 0 as all items do; category 1 sets the first apart.
    let items = ItemChunk(ids: titles, categories: [[0, 1], [0, 1], [0], [0, 2], [0]])
    let names = GroupNames(
      [0, 0, 1, 1, 1], count: 2, items: items, categories: ["film", "space", "stage"],
      popularity: [1, 1, 1, 1, 1])
    #expect(names.names == ["space", "stage"])
    #expect(names.name(of: 0, besides: 0) == "space")
    // A film of another kind is not recommended for a taste in the stage.
    #expect(names.name(of: 1, besides: 3) == "stage")
    #expect(names.name(of: 1, besides: 2) == "the likes of Diva and Eraserhead")
  }

  @Test func groupsOfOneCategoryAreToldApart() {
    let items = ItemChunk(
      ids: (0..<9).map { "i\($0)" }, categories: [[], [0], [0], [0], [], [0], [], [], []])
    let names = GroupNames(
      [0, 0, 0, 1, 1, 1, 2, 2, 2], count: 3, items: items, categories: ["drama"],
      popularity: [4, 1, 2, 3, 9, 8, 9, 9, 9])
    #expect(names.names == ["drama, i2", "drama, i5", "i6, i7"])
    #expect(names.name(of: 1, besides: 3) == "drama")
  }

  @Test func whatIsChosenCountsNotWhatIsThere() {
    // Of ten items five are for children, which hardly anybody chose; nine in ten choices are of war.
    let items = ItemChunk(
      ids: (0..<20).map { "i\($0)" },
      categories: (0..<20).map { $0 < 5 ? [0] : $0 < 10 ? [1] : [2] })
    let names = GroupNames(
      (0..<20).map { $0 < 10 ? 0 : 1 }, count: 2, items: items,
      categories: ["children", "war", "drama"], popularity: (0..<20).map { $0 < 5 ? 1 : 9 })
    #expect(names.names == ["war", "drama"])
  }

  @Test func aSmallPartOfAGroupDoesNotNameIt() {
    // A quarter of the first group is horror, and nothing else is.
    let items = ItemChunk(
      ids: (0..<40).map { "i\($0)" }, categories: (0..<40).map { $0 < 5 ? [0] : [] })
    let names = GroupNames(
      (0..<40).map { $0 < 20 ? 0 : 1 }, count: 2, items: items, categories: ["horror"],
      popularity: (0..<40).map { _ in 1 })
    #expect(names.names == ["i0, i1", "i20, i21"])
  }

  @Test func categoriesThatAreHardlyMoreCommonNameNothing() {
    // Six of ten items are of category 0, and seven of ten in the group.
    let items = ItemChunk(
      ids: (0..<20).map { "i\($0)" }, categories: (0..<20).map { $0 < 7 || $0 >= 15 ? [0] : [] })
    let names = GroupNames(
      (0..<20).map { $0 < 10 ? 0 : 1 }, count: 2, items: items, categories: ["drama"],
      popularity: (0..<20).map { 20 - $0 })
    #expect(names.names == ["i0, i1", "i10, i11"])
  }
}
