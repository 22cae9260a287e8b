// The completion script for zsh: sourced after compinit, or stored as the file _bulkget in the fpath.

import { type Completable, completableCommands, quoted, spellings, type Value } from "./completable.ts";

export function zshScript(): string {
  const [main, ...subcommands] = completableCommands();
  const cases = subcommands.map(
    ({ name, flags, words }) => `      ${name})
        shift words
        (( CURRENT-- ))
        _arguments -s -S ${specs(flags)} \\
          ${words === undefined ? "'*:list:_files'" : quoted(`1:${name === "help" ? "topic" : "shell"}:(${words.join(" ")})`)}
        return ;;`,
  );
  const described = subcommands.map(({ name, summary }) => quoted(`${name}:${summary}`));
  return `#compdef bulkget
# zsh completion for bulkget: source <(bulkget completion zsh)
_bulkget_first() {
  local -a commands=(${described.join(" ")})
  _describe -t commands command commands
  _files
}
_bulkget() {
  local curcontext=$curcontext
  if (( CURRENT > 2 )); then
    case $words[2] in
${cases.join("\n")}
    esac
  fi
  _arguments -s -S ${specs(main?.flags ?? [])} \\
    '1:list:_bulkget_first' '*:list:_files'
}
if [ "$funcstack[1]" = _bulkget ]; then _bulkget "$@"; else compdef _bulkget bulkget; fi
`;
}

/** The flags in the syntax of _arguments, one line each. */
function specs(flags: readonly Completable[]): string {
  return flags.map((flag) => ` \\\n          ${spec(flag)}`).join("");
}

function spec({ value, isRepeatable, summary, ...flag }: Completable): string {
  const all = spellings(flag);
  const text = `[${escaped(summary).replace(/[[\]]/g, "\\$&")}]${value === undefined ? "" : valueSpec(value, flag.placeholder ?? "")}`;
  const ends = value === undefined ? ["", ""] : ["+", "="];
  const names = all.map((name) => `${name}${name.startsWith("--") ? ends[1] : ends[0]}`);
  const before = isRepeatable ? "*" : `(${all.join(" ")})`;
  return names.length === 1
    ? quoted(`${before}${names[0]}${text}`)
    : `${quoted(before)}{${names.join(",")}}${quoted(text)}`;
}

function valueSpec({ words, isList, paths }: Value, placeholder: string): string {
  const label = escaped(placeholder.replace(/[<>]/g, ""));
  if (isList) return `:${label}:_values -s , ${label} ${words.join(" ")}`;
  if (words.length > 0) return `:${label}:(${words.join(" ")})`;
  if (paths === undefined) return `:${label}: `;
  return `:${label}:_files${paths === "folders" ? " -/" : ""}`;
}

function escaped(text: string): string {
  return text.replace(/[\\:]/g, "\\$&");
}
