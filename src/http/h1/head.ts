// What is read of the header block of an answer.

export interface Head {
  /** Of HTTP/1: "0" or "1". */
  readonly minor: string;
  readonly status: number;
  /** The header lines, each ended by a line feed, none of which goes on in the next. */
  readonly fields: string;
}
