import { type TSchema, Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { actions } from '../actions/action-table.js';
import { unflattenParameters } from '../encoding/flat-parameters.js';
import { renderErrorMessage } from '../errors/public-error.js';
import { coerceFormValue, dropNulls } from './coerce.js';
import { checkFormParameters, checkJsonParameters, checkParameters } from './validate.js';

const Filters = Type.Array(
  Type.Object({ Name: Type.String(), Values: Type.Array(Type.String()) }, { additionalProperties: false }),
  { maxItems: 2 },
);
const schema = Type.Object(
  {
    Name: Type.String({ minLength: 1, maxLength: 3 }),
    Limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    Ratio: Type.Optional(Type.Number()),
    On: Type.Optional(Type.Boolean()),
    Filters: Type.Optional(Filters),
  },
  { additionalProperties: false },
);

function codeAndName(value: unknown): [string, string] {
  const checked = checkParameters(schema, value);
  if (checked.type === 'decoded') return ['ok', ''];
  const message = renderErrorMessage(checked.error, 'en-US');
  return [checked.error.code, /`(.*)`/.exec(message)?.[1] ?? ''];
}

describe('checkParameters', () => {
  it.each<[unknown, string, string]>([
    [{ Name: 'a' }, 'ok', ''],
    [{ Color: 1 }, 'UnknownParameter', 'Color'],
    [{ Limit: 'x' }, 'MissingParameter', 'Name'],
    [{ Name: '', Limit: 'x' }, 'InvalidParameter', 'Limit'],
    [{ Name: '' }, 'InvalidParameterValue', 'Name'],
    [{ Name: 'abcd' }, 'InvalidParameterValue', 'Name'],
    [{ Name: 'a', Limit: 0 }, 'InvalidParameterValue', 'Limit'],
    [{ Name: 'a', Limit: 1.5 }, 'InvalidParameter', 'Limit'],
    [{ Name: 'a', Filters: [{ Name: 'x', Values: [], Color: 1 }] }, 'UnknownParameter', 'Filters.0.Color'],
    [{ Name: 'a', Filters: [{ Name: 'x' }] }, 'MissingParameter', 'Filters.0.Values'],
    [{ Name: 'a', Filters: [{ Name: 'x', Values: ['a', 1] }] }, 'InvalidParameter', 'Filters.0.Values.1'],
    [{ Name: 'a', Filters: Array(3).fill({ Name: 'x', Values: [] }) }, 'InvalidParameterValue', 'Filters'],
    [{ Name: 'a\0b' }, 'InvalidParameterValue', 'Name'],
    [{ Name: '\ud83d' }, 'InvalidParameterValue', 'Name'],
    [{ Name: '\ud83d\ude00' }, 'ok', ''],
    [{ Name: 'a', Filters: [{ Name: 'x', Values: ['y', '\0'] }] }, 'InvalidParameterValue', 'Filters.0.Values.1'],
    [[], 'InvalidParameter', ''],
    [
      { Name: 'a', ['\u001b[31m'.repeat(100)]: 1 },
      'UnknownParameter',
      `${' [31m'.repeat(13)}`.slice(0, 64).concat('…'),
    ],
  ])('%j → %s %s', (value, code, name) => {
    expect(codeAndName(value)).toEqual([code, name]);
  });
});

describe('forms', () => {
  it('become what the schema wants', () => {
    const nested = unflattenParameters(
      Object.entries({
        Name: '7',
        Limit: '20',
        Ratio: '-0.5',
        On: 'True',
        'Filters.0.Name': 'x',
        'Filters.0.Values.0': '1',
      }),
    );
    if (nested.type !== 'decoded') throw new Error('refused');
    const checked = checkFormParameters(schema, nested.value);
    expect(checked.type === 'decoded' ? { ...checked.value } : checked).toEqual({
      Name: '7',
      Limit: 20,
      Ratio: -0.5,
      On: true,
      Filters: [{ Name: 'x', Values: ['1'] }],
    });
  });

  it.each<[TSchema, string, unknown]>([
    [Type.Boolean(), 'true', true],
    [Type.Boolean(), '1', true],
    [Type.Boolean(), 'False', false],
    [Type.Boolean(), '', false],
    [Type.Boolean(), '0', false],
    [Type.Boolean(), 'yes', 'yes'],
    [Type.Integer(), '-7', -7],
    [Type.Integer(), '9007199254740993', '9007199254740993'],
    [Type.Integer(), '1.0', '1.0'],
    [Type.Integer(), '0x10', '0x10'],
    [Type.Integer(), '', ''],
    [Type.Number(), '1e3', '1e3'],
    [Type.Number(), '1.25', 1.25],
    [Type.String(), '1', '1'],
  ])('%j of %j is %j', (type, text, value) => {
    expect(coerceFormValue(type, text)).toBe(value);
  });
});

describe('JSON bodies', () => {
  const check = (body: string | Uint8Array) => {
    const checked = checkJsonParameters(schema, typeof body === 'string' ? Buffer.from(body) : body);
    return checked.type === 'decoded' ? 'ok' : checked.error.code;
  };
  it('are parsed strictly, and texts are not coerced', () => {
    expect(check('{"Name":"a","Filters":null}')).toBe('ok');
    expect(check('{"Name":"a","Limit":"1"}')).toBe('InvalidParameter');
    expect(check('{"Name":"a"')).toBe('InvalidParameter.JsonParseError');
    expect(check(Buffer.from([0xc3, 0x28]))).toBe('InvalidParameter.JsonParseError');
    expect(check('')).toBe('MissingParameter');
    expect(check('null')).toBe('InvalidParameter');
    expect(check('"text"')).toBe('InvalidParameter');
    expect(check('{"Name":"a","__proto__":{"Limit":1}}')).toBe('UnknownParameter');
  });

  it('lose nulls at every level an action has, and deep ones do not exhaust the stack', () => {
    expect(JSON.stringify(dropNulls({ A: null, B: [{ C: null, D: 1 }] }))).toBe('{"B":[{"D":1}]}');
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    expect(() => dropNulls(deep)).not.toThrow();
  });
});

describe('the offered actions', () => {
  it('take the samples of their documentation', () => {
    const user = { UserId: 'cg_user', UserIp: '125.127.178.228' };
    const good: [keyof typeof actions, object][] = [
      [
        'ApplyConcurrent',
        { ...user, ProjectId: 'cap-abcdefgh', ApplicationVersionId: '', ApplicationId: 'app-a1b2c3d4' },
      ],
      ['CreateSession', { ...user, ClientSession: 'eyJhYmMiOjEyM30=', RunMode: '', Role: 'Viewer', HostUserId: 'h' }],
      ['DestroySession', { UserId: 'abc' }],
      ['DescribeConcurrentCount', { ProjectId: 'cap-abcdefgh', ApplicationCategory: 'DESKTOP' }],
    ];
    for (const [name, request] of good) {
      expect(checkParameters(actions[name].request, request), name).toMatchObject({ type: 'decoded' });
    }
  });
});
