import { cloudApiLimits } from '../limits.js';
import { type ErrorCode, errorTable } from './error-table.js';
import type { Language, LocalizedText } from './language.js';

/** A failure as the caller of the API sees it: an expected outcome, so it is returned and not thrown. */
export interface PublicError {
  readonly code: ErrorCode;
  /** Replaces the default message of the code. */
  readonly message?: LocalizedText;
}

/** Makes a {@link PublicError}; without `message` the default message of the code is shown. */
export function publicError(code: ErrorCode, message?: LocalizedText): PublicError {
  return message === undefined ? { code } : { code, message };
}

/** `Error.Message` in one language. */
export function renderErrorMessage(error: PublicError, language: Language): string {
  return (error.message ?? errorTable[error.code])[language];
}

/**
 * Caller's own text made fit for a message: control characters become spaces and what is longer than `maxChars` is cut,
 * because messages end up in logs and terminals of other people.
 */
export function echoText(text: string, maxChars: number = cloudApiLimits.echoedChars): string {
  const printable = text.replace(/\p{C}/gu, ' ');
  return printable.length > maxChars ? `${printable.slice(0, maxChars)}…` : printable;
}

/** A field or header that must be given is not there. */
export function missingParameter(name: string): PublicError {
  const shown = echoText(name);
  return publicError('MissingParameter', {
    'en-US': `The parameter \`${shown}\` is missing.`,
    'zh-CN': `缺少参数 \`${shown}\`。`,
  });
}

/** A field the action does not have. */
export function unknownParameter(name: string): PublicError {
  const shown = echoText(name);
  return publicError('UnknownParameter', {
    'en-US': `The parameter \`${shown}\` is not recognized.`,
    'zh-CN': `未知参数 \`${shown}\`。`,
  });
}

/** A field of the wrong JSON type. `expected` is a JSON Schema type name. */
export function wrongParameterType(name: string, expected: string): PublicError {
  const shown = echoText(name);
  return publicError('InvalidParameter', {
    'en-US': `The parameter \`${shown}\` must be of type ${expected}.`,
    'zh-CN': `参数 \`${shown}\` 的类型应为 ${expected}。`,
  });
}

/** A field of the right type whose value is refused; `reason` follows the name in a sentence in each language. */
export function invalidParameterValue(name: string, reason: LocalizedText): PublicError {
  const shown = echoText(name);
  return publicError('InvalidParameterValue', {
    'en-US': `The parameter \`${shown}\` ${reason['en-US']}`,
    'zh-CN': `参数 \`${shown}\` ${reason['zh-CN']}`,
  });
}

/** A message whose explanation exists in English only (it quotes a library or a peer), behind a localized lead. */
export function explainedError(code: ErrorCode, lead: LocalizedText, explanation: string, maxChars = 512): PublicError {
  const shown = echoText(explanation, maxChars);
  return publicError(code, { 'en-US': `${lead['en-US']}: ${shown}`, 'zh-CN': `${lead['zh-CN']}：${shown}` });
}
