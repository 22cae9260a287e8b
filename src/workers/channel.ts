// A pipe between two processes: all that is put in one turn of the event loop crosses as one line of JSON.

import type { Socket } from "node:net";

export interface Channel<Out> {
  /** Goes out at the end of this turn. */
  put(row: Out): void;
  /** What was put goes out, and then the end. */
  end(): void;
}

/**
 * `take` is told of each row, in order; what comes over this pipe is our own: a line that is no JSON throws. `last` may add
 * a row to each line that goes out.
 */
export function channel<Out, In>(socket: Socket, take: (row: In) => void, last?: () => Out | undefined): Channel<Out> {
  let waiting: Out[] = [];
  let rest = "";

  const flush = () => {
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
      if (waiting.push(row) === 1) setImmediate(flush);
    },
    end() {
      flush();
      socket.end();
    },
  };
}
