// A pipe between two processes: what is put in one turn of the event loop, or a little later, crosses as one line of JSON.

import type { Socket } from "node:net";

/** Rows too few for a line wait for so long, in milliseconds. */
const LATER_MS = 1;

export interface IpcChannel<Out> {
  /** Goes out at the end of this turn if there is enough by then; a millisecond or two later otherwise. */
  put(row: Out): void;
  /** What was put goes out, and then the end. */
  end(): void;
}

/**
 * `take` is told of each row, in order; what comes over this pipe is our own: a line that is no JSON throws. `last` may add
 * a row to each line that goes out. `enough` says how many rows are worth a line: to wake the other side for each costs
 * both more than what it is told.
 */
export function ipcChannel<Out, In>(
  socket: Socket,
  take: (row: In) => void,
  last?: () => Out | undefined,
  enough: () => number = () => 1,
): IpcChannel<Out> {
  let waiting: Out[] = [];
  let rest = "";
  let isDue = false;
  let timer: NodeJS.Timeout | undefined;

  const flush = () => {
    isDue = false;
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length === 0) return;
    const rows = waiting;
    waiting = [];
    const more = last?.();
    if (more !== undefined) rows.push(more);
    if (!socket.destroyed && socket.writable) socket.write(`${JSON.stringify(rows)}\n`);
  };
  socket.setEncoding("utf8");
  socket.on("error", () => {}); // it is over then, and 'close' says so
  socket.on("data", (text: string) => {
    rest += text;
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      for (const row of JSON.parse(line) as In[]) take(row);
    }
  });
  return {
    put(row) {
      const rows = waiting.push(row);
      if (isDue) return;
      if (rows >= enough()) {
        isDue = true;
        setImmediate(flush);
      } else timer ??= setTimeout(flush, LATER_MS);
    },
    end() {
      flush();
      socket.end();
    },
  };
}
