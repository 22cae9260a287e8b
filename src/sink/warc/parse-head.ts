// Parses the head of a record that a run has written, and what an index needs of the HTTP head in its block.

export interface ParsedHead {
  /** The fields by their names. */
  readonly fields: ReadonlyMap<string, string>;
  /** Where the block begins. */
  readonly blockAt: number;
}

/** Ends the head of a record. */
export const BLANK_LINE = "\r\n\r\n";

const LF = 0x0a;
const CR = 0x0d;

/** Where an HTTP head ends that begins at `from`, blank line included; -1 where it does not. A line may end without CR. */
export function headEnd(bytes: Uint8Array, from = 0): number {
  for (let at = bytes.indexOf(LF, from); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return -1;
}

/** Undefined where the bytes are no head of a record. */
export function parseHead(bytes: Buffer): ParsedHead | undefined {
  const end = bytes.indexOf(BLANK_LINE);
  if (end === -1) return undefined;
  const [version, ...lines] = bytes.toString("utf8", 0, end).split("\r\n");
  if (version !== "WARC/1.1") return undefined;
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(": ");
    if (colon === -1) return undefined;
    fields.set(line.slice(0, colon), line.slice(colon + 2));
  }
  return { fields, blockAt: end + BLANK_LINE.length };
}

/** What is known of a response by its head. */
export interface ResponseHead {
  readonly status: string | undefined;
  readonly type: string | undefined;
}

const STATUS = /^\S+ +(\d{3})/;
const CONTENT_ENCODING = /^content-encoding[ \t]*:([^\r\n]*)/im;
const CONTENT_TYPE = /^content-type[ \t]*:([^\r\n;]*)/im;

/** Parses the HTTP head at the beginning of a block. */
export function responseHead(block: Buffer): ResponseHead {
  const text = headOf(block);
  const type = CONTENT_TYPE.exec(text)?.[1]?.trim();
  return { status: STATUS.exec(text)?.[1], type: type === "" ? undefined : type };
}

/** The content coding that the HTTP head at the beginning of a block names. */
export function contentEncoding(block: Buffer): string | undefined {
  return CONTENT_ENCODING.exec(headOf(block))?.[1]?.trim();
}

/** Most heads are shorter, in bytes. */
const USUAL_BYTES = 2048;

function headOf(block: Buffer): string {
  const text = block.toString("latin1", 0, USUAL_BYTES);
  const blankAt = text.search(/\n\r?\n/);
  if (blankAt !== -1) return text.slice(0, blankAt + 1);
  const end = headEnd(block);
  return block.toString("latin1", 0, end === -1 ? block.length : end);
}
