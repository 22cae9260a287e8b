// Makes the Authorization header of Basic authentication (RFC 7617); bytes that are not UTF-8 are sent unchanged.

/** Percent-decodes a part of a URL's userinfo into one character per byte. A `%` that begins no escape is kept. */
export function percentDecoded(text: string): string {
  const bytes = Buffer.from(text, "utf8").toString("latin1");
  return bytes.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/** Returns the value of a Basic Authorization header. Both arguments have one character per byte. */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`, "latin1").toString("base64")}`;
}

/** Returns the Basic Authorization value for the user and password of a URL; undefined if it has neither. */
export function basicAuthorization({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  return basic(percentDecoded(username), percentDecoded(password));
}
