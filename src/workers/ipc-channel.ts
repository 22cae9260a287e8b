// A message channel over a pipe between two processes: rows of one turn of the event loop are sent as one line of JSON.

import type { Socket } from "node:net";

/** How long a few rows wait for more, in milliseconds. */
const BATCH_DELAY_MS = 1;

export interface IpcChannel<Out> {
  /** Sends a row: at the end of this turn if `minRows` are waiting, otherwise a millisecond or two later. */
  put(row: Out): void;
  /** Sends the waiting rows, and ends the pipe. */
  end(): void;
}

/**
 * `onRow` is called with each received row, in order; a line that is no JSON throws, because only bulkget writes to this pipe.
 * `lastRow` may add a row to each line that is sent. `minRows` is the number of rows for which the other process is woken at once:
 * waking it costs both processes more than handling a row.
 */
export function ipcChannel<Out, In>(
  socket: Socket,
  onRow: (row: In) => void,
  lastRow?: () => Out | undefined,
  minRows: () => number = () => 1,
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
    const more = lastRow?.();
    if (more !== undefined) rows.push(more);
    if (!socket.destroyed && socket.writable) socket.write(`${JSON.stringify(rows)}\n`);
  };
  socket.setEncoding("utf8");
  socket.on("error", () => {}); // 'close' follows
  socket.on("data", (text: string) => {
    rest += text;
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      for (const row of JSON.parse(line) as In[]) onRow(row);
    }
  });
  return {
    put(row) {
      const rows = waiting.push(row);
      if (isDue) return;
      if (rows >= minRows()) {
        isDue = true;
        setImmediate(flush);
      } else timer ??= setTimeout(flush, BATCH_DELAY_MS);
    },
    end() {
      flush();
      socket.end();
    },
  };
}
