// The reasons of problems with a store, as people read them.
import { expect, it } from "vitest";
import { transportReason } from "../../src/store/problem.ts";

const errorOf = (message: string, code: string) => Object.assign(new Error(message), { code });

it.each([
  [
    "write EPROTO 802C0708387F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/openssl/ssl3_record.c:350:\n",
    "EPROTO",
    "no TLS at this port: an endpoint without TLS begins with http://",
  ],
  [
    "802C0708:error:0A0000C6:SSL routines:tls_get_more_records:packet length too long:../deps/rec_layer.c:655:\n",
    "ERR_SSL_PACKET_LENGTH_TOO_LONG",
    "no TLS at this port: an endpoint without TLS begins with http://",
  ],
  [
    "write EPROTO 802C:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:../deps/x.c:1605:SSL alert number 40\n",
    "EPROTO",
    "TLS: sslv3 alert handshake failure",
  ],
  [
    "self-signed certificate",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "self-signed certificate; NODE_EXTRA_CA_CERTS=<file> adds its authority",
  ],
  [
    "Parse Error: Expected HTTP/",
    "HPE_INVALID_CONSTANT",
    "no HTTP at this port, or TLS, for which the endpoint begins with https:// (Parse Error: Expected HTTP/)",
  ],
  ["connect ECONNREFUSED 127.0.0.1:9", "ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:9"],
])("names the reason of %j without OpenSSL's line", (message, code, reason) => {
  expect(transportReason(errorOf(message, code))).toBe(reason);
});
