// Parses a URL or a reference to one, where a text that is none is expected.

/**
 * Returns undefined for a text that is no URL, where `new URL` throws. In place of `URL.canParse`: Node 20 and 22 compile a
 * call of it that is frequent so that it takes Latin-1 for UTF-8, and returns false for `/café`.
 */
export function toUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
