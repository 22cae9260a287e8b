// Tables of the page: in a box of their own that scrolls, with aligned numbers, and figures that stay short.

import { thousands } from "../format.ts";
import { type Html, html, type Included, markup } from "./html.ts";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => Included;
  /** `text` is aligned to the left; `bar` is a bar, without a title. Default: a number. */
  readonly kind?: "text" | "wrapped" | "url" | "bar";
  /** Sorts by this value instead of the text of the cell. */
  readonly value?: (row: Row) => number | undefined;
}

/** A table in its box. `caption` says what it has; `short` keeps its height to some twenty rows. */
export function table<Row>(
  caption: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { id, isPart = false }: { readonly id?: string; readonly isPart?: boolean } = {},
): Html {
  const classes = columns.map(({ kind }) => (kind === undefined ? undefined : markup(` class=${kind[0]}`)));
  const head = columns.map(({ title, kind }, i) =>
    kind === "bar" ? html`<td class=b></td>` : html`<th scope="col"${classes[i]}>${title}</th>`,
  );
  const body = rows.map((row) => {
    const cells = columns.map(({ cell, value }, i) => {
      const by = value?.(row);
      const sorted = by === undefined ? undefined : html` data-v="${sortable(by)}"`;
      return html`<td${classes[i]}${sorted}>${cell(row)}`;
    });
    return html`<tr>${cells}
`;
  });
  return html`<div class="box${isPart ? " part" : ""}" tabindex="0" role="region" aria-label="${caption}"><table${
    id === undefined ? "" : html` id="${id}"`
  }><caption>${caption}</caption><thead><tr>${head}</tr></thead><tbody>
${body}</tbody></table></div>`;
}

/** The numbers below a chart, closed at first. */
export function numbers(content: Html, title = "The numbers"): Html {
  return html`<details class="numbers"><summary>${title}</summary>${content}</details>`;
}

/** Milliseconds with three digits at most, in whole ones from 100 on; nothing for 0. */
export function msCell(ms: number): string {
  if (ms === 0) return "";
  return ms >= 99.95 ? thousands(ms) : ms >= 9.995 ? ms.toFixed(1) : ms.toFixed(2);
}

/** "1.4 %"; "< 0.1 %" for a share that would be shown as zero. */
export function shareText(part: number, of: number): string {
  if (of === 0 || part === 0) return "0 %";
  const share = (100 * part) / of;
  return share < 0.1 ? "< 0.1 %" : share > 99.9 && part < of ? "> 99.9 %" : `${share.toFixed(1).replace(/\.0$/, "")} %`;
}

/** "1 URL", "1,234 URLs". */
export function countText(count: number, noun = "URL"): string {
  return `${thousands(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Digits of a number that a column is sorted by: the last digits of Math.exp differ between versions of V8. */
const SORTED_DIGITS = 12;

function sortable(value: number): number {
  return Number(value.toPrecision(SORTED_DIGITS));
}
