// Counts bodies by media type and by size.

import type { Measured } from "./measured.ts";
import { trimmed } from "./phases.ts";
import type { Statistics } from "./statistics.ts";

/** Media types that are counted apart; the registry of IANA has some 2,000, and a run sees a few dozen. */
const MAX_TYPES = 1000;
/** Types that are shown. */
const SHOWN_TYPES = 20;
/** RFC 6838 section 4.2 limits each of the two names to 127 characters. */
const MAX_TYPE_CHARS = 255;

/** Sizes of 0, 1, 2 to 3, 4 to 7 … bytes: up to 2^52. */
const SIZE_BOUNDS = [0, ...Array.from({ length: 54 }, (_, power) => 2 ** power)];

const OTHERS = "others";
/** Bodies without a Content-Type. */
const NO_TYPE = "unknown";

interface TypeCounts {
  readonly type: string;
  urls: number;
  bytes: number;
}

export interface BodiesFold {
  add(record: Measured): void;
  types(): Statistics["types"];
  sizes(): Statistics["sizes"];
}

/** Counts the bodies that there are: saved ones, and unchanged ones of earlier runs. */
export function bodiesFold(): BodiesFold {
  const types = new Map<string, TypeCounts>();
  const sizes = new Float64Array(SIZE_BOUNDS.length - 1);
  return {
    add({ outcome, type, bytes }) {
      if (outcome !== "saved" && outcome !== "unchanged") return;
      const size = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes)) + 1, sizes.length - 1);
      sizes[size] = (sizes[size] ?? 0) + 1;
      const name = mediaType(type);
      const known = types.get(name) ?? types.get(types.size < MAX_TYPES ? name : OTHERS);
      if (known === undefined) {
        const own = types.size < MAX_TYPES ? name : OTHERS;
        types.set(own, { type: own, urls: 1, bytes });
      } else {
        known.urls++;
        known.bytes += bytes;
      }
    },
    types() {
      const others: TypeCounts = { type: OTHERS, urls: 0, bytes: 0 };
      const rows = [...types.values()].filter(({ type }) => type !== OTHERS);
      rows.sort((a, b) => b.bytes - a.bytes || b.urls - a.urls || (a.type < b.type ? -1 : 1));
      for (const { urls, bytes } of [...rows.splice(SHOWN_TYPES), types.get(OTHERS) ?? others]) {
        others.urls += urls;
        others.bytes += bytes;
      }
      return others.urls === 0 ? rows : [...rows, others];
    },
    sizes: () => trimmed(SIZE_BOUNDS, sizes),
  };
}

/** Without parameters, in lower case (RFC 9110 section 8.3.1). */
function mediaType(type: string | undefined): string {
  const end = type?.indexOf(";") ?? 0;
  const name = (end < 0 ? type : type?.slice(0, end))?.trim().slice(0, MAX_TYPE_CHARS).toLowerCase() ?? "";
  return name === "" ? NO_TYPE : name;
}
