import { describe, expect, it } from 'vitest';
import { createCounter, createProgress, formatBytes, formatDuration } from './progress.js';
import { renderFields, renderTable, shortTime } from './table.js';

describe('tables', () => {
  it('aligns columns and keeps control characters from the terminal', () => {
    const rows = [
      { id: 'a', name: 'long\x1b[2J name' },
      { id: 'bcd', name: null },
    ];
    const columns = [
      ['ID', (row: (typeof rows)[number]) => row.id],
      ['NAME', (row: (typeof rows)[number]) => row.name],
    ] as const;
    expect(renderTable(rows, columns, 'None.')).toBe('ID   NAME\na    long?[2J name\nbcd  -');
    expect(renderTable([], columns, 'None.')).toBe('None.');
  });

  it('shows fields and times', () => {
    expect(
      renderFields([
        ['Id', 'x'],
        ['Limit', null],
      ]),
    ).toBe('Id     x\nLimit  -');
    expect([shortTime(0), shortTime(null)]).toEqual(['1970-01-01T00:00:00Z', '-']);
  });
});

describe('progress', () => {
  const collect = (isTTY: boolean, steps: readonly (readonly [number, number])[]) => {
    let at = 0;
    let text = '';
    const stream = { isTTY, write: (part: string) => (text += part) };
    const progress = createProgress(stream, { label: 'Uploading', totalBytes: 1_000_000, now: () => at });
    for (const [time, done] of steps) {
      at = time;
      progress.update(done);
    }
    progress.end();
    return text;
  };

  it('writes a line each tenth without a terminal, with the rate of this run', () => {
    const text = collect(false, [
      [0, 500_000],
      [1_000, 520_000],
      [2_000, 700_000],
      [3_000, 1_000_000],
    ]);
    expect(text.split('\n')).toEqual([
      'Uploading   50 %  500.0 KB of 1.0 MB',
      'Uploading   70 %  700.0 KB of 1.0 MB  100.0 KB/s  0:03 left',
      'Uploading  100 %  1.0 MB of 1.0 MB  166.7 KB/s  0:00 left',
      '',
    ]);
  });

  it('redraws one line on a terminal, not for every chunk, but always the end', () => {
    const text = collect(true, [
      [0, 0],
      [10, 100_000],
      [20, 1_000_000],
    ]);
    expect(text.split('\r').length - 1).toBe(2);
    expect(text).toMatch(/\[#{24}\] 100 %.*\n$/);
  });

  it('counts what has no known size on a terminal only', () => {
    const count = (isTTY: boolean) => {
      let at = 0;
      let text = '';
      const counter = createCounter({ isTTY, write: (part) => (text += part) }, { label: 'Exporting', now: () => at });
      for (const [time, done] of [
        [1_000, 500_000],
        [1_010, 600_000],
        [2_000, 3_000_000],
        [2_010, 4_000_000],
      ] as const) {
        at = time;
        counter.update(done);
      }
      counter.end();
      return text;
    };
    expect(count(false)).toBe('');
    expect(count(true).split('\r\x1b[K')).toEqual([
      '',
      'Exporting  500.0 KB  500.0 KB/s',
      'Exporting  3.0 MB  1.5 MB/s',
      'Exporting  4.0 MB  2.0 MB/s\n',
    ]);
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 KB'],
    [12_345_678_901, '12.3 GB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [5, '0:05'],
    [125, '2:05'],
    [3_725, '1:02:05'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});
