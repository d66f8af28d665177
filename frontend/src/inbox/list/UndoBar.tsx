import { useEffect, useState, type Dispatch, type SetStateAction } from 'react';
import type { Notification } from '../domain/notification';
import { useInboxContext } from '../hooks/inbox-context';
import { plainText } from '../ui/plain-text';
import styles from './undo.module.css';

const SHOWN_MS = 8_000;

interface UndoBarProps {
  /** The item that was archived last. Each new one restarts the time. */
  readonly item: Notification | undefined;
  /** Sets `item`. It must be the same function at each render: another one restarts the time. */
  readonly setItem: Dispatch<SetStateAction<Notification | undefined>>;
  readonly onUndo: (item: Notification) => void;
}

/** Offers to undo archiving for 8 s, or longer while the pointer or the focus is on the bar. */
export function UndoBar({ item, setItem, onUndo }: UndoBarProps) {
  const { words } = useInboxContext();
  const [isPointed, setIsPointed] = useState(false);
  const [isFocused, setIsFocused] = useState(false);
  const isHeld = isPointed || isFocused;
  // When the bar is removed under the pointer or the focus, no event reports that they have left it.
  if (!item && isHeld) {
    setIsPointed(false);
    setIsFocused(false);
  }
  useEffect(() => {
    if (!item || isHeld) return;
    const timer = setTimeout(setItem, SHOWN_MS, undefined);
    return () => {
      clearTimeout(timer);
    };
  }, [item, isHeld, setItem]);
  const title = item && (plainText(item.title) || words('item.untitled'));
  return (
    // The bar is not interactive. It only observes the pointer and the focus.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      role="status"
      onPointerEnter={() => {
        setIsPointed(true);
      }}
      onPointerLeave={() => {
        setIsPointed(false);
      }}
      onFocus={() => {
        setIsFocused(true);
      }}
      onBlur={() => {
        setIsFocused(false);
      }}
    >
      {item && title && (
        <div className={styles.bar}>
          <p>{words('archived', { title })}</p>
          <button
            type="button"
            data-testid="undo"
            onClick={() => {
              setItem(undefined);
              onUndo(item);
            }}
          >
            {words('undo')}
          </button>
        </div>
      )}
    </div>
  );
}
