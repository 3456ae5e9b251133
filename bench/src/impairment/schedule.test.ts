import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSchedule } from './schedule.js';

it('hands out by time, and what was added first of equal times', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 60 }), fc.nat(20), (times, nowUs) => {
      const schedule = createSchedule<number>();
      for (const [index, atUs] of times.entries()) schedule.add(atUs, index);
      const taken: number[] = [];
      for (let due = schedule.takeDue(nowUs); due; due = schedule.takeDue(nowUs)) taken.push(due.item);
      const wanted = times
        .map((atUs, index) => ({ atUs, index }))
        .filter(({ atUs }) => atUs <= nowUs)
        .sort((a, b) => a.atUs - b.atUs || a.index - b.index);
      expect(taken).toEqual(wanted.map(({ index }) => index));
      const rest = times.filter((atUs) => atUs > nowUs);
      expect(schedule.size).toBe(rest.length);
      expect(schedule.nextUs).toBe(rest.length === 0 ? undefined : Math.min(...rest));
    }),
  );
});
