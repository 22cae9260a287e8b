// Turns a row of a Parquet file of records back into the record, as docs/report.md describes the columns.

const JSON_COLUMNS = ["refers_to", "retried_after", "extra"];

/** `row`: as hyparquet returns it. */
export function recordOfRow({ more, ...row }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields = Object.entries(row).filter(([, value]) => value !== null && value !== undefined);
  const record = Object.fromEntries(
    fields.map(([key, value]) => {
      if (JSON_COLUMNS.includes(key)) return [key, JSON.parse(String(value)) as unknown];
      if (value instanceof Date) return [key, value.toISOString()];
      return [key, typeof value === "bigint" ? Number(value) : value];
    }),
  );
  for (const [key, value] of Object.entries(typeof more === "string" ? (JSON.parse(more) as object) : {}))
    Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true });
  return record;
}
