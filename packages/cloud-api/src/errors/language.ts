/** Languages of error messages (`X-TC-Language`, `Language`). */
export type Language = 'en-US' | 'zh-CN';

/** One text in every language. */
export type LocalizedText = Readonly<Record<Language, string>>;

/**
 * Language of the messages of one reply. `zh-CN` (any case) asks for Chinese; everything else, also nothing, gets
 * `en-US`, because a self-hosted server has no home market and its logs are read by people anywhere.
 */
export function chooseLanguage(requested: string | undefined): Language {
  return requested?.trim().toLowerCase() === 'zh-cn' ? 'zh-CN' : 'en-US';
}
