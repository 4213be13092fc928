import { useRef, useState } from 'react';
import { ask } from './gateway.ts';
import { PeopleDocument } from './generated/graphql.ts';
import type { Identifier } from './identifiers.ts';
import { lookUp, type Progress } from './look-up.ts';

const { VITE_GATEWAY: url, VITE_TRUSTED_DOCUMENTS } = import.meta.env;

/** One look-up at a time: a new one ends the one before. */
export function useLookUp() {
  const [progress, setProgress] = useState<Progress>();
  const [isBusy, setIsBusy] = useState(false);
  const current = useRef<AbortController>(undefined);

  async function start(identifiers: readonly Identifier[], credential: string): Promise<void> {
    current.current?.abort();
    const controller = new AbortController();
    current.current = controller;
    const { signal } = controller;
    setIsBusy(true);
    setProgress(undefined);
    const sendsHashes = VITE_TRUSTED_DOCUMENTS === 'true';
    try {
      const steps = lookUp(identifiers, (variables) =>
        ask(PeopleDocument, variables, { url, credential: credential.trim(), sendsHashes, signal }),
      );
      for await (const step of steps) setProgress(step);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      if (!signal.aborted) setIsBusy(false);
    }
  }

  function clear(): void {
    current.current?.abort();
    setIsBusy(false);
    setProgress(undefined);
  }

  return { progress, isBusy, start, clear };
}
