// The script of the page as text: the functions as they run here.

import { zoomableChronology } from "./chronology.ts";
import { gestures } from "./gestures.ts";
import { improveTables } from "./tables.ts";

/** Functions that use nothing outside themselves. The chronology comes first: it keeps the first order of its table. */
export function browserScript(): string {
  const [chronology, moves, tables] = [zoomableChronology, gestures, improveTables].map(
    (one) => `(${one.toString().replace(/^\s+/gm, "")})`,
  );
  return `"use strict";\nconst chart = ${chronology}();\nif (chart) ${moves}(chart);\n${tables}();\n`;
}
