import { useEffect, useMemo } from 'react';
import { withMuted, type Preferences, type QuietHours } from '../domain/preferences';
import { useInboxContext } from './inbox-context';
import { useInboxState } from './use-inbox-state';

export interface PreferenceControls {
  /** Undefined until they are loaded. */
  readonly preferences: Preferences | undefined;
  /**
   * Mute a category, or unmute it. The change shows at once. If it cannot be saved, it is undone,
   * and the shopper sees a problem.
   */
  readonly setMuted: (category: string, isMuted: boolean) => void;
  /** Set the hours in which Web Push stays silent; null for none. */
  readonly setQuietHours: (hours: QuietHours | null) => void;
}

/** Return the shopper's preferences. Loads them when a component that uses them is first shown. */
export function usePreferences(): PreferenceControls {
  const { inbox } = useInboxContext();
  const preferences = useInboxState((state) => state.preferences);
  const isOnline = useInboxState(({ socket }) => socket === 'online');
  useEffect(() => {
    // Load the preferences again after a lost connection: the first try may have failed, and
    // another tab may have changed them.
    if (isOnline || !inbox.store.getSnapshot().preferences) inbox.preferences.load();
  }, [inbox, isOnline]);
  const controls = useMemo(
    () => ({
      setMuted: (category: string, isMuted: boolean) => {
        inbox.preferences.save((before) => withMuted(before, category, isMuted));
      },
      setQuietHours: (quiet_hours: QuietHours | null) => {
        inbox.preferences.save((before) => ({ ...before, quiet_hours }));
      },
    }),
    [inbox],
  );
  return { preferences, ...controls };
}
