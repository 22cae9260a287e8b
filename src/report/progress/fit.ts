// Fits text into the columns of a terminal: its width, and cuts at its end or in its middle.

/** Characters that take two columns: East Asian wide and full-width ones, and pictographs. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Characters that take none: they change the one before. */
const MARK = /\p{M}/u;

/** Part of the columns that the beginning of a text keeps, where its middle is cut: its end has more. */
const FRONT_SHARE = 0.4;

function charWidth(character: string): number {
  if (character <= "\u02ff") return 1;
  return MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
}

/** Returns the columns that a text takes; it has no control characters. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += charWidth(character);
  return width;
}

/** Returns the text, cut at its end to at most this many columns. */
export function cutEnd(text: string, columns: number): string {
  return widthOf(text) <= columns ? text : `${beginning(text, columns - 1)}…`;
}

/** Returns the text, cut in its middle to at most this many columns. */
export function cutMiddle(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  const front = beginning(text, Math.floor((columns - 1) * FRONT_SHARE));
  const reversed = [...text].reverse().join("");
  const back = [...beginning(reversed, columns - 1 - widthOf(front))].reverse().join("");
  return `${front}…${back}`;
}

/** The longest beginning of a text that takes at most this many columns. */
function beginning(text: string, columns: number): string {
  let width = 0;
  let shown = "";
  for (const character of text) {
    width += charWidth(character);
    if (width > columns) break;
    shown += character;
  }
  return shown;
}

/** A line about a URL. */
export interface UrlLine {
  /** What comes before the URL. */
  readonly front: string;
  /** The same with less detail, for a line that does not fit. */
  readonly shortFront?: string;
  readonly url: string;
  /** What comes after it. */
  readonly back: string;
  /** The same for a line that does not fit. */
  readonly shortBack?: string;
}

/** Maximum number of columns of a URL. */
const MAX_URL_COLUMNS = 200;

/** Part of the columns that a URL may take from the text before it. */
const URL_SHARE = 0.4;

/** Returns a line that takes at most this many columns: the middle of its URL is cut, then the end of the text before it. */
export function fitted(line: UrlLine, columns = Number.POSITIVE_INFINITY): string {
  const url = cutMiddle(line.url, MAX_URL_COLUMNS);
  const { shortFront: front = line.front, shortBack: back = line.back } = line;
  for (const whole of [line.front + url + line.back, front + url + back]) if (widthOf(whole) <= columns) return whole;
  const free = columns - widthOf(front) - widthOf(back);
  const shown = cutMiddle(url.replace(/^https?:\/\//, ""), Math.max(free, Math.floor(columns * URL_SHARE), 1));
  const text = cutEnd(back, Math.max(0, columns - widthOf(front) - widthOf(shown)));
  const colon = /: $/.exec(front)?.[0] ?? "";
  const what = front.slice(0, front.length - colon.length);
  return cutEnd(what, columns - colon.length - widthOf(shown) - widthOf(text)) + colon + shown + text;
}
