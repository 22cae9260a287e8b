// A doubly linked list, used instead of a Set where items are added and deleted for every URL.
//
// V8 rehashes such a Set or Map again and again: the old tables keep their items and the newer tables alive until a major
// garbage collection, and finding the first item takes longer with every deleted one.

/** An item of a list; of at most one at a time. */
export interface ListNode<T extends ListNode<T>> {
  list: LinkedList<T> | undefined;
  prevNode: T | undefined;
  nextNode: T | undefined;
}

/**
 * Items are added at the end. `add` and `delete` do nothing where there is nothing to do; `add` removes an item from any other
 * list. During an iteration, the current item may be deleted, and others may be added.
 */
export class LinkedList<T extends ListNode<T>> implements Iterable<T> {
  size = 0;
  first: T | undefined;
  private last: T | undefined;

  add(item: T): void {
    if (item.list === this) return;
    item.list?.delete(item);
    item.list = this;
    item.prevNode = this.last;
    if (this.last === undefined) this.first = item;
    else this.last.nextNode = item;
    this.last = item;
    this.size++;
  }

  delete(item: T): void {
    if (item.list !== this) return;
    const { prevNode: before, nextNode: after } = item;
    if (before === undefined) this.first = after;
    else before.nextNode = after;
    if (after === undefined) this.last = before;
    else after.prevNode = before;
    item.list = undefined;
    item.prevNode = undefined;
    item.nextNode = undefined;
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
