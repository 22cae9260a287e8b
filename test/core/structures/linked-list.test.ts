// A row: like a Set in all that is asked of it, by random joining and leaving; and walked while it changes.
import fc from "fast-check";
import { expect, it } from "vitest";
import { LinkedList, type ListNode } from "../../../src/core/structures/linked-list.ts";

interface Guest extends ListNode<Guest> {
  readonly name: number;
}

const guest = (name: number): Guest => ({ name, list: undefined, prevNode: undefined, nextNode: undefined });
const names = (row: LinkedList<Guest>) => [...row].map(({ name }) => name);

it("a linked list has the items of a Set, in the same order", () => {
  const step = fc.record({ who: fc.nat(7), joins: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const [row, set] = [new LinkedList<Guest>(), new Set<number>()];
      const guests = Array.from({ length: 8 }, (_, name) => guest(name));
      for (const { who, joins } of steps) {
        const one = guests[who] ?? expect.unreachable();
        if (joins) row.add(one);
        else row.delete(one);
        if (joins) set.add(who);
        else set.delete(who);
        expect(names(row)).toEqual([...set]);
        expect([row.size, row.first?.name]).toEqual([set.size, [...set][0]]);
      }
    }),
  );
});

it("an item that is added to another list is deleted from the first", () => {
  const [one, other] = [new LinkedList<Guest>(), new LinkedList<Guest>()];
  const guests = [guest(0), guest(1), guest(2)];
  for (const each of guests) one.add(each);
  for (const each of guests.slice(0, 2)) other.add(each);
  expect([names(one), names(other)]).toEqual([[2], [0, 1]]);
  for (const each of guests) each.list?.delete(each);
  for (const each of guests) expect(each).toMatchObject({ list: undefined, prevNode: undefined, nextNode: undefined });
});

it("an iteration continues when the current item is deleted", () => {
  const row = new LinkedList<Guest>();
  for (let name = 0; name < 4; name++) row.add(guest(name));
  const seen: number[] = [];
  for (const one of row) {
    seen.push(one.name);
    row.delete(one);
  }
  expect(seen).toEqual([0, 1, 2, 3]);
  expect(row.size).toBe(0);
});
