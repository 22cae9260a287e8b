// The parsed header block of an answer.

export interface Head {
  /** The minor version of HTTP/1: "0" or "1". */
  readonly minor: string;
  readonly status: number;
  /** The header lines, unfolded, each ended by a line feed. */
  readonly fields: string;
}
