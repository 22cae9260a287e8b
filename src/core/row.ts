// A row of things that come and go, in the place of a Set: each knows its neighbours.
//
// A Set or a Map that is joined and left for every URL costs more: V8 makes a new table now and then, and the old ones keep
// alive what was in them, and the newer ones, until all memory is swept. And its first is ever harder to find.

/** What can stand in a row: in one at a time. */
export interface Member<T extends Member<T>> {
  row: Row<T> | undefined;
  before: T | undefined;
  after: T | undefined;
}

/**
 * Joined at its end, left from any place. `add` and `delete` do nothing where there is nothing to do; `add` takes a member out
 * of any other row. While a row is walked, the one at hand may leave it, and others join.
 */
export class Row<T extends Member<T>> implements Iterable<T> {
  size = 0;
  first: T | undefined;
  private last: T | undefined;

  add(member: T): void {
    if (member.row === this) return;
    member.row?.delete(member);
    member.row = this;
    member.before = this.last;
    if (this.last === undefined) this.first = member;
    else this.last.after = member;
    this.last = member;
    this.size++;
  }

  delete(member: T): void {
    if (member.row !== this) return;
    const { before, after } = member;
    if (before === undefined) this.first = after;
    else before.after = after;
    if (after === undefined) this.last = before;
    else after.before = before;
    member.row = undefined;
    member.before = undefined;
    member.after = undefined;
    this.size--;
  }

  [Symbol.iterator](): Iterator<T, undefined> {
    let next = this.first;
    return {
      next() {
        const value = next;
        if (value === undefined) return { done: true, value };
        next = value.after;
        return { done: false, value };
      },
    };
  }
}
