// The value of Authorization for a user and a password (RFC 7617), byte for byte: what is no UTF-8 is sent as it came.

/** The bytes that a part of a URL's userinfo stands for, a character for each. A `%` that begins no escape stands for itself. */
export function plainBytes(text: string): string {
  const bytes = Buffer.from(text, "utf8").toString("latin1");
  return bytes.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/** The value of a Basic Authorization header. The texts have a character for each byte. */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`, "latin1").toString("base64")}`;
}

/** The same for a URL's user and password; undefined where it has none. */
export function basicAuthorization({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  return basic(plainBytes(username), plainBytes(password));
}
