// How does a lift read?

import Plots

/// A lift as it stands behind a name: " ×1.8".
func liftText(_ lift: Double) -> String {
  "\u{A0}×" + NumberText.decimals(lift, lift < 9.95 ? 1 : 0)
}
