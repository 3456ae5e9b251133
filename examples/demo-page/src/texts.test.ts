import { describe, expect, it } from 'vitest';
import { chooseLanguage, elementText, statusText } from './texts.js';

describe('the language', () => {
  it.each([
    [null, ['zh-TW', 'en'], 'zh-CN'],
    [null, ['en-GB', 'zh'], 'en'],
    [null, ['fr', 'zh-CN'], 'zh-CN'],
    [null, ['fr'], 'en'],
    ['zh-CN', ['en'], 'zh-CN'],
    ['en', ['zh'], 'en'],
  ] as const)('%j of %j is %s', (chosen, preferred, language) => {
    expect(chooseLanguage(chosen, preferred)).toBe(language);
  });
});

describe('the status card', () => {
  it('names the position in the queue in both languages', () => {
    expect(statusText('en', { kind: 'queueing', position: 7 }).body).toContain('position: 7');
    expect(statusText('zh-CN', { kind: 'queueing', position: 7 }).body).toContain('第 7 位');
  });

  it('shows the code of a failure', () => {
    const text = statusText('en', { kind: 'failed', reason: 'refused', detail: 'ResourceNotFound.X: why' });
    expect(text).toMatchObject({ title: 'That did not work', detail: 'ResourceNotFound.X: why' });
  });

  it('differs between languages', () => {
    expect(elementText('en', 'start')).toBe('Start');
    expect(elementText('zh-CN', 'start')).toBe('开始');
  });
});
