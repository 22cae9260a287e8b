// Writes the tree of src, with the first sentence of each file, into ARCHITECTURE.md, or with --print the page to stdout.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const PAGE = join(ROOT, "ARCHITECTURE.md");
const MARKS = /(<!-- tree -->\n)[\s\S]*?(<!-- \/tree -->)/;
const INDENT = "  ";
/** Column at which the sentences begin. */
const COLUMN = 34;

const page = withTree(readFileSync(PAGE, "utf8"));
if (process.argv[2] === "--print") process.stdout.write(page);
else writeFileSync(PAGE, page);

/** Returns the page with the current tree between its marks. */
function withTree(page) {
  if (!MARKS.test(page)) throw new Error("ARCHITECTURE.md: no <!-- tree --> and <!-- /tree -->");
  return page.replace(MARKS, (_, begin, end) => `${begin}\`\`\`text\n${tree("src").join("\n")}\n\`\`\`\n${end}`);
}

/** One line per file and per folder that is not empty: files first, both sorted by name. */
function tree(folder, depth = 0) {
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true }).toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  const indent = INDENT.repeat(depth + 1);
  const files = entries.filter((entry) => entry.isFile());
  const folders = entries.filter((entry) => entry.isDirectory());
  if (entries.length === 0) return []; // an empty folder may remain in a work tree, but not in git
  return [
    `${INDENT.repeat(depth)}${depth === 0 ? folder : folder.slice(folder.lastIndexOf("/") + 1)}/`,
    ...files.map(({ name }) => `${`${indent}${name}`.padEnd(COLUMN - 1)} ${firstSentence(`${folder}/${name}`)}`),
    ...folders.flatMap(({ name }) => tree(`${folder}/${name}`, depth + 1)),
  ];
}

/** The first sentence of the comment that opens a file, without its period. */
function firstSentence(file) {
  const [line = ""] = readFileSync(join(ROOT, file), "utf8")
    .split("\n")
    .filter((text) => text.startsWith("//"));
  const [sentence = ""] = line.slice("// ".length).split(/(?<=[a-z`)\]"]{2})\. (?=[A-Z])/);
  return sentence.replace(/\.$/, "");
}
