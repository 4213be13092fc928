import { memo, useId, useState } from 'react';
import type { UserCardFragment } from '../generated/graphql.ts';
import { useLanguage, useMessages } from '../language.ts';
import { initialsOf, namesOf } from '../names.ts';
import { CopyButton } from './copy-button.tsx';

export function People({ people }: { readonly people: readonly UserCardFragment[] }) {
  const messages = useMessages();
  const id = useId();
  if (people.length === 0) return null;
  return (
    <section aria-labelledby={id}>
      <h2 id={id} className="visually-hidden">
        {messages.people}
      </h2>
      <ul className="cards">
        {people.map((person) => (
          <PersonCard key={person.key} person={person} />
        ))}
      </ul>
    </section>
  );
}

const PersonCard = memo(function PersonCard({ person }: { readonly person: UserCardFragment }) {
  const messages = useMessages();
  const [first, second] = namesOf(person, useLanguage());
  const name = first?.text ?? messages.nameless;
  return (
    <li className="card">
      <Avatar person={person} />
      <div className="names">
        <h3 lang={first?.lang}>{name}</h3>
        {second && <p lang={second.lang}>{second.text}</p>}
      </div>
      <span className={`status is-${person.status.toLowerCase()}`}>{messages.status[person.status]}</span>
      <p className="email" translate="no">
        {person.email ?? <span className="none">{messages.noEmail}</span>}
      </p>
      {person.email && <CopyButton text={person.email} label={messages.copyOf(name)} />}
    </li>
  );
});

/** The picture says nothing that the name beside it does not. */
function Avatar({ person }: { readonly person: UserCardFragment }) {
  const [isBroken, setIsBroken] = useState(false);
  if (!person.avatarUrl || isBroken) {
    return (
      <span className="avatar" aria-hidden="true">
        {initialsOf(person)}
      </span>
    );
  }
  return (
    <img
      className="avatar"
      src={person.avatarUrl}
      alt=""
      width="48"
      height="48"
      loading="lazy"
      decoding="async"
      referrerPolicy="no-referrer"
      onError={() => setIsBroken(true)}
    />
  );
}
