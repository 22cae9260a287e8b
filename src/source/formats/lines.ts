// The list format "lines": text in any Unicode encoding with one URL per line, and further columns after a TAB.

import { encodingOf, toUtf8 } from "./encoding.ts";
import { type Format, refuseText } from "./format.ts";
import { lineSplitter } from "./line-splitter.ts";

export const lines: Format = {
  name: "lines",
  matches: () => true,
  async *jobs(bytes, context) {
    const { head, onLines, table } = context;
    refuseText(table);
    const splitter = lineSplitter(context);
    for await (const chunk of toUtf8(bytes, encodingOf(head))) {
      const jobs = splitter.push(chunk);
      onLines(splitter.lines());
      yield jobs;
    }
    const last = splitter.end();
    onLines(splitter.lines());
    yield last;
  },
};
