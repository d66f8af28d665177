/**
 * The icons are inline, so that the page loads no images. They are decorative: texts give the
 * accessible names.
 */
function Icon({ path }: { readonly path: string }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}

const BELL = 'M18 9A6 6 0 0 0 6 9c0 6-3 7-3 7h18s-3-1-3-7M10 20a2 2 0 0 0 4 0';
const PARCEL = 'M12 3 4 7v10l8 4 8-4V7zM4 7l8 4 8-4M12 11v10M8 5l8 4';
const VAN =
  'M5 17H3V6h11v11H9m5-8h4l3 4v4h-2m-4 0h-1M5 17a2 2 0 1 0 4 0 2 2 0 1 0-4 0m10 0a2 2 0 1 0 4 0 2 2 0 1 0-4 0';
const SHIELD = 'M12 3 5 6v5c0 5 3 8 7 10 4-2 7-5 7-10V6zM9 12l2 2 4-4';

/** The icons of the categories, as the parts of a type before the first dot. */
const CATEGORIES = new Map([
  ['order', PARCEL],
  ['delivery', VAN],
  ['shipment', VAN],
  ['payment', 'M3 6h18v12H3zM3 10h18M7 14h3'],
  ['offer', 'M4 4h7l9 9-7 7-9-9zM8 8h.01'],
  ['review', 'm12 3 3 6 6 1-4 4 1 6-6-3-6 3 1-6-4-4 6-1z'],
  ['account', SHIELD],
  ['security', SHIELD],
]);

/** The icon for a type of notification. */
export const TypeIcon = ({ type }: { readonly type: string }) => (
  <Icon path={CATEGORIES.get(type.split('.', 1)[0] ?? '') ?? BELL} />
);

export const BellIcon = () => <Icon path={BELL} />;
export const CheckIcon = () => <Icon path="m5 12 5 5 9-9" />;
export const CloseIcon = () => <Icon path="m6 6 12 12M18 6 6 18" />;
export const CloudOffIcon = () => (
  <Icon path="M7 18a4 4 0 0 1-1-8m4-3a5 5 0 0 1 7 3 4 4 0 0 1 3 7M4 4l16 16" />
);
export const ExternalIcon = () => <Icon path="M8 6h10v10M18 6 6 18" />;
export const ArchiveIcon = () => <Icon path="M4 5h16v4H4zM6 9v10h12V9M10 13h4" />;
export const UnarchiveIcon = () => <Icon path="M4 5h16v4H4zM6 9v10h12V9m-6 8v-5m-2 2 2-2 2 2" />;
export const UnreadIcon = () => <Icon path="M8 12a4 4 0 1 0 8 0 4 4 0 1 0-8 0" />;
export const SettingsIcon = () => (
  <Icon path="M4 8h8m4 0h4M4 16h2m4 0h10M12 8a2 2 0 1 0 4 0 2 2 0 1 0-4 0M6 16a2 2 0 1 0 4 0 2 2 0 1 0-4 0" />
);
