// The table of all behaviours of a rude server, one row per path; the files beside this one define them by theme.
import { answer, type Behaviour, type Exchange } from "../answer.ts";
import { number, type RudeRequest, readTarget, text } from "../request.ts";
import { CUTS } from "./cuts.ts";
import { ENCODINGS } from "./encodings.ts";
import { FRAMING } from "./framing.ts";
import { GARBAGE } from "./garbage.ts";
import { RANGES } from "./ranges.ts";
import { REDIRECTS } from "./redirects.ts";
import { RIGHT } from "./right.ts";
import { STATUSES } from "./statuses.ts";
import { TURNS } from "./turns.ts";

export const BEHAVIOURS: Record<string, Behaviour> = {
  ...RIGHT,
  ...STATUSES,
  ...CUTS,
  ...FRAMING,
  ...GARBAGE,
  ...REDIRECTS,
  ...TURNS,
  ...ENCODINGS,
  ...RANGES,
  /** `/turns?first=/reset-before&times=2&then=/ok`: the first `times` requests for this target behave differently. */
  turns(request, exchange) {
    const nth = exchange.count(`turns ${request.path}`);
    const target =
      nth <= number(request, "times", 1) ? text(request, "first", "/status/503") : text(request, "then", "/ok");
    behave({ ...request, ...readTarget(target) }, exchange);
  },
};

/** Runs the behaviour of the path. */
export function behave(request: RudeRequest, exchange: Exchange): void {
  const behaviour = Object.hasOwn(BEHAVIOURS, request.name) ? BEHAVIOURS[request.name] : undefined;
  if (behaviour !== undefined) behaviour(request, exchange);
  else
    answer(
      exchange,
      "HTTP/1.1 404 Not Found",
      request.wantsClose ? ["Connection: close"] : [],
      Buffer.from("no such path\n"),
    );
}
