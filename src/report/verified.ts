// The text of `bulkget report --verify`: which objects are not as they were recorded.

import { escaped } from "../core/text/escape.ts";
import { thousands } from "./format.ts";

export interface VerifiedObjects {
  readonly shown: string;
  readonly objects: number;
  readonly wrong: readonly {
    readonly name: string;
    readonly n: number;
    readonly recordedBytes: number;
    readonly bytes: number | undefined;
  }[];
}

/** Maximum number of objects that are named. */
const MAX_NAMED = 1000;

/** The lines, without a line feed at the end. */
export function verifiedText({ shown, objects, wrong }: VerifiedObjects): string {
  const missing = wrong.filter(({ bytes }) => bytes === undefined).length;
  const differing = wrong.length - missing;
  const what =
    wrong.length === 0 ? "all are there" : `${thousands(missing)} missing, ${thousands(differing)} of another size`;
  const named = wrong.slice(0, MAX_NAMED).map(({ name, n, recordedBytes, bytes }) => {
    const why = bytes === undefined ? "missing" : `has ${bytes} bytes, and ${recordedBytes} were recorded`;
    return `  ${escaped(name)}  line ${n}: ${why}`;
  });
  const more = wrong.length - named.length;
  return [
    `verify  ${thousands(objects)} ${objects === 1 ? "object" : "objects"} in ${escaped(shown)}: ${what}`,
    ...named,
    ...(more > 0 ? [`  and ${thousands(more)} more`] : []),
  ].join("\n");
}
