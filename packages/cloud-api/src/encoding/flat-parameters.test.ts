import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flattenParameters, parseFormParameters, unflattenParameters } from './flat-parameters.js';

function unflatten(parameters: Record<string, string>) {
  const decoded = unflattenParameters(Object.entries(parameters));
  return decoded.type === 'decoded' ? JSON.parse(JSON.stringify(decoded.value)) : decoded.error.code;
}

describe('unflattenParameters', () => {
  it('turns indexes into lists and names into objects', () => {
    expect(
      unflatten({ UserId: 'u', 'Filters.1.Name': 'b', 'Filters.0.Name': 'a', 'Filters.0.Values.0': 'x', 'Ids.0': '7' }),
    ).toEqual({ UserId: 'u', Filters: [{ Name: 'a', Values: ['x'] }, { Name: 'b' }], Ids: ['7'] });
  });

  it.each<[string, Record<string, string>]>([
    ['a hole', { 'A.0': 'x', 'A.2': 'y' }],
    ['no first element', { 'A.1': 'x' }],
    ['a huge index', { 'A.999999': 'x' }],
    ['a value that is also an object', { A: 'x', 'A.B': 'y' }],
    ['an object that is also a value', { 'A.B': 'y', A: 'x' }],
    ['too many levels', { 'A.B.C.D.E.F.G.H.I': 'x' }],
    ['an empty segment', { 'A..B': 'x' }],
    ['an empty name', { '': 'x' }],
    ['a very long name', { ['A'.repeat(65)]: 'x' }],
    ['very many parameters', Object.fromEntries(Array.from({ length: 2001 }, (_, index) => [`A${index}`, 'x']))],
    ['a list beyond the bound', Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`A.${index}`, 'x']))],
  ])('refuses %s', (_what, parameters) => {
    expect(unflatten(parameters)).toBe('InvalidParameter');
  });

  it('keeps names of the prototype as plain members', () => {
    const decoded = unflattenParameters([
      ['__proto__.polluted', 'x'],
      ['constructor.prototype.polluted', 'x'],
    ]);
    if (decoded.type !== 'decoded') throw new Error('refused');
    expect(Object.keys(decoded.value)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(decoded.value)).toBeNull();
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('undoes flattening of anything an SDK can send', () => {
    const name = fc.stringMatching(/^[A-Z][A-Za-z0-9_]{0,10}$/);
    // Empty lists and objects leave no trace in a form, so none is made here.
    const { object } = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.string(),
        fc.array(tie('value'), { minLength: 1, maxLength: 4 }),
        tie('object'),
      ),
      object: fc.dictionary(name, tie('value'), { minKeys: 1, maxKeys: 4 }),
    }));
    fc.assert(
      fc.property(object, (value) => {
        const decoded = unflattenParameters(flattenParameters(value));
        if (decoded.type !== 'decoded') throw new Error('refused');
        expect(JSON.parse(JSON.stringify(decoded.value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (parameters) => {
        expect(['decoded', 'refused']).toContain(unflattenParameters(Object.entries(parameters)).type);
      }),
    );
  });
});

describe('parseFormParameters', () => {
  it('decodes escapes, plus signs and empty values', () => {
    const parsed = parseFormParameters('A=1+2%2B%E7%94%A8&B=&C');
    expect(parsed.type === 'decoded' ? [...parsed.value] : parsed).toEqual([
      ['A', '1 2+用'],
      ['B', ''],
      ['C', ''],
    ]);
  });

  it('refuses repeated names and floods', () => {
    expect(parseFormParameters('A=1&A=2').type).toBe('refused');
    expect(parseFormParameters('&'.repeat(1_000_000)).type).toBe('refused');
  });
});
