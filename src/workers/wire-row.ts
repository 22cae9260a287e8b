// What was sent and received for a failure as plain data, which crosses the pipe between two processes: bytes in base64.

import type { FailedWire, WireResponse } from "../core/wire.ts";

type ResponseRow = Omit<WireResponse, "body"> & { readonly body: readonly string[] };

export type WireRow = ResponseRow & { readonly hops: readonly ResponseRow[] };

export function wireRow(wire: FailedWire): WireRow {
  return { ...rowOf(wire), hops: wire.hops.map(rowOf) };
}

export function wireOf({ hops, ...row }: WireRow): FailedWire {
  return { ...responseOf(row), hops: hops.map(responseOf) };
}

function rowOf({ body, ...rest }: WireResponse): ResponseRow {
  return { ...rest, body: body.map(base64) };
}

function responseOf({ address, body, ...rest }: ResponseRow): WireResponse {
  return { ...rest, address, body: body.map(bytesOf) };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, "base64");
}
