// Signature Version 4: the signatures of AWS's published test suite, and of the examples in S3's documentation.
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  authorization,
  EMPTY_SHA256,
  encodedPath,
  type SigningKey,
  type UnsignedRequest,
} from "../../src/store/sign.ts";

const TIME = "20150830T123600Z";
const KEY = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const TOKEN =
  "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

type Vector = readonly [name: string, request: Partial<UnsignedRequest>, signature: string];

const SUITE: readonly Vector[] = [
  ["get-vanilla", {}, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
  [
    "get-vanilla-query-order-key-case",
    {
      query: [
        ["Param2", "value2"],
        ["Param1", "value1"],
      ],
    },
    "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  ],
  [
    "get-vanilla-query-order-value",
    {
      query: [
        ["Param1", "value2"],
        ["Param1", "value1"],
      ],
    },
    "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694",
  ],
  [
    "get-vanilla-query-unreserved",
    { query: [[UNRESERVED, UNRESERVED]] },
    "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
  ],
  ["get-utf8", { path: encodedPath("/ሴ") }, "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"],
  [
    "get-unreserved",
    { path: encodedPath(`/${UNRESERVED}`) },
    "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
  ],
  [
    "get-header-value-trim",
    { headers: { "my-header1": " value1", "my-header2": ' "a   b   c"' } },
    "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
  ],
  ["post-vanilla", { method: "POST" }, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
  [
    "post-header-value-case",
    { method: "POST", headers: { "my-header1": "VALUE1" } },
    "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
  ],
  [
    "post-x-www-form-urlencoded",
    {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      bodySha256: sha256("Param1=value1"),
    },
    "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
  ],
  [
    "post-sts-header-before",
    { method: "POST", headers: { "x-amz-security-token": TOKEN } },
    "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
  ],
];

const S3_TIME = "20130524T000000Z";
const S3_KEY = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };

/** "Examples: Signature calculations" of the S3 API reference. */
const S3_EXAMPLES: readonly Vector[] = [
  [
    "GET Object",
    { path: "/test.txt", headers: { range: "bytes=0-9" } },
    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  ],
  [
    "PUT Object",
    {
      method: "PUT",
      path: encodedPath("/test$file.text"),
      headers: { date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" },
      bodySha256: sha256("Welcome to Amazon S3."),
    },
    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  ],
  [
    "GET Bucket Lifecycle",
    { query: [["lifecycle", ""]] },
    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  ],
  [
    "Get Bucket (List Objects)",
    {
      query: [
        ["max-keys", "2"],
        ["prefix", "J"],
      ],
    },
    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  ],
];

function signatureOf(request: Partial<UnsignedRequest>, key: SigningKey, service: string, time: string): string {
  const whole = { method: "GET", path: "/", query: [], headers: {}, bodySha256: EMPTY_SHA256, ...request };
  return authorization(whole, key, { region: "us-east-1", service, time }).replace(/.*Signature=/, "");
}

describe("authorization", () => {
  it.each(SUITE)("signs %s of AWS's test suite", (_, request, signature) => {
    const headers = { host: "example.amazonaws.com", "x-amz-date": TIME, ...request.headers };
    expect(signatureOf({ ...request, headers }, KEY, "service", TIME)).toBe(signature);
  });

  it.each(S3_EXAMPLES)("signs %s of S3's documentation", (_, request, signature) => {
    const headers = {
      host: "examplebucket.s3.amazonaws.com",
      "x-amz-content-sha256": request.bodySha256 ?? EMPTY_SHA256,
      "x-amz-date": S3_TIME,
      ...request.headers,
    };
    expect(signatureOf({ ...request, headers }, S3_KEY, "s3", S3_TIME)).toBe(signature);
  });
});
