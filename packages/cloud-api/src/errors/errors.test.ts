import { describe, expect, it } from 'vitest';
import { actions } from '../actions/action-table.js';
import { errorTable, isErrorCode, isPlatformErrorCode } from './error-table.js';
import { chooseLanguage } from './language.js';
import { echoText, explainedError, missingParameter, publicError, renderErrorMessage } from './public-error.js';

describe('the table', () => {
  it('has both languages for every code, and they differ', () => {
    for (const [code, message] of Object.entries(errorTable)) {
      expect(code).toMatch(/^[A-Z][A-Za-z]+(\.[A-Z][A-Za-z]+)?$/);
      expect(message['en-US'].trim(), code).toMatch(/^[\u0020-\u007e]+$/);
      expect(message['zh-CN'], code).toMatch(/[\u4e00-\u9fff]/);
    }
  });

  it('knows every code an action lists', () => {
    for (const action of Object.values(actions)) {
      for (const code of action.errorCodes) expect(isErrorCode(code), code).toBe(true);
    }
    expect(isErrorCode('constructor')).toBe(false);
    expect(isPlatformErrorCode('InternalError')).toBe(true);
    expect(isPlatformErrorCode('FailedOperation.LockTimeout')).toBe(false);
  });
});

it('speaks English unless Chinese is asked for', () => {
  expect(['zh-CN', 'ZH-cn ', 'en-US', 'fr', '', undefined].map(chooseLanguage)).toEqual([
    'zh-CN',
    'zh-CN',
    ...Array(4).fill('en-US'),
  ]);
});

it('renders default and own messages', () => {
  expect(renderErrorMessage(publicError('NoSuchVersion'), 'zh-CN')).toBe('接口版本不存在。');
  expect(renderErrorMessage(missingParameter('UserId'), 'zh-CN')).toBe('缺少参数 `UserId`。');
  const explained = explainedError('FailedOperation', { 'en-US': 'No', 'zh-CN': '不' }, 'why\n\u001b[1m');
  expect(renderErrorMessage(explained, 'en-US')).toBe('No: why  [1m');
});

it('echoes bounded printable text', () => {
  expect(echoText('a\u0000b')).toBe('a b');
  expect(echoText('x'.repeat(100))).toBe(`${'x'.repeat(64)}…`);
});
