// Formats a caller's value for a message: short, and without calling its methods.

/** Maximum number of characters shown of a string. */
const MAX_CHARS = 60;

/** Formats a value. Throws only if a getter of `Symbol.toStringTag` throws. */
export function shown(value: unknown, isSecret = false): string {
  switch (typeof value) {
    case "string": {
      if (isSecret) return "a string";
      return value.length > MAX_CHARS ? `${JSON.stringify(value.slice(0, MAX_CHARS))}…` : JSON.stringify(value);
    }
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
      return value > -(10n ** 20n) && value < 10n ** 20n ? `${value}n` : "a bigint";
    case "symbol":
      return "a symbol";
    case "function":
      return "a function";
    case "object": {
      if (value === null) return "null";
      if (Array.isArray(value)) return "an array";
      const tag = tagOf(value);
      return tag === "Object" ? "an object" : `an object (${tag.slice(0, MAX_CHARS)})`;
    }
    default:
      return String(value);
  }
}

/** "Map" of a Map, "Object" of a plain object. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}
