// Parses the head of a record that a run has written, and what an index needs of the HTTP head in its block.

export interface ParsedHead {
  /** The fields by their names. */
  readonly fields: ReadonlyMap<string, string>;
  /** Where the block begins. */
  readonly blockAt: number;
}

const BLANK_LINE = "\r\n\r\n";

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

/** The status and the media type of a response. */
export interface ResponseHead {
  readonly status: string | undefined;
  readonly type: string | undefined;
}

const STATUS = /^\S+ +(\d{3})/;
const CONTENT_TYPE = /^content-type[ \t]*:([^\r\n;]*)/im;

/** Parses the HTTP head at the beginning of a block. */
export function responseHead(block: Buffer): ResponseHead {
  const end = block.indexOf(BLANK_LINE);
  const text = block.toString("latin1", 0, end === -1 ? block.length : end);
  const type = CONTENT_TYPE.exec(text)?.[1]?.trim();
  return { status: STATUS.exec(text)?.[1], type: type === "" ? undefined : type };
}
