import { AnnounceContext, useAnnouncement } from '../announce.ts';
import { LanguageContext, useSpokenLanguage } from '../language.ts';
import { useLookUp } from '../use-look-up.ts';
import { People } from './people.tsx';
import { Question } from './question.tsx';
import { Summary } from './summary.tsx';
import { Failures, Missing } from './troubles.tsx';

export function App() {
  const { language, messages, switchLanguage } = useSpokenLanguage();
  const { progress, isBusy, start, clear } = useLookUp();
  const { announcement, announce } = useAnnouncement();
  const isUnknown = progress?.failures.some(({ code }) => code === 'UNAUTHENTICATED') ?? false;

  return (
    <LanguageContext value={{ language, messages }}>
      <header className="top">
        <img src="/icon.svg" alt="" width="40" height="40" />
        <div>
          <h1>{messages.title}</h1>
          <p>{messages.lead}</p>
        </div>
        <button type="button" className="quiet" lang={language === 'zh' ? 'en' : 'zh-CN'} onClick={switchLanguage}>
          {messages.otherLanguage}
        </button>
      </header>
      <main>
        <Question isBusy={isBusy} isKeyWanted={isUnknown} onAsk={start} onClear={clear} />
        <section className="result" aria-label={messages.result} aria-busy={isBusy}>
          <Summary progress={progress} isBusy={isBusy} />
          {!progress && !isBusy && <p className="nobody">{messages.nobodyYet}</p>}
          {progress && (
            <>
              <div className="troubles">
                <Failures failures={progress.failures} />
                <Missing identifiers={progress.missing} />
              </div>
              <AnnounceContext value={announce}>
                <People people={progress.people} />
              </AnnounceContext>
            </>
          )}
        </section>
      </main>
      <p className="toast" role="status">
        {announcement}
      </p>
    </LanguageContext>
  );
}
