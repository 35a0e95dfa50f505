import { en, type Text } from './en.ts';
import { es } from './es.ts';

export type Language = 'en' | 'es';

const dictionaries: Readonly<Record<Language, Text>> = { en, es };

export function textFor(language: Language): Text {
  return dictionaries[language];
}

/**
 * Which language to speak: the flag, else K8SD_LANG, else the locale, else English.
 * @returns undefined when the flag or K8SD_LANG names a language that there is not
 */
export function decideLanguage(
  flag: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Language | undefined {
  const asked = flag ?? environment['K8SD_LANG'];
  if (asked !== undefined && asked !== '') return asked === 'en' || asked === 'es' ? asked : undefined;
  const locale = environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'] || '';
  return /^es([_.@]|$)/i.test(locale) ? 'es' : 'en';
}
