// Keeps what was sent and received for one URL of the list: its redirects, and its final answer.

import type { Failure } from "../../core/failure.ts";
import { redacted } from "../../core/url/redact.ts";
import type { Wire, WireResponse } from "../../core/wire.ts";
import { WireCapture } from "./capture.ts";
import { requestHead } from "./request-head.ts";
import { shownFields, shownPath } from "./secrets.ts";

/** Maximum bytes of the redirects of one URL, 1 MiB; further ones are left out. A server may send 256 KiB in each head. */
const MAX_HOP_BYTES = 1_048_576;

/** What is kept of a request: its target and its header lines. */
interface Sent {
  readonly path: string;
  readonly fields: string;
}

/** State: the redirects so far, and the current request. */
export class WireLog {
  private readonly hops: WireResponse[] = [];
  private hopBytes = 0;
  private current: WireCapture | undefined;

  /** Returns the request with its capture. */
  begin<R extends Sent>(target: URL, request: R): R & { readonly capture: WireCapture } {
    const { path, fields } = request;
    this.current = new WireCapture(shownUrl(target), requestHead(shownPath(path), shownFields(fields)));
    return { ...request, capture: this.current };
  }

  /** The current answer is a redirect that is followed. */
  addHop(): void {
    const hop = this.current?.discarded();
    if (hop === undefined) return;
    this.hopBytes += sizeOf(hop);
    if (this.hopBytes <= MAX_HOP_BYTES) this.hops.push(hop);
  }

  /** Returns all of it, for an answer that is stored. */
  wire(): Wire | undefined {
    const exchange = this.current?.exchange();
    return exchange && { ...exchange, hops: this.hops };
  }

  /** Returns the failure with the response that is its reason, if there is one. */
  withResponse(failure: Failure): Failure {
    const response = this.current?.discarded();
    return response === undefined ? failure : { ...failure, wire: { ...response, hops: this.hops } };
  }
}

function sizeOf({ request, response, body }: WireResponse): number {
  return request.length + response.length + body.reduce((sum, { length }) => sum + length, 0);
}

/** Returns the URL as it is recorded: without user, password and fragment. */
function shownUrl(target: URL): string {
  if (target.username === "" && target.password === "" && target.hash === "") return redacted(target.href);
  const shown = new URL(target.href);
  shown.username = "";
  shown.password = "";
  shown.hash = "";
  return redacted(shown.href);
}
