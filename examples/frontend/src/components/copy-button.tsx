import { useEffect, useState } from 'react';
import { useAnnounce } from '../announce.ts';
import { useMessages } from '../language.ts';

/** How long the button shows what came of it. */
const TOLD_MS = 2_000;

export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const messages = useMessages();
  const announce = useAnnounce();
  const [isCopied, setIsCopied] = useState(false);

  useEffect(() => {
    if (!isCopied) return undefined;
    const timer = setTimeout(() => setIsCopied(false), TOLD_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      setIsCopied(true);
      announce(messages.copied);
    } catch {
      announce(messages.notCopied);
    }
  }

  return (
    <button type="button" className="copy" aria-label={label} title={label} onClick={() => void copy()}>
      {isCopied ? <Tick /> : <TwoSheets />}
    </button>
  );
}

const TwoSheets = () => (
  <svg viewBox="0 0 20 20" aria-hidden="true">
    <rect x="7" y="7" width="9.5" height="9.5" rx="2" />
    <path d="M13 7V5.5a2 2 0 0 0-2-2H5.5a2 2 0 0 0-2 2V11a2 2 0 0 0 2 2H7" />
  </svg>
);

const Tick = () => (
  <svg viewBox="0 0 20 20" aria-hidden="true">
    <path d="m4.5 10.5 3.5 3.5 7.5-8" />
  </svg>
);
