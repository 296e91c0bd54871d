// Do ticks lie where one would put them by hand?

import Testing

@testable import Plots

@Suite struct AxisTests {
}
