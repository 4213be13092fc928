import { type FormEvent, type KeyboardEvent, useId, useMemo, useRef, useState } from 'react';
import { type Identifier, type Kind, readIdentifiers } from '../identifiers.ts';
import { useMessages } from '../language.ts';

const { VITE_EXAMPLE: example } = import.meta.env;

interface QuestionProps {
  readonly isBusy: boolean;
  /** The gateway has refused the caller: opens the field for the key, and says why. */
  readonly isKeyWanted: boolean;
  readonly onAsk: (identifiers: readonly Identifier[], credential: string) => Promise<void>;
  readonly onClear: () => void;
}

export function Question({ isBusy, isKeyWanted, onAsk, onClear }: QuestionProps) {
  const messages = useMessages();
  const id = useId();
  const [text, setText] = useState('');
  const [credential, setCredential] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const { identifiers, repeats } = useMemo(() => readIdentifiers(text), [text]);

  function submit(event?: FormEvent): void {
    event?.preventDefault();
    if (identifiers.length > 0) void onAsk(identifiers, credential);
    else field.current?.focus();
  }

  function submitByKey(event: KeyboardEvent): void {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit();
  }

  function clear(): void {
    setText('');
    onClear();
    field.current?.focus();
  }

  return (
    <form className="question panel" onSubmit={submit}>
      <label htmlFor={`${id}-text`}>{messages.pasteLabel}</label>
      <p className="hint" id={`${id}-hint`}>
        {messages.pasteHint}
      </p>
      <textarea
        ref={field}
        id={`${id}-text`}
        aria-describedby={`${id}-hint ${id}-read`}
        rows={7}
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
        placeholder={'zhangsan@example.com\n7000000000000000002'}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={submitByKey}
      />
      <ul className="chips" id={`${id}-read`}>
        {(['email', 'key', 'outId'] as const).map((kind) => (
          <Chip key={kind} count={countOf(identifiers, kind)} tell={messages.kinds[kind]} />
        ))}
        <Chip count={repeats} tell={messages.repeats} isQuiet />
      </ul>
      <details className="credential" open={isKeyWanted || undefined}>
        <summary id={`${id}-key`}>{messages.keyLabel}</summary>
        <p className="hint" id={`${id}-key-hint`}>
          {messages.keyHint}
        </p>
        <input
          type="password"
          autoComplete="off"
          aria-labelledby={`${id}-key`}
          aria-describedby={`${id}-key-hint ${id}-wanted`}
          value={credential}
          onChange={(event) => setCredential(event.target.value)}
        />
        <p role="alert" id={`${id}-wanted`}>
          {isKeyWanted && messages.keyWanted}
        </p>
      </details>
      <div className="actions">
        <button type="submit" className="primary">
          {isBusy ? messages.lookingUp : messages.lookUp}
        </button>
        {text !== '' && (
          <button type="button" className="quiet" onClick={clear}>
            {messages.clear}
          </button>
        )}
        {text === '' && example && (
          <button type="button" className="quiet" onClick={() => setText(example)}>
            {messages.example}
          </button>
        )}
      </div>
    </form>
  );
}

const countOf = (identifiers: readonly Identifier[], kind: Kind): number =>
  identifiers.filter((identifier) => identifier.kind === kind).length;

interface ChipProps {
  readonly count: number;
  readonly tell: (count: number) => string;
  readonly isQuiet?: boolean;
}

function Chip({ count, tell, isQuiet = false }: ChipProps) {
  return count > 0 && <li className={isQuiet ? 'chip is-quiet' : 'chip'}>{tell(count)}</li>;
}
