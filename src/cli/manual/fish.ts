// The completion script of fish: one `complete` per flag and command.

import { type Completable, completableCommands, quoted, type Value } from "./completable.ts";

export function fishScript(): string {
  const [main, ...subcommands] = completableCommands();
  const names = subcommands.map(({ name }) => name).join(" ");
  const first = subcommands.map(
    ({ name, summary }) =>
      `complete -c bulkget -n 'test (count (commandline -opc)) -eq 1' -a ${name} -d ${text(summary)}`,
  );
  const operands = subcommands.flatMap(({ name, words }) =>
    words === undefined ? [] : [`complete -c bulkget -n ${isIn(name)} -f -a ${text(words.join(" "))}`],
  );
  const flags = [...(main === undefined ? [] : [main]), ...subcommands].flatMap(({ name, flags }) =>
    flags.map((flag) => `complete -c bulkget -n ${isIn(name)} ${spec(flag)}`),
  );
  return `# fish completion for bulkget: bulkget completion fish | source
function __bulkget_command
  set -l words (commandline -opc)
  if test (count $words) -gt 1; and contains -- $words[2] ${names}
    echo $words[2]
  else
    echo bulkget
  end
end
${[...first, ...operands, ...flags].join("\n")}
`;
}

function isIn(command: string): string {
  return `'test (__bulkget_command) = ${command}'`;
}

function spec({ letter, name, summary, value }: Completable): string {
  const short = letter === undefined ? "" : `-s ${letter.slice(1)} `;
  return `${short}-l ${name.slice(2)} -d ${text(summary)}${value === undefined ? "" : valueSpec(value)}`;
}

function valueSpec({ words, paths }: Value): string {
  if (words.length > 0) return ` -x -a ${text(words.join(" "))}`;
  if (paths === "folders") return " -x -a '(__fish_complete_directories)'";
  return paths === "files" ? " -r -F" : " -x";
}

/** fish takes \\\\ and \\' in single quotes, and nothing else. */
function text(words: string): string {
  return quoted(words).replaceAll("'\\''", "\\'");
}
