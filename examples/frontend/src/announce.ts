import { createContext, useContext, useEffect, useState } from 'react';

/** How long it stands there. */
const SHOWN_MS = 3_000;

/** Tells something that has happened, in one place of the page, which screen readers listen to. */
export const AnnounceContext = createContext<(text: string) => void>(() => {});

export const useAnnounce = () => useContext(AnnounceContext);

export function useAnnouncement() {
  const [announcement, announce] = useState('');
  useEffect(() => {
    if (announcement === '') return undefined;
    const timer = setTimeout(() => announce(''), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [announcement]);
  return { announcement, announce };
}
