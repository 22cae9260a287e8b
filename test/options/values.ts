// Arbitrary JavaScript values, including hostile ones, that an untyped caller may pass.

import fc from "fast-check";

const thrower = () => {
  throw new Error("not mine");
};

const trapped = (target: object) =>
  new Proxy(target, Object.fromEntries(["get", "has", "ownKeys", "getPrototypeOf"].map((trap) => [trap, thrower])));

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** Functions that create a value, since some values can be used only once. */
const ODD: readonly (() => unknown)[] = [
  () => Number.NaN,
  () => -0,
  () => Number.POSITIVE_INFINITY,
  () => Number.NEGATIVE_INFINITY,
  () => Number.MAX_VALUE,
  () => Number.MIN_VALUE,
  () => Number.MAX_SAFE_INTEGER + 2,
  () => 2 ** 31,
  () => "10M",
  () => "true",
  () => "__proto__",
  () => "x".repeat(100_000),
  () => 10n ** 400n,
  () => Symbol("x"),
  () => thrower,
  () => class Own {},
  () => new Date(Number.NaN),
  () => new Number(5),
  () => new Map([[1, 2]]),
  () => new Headers({ a: "b" }),
  () => new AbortController(),
  () => AbortSignal.abort(),
  () => Promise.resolve(5),
  () => Buffer.from("x"),
  () => Object.create(null),
  () => ({ valueOf: () => 5, toString: thrower }),
  () => ({ [Symbol.toPrimitive]: thrower, [Symbol.iterator]: thrower }),
  () => ({ [Symbol.iterator]: () => ({ next: () => ({ done: false, value: ["a", "b"] }) }) }), // without an end
  () => ({ length: 2 ** 32 }),
  () => new Array(2 ** 32 - 1),
  () => new Proxy([], { get: (_, key) => (key === "length" ? 2 ** 53 : "x") }),
  () => trapped({}),
  () => trapped([]),
  () => trapped(() => {}),
  () => revoked({}),
  () => revoked([]),
  () => Object.defineProperty({}, Symbol.toStringTag, { get: thrower }),
  () => Object.defineProperty([5], 0, { get: thrower }),
];

/** Generates the function instead of the value: fast-check inspects values, and hostile ones throw. */
export const anyValue: fc.Arbitrary<{ readonly make: () => unknown }> = fc
  .oneof(
    fc.constantFrom(...ODD),
    fc
      .oneof(
        fc.anything({
          withBigInt: true,
          withBoxedValues: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
        }),
        fc.double(),
        fc.integer(),
        fc.bigInt(),
        fc.array(fc.anything()),
      )
      .map((value) => () => value),
  )
  .map((make) => ({ make }));
