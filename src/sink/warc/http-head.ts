// Changes the head of an HTTP response, in Latin-1, where the archived body is not what followed that head on the wire.

/** The field of a coding that the archived body does not have. */
const TRANSFER_CODING = /^transfer-encoding(?=[ \t]*:)/im;

/** With that field, a Content-Length has no meaning (RFC 9112 section 6.3), and may be another length than the body's. */
const FRAMING_FIELDS = /^(transfer-encoding|content-length)(?=[ \t]*:)/gim;

/** The status line of a 206: its version and its reason. */
const STATUS = /^([^ \r\n]+) +206([^\r\n]*)/;
const RANGE_FIELDS = /^(content-range|content-length)(?=[ \t]*:)/gim;

/** The head with its transfer coding as `X-Orig-Transfer-Encoding`, and a length beside that likewise: the body is without the coding. */
export function withoutTransferCoding(head: string): string {
  return TRANSFER_CODING.test(head) ? head.replace(FRAMING_FIELDS, originalName) : head; // most heads have none
}

/**
 * The head of a 206 as that of the whole body, of which it brought the end: status 200, and its own status, range and length as
 * `X-Orig-` fields. `bytes`: the length of the whole body.
 */
export function asWhole(head: string, bytes: number): string {
  const status = STATUS.exec(head);
  if (status === null) return head;
  const [line, version = "", reason = ""] = status;
  const rest = head.slice(line.length).replace(RANGE_FIELDS, "X-Orig-$1");
  const fields = `\r\nContent-Length: ${bytes}\r\nX-Orig-Status: 206${reason}`;
  return `${version} 200 OK${fields}${rest}`;
}

/** The name under which a field is kept, however the server wrote it. */
function originalName(name: string): string {
  return name.toLowerCase() === "content-length" ? "X-Orig-Content-Length" : "X-Orig-Transfer-Encoding";
}
