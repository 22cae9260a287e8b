// A row of things that come and go: each knows its neighbours. Sets and Maps that are joined and left for every URL cost more:
// V8 makes a new table now and then, and the old ones, once they are old, keep alive whatever was in them; the first is ever harder to find.

/** What can stand in a row: in one at a time. */
export interface Member<T> {
  row: Row<T> | undefined;
  before: T | undefined;
  after: T | undefined;
}

/** A row that is joined at its end and left from any place. While it is walked, the one at hand may leave it, and others join. */
export interface Row<T> extends Iterable<T> {
  readonly size: number;
  readonly first: T | undefined;
  add(member: T): void;
  delete(member: T): void;
}

/** `add` and `delete` do nothing where there is nothing to do; `add` takes a member out of any other row. */
export function row<T extends Member<T>>(): Row<T> {
  let first: T | undefined;
  let last: T | undefined;
  let size = 0;

  const self: Row<T> = {
    get size() {
      return size;
    },
    get first() {
      return first;
    },
    add(member) {
      if (member.row === self) return;
      member.row?.delete(member);
      member.row = self;
      member.before = last;
      if (last === undefined) first = member;
      else last.after = member;
      last = member;
      size++;
    },
    delete(member) {
      if (member.row !== self) return;
      const { before, after } = member;
      if (before === undefined) first = after;
      else before.after = after;
      if (after === undefined) last = before;
      else after.before = before;
      member.row = undefined;
      member.before = undefined;
      member.after = undefined;
      size--;
    },
    [Symbol.iterator]() {
      let next = first;
      return {
        next() {
          const value = next;
          if (value === undefined) return { done: true, value };
          next = value.after;
          return { done: false, value };
        },
      };
    },
  };
  return self;
}
