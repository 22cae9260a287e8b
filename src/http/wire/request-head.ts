// The head of a GET request as it is sent over HTTP/1.1 (RFC 9112 section 3).

/** `fields`: the header lines, each with its line end. */
export function requestHead(path: string, fields: string): string {
  return `GET ${path} HTTP/1.1\r\n${fields}\r\n`;
}
