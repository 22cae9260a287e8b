// What lists need of the web: a URL fetched whole, with what a list in pages uses of its answer.

/** The answer to a URL. */
export interface Fetched {
  readonly body: Buffer;
  /** The final URL, after redirects. */
  readonly url: string;
  /** The values of its Link headers, joined with commas (RFC 8288); "" if there are none. */
  readonly link: string;
}

/** Fetches a URL, whole. Throws an error with the reason. */
export type Fetch = (url: string) => Promise<Fetched>;

/** The bytes of a fetched body, for what reads streams. */
export async function* onceOf(body: Buffer): AsyncGenerator<Buffer> {
  yield body;
}
