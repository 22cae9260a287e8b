// Parses the texts of the option table into paragraphs, lists and markup, for terminal, man page and Markdown.

/** A paragraph, or a list of terms and their meanings. */
export type Block = { readonly paragraph: string } | { readonly items: readonly Item[] };

export interface Item {
  readonly term: string;
  readonly meaning: string;
}

/** The blocks of a text, which are separated by empty lines. A block whose lines begin with "- " is a list. */
export function blocksOf(text: string): readonly Block[] {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map((block) => {
      if (!block.trimStart().startsWith("- ")) return { paragraph: block.trim().replace(/\s+/g, " ") };
      return {
        items: block
          .trim()
          .slice(2)
          .split(/\n\s*- /)
          .map(itemOf),
      };
    });
}

function itemOf(text: string): Item {
  const line = text.trim().replace(/\s+/g, " ");
  const end = line.indexOf(": ");
  return { term: line.slice(0, end), meaning: line.slice(end + 2) };
}

/** How code, flags and other text are formatted. */
export interface Markup {
  readonly code: (text: string) => string;
  readonly flag: (text: string) => string;
  readonly plain: (text: string) => string;
}

/** Formats text in double quotes as code, options as flags, and the rest as plain text. */
export function marked(text: string, { code, flag, plain }: Markup): string {
  return text
    .split(/("[^"]+"|(?<![\w-])--?[a-z][a-z0-9-]*)/)
    .map((part, i) => {
      if (i % 2 === 0) return plain(part);
      return part.startsWith('"') ? code(part.slice(1, -1)) : flag(part);
    })
    .join("");
}

/** Wraps a text into lines of at most `columns` characters, each indented by `indent` blanks. */
export function wrapped(text: string, columns: number, indent: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent + line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => `${" ".repeat(indent)}${one}`).join("\n");
}
