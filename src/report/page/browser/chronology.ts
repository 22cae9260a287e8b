// The part of the page's script that draws a part of the chronology, and shows what a line of it is.

import type { Chart, Document, Dom } from "./dom.ts";

declare const document: Document;

/** Adds the buttons and the line above the chart that shows a request. Uses nothing outside itself: its text is the script. */
export function zoomableChronology(): Chart | undefined {
  const box = document.querySelector("#chrono");
  const svg = document.querySelector("#lines");
  const shapes = svg?.querySelector(".s");
  const frame = box?.querySelector(".plot");
  const ticks = svg?.querySelector(".x");
  const grid = svg?.querySelector(".grid");
  if (!box || !svg || !shapes || !frame || !ticks || !grid) return undefined;
  const [spanMs = 1, heightPx = 1, count = 1, clock = 0] = ["ms", "px", "rows", "clock"].map((name) =>
    Number(box.dataset[name] ?? 0),
  );
  const rows = [...document.querySelectorAll("#requests tbody tr")];
  const titles = [...document.querySelectorAll("#requests th")].map((one) => one.textContent);
  const names = [...frame.querySelectorAll(".y text")];
  const firstTicks = [...ticks.children];
  const firstLines = [...grid.children];
  /** The part that is shown: from 0 to 1. */
  let view = { x: 0, y: 0, w: 1, h: 1 };
  let chosen = -1;

  const element = (name: string, kind: string, ...content: (Dom | string)[]) => {
    const made = document.createElement(name);
    made.className = kind;
    made.append(...content);
    return made;
  };
  const band = element("div", "band");
  const what = element("output", "what", "Point at or touch a line, or use the arrow keys. Drag to zoom.");
  frame.append(band);

  const timeText = (ms: number) => {
    if (clock > 0) return new Date(clock + ms).toISOString().slice(11, spanMs * view.w < 120_000 ? 21 : 19);
    if (ms < 1000) return `${+ms.toPrecision(4)} ms`;
    const s = +(ms / 1000).toPrecision(5);
    return s < 60 ? `${s} s` : `${Math.floor(s / 60)} min ${+(s % 60).toFixed(2)} s`;
  };
  const draw = () => {
    const { x, y, w, h } = view;
    shapes.setAttribute("viewBox", [x * 1000, y * heightPx, w * 1000, h * heightPx].join(" "));
    names.forEach((name, i) => {
      const at = (((i + 0.5) / count - y) / h) * heightPx + 4;
      name.setAttribute("y", `${at}`);
      name.style["visibility"] = at < 8 || at > heightPx + 4 ? "hidden" : "";
    });
    const isAll = w * h === 1;
    shapes.style["overflow"] = isAll ? "" : "hidden";
    reset.disabled = out.disabled = isAll;
    const rough = (spanMs * w) / 6;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * (rough < 2 * power ? 2 : rough < 5 * power ? 5 : 10);
    const moved = (first: readonly Dom[], isText: boolean) => {
      const made: Dom[] = [];
      for (let ms = Math.ceil((x * spanMs) / step) * step; first[0] && ms <= (x + w) * spanMs; ms += step) {
        const one = first[0].cloneNode(true);
        for (const name of ["x", "x1", "x2"]) one.setAttribute(name, `${((ms / spanMs - x) / w) * 100}%`);
        if (isText) one.textContent = timeText(ms);
        made.push(one);
      }
      return made;
    };
    ticks.replaceChildren(...(w === 1 ? firstTicks : moved(firstTicks, true)));
    grid.replaceChildren(...(w === 1 ? firstLines : moved(firstLines, false)));
    show();
  };
  const show = () => {
    const row = rows[chosen];
    const top = ((chosen / count - view.y) / view.h) * heightPx;
    band.hidden = !row || top < -1 || top > heightPx;
    if (!row) return;
    band.style["top"] = `${top}px`;
    band.style["height"] = `${Math.max(2, heightPx / count / view.h)}px`;
    const [n, url = "", outcome, start, ...phases] = [...row.children].map((cell) =>
      (cell.firstElementChild ? cell.lastChild : cell)?.textContent?.trim(),
    );
    const parts = phases.flatMap((ms, i) => (ms ? [`${titles[i + 4]} ${ms} ms`] : []));
    const text = ` after ${start} ms: ${parts.join(", ")} `;
    what.replaceChildren(element("b", "", `${n} · ${outcome}`), text, element("span", "", url));
  };
  const choose = (i: number) => {
    chosen = Math.min(count - 1, Math.max(0, i));
    show();
  };
  const move = (x: number, y: number, w = view.w, h = view.h) => {
    view = { x: Math.min(1 - w, Math.max(0, x)), y: Math.min(1 - h, Math.max(0, y)), w, h };
    draw();
  };
  const zoom = (factor: number, x = 0.5, y = 0.5) => {
    const w = Math.min(1, Math.max(1e-5, view.w * factor));
    const h = Math.min(1, Math.max(4 / count, view.h * factor));
    move(view.x + x * (view.w - w), view.y + y * (view.h - h), w, h);
  };
  /** Moves to the shown request if it is outside the part that is drawn, and zooms there. */
  const zoomAtChosen = (factor: number) => {
    const row = rows[chosen];
    if (!row) return zoom(factor);
    const x = Number(row.children[3]?.textContent?.replace(/,/g, "")) / spanMs;
    const y = (chosen + 0.5) / count;
    const near = (at: number, from: number, size: number) => (at < from || at > from + size ? at - size / 3 : from);
    move(near(x, view.x, view.w), near(y, view.y, view.h));
    zoom(factor, (x - view.x) / view.w, (y - view.y) / view.h);
  };
  const button = (text: string, name: string, act: () => void) => {
    const made = element("button", "", text);
    made.setAttribute("aria-label", name);
    made.addEventListener("click", act);
    return made;
  };
  const out = button("−", "Zoom out", () => zoomAtChosen(2));
  const reset = button("All", "All requests", () => move(0, 0, 1, 1));
  const tools = element(
    "div",
    "tools",
    button("+", "Zoom in", () => zoomAtChosen(0.5)),
    out,
    reset,
  );
  box.prepend(element("div", "bar", tools, what));
  draw();
  return {
    svg,
    frame,
    heightPx,
    count,
    view: () => view,
    chooseAt: (y) => choose(Math.floor((view.y + y * view.h) * count)),
    step(by) {
      choose(chosen + by);
      zoomAtChosen(1);
    },
    move,
    zoom,
    zoomAtChosen,
  };
}
