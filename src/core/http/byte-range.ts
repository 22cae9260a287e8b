// A part of a body that is read for itself, such as some lines of a list.

export interface ByteRange {
  readonly fromBytes: number;
  /** The end, which is after the last byte; the body may end before it where its length is not known. */
  readonly toBytes: number;
  /** The strong ETag of the body (`If-Match`), where it is known. */
  readonly etag?: string;
  /** The length of the whole body, where it is known. */
  readonly wholeBytes?: number;
}
