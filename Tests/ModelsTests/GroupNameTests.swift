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
  }

  @Test func categoriesComeFirst() {
    // Both groups hold as many of category 0 as all items do; category 1 sets the first apart.
    let items = ItemChunk(ids: titles, categories: [[0, 1], [0, 1], [0], [0, 2], [0]])
    let names = GroupNames(
      [0, 0, 1, 1, 1], count: 2, items: items, categories: ["film", "space", "stage"],
      popularity: [1, 1, 1, 1, 1])
    #expect(names.names == ["space", "Casablanca, Diva"])
    // Of the second group a third is of the stage, which is too little for a name.
  }

  @Test func groupsOfOneCategoryAreToldApart() {
    let items = ItemChunk(
      ids: (0..<9).map { "i\($0)" }, categories: [[], [0], [0], [0], [], [0], [], [], []])
    let names = GroupNames(
      [0, 0, 0, 1, 1, 1, 2, 2, 2], count: 3, items: items, categories: ["drama"],
      popularity: [4, 3, 2, 9, 3, 8, 9, 9, 9])
    #expect(names.names == ["drama, i1", "drama, i3", "i6, i7"])
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

  @Test func yearsNameWhatCategoriesCannot() {
    // Three quarters of what is chosen of the first group is from 1993 to 1996, a year between counting for all.
    let years = [1993, 1993, 1996, 1940, 1950, 1960, 1970, 1980, 1994, 1990]
    let items = ItemChunk(
      ids: years.indices.map { "i\($0)" }, titles: years.indices.map { "T\($0) (\(years[$0]))" })
    let names = GroupNames(
      [0, 0, 0, 0, 1, 1, 1, 1, 1, 1], count: 2, items: items, categories: [],
      popularity: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1])
    #expect(names.names.first == "1993-1996")
    for (title, year) in [
      ("Brazil (1985)", 1985), ("2001 (1968) (restored)", 1968), ("(500) Days", nil),
      ("(19x5)", nil),
      ("", nil), ("Blade Runner 2049", nil),
    ] as [(String, Int?)] { #expect(ItemTraits.year(in: title) == year, "\(title)") }
  }

  @Test func treesAreNamedByTheDeepestLevelThatMostHave() {
    let categories = ["Home", "Home > Kitchen", "Home > Kitchen > Tea", "Garden", "Garden > Tea"]
    // The first group is of tea for the most part; the second of kitchens, half of it tea; the third of gardens.
    let lists: [[UInt32]] = [
      [0, 1, 2], [0, 1, 2], [0, 1, 2], [0, 1], [0, 1], [0, 1], [0, 1], [0], [3, 4], [3, 4], [3, 4],
      [3],
    ]
    let names = GroupNames(
      (0..<12).map { $0 / 4 }, count: 3,
      items: ItemChunk(ids: (0..<12).map { "i\($0)" }, categories: lists), categories: categories,
      popularity: (0..<12).map { _ in 1 })
    #expect(names.names == ["Home > Kitchen > Tea", "Kitchen", "Garden > Tea"])
  }

  /// Names are different even where titles are the same.
  @Test func namesAreUnique() {
    let names = GroupNames(
      [0, 1, 2], count: 4, items: ItemChunk(ids: ["a", "b", "c"], titles: ["T", "T", "T"]),
      categories: [], popularity: [1, 1, 1])
    #expect(names.names == ["T", "T (2)", "T (3)", ""])
  }
}
