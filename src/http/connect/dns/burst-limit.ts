// Spreads bursts of look-ups: a name server loses queries that do not fit into the receive buffer of its socket.

/**
 * Maximum number of unanswered look-ups of one window. By default Linux holds 277 small packets per socket (rmem_default, 212,992
 * bytes). Of 2,000 names, 500 at once, up to 229 were lost, and each took 2 to 3 s until c-ares sent it again (November 2026).
 */
const MAX_UNANSWERED = 100;
/** After this time, earlier look-ups delay no others: a name that is never answered costs its own lines only. */
const WINDOW_MS = 25;

/** `onAnswer`: to be called once, with any result. */
type Send = (onAnswer: () => void) => void;

export interface BurstLimit {
  /** Calls `send` at once, or as soon as there is room for it. */
  add(send: Send): void;
  /** Drops what has not been sent. */
  close(): void;
}

export function burstLimit(): BurstLimit {
  const waiting: Send[] = [];
  let window = 0;
  let unanswered = 0;
  let timer: NodeJS.Timeout | undefined;

  const start = (send: Send) => {
    const own = window;
    unanswered++;
    send(() => {
      if (own !== window) return;
      unanswered--;
      sendWaiting();
    });
  };
  const sendWaiting = () => {
    while (unanswered < MAX_UNANSWERED) {
      const send = waiting.shift();
      if (send === undefined) return;
      start(send);
    }
  };
  const endWindow = () => {
    timer = undefined;
    window++;
    unanswered = 0;
    sendWaiting();
    if (waiting.length > 0) timer = setTimeout(endWindow, WINDOW_MS);
  };

  return {
    add(send) {
      if (unanswered < MAX_UNANSWERED && waiting.length === 0) return start(send);
      waiting.push(send);
      timer ??= setTimeout(endWindow, WINDOW_MS);
    },
    close() {
      clearTimeout(timer);
      waiting.length = 0;
    },
  };
}
