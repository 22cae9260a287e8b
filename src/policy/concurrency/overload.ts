// Whether so many tries are lost that fewer at a time may help, or whether servers lose so many of themselves.

import { LOSS_FACTOR_OVER_USUAL, MOSTLY, NOT_LOWER, TOLERATED_LOSS_SHARE } from "../host-limit.ts";

export interface Overload {
  /** More are lost than usual, and than chance explains. */
  isOver(finished: number, lost: number): boolean;
  /** A share that is no pressure: what is usual. */
  calm(share: number): void;
  /** Fewer at a time, and it has not become better: they lose so many of themselves, and that is usual from now on. */
  isTheirs(before: number, share: number, isLeast: boolean): boolean;
}

export function overload(): Overload {
  let usual = 0;
  return {
    isOver(finished, lost) {
      const expected = finished * usual;
      return lost >= 2 + finished * TOLERATED_LOSS_SHARE + expected * LOSS_FACTOR_OVER_USUAL + 2 * Math.sqrt(expected);
    },
    calm(share) {
      usual += (share - usual) / 5;
    },
    isTheirs(before, share, isLeast) {
      if (share <= NOT_LOWER * before || (share > MOSTLY && !isLeast)) return false;
      usual = (share + before) / 2;
      return true;
    },
  };
}
