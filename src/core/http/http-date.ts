// Parses the dates of HTTP headers (RFC 9110 section 5.6.7).

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** The three forms: `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`. */
const FORMS = [
  /^[A-Z][a-z]{2}, (?<day>\d{2}) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/,
  /^[A-Z][a-z]{5,8}, (?<day>\d{2})-(?<month>[A-Z][a-z]{2})-(?<year>\d{2}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/,
  /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})$/,
];

/**
 * Parses an HTTP-date to milliseconds since 1970; undefined if it is invalid or its day does not exist. `nowMs`, by the same
 * clock, decides the century of a two-digit year.
 */
export function httpDate(text: string, nowMs: number): number | undefined {
  const parts = FORMS.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (parts === undefined) return undefined;
  const month = MONTHS.indexOf(parts["month"] ?? "");
  const day = Number(parts["day"]);
  const [hour = 0, minute = 0, second = 0] = (parts["time"] ?? "").split(":").map(Number);
  const year = wholeYear(parts["year"] ?? "", nowMs);
  // 60 is a leap second.
  if (month === -1 || day < 1 || hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month, day); // Date.UTC adds 1900 to the years 0 to 99 (ECMA-262 section 21.4.3.4)
  if (date.getUTCMonth() !== month) return undefined;
  return date.setUTCHours(hour, minute, second);
}

/** Two digits are the latest year with these digits that is at most 50 years ahead (RFC 9110 section 5.6.7). */
function wholeYear(digits: string, nowMs: number): number {
  if (digits.length === 4) return Number(digits);
  const lastYear = new Date(nowMs).getUTCFullYear() + 50;
  return lastYear - ((lastYear - Number(digits)) % 100);
}
