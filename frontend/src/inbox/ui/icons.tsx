import type { ReactNode } from 'react';

/** Inline, so that the page loads no images. Decorative, because texts give the accessible names. */
function Icon({ children }: { readonly children: ReactNode }) {
  return (
    <svg
      viewBox="0 0 24 24"
      width="20"
      height="20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export const BellIcon = () => (
  <Icon>
    <path d="M18 9a6 6 0 1 0-12 0c0 6-2.5 7.5-2.5 7.5h17S18 15 18 9" />
    <path d="M10 20a2.2 2.2 0 0 0 4 0" />
  </Icon>
);

export const ParcelIcon = () => (
  <Icon>
    <path d="M12 3 4 7v10l8 4 8-4V7z" />
    <path d="m4 7 8 4 8-4M12 11v10M8 5l8 4" />
  </Icon>
);

export const CheckIcon = () => (
  <Icon>
    <path d="m5 12.5 4.5 4.5L19 7.5" />
  </Icon>
);

export const CloseIcon = () => (
  <Icon>
    <path d="m6 6 12 12M18 6 6 18" />
  </Icon>
);

export const CloudOffIcon = () => (
  <Icon>
    <path d="M7 18a4 4 0 0 1-.6-7.95M9.5 6.6A5.5 5.5 0 0 1 17.4 10 4 4 0 0 1 20 16.6M4 4l16 16" />
  </Icon>
);

export const ExternalIcon = () => (
  <Icon>
    <path d="M8 6h10v10M18 6 6 18" />
  </Icon>
);

export const ArchiveIcon = () => (
  <Icon>
    <path d="M4 5h16v4H4zM6 9v10h12V9M10 13h4" />
  </Icon>
);

export const UnarchiveIcon = () => (
  <Icon>
    <path d="M4 5h16v4H4zM6 9v10h12V9M12 17v-5m-2.5 2.5L12 12l2.5 2.5" />
  </Icon>
);

export const UnreadIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="4.5" fill="currentColor" />
  </Icon>
);

export const SettingsIcon = () => (
  <Icon>
    <path d="M4 8h8m4 0h4M4 16h2m4 0h10" />
    <circle cx="14" cy="8" r="2" />
    <circle cx="8" cy="16" r="2" />
  </Icon>
);
