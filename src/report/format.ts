// Formats numbers, sizes and durations for people, and colours text for a terminal.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** 1234567 -> "1,234,567" */
export function thousands(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

/** "1 time", "1,234 times". */
export function timesText(count: number): string {
  return counted(count, "time");
}

/** "1 line", "1,234 lines". */
export function counted(count: number, noun: string): string {
  return `${thousands(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Events per second: "0.3", "1,234". */
export function rateText(perSecond: number): string {
  return perSecond < 9.95 ? perSecond.toFixed(1) : thousands(perSecond);
}

/** Bytes in units of powers of 1024: "512 B", "1.5 KiB". */
export function bytesText(bytes: number): string {
  let power = 0;
  let scaled = bytes;
  // 1023.5 would be rounded to 1024 of a unit, which is 1.0 of the next.
  while (scaled >= 1023.5 && power < UNITS.length - 1) {
    scaled /= 1024;
    power++;
  }
  return `${power === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${UNITS[power] ?? ""}`;
}

/** Milliseconds in whole seconds, minutes or hours: "0 s", "17 s", "3 min 20 s". */
export function secondsText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : durationText(seconds * 1000);
}

/** Milliseconds as "40 ms", "5.1 s", "3 min 20 s", "2 h 5 min", "3 d 4 h". */
export function durationText(ms: number): string {
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 2880) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** The lines of a table, with two spaces between columns: numbers to the right, and the columns in `left` to the left. */
export function aligned(rows: readonly (readonly string[])[], left: readonly number[] = []): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return left.includes(column) ? cell.padEnd(width) : cell.padStart(width);
    });
    return cells.join("  ").trimEnd();
  });
}

/** Colours text for a terminal, or returns it unchanged. */
export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  faint(text: string): string;
}

export function paint(colour: boolean): Paint {
  const wrap = (code: number) => (text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { good: wrap(32), bad: wrap(31), faint: wrap(2) };
}
