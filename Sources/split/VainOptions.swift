// Which options change nothing beside the way data are divided?

extension Split {
  /// Options that change nothing beside the others.
  var vainOptions: [String] {
    (scheme == .users ? [] : ["--folds"])
      + (scheme == .leaveOneOut || testFrom != nil ? ["--test"] : [])
      + (scheme == .leaveOneOut || validationFrom != nil ? ["--validation"] : [])
  }
}
