import { useState, type Ref } from 'react';
import { AlertSettings } from '../alerts/AlertSettings';
import type { Category } from '../domain/preferences';
import { useInboxContext } from '../hooks/inbox-context';
import { useLooks } from '../hooks/looks';
import { useNotifications } from '../hooks/use-notifications';
import { PreferenceSettings } from '../preferences/PreferenceSettings';
import { CloseIcon, SettingsIcon } from '../ui/icons';
import styles from './panel.module.css';

interface InboxHeaderProps {
  readonly headingId: string;
  readonly heading: Ref<HTMLHeadingElement>;
  readonly onClose: (() => void) | undefined;
  readonly categories: readonly Category[];
}

/**
 * The title of the inbox, the unread count, and the buttons for settings, closing and marking all.
 */
export function InboxHeader({ headingId, heading, onClose, categories }: InboxHeaderProps) {
  const { words } = useInboxContext();
  const { counts, items, list, markAllRead } = useNotifications();
  const { slots } = useLooks();
  const [isSetting, setIsSetting] = useState(false);
  const isUnknown = list !== 'ready' && items.length === 0;
  const summary =
    counts.unread > 0 ? words('summary.unread', { count: counts.unread }) : words('summary.none');
  return (
    <>
      <header className={styles.header}>
        <h2 id={headingId} ref={heading} tabIndex={-1}>
          {slots?.header ?? words('inbox.title')}
        </h2>
        <button
          type="button"
          className={styles.close}
          data-testid="open-settings"
          aria-label={words('alerts.title')}
          aria-expanded={isSetting}
          onClick={() => {
            setIsSetting(!isSetting);
          }}
        >
          <SettingsIcon />
        </button>
        {onClose && (
          <button
            type="button"
            className={styles.close}
            data-testid="close-inbox"
            aria-label={words('inbox.close')}
            onClick={onClose}
          >
            <CloseIcon />
          </button>
        )}
      </header>
      {isSetting && (
        <div className={styles.settings}>
          <AlertSettings />
          {categories.length > 0 && <PreferenceSettings categories={categories} />}
        </div>
      )}
      <div className={styles.summary}>
        <p>{!isUnknown && summary}</p>
        <button
          type="button"
          className={styles.markAll}
          data-testid="mark-all-read"
          // Do not use `disabled`: a click disables this button, and a disabled button loses the
          // focus.
          aria-disabled={counts.unread === 0}
          onClick={() => {
            if (counts.unread > 0) markAllRead();
          }}
        >
          {words('mark.all')}
        </button>
      </div>
    </>
  );
}
