// Does an installation work from its own folders, replace itself while in use, and leave nothing?

import Foundation
import Support
import Testing

private let root = Shell.repository.path

@Suite(.serialized) struct InstallTests {
  private func install(_ arguments: String) -> Shell.Result {
    Shell.run("\(root)/pipelines/install --tools \(Shell.tools) \(arguments)")
  }

  @Test func toolsRunByOneNameAndNothingIsLeft() throws {
    let folder = try Folder()
    let prefix = folder.path("usr")
    #expect(install("--prefix \(prefix)").status == 0)
    let clean = "env -i PATH=/usr/bin:/bin \(prefix)/bin/indgrm"
    let run = Shell.run(
      "printf '1,2\\n3,4\\n' | \(clean) ingest -q -o \(folder.path("a.ig")) && \(clean) check \(folder.path("a.ig"))"
        + " && \(clean) --exec-path")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("libexec/indgrm"))
    for file in ["share/man/man1/indgrm-fit.1", "share/indgrm/python/indgrm.py"] {
      #expect(Shell.run("test -r \(prefix)/\(file)").status == 0, "\(file)")
    }

    for line in Shell.run("indgrm --help").output.split(separator: "\n")
    where line.hasPrefix("  ") && line.first(where: { $0 != " " }) != "-" {
      let tool = line.split(separator: " ")[0]
      #expect(Shell.run("test -x \(prefix)/libexec/indgrm/\(tool)").status == 0, "\(tool)")
    }

    let nightly = Shell.run(
      "PATH=\(prefix)/bin:$PATH; eval \"$(indgrm completions bash)\"; COMP_WORDS=(indgrm nightly --d);"
        + " COMP_CWORD=2; _indgrm; echo ${COMPREPLY[@]}")
    #expect(nightly.output == "--date --dry-run\n", "\(nightly.errors)")
    let version = Shell.run(
      "\(clean) nightly --version; \(clean) fit --version | sed s/fit/nightly/")
    let versions = version.output.split(separator: "\n")
    #expect(versions.count == 2 && Set(versions).count == 1, "\(version.output)\(version.errors)")

    // A script of the sysadmin's own in a shared folder stays.
    _ = Shell.run("touch \(prefix)/bin/mine")
    let gone = install("--prefix \(prefix) --uninstall")
    #expect(gone.status == 0, "\(gone.errors)")
    #expect(Shell.run("cd \(prefix) && find . -type f").output == "./bin/mine\n")
    #expect(Shell.run("cd \(prefix) && find . -type d | sort").output == ".\n./bin\n")
    #expect(install("--prefix \(prefix) --uninstall").status == 66)
  }

  /// Folders that were there before stay, empty or not, and what an installation that failed has put there goes too.
  @Test func foldersThatWereThereStay() throws {
    let folder = try Folder()
    let prefix = folder.path("my own & only")
    let quoted = "'\(prefix)'"
    _ = Shell.run("mkdir -p \(quoted)/bin \(quoted)/lib/systemd/system")
    let before = Shell.run("cd \(quoted) && find . | sort").output
    for _ in 1...2 {
      #expect(install("--prefix \(quoted)").status == 0)
    }
    let unit = try String(
      contentsOfFile: "\(prefix)/lib/systemd/system/indgrm-nightly@.service", encoding: .utf8)
    #expect(unit.contains("ExecStart=\"\(prefix)/bin/indgrm\" nightly"), "\(unit)")
    #expect(install("--prefix \(quoted) --uninstall").status == 0)
    #expect(Shell.run("cd \(quoted) && find . | sort").output == before)

    _ = Shell.run("mkdir \(quoted)/share && touch \(quoted)/share/zsh")
    let failed = install("--prefix \(quoted)")
    #expect(failed.status == 74 && failed.errors.contains("share/zsh"), "\(failed.errors)")
    #expect(install("--prefix \(quoted) --uninstall").status == 0)
    #expect(
      Shell.run("cd \(quoted) && rm share/zsh && rmdir share && find . | sort").output == before)
  }

  /// A program that runs keeps the file it was started from, which is not written into.
  @Test func anUpgradeLeavesRunningToolsAlone() throws {
    let folder = try Folder()
    let prefix = folder.path("usr")
    #expect(install("--prefix \(prefix)").status == 0)
    let run = Shell.run(
      """
      mkfifo \(folder.path("in"))
      \(prefix)/bin/indgrm ingest -q -o \(folder.path("a.ig")) < \(folder.path("in")) & running=$!
      exec 3> \(folder.path("in")); printf '1,2\\n' >&3
      before=$(stat -c %i \(prefix)/libexec/indgrm/ingest)
      \(root)/pipelines/install --tools \(Shell.tools) --prefix \(prefix) || exit 1
      test "$before" != "$(stat -c %i \(prefix)/libexec/indgrm/ingest)" || exit 2
      printf '3,4\\n' >&3; exec 3>&-
      wait $running && \(prefix)/bin/indgrm check \(folder.path("a.ig"))
      find \(prefix) -name '.*'
      """)
    #expect(run.status == 0, "\(run.errors)")
    #expect(!run.output.contains("/."), "\(run.output)")
  }

  @Test func bashCompletesOptionsAndTheirValues() throws {
    func complete(_ words: String, _ count: Int) -> [String] {
      let run = Shell.run(
        "eval \"$(indgrm completions bash)\"; COMP_WORDS=(\(words)); COMP_CWORD=\(count); _indgrm;"
          + " printf '%s\\n' \"${COMPREPLY[@]}\"")
      return run.output.split(separator: "\n").map(String.init)
    }
    #expect(complete("indgrm spl", 1) == ["split"])
    #expect(complete("indgrm split --sch", 2) == ["--scheme"])
    #expect(complete("indgrm split --scheme ''", 3) == ["users", "ratio", "leave-one-out", "time"])
    #expect(complete("indgrm metrics --format js", 3) == ["json", "jsonl"])
    #expect(complete("indgrm fit --model ial", 3) == ["ials"])
    #expect(complete("indgrm fit --preset pap", 3) == ["paper"])
    #expect(complete("indgrm completions ''", 2) == ["bash", "zsh", "fish"])
  }

  private static func has(_ program: String) -> Bool {
    Shell.run("command -v \(program)").status == 0
  }

  @Test(.enabled(if: has("zsh"))) func zshCompletesOptionsAndTheirValues() throws {
    /// What is offered at the last of some words; the shell itself keeps what begins alike.
    func complete(_ words: String) -> [String] {
      let run = Shell.run(
        """
        zsh -f -c 'words=(\(words)); CURRENT=${#words}; PREFIX=${words[-1]}
        compadd() { shift; print -l -- "$@" }; _files() { print files }
        eval "$(indgrm completions zsh)"'
        """)
      #expect(run.errors.isEmpty, "\(run.errors)")
      return run.output.split(separator: "\n").map(String.init)
    }
    #expect(complete("indgrm spl").contains("split"))
    #expect(complete("indgrm split --sch").contains("--scheme"))
    #expect(
      complete("indgrm split --scheme \"\"") == ["users", "ratio", "leave-one-out", "time"])
    #expect(complete("indgrm fit -o \"\"") == ["files"])
    #expect(complete("indgrm completions \"\"") == ["bash", "zsh", "fish"])
  }

  @Test(.enabled(if: has("fish"))) func fishCompletesOptionsAndTheirValues() throws {
    let folder = try Folder()
    _ = try folder.write("some.ig", "")
    func complete(_ words: String) -> [String] {
      let run = Shell.run(
        "cd \(folder.path("")) && HOME=$PWD fish -N -c 'indgrm completions fish | source; complete -C \"\(words)\"'"
      )
      #expect(run.errors.isEmpty, "\(run.errors)")
      return run.output.split(separator: "\n").map(String.init)
    }
    #expect(complete("indgrm spl") == ["split"])
    #expect(complete("indgrm split --sch") == ["--scheme"])
    #expect(complete("indgrm split --scheme ") == ["leave-one-out", "ratio", "time", "users"])
    #expect(complete("indgrm fit so") == ["some.ig"])
  }

  private static let canHideProc =
    Shell.run("unshare -rm mount -t tmpfs none /proc").status == 0

  /// Options come from /proc: without it a tool must not act as if it had been given none.
  @Test(.enabled(if: canHideProc)) func aSystemWithoutProcIsNamed() {
    for tool in ["indgrm", "check"] {
      let run = Shell.run(
        "unshare -rm sh -c 'mount -t tmpfs none /proc && exec \(Shell.tools)/\(tool) --version'")
      #expect(run.status == 71)
      #expect(run.output.isEmpty && run.errors.contains("/proc is not mounted"), "\(run.errors)")
    }
  }

  @Test func aFolderThatCannotTakeItIsNamed() throws {
    let run = install("--prefix /proc/none")
    #expect(run.status == 73)
    #expect(run.errors.contains("/proc/none"))
    #expect(Shell.run("\(root)/pipelines/install --prefix").status == 64)
  }
}
