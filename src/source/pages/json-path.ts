// JSONPath (RFC 9535), the part of it that names what is at a place: names, `['names']`, `[n]`, `[*]` and `.*`.

type Selector = { readonly name: string } | { readonly index: number } | "*";

export interface JsonPath {
  readonly text: string;
  readonly selectors: readonly Selector[];
}

/** A name, an index or a wildcard. Blanks between segments, slices, filters and `..` are not read. */
const SEGMENT =
  /\.(?<member>[A-Za-z_\u0080-\u{10ffff}][\w\u0080-\u{10ffff}]*|\*)|\[(?:(?<wild>\*)|(?<index>0|-?[1-9]\d{0,14})|'(?<single>(?:[^'\\]|\\.)*)'|"(?<double>(?:[^"\\]|\\.)*)")\]/uy;

/** Returns the path; undefined if it is none, or has more than the part that is read. */
export function jsonPath(text: string): JsonPath | undefined {
  if (!text.startsWith("$")) return undefined;
  const selectors: Selector[] = [];
  for (let at = 1; at < text.length; at = SEGMENT.lastIndex) {
    SEGMENT.lastIndex = at;
    const { member, wild, index, single, double } = SEGMENT.exec(text)?.groups ?? {};
    const name =
      single === undefined ? unescaped(double) : unescaped(single.replaceAll("\\'", "'").replaceAll('"', '\\"'));
    if (member === "*" || wild !== undefined) selectors.push("*");
    else if (member !== undefined) selectors.push({ name: member });
    else if (index !== undefined) selectors.push({ index: Number(index) });
    else if (name !== undefined) selectors.push({ name });
    else return undefined;
  }
  return { text, selectors };
}

/** The escapes of a name are those of JSON. */
function unescaped(quoted: string | undefined): string | undefined {
  try {
    return quoted === undefined ? undefined : (JSON.parse(`"${quoted}"`) as string);
  } catch {
    return undefined;
  }
}

/**
 * Returns what is at the path, in order; undefined if nothing is there: a member or an index of it is missing everywhere. An
 * empty array has no members, and null in the place of an array neither: that is no missing one.
 */
export function select({ selectors }: JsonPath, value: unknown): readonly unknown[] | undefined {
  let nodes: readonly unknown[] = [value];
  for (const selector of selectors) {
    const next = nodes.flatMap((node) => childrenOf(node, selector));
    if (next.length === 0 && (selector !== "*" || !nodes.every(isEmpty))) return nodes.length === 0 ? [] : undefined;
    nodes = next;
  }
  return nodes;
}

function childrenOf(node: unknown, selector: Selector): readonly unknown[] {
  if (typeof node !== "object" || node === null) return [];
  if (selector === "*") return Object.values(node);
  if ("name" in selector) {
    const isMember = !Array.isArray(node) && Object.hasOwn(node, selector.name);
    return isMember ? [(node as Readonly<Record<string, unknown>>)[selector.name]] : [];
  }
  const at = Array.isArray(node) && selector.index < 0 ? node.length + selector.index : selector.index;
  return Array.isArray(node) && at in node ? [node[at]] : [];
}

function isEmpty(node: unknown): boolean {
  return node === null || (typeof node === "object" && Object.keys(node).length === 0);
}
