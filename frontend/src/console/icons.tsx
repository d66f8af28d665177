import { Icon } from '../chrome/Icon';

export const PauseIcon = () => (
  <Icon>
    <path d="M9 6v12M15 6v12" />
  </Icon>
);

export const PlayIcon = () => (
  <Icon>
    <path d="M8 5.500v13l10.500-6.500z" />
  </Icon>
);

export const LeaveIcon = () => (
  <Icon>
    <path d="M14 4H6v16h8M10 12h10M16.500 8l4 4-4 4" />
  </Icon>
);

export const SearchIcon = () => (
  <Icon>
    <circle cx="11" cy="11" r="6" />
    <path d="m20 20-4.500-4.500" />
  </Icon>
);
