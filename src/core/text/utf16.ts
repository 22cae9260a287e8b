// Detects UTF-16, in which PowerShell and Windows editors save files, by the first bytes.

export type Decoder = InstanceType<typeof TextDecoder>;

/** Returns a decoder for UTF-16, detected by a byte order mark or by zero bytes in the first characters; otherwise undefined. */
export function utf16Encoding(head: Uint8Array): Decoder | undefined {
  const [one, two] = head;
  const zeros = [...head.subarray(0, 8)].map((byte) => (byte === 0 ? "0" : "x")).join("");
  if ((one === 0xff && two === 0xfe) || zeros === "x0x0x0x0") return new TextDecoder("utf-16le");
  if ((one === 0xfe && two === 0xff) || zeros === "0x0x0x0x") return new TextDecoder("utf-16be");
  return undefined;
}
