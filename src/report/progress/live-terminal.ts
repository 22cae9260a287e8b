// The terminal that cli-progress draws on: it knows how many rows its lines take, also after a resize.

import { clearLine, clearScreenDown, cursorTo, moveCursor } from "node:readline";
import { widthOf } from "./fit.ts";

/** The interface that cli-progress calls; see its lib/terminal.js. */
export interface LiveTerminal {
  cursor(isShown: boolean): void;
  lineWrapping(isOn: boolean): void;
  cursorTo(x: number | null, y: number | null): void;
  /** Moves to the first of the lines that were written since the last call. */
  cursorRelativeReset(): void;
  clearLine(): void;
  clearRight(): void;
  clearBottom(): void;
  newline(): void;
  /** `isRaw`: text that stays above the lines. */
  write(text: string, isRaw?: boolean): void;
  isTTY(): boolean;
  getWidth(): number;
}

/**
 * A narrower terminal breaks lines that were drawn before into several rows, so that the first of them is further up than the
 * number of lines: what is there is erased.
 */
export function liveTerminal(stream: NodeJS.WriteStream, columns: () => number): LiveTerminal {
  /** Widths of the lines that are drawn, and the columns that they were drawn for. */
  let widths: number[] = [];
  let drawnFor = columns();

  /** Controls the cursor; nothing where the stream is no terminal. */
  const control = (act: () => unknown) => {
    if (stream.isTTY) act();
  };

  /**
   * Erases the line and all below it. tmux moves a screen that is erased from its first column on into its history, where lines that
   * were drawn would stay: so that column is erased by itself.
   */
  const eraseDown = () => {
    clearLine(stream, 0);
    moveCursor(stream, 1, 0);
    clearScreenDown(stream);
    cursorTo(stream, 0);
  };

  return {
    cursor: (isShown) => control(() => stream.write(isShown ? "\u001b[?25h" : "\u001b[?25l")),
    lineWrapping: (isOn) => control(() => stream.write(isOn ? "\u001b[?7h" : "\u001b[?7l")),
    cursorTo: (x, y) => control(() => cursorTo(stream, x ?? 0, y ?? undefined)),
    cursorRelativeReset() {
      const now = columns();
      const isNarrower = now < drawnFor;
      const rows = widths.reduce((sum, width) => sum + (isNarrower ? Math.max(1, Math.ceil(width / now)) : 1), 0);
      control(() => {
        moveCursor(stream, 0, -Math.max(0, rows - 1));
        cursorTo(stream, 0);
        if (now !== drawnFor) eraseDown();
      });
      widths = [];
      drawnFor = now;
    },
    clearLine: () => control(() => clearLine(stream, 0)),
    clearRight: () => control(() => clearLine(stream, 1)),
    clearBottom: () => control(eraseDown),
    newline() {
      if (widths.length === 0) widths.push(0);
      widths.push(0);
      stream.write("\n");
    },
    write(text, isRaw = false) {
      if (isRaw) {
        control(eraseDown); // it may have more lines than there are below, or shorter ones
        stream.write(text); // it ends with a line feed
        return;
      }
      stream.write(text);
      if (widths.length === 0) widths.push(0);
      widths[widths.length - 1] = widthOf(text);
    },
    isTTY: () => stream.isTTY === true,
    getWidth: columns,
  };
}
