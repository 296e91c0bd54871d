// Do ticks lie where one would put them by hand?

import Testing

@testable import Plots

@Suite struct AxisTests {
  private func ticks(_ values: [Double], zero: Bool = false, count: Int = 5, tight: Bool = false)
    -> [String]
  {
    Axis.linear("", covering: values, zero: zero, count: count, tight: tight).ticks.map(\.text)
  }

  @Test func linearTicksAreRoundAndCover() {
    #expect(ticks([0, 10]) == ["0", "2", "4", "6", "8", "10"])
    #expect(ticks([3, 17]) == ["0", "5", "10", "15", "20"])
    #expect(ticks([0.389, 0.4296]) == ["0.38", "0.39", "0.40", "0.41", "0.42", "0.43"])
    #expect(ticks([-3, 4]) == ["−4", "−2", "0", "2", "4"])
    #expect(
      ticks([120_000, 480_000], zero: true) == [
        "0", "100,000", "200,000", "300,000", "400,000", "500,000",
      ])
    #expect(ticks([7], zero: true) == ["0", "2", "4", "6", "8"])
  }

  @Test func aTightAxisEndsWithItsValues() {
    let axis = Axis.linear("", covering: [1, 40], count: 4, tight: true)
    #expect(axis.low == 1 && axis.high == 40)
    #expect(axis.ticks.map(\.text) == ["10", "20", "30", "40"])
    let epochs = Axis.linear("", covering: [1, 3], count: 9, tight: true, whole: true)
    #expect(epochs.ticks.map(\.text) == ["1", "2", "3"])
  }

  @Test func oddValuesStillGiveAnAxis() {
    for values in [[], [0], [-5], [.nan], [.infinity, 1], [1e300, -1e300], [1e-300, 2e-300]]
      as [[Double]]
    {
      let axis = Axis.linear("", covering: values)
      #expect(axis.low < axis.high, "\(values)")
      #expect(axis.ticks.count < 30, "\(values)")
      #expect(axis.ticks.allSatisfy { (-0.001...1.001).contains(axis.share($0.value)) })
    }
  }

  @Test func logarithmicTicksArePowersAndHandyMultiples() {
    let wide = Axis.logarithmic("", covering: [1, 3000])
    #expect(wide.ticks.map(\.text) == ["1", "10", "100", "1,000"])
    let narrow = Axis.logarithmic("", covering: [1, 100])
    #expect(narrow.ticks.map(\.text) == ["1", "2", "5", "10", "20", "50", "100"])
    #expect(abs(narrow.share(10) - 0.5) < 1e-12)
    #expect(Axis.logarithmic("", covering: []).ticks.count > 1)
    #expect(Axis.logarithmic("", covering: [4, 4]).ticks.map(\.text) == ["5"])
  }

  @Test func stepsAreOneTwoFive() {
    let cases: [(Double, Double)] = [
      (0.9, 1), (1, 1), (1.1, 2), (3, 5), (7, 10), (0.03, 0.05), (230, 500),
    ]
    for (size, step) in cases {
      #expect(abs(Axis.niceStep(size) - step) < step * 1e-9, "\(size)")
    }
    #expect(Axis.niceStep(0) == 1 && Axis.niceStep(.nan) == 1)
  }

  @Test func numbersReadAsPeopleWriteThem() {
    #expect(NumberText.grouped(1_234_567) == "1,234,567")
    #expect(NumberText.grouped(-999) == "−999")
    #expect(NumberText.decimals(0.4296, 3) == "0.430")
    #expect(NumberText.decimals(-0.0004, 3) == "0.000")
    #expect(NumberText.decimals(1234.5, 1) == "1,234.5")
    #expect(NumberText.decimals(0.05, 1) == "0.1")
    #expect(NumberText.short(0.01914) == "0.0191")
    #expect(NumberText.short(1e-7) == "1e−7")
    #expect(NumberText.short(20) == "20")
    #expect(NumberText.signed(0.25, 2) == "+0.25")
    #expect(NumberText.percent(0.256) == "26\u{A0}%")
    #expect(NumberText.percent(0.001) == "<1\u{A0}%")
    #expect(NumberText.percent(0.001, decimals: 1) == "0.1\u{A0}%")
    #expect(NumberText.percent(0) == "0\u{A0}%")
    #expect(NumberText.decimals(.nan, 2) == "–")
  }

  @Test func binsCountEveryValueOnce() {
    let whole = Histogram(counts: [1, 1, 2, 3, 4, 5, 8, 12, 400, 0], x: "", y: "")
    #expect(whole.bins.prefix(4).map(\.low) == [1, 2, 3, 5])
    #expect(whole.bins.prefix(4).map(\.count) == [2, 1, 2, 1])
    #expect(whole.bins.reduce(0) { $0 + $1.count } == 9)
    let even = Histogram([0, 0.5, 1, 1.5, 2], x: "", y: "", bins: 2)
    // The end of the last bin belongs to it.
    #expect(even.bins.map(\.count) == [2, 3])
    #expect(Histogram([], x: "", y: "").bins.allSatisfy { $0.count == 0 })
  }
}
