// The option table: all rows in the order of the help, and which of them the library has.

import type { Group, LibraryType, Row } from "./row.ts";
import { LIBRARY } from "./rows/library.ts";
import { LISTS } from "./rows/lists.ts";
import { NETWORK } from "./rows/network.ts";
import { OUTPUT } from "./rows/output.ts";
import { REPORTING } from "./rows/reporting.ts";
import { REQUESTS } from "./rows/requests.ts";
import { SCHEDULING } from "./rows/scheduling.ts";

/** All options of a run, of the command and of the library. */
export const TABLE = { ...LIBRARY, ...LISTS, ...OUTPUT, ...SCHEDULING, ...REQUESTS, ...NETWORK, ...REPORTING } as const;
type Table = typeof TABLE;

/** The command's options, under the headings of its help. */
export const RUN_GROUPS = [
  { title: "Lists and output", rows: { ...LISTS, ...OUTPUT } },
  { title: "Scheduling", rows: SCHEDULING },
  { title: "Requests", rows: REQUESTS },
  { title: "Network", rows: NETWORK },
  { title: "Reporting", rows: REPORTING },
] as const satisfies readonly Group[];

/** The keys of the options that the library has. */
export type OptionName = { [K in keyof Table]: Table[K] extends { notInLibrary: string } ? never : K }[keyof Table];

export type LibraryRow = Row<LibraryType>;

/** The library's options. */
export const OPTIONS = Object.fromEntries(
  Object.entries<Row>(TABLE).filter(([, row]) => row.notInLibrary === undefined),
) as { readonly [K in OptionName]: Table[K] };

/** Hints for names that are no options of the library. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries<Row>(TABLE).flatMap(([key, { notInLibrary }]) =>
      notInLibrary === undefined ? [] : [[key, notInLibrary]],
    ),
  ),
  cacert: "did you mean ca, which takes the PEM text itself?",
  agent: "did you mean dispatcher, which takes an undici Dispatcher such as its Agent? Node's http.Agent is not taken",
};
