// What is done to one vector on the calling thread, inside parallel loops?

/// x <- exp(x).
@inline(__always)
public func exponentiate<T: Real>(_ x: UnsafeMutableBufferPointer<T>) {
  T.kernels.exp(x.count, x.baseAddress)
}

/// y += factor x.
@inline(__always)
public func addScaled<T: Real>(
  _ x: UnsafeMutableBufferPointer<T>, by factor: T, to y: UnsafeMutableBufferPointer<T>
) {
  precondition(x.count == y.count, "vectors of different lengths")
  T.kernels.addScaled(x.count, factor, x.baseAddress, y.baseAddress)
}

/// x <- a x.
@inline(__always)
public func scale<T: Real>(_ x: UnsafeMutableBufferPointer<T>, by a: T) {
  T.kernels.scale(x.count, a, x.baseAddress)
}

/// sum of x y.
@inline(__always)
public func dot<T: Real>(
  _ x: UnsafeMutableBufferPointer<T>, _ y: UnsafeMutableBufferPointer<T>
) -> T {
  precondition(x.count == y.count, "vectors of different lengths")
  return T.kernels.dot(x.count, x.baseAddress, y.baseAddress)
}
