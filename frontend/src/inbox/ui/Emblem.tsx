import { useState } from 'react';
import type { Notification } from '../domain/notification';
import { useInboxContext } from '../hooks/inbox-context';
import styles from './emblem.module.css';
import { TypeIcon } from './icons';
import { safeImage } from './safe-link';
import hidden from './visually-hidden.module.css';

const WORDS = {
  info: undefined,
  success: undefined,
  warning: 'severity.warning',
  critical: 'severity.critical',
} as const;

/**
 * The image of a notification, if it has one that loads. Otherwise the icon of its type, in the
 * colour of its severity. Both have the same size, so that nothing moves.
 */
export function Emblem({ item }: { readonly item: Notification }) {
  const { words } = useInboxContext();
  const [failed, setFailed] = useState<string>();
  const word = WORDS[item.severity];
  const link = safeImage(item.image_url);
  const image = link === failed ? undefined : link;
  return (
    <span
      className={styles.emblem}
      data-severity={item.severity}
      data-image={image && true}
      data-testid="emblem"
    >
      {image ? (
        <img
          src={image}
          alt={item.image_alt ?? ''}
          width={36}
          height={36}
          loading="lazy"
          decoding="async"
          referrerPolicy="no-referrer"
          onError={() => {
            setFailed(image);
          }}
        />
      ) : (
        <TypeIcon type={item.type} />
      )}
      {word && <span className={hidden.visuallyHidden}>{words(word)}. </span>}
    </span>
  );
}
