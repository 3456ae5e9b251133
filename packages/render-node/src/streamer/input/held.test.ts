import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createHeldSet } from './held.js';

it('presses with the first holder, releases with the last, and matches a model of each holder', () => {
  const command = fc.tuple(
    fc.constantFrom('hold', 'drop', 'dropAll'),
    fc.integer({ min: 0, max: 2 }),
    fc.integer({ min: 1, max: 4 }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const down = new Set<number>();
      const set = createHeldSet(
        (id) => {
          expect(down.has(id)).toBe(false);
          down.add(id);
        },
        (id) => {
          expect(down.delete(id)).toBe(true);
        },
      );
      const holders = [set.createHolder(), set.createHolder(), set.createHolder()];
      const models = holders.map(() => new Set<number>());
      for (const [what, index, id] of commands) {
        const holder = holders[index]!;
        const model = models[index]!;
        if (what === 'hold') expect(holder.hold(id)).toBe(!model.has(id));
        if (what === 'hold') model.add(id);
        if (what === 'drop') expect(holder.drop(id)).toBe(model.delete(id));
        if (what === 'dropAll') {
          holder.dropAll();
          model.clear();
        }
        const expected = new Set(models.flatMap((own) => [...own]));
        expect(new Set(down)).toEqual(expected);
        expect(new Set(set.all())).toEqual(expected);
      }
    }),
  );
});

it('releases a holder in the opposite order of pressing', () => {
  const released: number[] = [];
  const holder = createHeldSet(
    () => undefined,
    (id) => released.push(id),
  ).createHolder();
  for (const id of [1, 2, 3]) holder.hold(id);
  holder.dropAll();
  expect(released).toEqual([3, 2, 1]);
});
