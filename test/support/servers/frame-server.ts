// An HTTP/2 server whose test sends every frame, valid or not.

import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:tls";
import { frameReader } from "../../../src/http/h2/frame-reader.ts";
import { ConnectionError, FLAG, frame, PREFACE, TYPE } from "../../../src/http/h2/frames.ts";
import { decoder, encodeField } from "../../../src/http/h2/hpack.ts";
import { certificate } from "../get.ts";

/** One connection of the server. */
export interface Peer {
  readonly socket: Socket;
  /** The TCP socket below TLS. */
  readonly tcp: Socket;
  /** All received frames: type, flags, stream, payload. */
  readonly frames: readonly (readonly [number, number, number, Buffer])[];
  send(type: number, flags: number, stream: number, payload?: Buffer): void;
  settings(...values: readonly (readonly [id: number, value: number])[]): void;
  /** Sends a header block: names and values in turn, including pseudo-headers. */
  headers(stream: number, fields: readonly string[], flags?: number): void;
  data(stream: number, bytes: Buffer | string, isEnd?: boolean): void;
  /** Sends a whole response. */
  answer(stream: number, body: Buffer | string, ...fields: readonly string[]): void;
  reset(stream: number, code: number): void;
  goaway(lastStream: number, code?: number): void;
}

export interface FrameServer {
  readonly origin: string;
  /** In the order of their connections. */
  readonly peers: readonly Peer[];
  /** Number of received requests. */
  readonly requests: number;
  close(): Promise<void>;
}

export interface FrameServerOptions {
  /** Called when a connection is open, before anything is sent. Default: sends empty settings. */
  readonly onOpen?: (peer: Peer) => void;
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3";
  readonly onBytes?: (peer: Peer, bytes: Buffer) => void;
}

export type OnRequest = (peer: Peer, stream: number, path: string, fields: ReadonlyMap<string, string>) => void;

/** Ids of settings (RFC 9113 section 6.5.2). */
export const SETTING = { headerTableSize: 1, enablePush: 2, maxStreams: 3, initialWindow: 4, maxFrame: 5 } as const;

export function block(...fields: readonly string[]): Buffer {
  const encoded: Buffer[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) encoded.push(encodeField(fields[i] ?? "", fields[i + 1] ?? ""));
  return Buffer.concat(encoded);
}

export function uint32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => void bytes.writeUInt32BE(value, 4 * i));
  return bytes;
}

export async function frameServer(onRequest: OnRequest, options: FrameServerOptions = {}): Promise<FrameServer> {
  const peers: Peer[] = [];
  const below = new Map<number | undefined, Socket>();
  let requests = 0;
  const { onOpen = (peer: Peer) => peer.settings(), maxVersion = "TLSv1.3", onBytes } = options;
  const server = createServer(
    {
      key: certificate("good-key.pem"),
      cert: certificate("good-cert.pem"),
      ALPNProtocols: ["h2"],
      maxVersion,
    },
    (socket) => {
      const frames: (readonly [number, number, number, Buffer])[] = [];
      const peer = peerOf(socket, below.get(socket.remotePort) ?? socket, frames);
      peers.push(peer);
      const { decode } = decoder();
      const read = frameReader({
        onHead() {},
        onFrame(type, flags, stream, payload) {
          frames.push([type, flags, stream, Buffer.from(payload)]);
          if (type !== TYPE.headers) return;
          const fields = new Map<string, string>();
          decode(payload, (name, value) => fields.set(name, value));
          requests++;
          onRequest(peer, stream, fields.get(":path") ?? "", fields);
        },
        onDataFrame() {},
        onData() {},
        onDataFrameEnd() {},
      });
      let isFirst = true;
      socket.setMaxListeners(0).on("error", () => {});
      socket.on("data", (bytes: Buffer) => {
        onBytes?.(peer, bytes);
        try {
          read(isFirst ? bytes.subarray(PREFACE.length) : bytes); // it arrives in one TLS record
        } catch (error) {
          if (!(error instanceof ConnectionError)) throw error;
        }
        isFirst = false;
      });
      onOpen(peer);
    },
  );
  server.on("connection", (tcp: Socket) => below.set(tcp.remotePort, tcp));
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    peers,
    get requests() {
      return requests;
    },
    async close() {
      for (const { socket } of peers) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function peerOf(socket: Socket, tcp: Socket, frames: Peer["frames"]): Peer {
  const send: Peer["send"] = (type, flags, stream, payload) => {
    if (!socket.destroyed) socket.write(frame(type, flags, stream, payload));
  };
  const data: Peer["data"] = (stream, body, isEnd = false) => {
    const bytes = Buffer.from(body);
    for (let from = 0; from === 0 || from < bytes.length; from += 16_384) {
      const isLast = from + 16_384 >= bytes.length;
      send(TYPE.data, isLast && isEnd ? FLAG.endStream : 0, stream, bytes.subarray(from, from + 16_384));
    }
  };
  const headers: Peer["headers"] = (stream, fields, flags = 0) =>
    send(TYPE.headers, FLAG.endHeaders | flags, stream, block(...fields));
  return {
    socket,
    tcp,
    frames,
    send,
    data,
    headers,
    settings(...values) {
      const payload = Buffer.alloc(6 * values.length);
      values.forEach(([id, value], i) => {
        payload.writeUInt16BE(id, 6 * i);
        payload.writeUInt32BE(value, 6 * i + 2);
      });
      send(TYPE.settings, 0, 0, payload);
    },
    answer(stream, body, ...fields) {
      headers(stream, [":status", "200", ...fields]);
      data(stream, body, true);
    },
    reset: (stream, code) => send(TYPE.rstStream, 0, stream, uint32(code)),
    goaway: (lastStream, code = 0) => send(TYPE.goaway, 0, 0, uint32(lastStream, code)),
  };
}
