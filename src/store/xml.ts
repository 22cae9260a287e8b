// Reads the XML of a store's answers: elements without mixed content, strictly, and in bounded memory.

/** The end of an element: its path, `ListBucketResult/Contents/Key`, and its own text. */
export interface Element {
  readonly path: string;
  readonly text: string;
}

/** Maximum depth. Answers of S3 have five. */
const MAX_DEPTH = 16;

const TOKEN =
  /<\?[^?]*\?>|<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([A-Za-z_][\w.:-]*)([^<>]*?)(\/?)>|([^<]+)/gy;

/** Returns all elements in the order of their ends. Throws an Error for what is no XML of this kind. */
export function elementsOf(xml: string): readonly Element[] {
  const found: Element[] = [];
  const open: { readonly name: string; text: string }[] = [];
  const text = xml.replace(/^\uFEFF/, "");
  let hasRoot = false;
  let at = 0;
  const close = () => {
    const path = open.map(({ name }) => name).join("/");
    found.push({ path, text: open.pop()?.text ?? "" });
  };
  TOKEN.lastIndex = 0;
  for (let token = TOKEN.exec(text); token !== null; token = TOKEN.exec(text)) {
    at = TOKEN.lastIndex;
    const [, cdata, isEnd = "", fullName, , isEmpty = "", chars] = token;
    const last = open.at(-1);
    if (fullName !== undefined) {
      const name = fullName.replace(/^.*:/, "");
      if (isEnd === "/") {
        if (last?.name !== name) throw new Error(`</${name.slice(0, 40)}> ends no element`);
        close();
      } else {
        if (open.length === MAX_DEPTH || (open.length === 0 && hasRoot)) throw new Error("it is no answer of a store");
        hasRoot = true;
        open.push({ name, text: "" });
        if (isEmpty === "/") close();
      }
    } else if (last !== undefined) last.text += cdata ?? unescaped(chars ?? "");
    else if ((cdata ?? chars ?? "").trim() !== "") throw new Error("it is no XML");
    if (at === text.length) break;
  }
  if (at !== text.length || open.length > 0 || !hasRoot) throw new Error("it is no XML, or is cut off");
  return found;
}

/** The text of the first element with a path; empty where there is none. */
export function textAt(elements: readonly Element[], path: string): string {
  return elements.find((one) => one.path === path)?.text.trim() ?? "";
}

const NAMED: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function unescaped(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-z]+));/g, (whole, hex, decimal, name) => {
    if (name !== undefined) return NAMED[name as string] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex as string, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : (whole as string);
  });
}

/** Escapes text for an element. Quotes stay: they need it in attributes only, and some stores read them as they are. */
export function escapedXml(text: string): string {
  return text.replace(/[&<>]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
