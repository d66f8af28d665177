const STROKE = {
  viewBox: '0 0 24 24',
  width: 20,
  height: 20,
  fill: 'none',
  stroke: 'currentColor',
  strokeWidth: 1.75,
  strokeLinecap: 'round',
  strokeLinejoin: 'round',
  'aria-hidden': true,
  focusable: false,
} as const;

export const PauseIcon = () => (
  <svg {...STROKE}>
    <path d="M9 6v12M15 6v12" />
  </svg>
);

export const PlayIcon = () => (
  <svg {...STROKE}>
    <path d="M8 5.500v13l10.500-6.500z" />
  </svg>
);

export const LeaveIcon = () => (
  <svg {...STROKE}>
    <path d="M14 4H6v16h8M10 12h10M16.500 8l4 4-4 4" />
  </svg>
);

export const SearchIcon = () => (
  <svg {...STROKE}>
    <circle cx="11" cy="11" r="6" />
    <path d="m20 20-4.500-4.500" />
  </svg>
);
