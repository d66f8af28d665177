import styles from './header.module.css';
import { useLanguage, type Say } from './language';
import type { Picture } from './model/room';
import { timeText } from './model/times';
import { useNow } from './use-now';

/** Says whether the page is live. If not, says when it was paused, or when it tries again. */
export function ConnectionPill({ picture }: { readonly picture: Picture }) {
  const { say, locale } = useLanguage();
  const now = useNow();
  const tone = picture.pausedAt === undefined ? picture.connection.is : 'paused';
  return (
    <span className={styles.pill} data-tone={tone} data-testid="connection">
      <span className={styles.lamp} aria-hidden="true" />
      {/* Screen readers hear only that the connection is lost or back, not the countdown. */}
      <span role="status" className="visually-hidden">
        {say(`connection.${tone}`)}
      </span>
      <span aria-hidden="true">{pillText(picture, now, say, locale)}</span>
    </span>
  );
}

function pillText({ connection, pausedAt }: Picture, now: number, say: Say, locale: string) {
  if (pausedAt !== undefined)
    return say('connection.paused-at', {
      time: timeText(new Date(pausedAt).toISOString(), locale),
    });
  if (connection.is === 'lost')
    return say('connection.retry', {
      seconds: Math.max(1, Math.ceil((connection.retryAt - now) / 1000)),
    });
  return say(`connection.${connection.is}`);
}
