// How does a shell complete the tools' names, options and values?

/// Completion scripts; options and their values are asked of the tools themselves, whose argument parser
/// writes them down for fish, so they are never out of date.
enum Completions {
  private static let first = (ToolDirectory.names + ["nightly", "help", "completions"]).joined(
    separator: " ")

  /// A shell command that lists what may stand for `$word` after `$tool` and, just before it, `$option`; nothing
  /// where a file or any text will do.
  private static let words =
    #"case "$tool" in completions) echo bash zsh fish;; help) echo "# + first + ";;"
    + #" nightly) case "$word" in -*) indgrm nightly --help 2>/dev/null | grep -o -e "--[a-z-]*" | sort -u;; esac;;"#
    + #" *) case "$word" in -*) option=;; *) case "$option" in --*) ;; *) exit;; esac;; esac;"#
    + #" indgrm "$tool" --generate-completion-script fish 2>/dev/null | if [ -z "$option" ];"#
    + #" then sed -n "s/^complete .* -l '\([a-z-]*\)' -d .*/--\1/p" | sort -u;"#
    + #" else sed -n "s/^complete .* -l '${option#--}' -d .* -rfka '\([^']*\)'\$/\1/p"; fi;; esac"#

  static func script(for shell: String) -> String? {
    switch shell {
    case "bash":
      return """
        _indgrm() {
          local word="${COMP_WORDS[COMP_CWORD]}" option="${COMP_WORDS[COMP_CWORD-1]}" tool="${COMP_WORDS[1]}"
          local values=""
          COMPREPLY=()
          if [ "$COMP_CWORD" = 1 ]; then
            values="\(first) --exec-path --version"
          else
            values=$(\(words))
          fi
          if [ -n "$values" ]; then
            COMPREPLY=($(compgen -W "$values" -- "$word"))
          else
            compopt -o filenames 2>/dev/null
            COMPREPLY=($(compgen -f -- "$word"))
          fi
        }
        complete -F _indgrm indgrm

        """
    case "zsh":
      return """
        #compdef indgrm
        _indgrm() {
          local tool="${words[2]}" option="${words[CURRENT-1]}" word="$PREFIX" values
          if (( CURRENT == 2 )); then
            values="\(first) --exec-path --version"
          else
            values=$(\(words))
          fi
          if [[ -n "$values" ]]; then compadd -- ${=values}; else _files; fi
        }
        _indgrm "$@"

        """
    case "fish":
      return """
        function __indgrm_words
          set -l typed (commandline -opc)
          set -lx tool $typed[2]
          set -lx option $typed[-1]
          set -lx word (commandline -ct)
          set -l found (sh -c '\(words.escapedForFish)' | string split -n ' ')
          if set -q found[1]
            string join -- \\n $found
          else
            __fish_complete_path $word
          end
        end
        complete -c indgrm -f -n __fish_use_subcommand -a '\(first) --exec-path --version'
        complete -c indgrm -f -n 'not __fish_use_subcommand' -a '(__indgrm_words)'

        """
    default:
      return nil
    }
  }
}

extension String {
  /// The text as it stands between single quotes of fish.
  fileprivate var escapedForFish: String {
    var text = ""
    for character in self {
      if character == "\\" || character == "'" { text.append("\\") }
      text.append(character)
    }
    return text
  }
}
