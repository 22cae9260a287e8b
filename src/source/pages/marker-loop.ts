// Detects a listing that leads in a circle, in constant memory.

/**
 * Returns whether the markers lead in a circle; call it with each one. Brent's algorithm (BIT 20, 1980): a marker is kept until
 * as many have followed as came before it. A circle is found before it has been passed three times.
 */
export function markerLoop(): (marker: string) => boolean {
  let kept: string | undefined;
  let since = 0;
  let limit = 1;
  return (marker) => {
    if (marker === kept) return true;
    if (++since >= limit || kept === undefined) {
      kept = marker;
      limit *= 2;
      since = 0;
    }
    return false;
  };
}
