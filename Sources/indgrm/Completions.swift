// How does a shell complete the tools' names, options and values?

/// Completion scripts; options and their values are asked of the tools themselves, whose argument parser
/// writes them down for fish, so they are never out of date.
enum Completions {
  /// A shell pipeline that lists the options of the tool in `$tool`, `--name` each.
  private static let options =
    #"indgrm "$tool" --generate-completion-script fish 2>/dev/null |"#
    + #" sed -n "s/^complete .* -l '\([a-z-]*\)' -d .*/--\1/p" | sort -u"#

  /// A shell pipeline that lists the values the option in `$option` can have, in one line; none where any text will do.
  private static let values =
    #"indgrm "$tool" --generate-completion-script fish 2>/dev/null |"#
    + #" sed -n "s/^complete .* -l '${option#--}' -d .* -rfka '\([^']*\)'\$/\1/p""#

  static func script(for shell: String) -> String? {
    let first = (ToolDirectory.names + ["nightly", "help", "completions"]).joined(separator: " ")
    switch shell {
    case "bash":
      return """
        _indgrm() {
          local word="${COMP_WORDS[COMP_CWORD]}" option="${COMP_WORDS[COMP_CWORD-1]}" tool="${COMP_WORDS[1]}"
          local values=""
          COMPREPLY=()
          if [ "$COMP_CWORD" = 1 ]; then
            COMPREPLY=($(compgen -W "\(first) --exec-path --version" -- "$word"))
            return
          elif [ "$tool" = completions ]; then
            values="bash zsh fish"
          elif [ "$tool" = help ]; then
            values="\(first)"
          elif [ "${word#-}" != "$word" ]; then
            values=$(\(options))
          elif [ "${option#--}" != "$option" ]; then
            values=$(\(values))
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
          local tool="${words[2]}" option="${words[CURRENT-1]}"
          local -a found
          if (( CURRENT == 2 )); then
            compadd \(first)
            return
          elif [[ "$tool" == completions ]]; then
            found=(bash zsh fish)
          elif [[ "$tool" == help ]]; then
            found=(\(first))
          elif [[ "$PREFIX" == -* ]]; then
            found=(${(f)"$(\(options))"})
          elif [[ "$option" == --* ]]; then
            found=(${=:-"$(\(values))"})
          fi
          if (( ${#found} )); then compadd -- $found; else _files; fi
        }
        _indgrm "$@"

        """
    case "fish":
      return """
        function __indgrm_words
          set -l words (commandline -opc)
          set -lx tool $words[2]
          set -lx option $words[-1]
          switch (commandline -ct)
            case '-*'
              sh -c '\(options.escapedForFish)'
            case '*'
              string match -q -- '--*' $option
              and sh -c '\(values.escapedForFish)' | string split ' '
          end
        end
        complete -c indgrm -n __fish_use_subcommand -f -a '\(first)'
        complete -c indgrm -n 'not __fish_use_subcommand' -a '(__indgrm_words)'

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
