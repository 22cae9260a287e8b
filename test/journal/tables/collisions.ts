// Generates URLs with equal FNV-1a hashes, as an attacker who writes a list could.

const OFFSET_BASIS = 0x811c_9dc5;
const PRIME = 0x0100_0193;
/** Fibonacci hashing: endings that differ in many bits collide sooner. */
const GOLDEN = 0x9e37_79b1;

/** The state of FNV-1a after `text`, from an earlier state. */
function fnv(text: string, from = OFFSET_BASIS): number {
  let hash = from;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), PRIME);
  return hash;
}

/** Two endings with which these beginnings have equal hashes. */
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

/** Two URLs with equal hashes, each with its own beginning. */
export function collidingPair(one: string, other: string): readonly [string, string] {
  const [first, second] = endings(one, other);
  return [one + first, other + second];
}

/** 2^`bits` URLs with equal hashes: a multicollision (Joux, CRYPTO 2004). */
export function collidingUrls(beginning: string, bits: number): readonly string[] {
  let urls = [beginning];
  for (let bit = 0; bit < bits; bit++) {
    const [sample = ""] = urls;
    const pair = endings(sample, sample);
    urls = urls.flatMap((url) => pair.map((ending) => url + ending));
  }
  return urls;
}
