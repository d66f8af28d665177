import { useState } from 'react';
import { useLanguage } from '../language';
import { rawText } from '../model/raw-text';
import { momentText } from '../model/times';
import type { RawEvent } from '../model/wire';
import styles from './raw.module.css';

interface RawEventsProps {
  readonly events: readonly RawEvent[];
  readonly since: string | null;
}

/** The topics' records about this notification, unchanged. */
export function RawEvents({ events, since }: RawEventsProps) {
  const { say, locale } = useLanguage();
  return (
    <section className={styles.raw} aria-labelledby="raw-title">
      <h2 id="raw-title">{say('raw')}</h2>
      {events.length === 0 && (
        <p>{say('raw.none', { since: since === null ? '–' : momentText(since, locale) })}</p>
      )}
      {events.map((event) => (
        <RawEventDetails key={`${event.topic} ${event.partition} ${event.offset}`} event={event} />
      ))}
    </section>
  );
}

function RawEventDetails({ event }: { readonly event: RawEvent }) {
  const { say, locale } = useLanguage();
  const [copied, setCopied] = useState<'yes' | 'no'>();
  // Delivery, too, reads the first of several headers with this name.
  const [, type] = event.headers.find(([name]) => name === 'ce_type') ?? [];
  const text = [
    ...event.headers.map(([name, value]) => `${name}: ${value}`),
    '',
    rawText(event.value),
  ].join('\n');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied('yes');
    } catch {
      // The browser forbids copying, for example on an address without https.
      setCopied('no');
    }
  };
  return (
    <details>
      <summary>
        <strong>{type ?? event.topic}</strong>
        <span>
          {event.topic} · P{event.partition} @ {event.offset} · {momentText(event.at, locale)}
        </span>
      </summary>
      <div className={styles.copy}>
        <button type="button" onClick={() => void copy()}>
          {say('copy')}
        </button>
        <span role="status">{copied && say(copied === 'yes' ? 'copied' : 'copy-failed')}</span>
      </div>
      {/* Long records scroll in this element, so keyboard users must be able to focus it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0}>{text}</pre>
    </details>
  );
}
