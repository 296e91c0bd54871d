// Are item groups named by what is common to their items?

import Interchange
import Models
import Testing

@Suite struct GroupNameTests {
  private let titles = ["Alien", "Brazil", "Casablanca", "Diva", "Eraserhead"]

  @Test func groupsAreNamedByTheirBestKnownItems() {
    let names = GroupNames(
      [0, 0, 0, 1, 1], count: 3, items: ItemChunk(ids: titles), categories: [],
      popularity: [3, 9, 5, 1, 1])
    #expect(names.names == ["Brazil, Casablanca", "Diva, Eraserhead", ""])
    // A sentence that recommends an item does not name it as the reason.
    #expect(names.name(of: 0, besides: 1) == "Casablanca, Alien")
    #expect(names.name(of: 0, besides: 0) == "Brazil, Casablanca")
    #expect(names.name(of: 1, besides: 3) == "Eraserhead")
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
