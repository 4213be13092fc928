import { useId } from 'react';
import type { Identifier } from '../identifiers.ts';
import { useMessages } from '../language.ts';
import type { Failure } from '../look-up.ts';

/** What fits at a glance; the rest is behind a button. */
const SHOWN = 24;

export function Failures({ failures }: { readonly failures: readonly Failure[] }) {
  const messages = useMessages();
  const id = useId();
  if (failures.length === 0) return null;
  return (
    <section className="panel trouble is-bad" aria-labelledby={id}>
      <h2 id={id}>
        {messages.failed}{' '}
        <span className="count">{failures.reduce((sum, one) => sum + one.identifiers.length, 0)}</span>
      </h2>
      <p className="hint">{messages.failedHint}</p>
      {failures.map(({ code, message, identifiers }) => (
        <div className="failure" key={`${code} ${message}`}>
          <p>
            <code className="code">{code}</code> <span lang="en">{message}</span>
          </p>
          <Identifiers identifiers={identifiers} label={code} />
        </div>
      ))}
    </section>
  );
}

export function Missing({ identifiers }: { readonly identifiers: readonly Identifier[] }) {
  const messages = useMessages();
  const id = useId();
  if (identifiers.length === 0) return null;
  return (
    <section className="panel trouble" aria-labelledby={id}>
      <h2 id={id}>
        {messages.missing} <span className="count">{identifiers.length}</span>
      </h2>
      <p className="hint">{messages.missingHint}</p>
      <Identifiers identifiers={identifiers} label={messages.missing} />
    </section>
  );
}

function Identifiers({ identifiers, label }: { readonly identifiers: readonly Identifier[]; readonly label: string }) {
  const messages = useMessages();
  const rest = identifiers.slice(SHOWN);
  return (
    <>
      <IdentifierList identifiers={identifiers.slice(0, SHOWN)} label={label} />
      {rest.length > 0 && (
        <details>
          <summary>{messages.more(rest.length)}</summary>
          <IdentifierList identifiers={rest} label={label} />
        </details>
      )}
    </>
  );
}

function IdentifierList({
  identifiers,
  label,
}: {
  readonly identifiers: readonly Identifier[];
  readonly label: string;
}) {
  return (
    <ul className="identifiers" aria-label={label}>
      {identifiers.map(({ kind, value }) => (
        <li key={`${kind} ${value}`} translate="no">
          {value}
        </li>
      ))}
    </ul>
  );
}
