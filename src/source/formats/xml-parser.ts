// Creates the parser of XML for sitemaps and listings: streaming and strict, with the line in its errors.

import { SaxesParser } from "saxes";

/** Throws an error of "line 3: …" for what is not well-formed. */
export function xmlParser(): SaxesParser {
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw new Error(error.message.replace(/^(?:\w+:)?(\d+):(\d+): /, "line $1: "));
  });
  return parser;
}
