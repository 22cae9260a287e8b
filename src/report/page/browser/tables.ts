// The part of the page's script that sorts and filters tables.

import type { Document, Dom } from "./dom.ts";

declare const document: Document;

/** Makes the titles of columns buttons that sort, and gives longer tables a filter. Runs second: the chronology keeps the first order. */
export function improveTables(): void {
  const MIN_FILTERED = 25;
  for (const table of document.querySelectorAll("table")) {
    const body = table.querySelector("tbody");
    const rows = [...(body?.children ?? [])];
    if (body === null || rows.length < 2) continue;
    const keyOf = (row: Dom, i: number) => {
      const cell = row.children[i];
      const text = cell?.dataset["v"] ?? cell?.textContent?.trim() ?? "";
      const number = text === "" ? Number.NEGATIVE_INFINITY : Number(text.replace(/,/g, ""));
      return { text, number };
    };
    const heads = [...table.querySelectorAll("th")];
    heads.forEach((head, i) => {
      const button = document.createElement("button");
      button.textContent = head.textContent;
      head.replaceChildren(button);
      let direction = 0;
      button.addEventListener("click", () => {
        const keyed = rows.map((row) => ({ row, ...keyOf(row, i) }));
        const isNumber = keyed.every(({ number }) => !Number.isNaN(number));
        direction = direction === 0 ? (isNumber ? -1 : 1) : -direction;
        keyed.sort((a, b) => {
          if (isNumber) return direction * (a.number === b.number ? 0 : a.number - b.number);
          return direction * (a.text < b.text ? -1 : a.text > b.text ? 1 : 0);
        });
        body.replaceChildren(...keyed.map(({ row }) => row));
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      });
    });
    if (rows.length < MIN_FILTERED) continue;
    const label = document.createElement("label");
    const input = document.createElement("input");
    const count = document.createElement("output");
    label.className = "filter";
    input.type = "search";
    label.append("Filter ", input, count);
    table.querySelector("caption")?.append(label);
    input.addEventListener("input", () => {
      const wanted = input.value.toLowerCase();
      let shown = 0;
      for (const row of rows) {
        row.hidden = !row.textContent?.toLowerCase().includes(wanted);
        if (!row.hidden) shown++;
      }
      count.textContent = wanted === "" ? "" : `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`;
    });
  }
}
