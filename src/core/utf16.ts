// UTF-16, as PowerShell and Windows editors leave a file of ours: known by its first bytes.

export type Decoder = InstanceType<typeof TextDecoder>;

/** A decoder for a text in UTF-16, by its byte order mark or by zeros beside its first characters; undefined for any other text. */
export function utf16Encoding(head: Uint8Array): Decoder | undefined {
  const [one, two] = head;
  const zeros = [...head.subarray(0, 8)].map((byte) => (byte === 0 ? "0" : "x")).join("");
  if ((one === 0xff && two === 0xfe) || zeros === "x0x0x0x0") return new TextDecoder("utf-16le");
  if ((one === 0xfe && two === 0xff) || zeros === "0x0x0x0x") return new TextDecoder("utf-16be");
  return undefined;
}
