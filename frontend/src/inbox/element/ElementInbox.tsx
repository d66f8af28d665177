import { useEffect, useState } from 'react';
import { NotificationAlerts, NotificationCenter, NotificationToasts } from '../components';
import type { Counts } from '../domain/notification';
import type { Category } from '../domain/preferences';
import { useNotifications, type Notifications } from '../hooks/use-notifications';
import {
  NotificationProvider,
  type NotificationProviderProps,
} from '../provider/NotificationProvider';

export interface ElementInboxProps {
  readonly provider: Omit<NotificationProviderProps, 'children'>;
  readonly count: 'unseen' | 'unread';
  readonly categories: readonly Category[] | undefined;
  readonly tabs: readonly Category[] | undefined;
  /** Whether this element shows arrivals as toasts, announces them, and may play a sound. */
  readonly tellsOfArrivals: boolean;
  readonly onNavigate: (href: string) => boolean;
  readonly onCount: (counts: Counts) => void;
  /** Called with the `signOut` function of the inbox that is shown. */
  readonly onInbox: (signOut: Notifications['signOut']) => void;
}

/** What the element shows: the bell with its inbox, and the toasts and alerts. */
export function ElementInbox(props: ElementInboxProps) {
  const { provider, count, categories, tabs, tellsOfArrivals } = props;
  const { onNavigate, onCount, onInbox } = props;
  const [isOpen, setIsOpen] = useState(false);
  return (
    <NotificationProvider {...(provider as NotificationProviderProps)} announces={tellsOfArrivals}>
      <NotificationCenter
        {...{ count, isOpen, onNavigate, ...(categories && { categories }), ...(tabs && { tabs }) }}
        onOpenChange={setIsOpen}
      />
      {tellsOfArrivals && (
        <>
          <NotificationToasts
            isQuiet={isOpen}
            onNavigate={onNavigate}
            onOpen={() => {
              setIsOpen(true);
            }}
          />
          <NotificationAlerts onNavigate={onNavigate} />
        </>
      )}
      <Report onCount={onCount} onInbox={onInbox} />
    </NotificationProvider>
  );
}

function Report({ onCount, onInbox }: Pick<ElementInboxProps, 'onCount' | 'onInbox'>) {
  const { counts, list, signOut } = useNotifications();
  const { unread, unseen } = counts;
  const isKnown = list === 'ready';
  useEffect(() => {
    if (isKnown) onCount({ unread, unseen });
  }, [isKnown, unread, unseen, onCount]);
  useEffect(() => {
    onInbox(signOut);
  }, [signOut, onInbox]);
  return null;
}
