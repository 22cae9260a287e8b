// The completion script for bash 3.2 or newer; it does not need the package bash-completion.

import { allFlags, type Completable, completableCommands, spellings } from "./completable.ts";

export function bashScript(): string {
  const commands = completableCommands();
  const [main, ...subcommands] = commands;
  const flags = commands.map(
    ({ name, flags, words }) =>
      `    ${name}) words="${words?.join(" ") ?? ""}" flags="${flags.flatMap(spellings).join(" ")}" ;;`,
  );
  return `# bash completion for bulkget: source <(bulkget completion bash)
_bulkget() {
  local IFS=$' \\t\\n' current=\${COMP_WORDS[COMP_CWORD]} option=\${COMP_WORDS[COMP_CWORD-1]} command=bulkget words flags word
  COMPREPLY=()
  # bash splits --flag=value into three words.
  if [ "$current" = "=" ]; then
    current=
  elif [ "$option" = "=" ]; then
    option=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  case $option in
${valueCases(allFlags(commands)).join("\n")}
  esac
  if [ "$COMP_CWORD" -gt 1 ]; then
    case \${COMP_WORDS[1]} in
      ${subcommands.map(({ name }) => name).join("|")}) command=\${COMP_WORDS[1]} ;;
    esac
  fi
  for word in "\${COMP_WORDS[@]:0:COMP_CWORD}"; do
    if [ "$word" = -- ]; then return; fi
  done
  case $command in
${flags.join("\n")}
  esac
  case $current in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")); return ;;
  esac
  if [ -n "$words" ]; then
    compopt +o default 2>/dev/null
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  elif [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${subcommands.map(({ name }) => name).join(" ")}" -- "$current"))
    # A list may have such a name as well; where no command fits, bash completes files by itself.
    if [ \${#COMPREPLY[@]} -gt 0 ]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$current")
    fi
  fi
}
complete -o default -F _bulkget ${main?.name}
`;
}

/** The cases of the word before the current one: a flag that takes a value. */
function valueCases(flags: readonly Completable[]): string[] {
  return flags.flatMap(({ value, ...flag }) => {
    if (value === undefined) return [];
    const pattern = spellings(flag).join("|");
    if (value.words.length > 0)
      return [
        `    ${pattern}) compopt +o default 2>/dev/null; COMPREPLY=($(compgen -W "${value.words.join(" ")}" -- "$current")); return ;;`,
      ];
    if (value.paths === "folders") return [`    ${pattern}) compopt +o default -o dirnames 2>/dev/null; return ;;`];
    return [`    ${pattern}) ${value.paths === "files" ? "" : "compopt +o default 2>/dev/null; "}return ;;`];
  });
}
