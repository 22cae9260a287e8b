// The part of the page's script that moves the chronology by mouse, touch and keyboard.

import type { Chart, Document, DomEvent } from "./dom.ts";

declare const document: Document;

/** Dragging zooms to a rectangle, or moves on a touch screen; two fingers and Ctrl with the wheel zoom; arrow keys go from request to request. */
export function gestures({ svg, frame, heightPx, count, view, chooseAt, step, move, zoom, zoomAtChosen }: Chart): void {
  const brush = document.createElement("div");
  brush.className = "brush";
  brush.hidden = true;
  frame.append(brush);
  /** Within the chart, from 0 to 1. */
  const placeOf = ({ clientX, clientY }: DomEvent) => {
    const { left, top, width } = svg.getBoundingClientRect();
    const within = (at: number) => Math.min(1, Math.max(0, at));
    return { x: within((clientX - left) / width), y: within((clientY - top) / heightPx) };
  };
  type Place = ReturnType<typeof placeOf>;
  /** Where fingers or the pressed mouse are. */
  const down = new Map<number, Place>();
  let from: Place = { x: 0, y: 0 };
  let isDragged = false;
  const all = () => move(0, 0, 1, 1);
  const on = (type: string, act: (event: DomEvent, to: Place, isMouse: boolean) => void) =>
    svg.addEventListener(type, (event) => act(event, placeOf(event), event.pointerType === "mouse"), {
      passive: false,
    });

  on("pointerdown", ({ pointerId }, to) => {
    svg.setPointerCapture(pointerId);
    isDragged = down.size > 0;
    from = to;
    down.set(pointerId, to);
  });
  on("pointermove", ({ pointerId }, to, isMouse) => {
    const before = down.get(pointerId);
    if (!before) return isMouse ? chooseAt(to.y) : undefined;
    isDragged ||= Math.abs(to.x - from.x) > 0.01 || Math.abs(to.y - from.y) * heightPx > 6;
    if (!isDragged) return;
    if (isMouse) {
      const { left, width } = svg.getBoundingClientRect();
      brush.hidden = false;
      Object.assign(brush.style, {
        left: `${left - frame.getBoundingClientRect().left + Math.min(from.x, to.x) * width}px`,
        width: `${Math.abs(to.x - from.x) * width}px`,
        top: `${Math.min(from.y, to.y) * heightPx}px`,
        height: `${Math.abs(to.y - from.y) * heightPx}px`,
      });
      return;
    }
    const other = [...down].find(([id]) => id !== pointerId)?.[1];
    down.set(pointerId, to);
    const { x, y, w, h } = view();
    if (!other) return move(x - (to.x - before.x) * w, y - (to.y - before.y) * h);
    const distance = (one: Place) => Math.hypot(one.x - other.x, one.y - other.y);
    zoom(distance(before) / Math.max(0.01, distance(to)), (to.x + other.x) / 2, (to.y + other.y) / 2);
  });
  on("pointerup", ({ pointerId }, to, isMouse) => {
    down.delete(pointerId);
    brush.hidden = true;
    if (!isDragged) return chooseAt(to.y);
    const wide = Math.abs(to.x - from.x);
    const high = Math.abs(to.y - from.y);
    if (!isMouse || wide < 0.01) return;
    const { x, y, w, h } = view();
    // A flat rectangle is a range of time.
    const isFlat = high * heightPx < 12;
    move(
      x + Math.min(from.x, to.x) * w,
      isFlat ? y : y + Math.min(from.y, to.y) * h,
      Math.max(1e-5, wide * w),
      isFlat ? h : Math.min(1, Math.max(4 / count, high * h)),
    );
  });
  on("pointercancel", ({ pointerId }) => {
    down.delete(pointerId);
    brush.hidden = true;
  });
  on("dblclick", all);
  on("wheel", (event, { x, y }) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(1.002 ** event.deltaY, x, y);
  });
  const pan = (by: number) => {
    const { x, y, w } = view();
    move(x + by * w, y);
  };
  const keys: Record<string, () => void> = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    PageDown: () => step(10),
    PageUp: () => step(-10),
    Home: () => step(-count),
    End: () => step(count),
    ArrowRight: () => pan(0.1),
    ArrowLeft: () => pan(-0.1),
    "+": () => zoomAtChosen(0.5),
    "-": () => zoomAtChosen(2),
    Escape: all,
  };
  svg.tabIndex = 0;
  on("keydown", (event) => {
    const act = keys[event.key];
    if (!act || event.ctrlKey) return;
    event.preventDefault();
    act();
  });
}
