// The table of URLs: what failed, what was slowest, and a sample of the rest.

import { thousands } from "../format.ts";
import type { Statistics, TableRow } from "../statistics/statistics.ts";
import { outcomeText } from "./chronology.ts";
import { html, shortened, type UrlBudget, urlHtml } from "./html.ts";
import { type Section, section } from "./section.ts";
import { PRINTED_ROWS } from "./styles.ts";
import { countText, msCell, table } from "./table.ts";

const URL_BUDGET = 300_000;
const MAX_DETAIL = 120;

export function rowsSection({ rows }: Statistics): Section {
  const { rows: shown, failures, of } = rows;
  const title = "URLs";
  if (shown.length === 0) return section("urls", title, "No URL has a record yet.", "");
  const budget: UrlBudget = { left: URL_BUDGET };
  const which =
    shown.length === of
      ? html`${of === 1 ? "The only URL" : html`All ${countText(of)}`}${failures.of > 0 ? ", those that failed first" : ""}.`
      : html`<strong>${thousands(shown.length)} of ${countText(of)}</strong>: ${
          failures.of === 0
            ? ""
            : failures.shown === failures.of
              ? "all failures, "
              : `${thousands(failures.shown)} of ${countText(failures.of, "failure")}, `
        }the slowest, and a random sample of the rest.`;
  const sentence = html`${which} A URL that is cut in the middle opens to the whole one; <code>results.jsonl</code> has all of them in full.`;
  const onPaper =
    shown.length > PRINTED_ROWS ? html`<p class="says after">On paper: the first ${PRINTED_ROWS} of them.</p>` : "";
  return section("urls", title, sentence, [
    onPaper,
    table<TableRow>(
      "URLs, times in milliseconds",
      [
        { title: "line", cell: ({ n }) => n },
        { title: "URL", kind: "url", cell: ({ url }) => urlHtml(url, budget) },
        { title: "outcome", kind: "text", cell: outcomeText },
        { title: "tries", cell: ({ attempts }) => attempts },
        { title: "bytes", cell: ({ bytes }) => (bytes === undefined ? "" : thousands(bytes)) },
        { title: "type", kind: "text", cell: ({ type }) => (type === undefined ? "" : shortened(type, 40)) },
        { title: "first byte", cell: ({ phasesMs }) => msCell(phasesMs[4]) },
        { title: "total", cell: ({ totalMs }) => msCell(totalMs) || "0" },
        {
          title: "file, or what happened",
          kind: "wrapped",
          cell: ({ detail, file }) => shortened(detail ?? file ?? "", MAX_DETAIL),
        },
        ...(shown.length === of ? [] : [{ title: "here as", kind: "text" as const, cell: ({ why }: TableRow) => why }]),
      ],
      shown,
      { id: "rows" },
    ),
  ]);
}
