// Parses the times of records: ISO 8601 in the one form that Date.toISOString returns.

const FORM = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const DAY_MS = 86_400_000;
const ZERO = 0x30;

let lastDay = "";
let lastDayMs = Number.NaN;

/**
 * Milliseconds since 1970 of "2026-01-01T00:00:00.000Z"; NaN for a text in any other form, and for a time that does not exist.
 * The day is cached: Date.parse takes five times as long.
 */
export function parseIsoTime(text: string): number {
  if (!FORM.test(text)) return Number.NaN;
  const day = text.slice(0, 10);
  if (day !== lastDay) {
    lastDay = day;
    lastDayMs = dayMsOf(day);
  }
  const [hours, minutes, seconds] = [twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)];
  if (hours > 23 || minutes > 59 || seconds > 59) return Number.NaN;
  const ms = 100 * (text.charCodeAt(20) - ZERO) + twoDigits(text, 21);
  return lastDayMs + ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms;
}

function dayMsOf(day: string): number {
  const ms = Date.parse(`${day}T00:00:00.000Z`);
  return ms % DAY_MS === 0 && new Date(ms).toISOString().startsWith(day) ? ms : Number.NaN;
}

function twoDigits(text: string, at: number): number {
  return 10 * (text.charCodeAt(at) - ZERO) + text.charCodeAt(at + 1) - ZERO;
}
