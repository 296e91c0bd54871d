// How does a shell complete the tools' names and options?

/// Completion scripts; the options are asked of the tools themselves, so they are never out of date.
enum Completions {
  static func script(for shell: String) -> String? {
    let tools = ToolDirectory.names.joined(separator: " ")
    switch shell {
    case "bash":
      return """
        _indgrm() {
          local word="${COMP_WORDS[COMP_CWORD]}"
          if [ "$COMP_CWORD" = 1 ]; then
            COMPREPLY=($(compgen -W "\(tools) help completions --exec-path --version" -- "$word"))
          elif [ "${word#-}" != "$word" ]; then
            local options
            options=$(indgrm "${COMP_WORDS[1]}" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u)
            COMPREPLY=($(compgen -W "$options" -- "$word"))
          else
            COMPREPLY=($(compgen -f -- "$word"))
          fi
        }
        complete -o filenames -F _indgrm indgrm

        """
    case "zsh":
      return """
        #compdef indgrm
        _indgrm() {
          if (( CURRENT == 2 )); then
            compadd \(tools) help completions
          elif [[ "$PREFIX" == -* ]]; then
            compadd -- ${(f)"$(indgrm $words[2] --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u)"}
          else
            _files
          fi
        }
        _indgrm "$@"

        """
    case "fish":
      return """
        complete -c indgrm -n __fish_use_subcommand -f -a '\(tools) help completions'
        complete -c indgrm -n 'not __fish_use_subcommand' -a '(indgrm (commandline -opc)[2] --help \
        2>/dev/null | string match -ra -- "--[a-z][a-z-]*" | sort -u)'

        """
    default:
      return nil
    }
  }
}
