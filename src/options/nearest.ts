// Finds the name that a misspelt name most likely stands for, by edit distance.

/** Maximum edit distance, per character of the longer name. */
const MAX_EDITS_PER_CHAR = 0.4;
/** Maximum length of a misspelt name: bounds the cost. */
const MAX_CHARS = 64;

/** The name with the smallest edit distance, if that is small enough. Case, `-`, `_` and a missing unit "Ms" are ignored. */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  const wanted = plain(name);
  if (wanted === "" || name.length > MAX_CHARS) return undefined;
  let best: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const one of names) {
    const other = plain(one);
    const edits = Math.min(editsBetween(wanted, other), editsBetween(wanted, other.replace(/ms$/, "")));
    const isNear = edits <= MAX_EDITS_PER_CHAR * Math.max(wanted.length, other.length);
    // Of "shardy", the longer of "shard" and "shardBy" is more likely meant.
    if (isNear && (edits < fewest || (edits === fewest && best !== undefined && one.startsWith(best)))) {
      best = one;
      fewest = edits;
    }
  }
  return best;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, "");
}

/** Optimal string alignment distance: insertions, deletions, substitutions, and swaps of neighbours (Damerau 1964). */
function editsBetween(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, j) => j);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const cost = one[i - 1] === other[j - 1] ? 0 : 1;
      let least = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + cost);
      const isSwap = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (isSwap) least = Math.min(least, at(before, j - 2) + 1);
      row.push(least);
    }
    before = last;
    last = row;
  }
  return at(last, other.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
