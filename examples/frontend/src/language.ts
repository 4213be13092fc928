import { createContext, useContext, useEffect, useState } from 'react';
import { type Language, MESSAGES, type Messages, preferredLanguage } from './messages.ts';

interface Spoken {
  readonly language: Language;
  readonly messages: Messages;
}

export const LanguageContext = createContext<Spoken>({ language: 'en', messages: MESSAGES.en });

export const useMessages = (): Messages => useContext(LanguageContext).messages;
export const useLanguage = (): Language => useContext(LanguageContext).language;

/** The language of the browser at first; screen readers and the title follow. */
export function useSpokenLanguage(): Spoken & { readonly switchLanguage: () => void } {
  const [language, setLanguage] = useState(() => preferredLanguage(navigator.languages));
  const messages = MESSAGES[language];
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
    document.title = messages.title;
  }, [language, messages]);
  return { language, messages, switchLanguage: () => setLanguage(language === 'zh' ? 'en' : 'zh') };
}
