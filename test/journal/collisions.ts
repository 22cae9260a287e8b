// URLs that collide in FNV-1a, by which lines were known once: found as whoever writes a list would find them.

const OFFSET_BASIS = 0x811c_9dc5;
const PRIME = 0x0100_0193;
/** Multiplied by it, numbers lose their order: endings that differ much meet sooner. */
const GOLDEN = 0x9e37_79b1;

/** The state of FNV-1a after so much more text. */
function fnv(text: string, from = OFFSET_BASIS): number {
  let hash = from;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), PRIME);
  return hash;
}

/** Two endings, by which these beginnings become texts of one hash. */
function endings(one: string, other: string): readonly [string, string] {
  const [first, second] = [fnv(one), fnv(other)];
  const seen = new Map<number, string>();
  for (let i = 0; ; i++) {
    const ending = (Math.imul(i, GOLDEN) >>> 0).toString(36).padStart(7, "0");
    const found = seen.get(fnv(ending, second));
    seen.set(fnv(ending, first), ending);
    if (found !== undefined && one + found !== other + ending) return [found, ending];
  }
}

/** Two URLs of one hash, each below its own beginning. */
export function collidingPair(one: string, other: string): readonly [string, string] {
  const [first, second] = endings(one, other);
  return [one + first, other + second];
}

/** 2 to the power of `bits` URLs of one hash (Joux, 2004): wherever two endings meet, either will do. */
export function collidingUrls(beginning: string, bits: number): readonly string[] {
  let urls = [beginning];
  for (let bit = 0; bit < bits; bit++) {
    const [sample = ""] = urls;
    const pair = endings(sample, sample);
    urls = urls.flatMap((url) => pair.map((ending) => url + ending));
  }
  return urls;
}
