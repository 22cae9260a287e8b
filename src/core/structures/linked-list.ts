// A row of things that come and go, in the place of a Set: each knows its neighbours.
//
// A Set or a Map that is joined and left for every URL costs more: V8 makes a new table now and then, and the old ones keep
// alive what was in them, and the newer ones, until all memory is swept. And its first is ever harder to find.

/** What can stand in a row: in one at a time. */
export interface ListNode<T extends ListNode<T>> {
  list: LinkedList<T> | undefined;
  prevNode: T | undefined;
  nextNode: T | undefined;
}

/**
 * Joined at its end, left from any place. `add` and `delete` do nothing where there is nothing to do; `add` takes a member out
 * of any other row. While a row is walked, the one at hand may leave it, and others join.
 */
export class LinkedList<T extends ListNode<T>> implements Iterable<T> {
  size = 0;
  first: T | undefined;
  private last: T | undefined;

  add(member: T): void {
    if (member.list === this) return;
    member.list?.delete(member);
    member.list = this;
    member.prevNode = this.last;
    if (this.last === undefined) this.first = member;
    else this.last.nextNode = member;
    this.last = member;
    this.size++;
  }

  delete(member: T): void {
    if (member.list !== this) return;
    const { prevNode: before, nextNode: after } = member;
    if (before === undefined) this.first = after;
    else before.nextNode = after;
    if (after === undefined) this.last = before;
    else after.prevNode = before;
    member.list = undefined;
    member.prevNode = undefined;
    member.nextNode = undefined;
    this.size--;
  }

  [Symbol.iterator](): Iterator<T, undefined> {
    let next = this.first;
    return {
      next() {
        const value = next;
        if (value === undefined) return { done: true, value };
        next = value.nextNode;
        return { done: false, value };
      },
    };
  }
}
