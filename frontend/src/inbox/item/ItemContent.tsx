import { isUnread } from '../domain/notification';
import { useInboxContext } from '../hooks/inbox-context';
import { useLooks } from '../hooks/looks';
import { Emblem } from '../ui/Emblem';
import { LinkButtons } from '../ui/LinkButtons';
import { NotificationTitle } from '../ui/NotificationTitle';
import { plainText } from '../ui/plain-text';
import hidden from '../ui/visually-hidden.module.css';
import { ItemFoot, type ItemFootProps } from './ItemFoot';
import styles from './item.module.css';

/** All that a notification in the list shows, unless the host renders it. */
export function ItemContent({ dotId, ...foot }: ItemFootProps & { readonly dotId: string }) {
  const { item, title, titleId, isTabStop, handlers } = foot;
  const { words } = useInboxContext();
  const { slots } = useLooks();
  const isNew = isUnread(item);
  const link = { item, isTabStop, onRead: handlers.onRead, onNavigate: handlers.onNavigate };
  return (
    <>
      <Emblem item={item} />
      <div className={styles.text}>
        <h4 className={styles.title} id={titleId} dir="auto">
          <NotificationTitle {...link} title={title} isRead={!isNew} />
        </h4>
        {slots?.itemBody
          ? slots.itemBody(item)
          : item.body && (
              <p className={styles.body} dir="auto" data-clamp>
                {plainText(item.body)}
              </p>
            )}
        <LinkButtons {...link} />
        <ItemFoot {...foot} />
      </div>
      {isNew && (
        <span id={dotId} className={styles.dot} data-testid="unread-dot">
          <span className={hidden.visuallyHidden}>{words('item.unread')}</span>
        </span>
      )}
    </>
  );
}
