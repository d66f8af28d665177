/** A span of each day, as `HH:MM` in an IANA time zone. It may end on the next day. */
export interface QuietHours {
  readonly from: string;
  readonly to: string;
  readonly time_zone: string;
}

/** The shopper's preferences, as the producer API sends them. */
export interface Preferences {
  /** The categories whose new notifications the shopper does not get. */
  readonly muted: readonly string[];
  /** The hours in which Web Push wakes no browser. */
  readonly quiet_hours: QuietHours | null;
  /** The categories that the shop always sends. */
  readonly always: readonly string[];
}

/**
 * A category of the shop, and its name for the shopper. The types `order.*` have the category
 * `order`.
 */
export interface Category {
  readonly id: string;
  readonly label: string;
}

export const withMuted = (
  preferences: Preferences,
  category: string,
  isMuted: boolean,
): Preferences => {
  const others = preferences.muted.filter((muted) => muted !== category);
  return { ...preferences, muted: isMuted ? [...others, category] : others };
};
