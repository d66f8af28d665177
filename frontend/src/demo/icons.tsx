import { Icon } from '../chrome/Icon';

export const ReceiptIcon = () => (
  <Icon>
    <path d="M6 3h12v18l-3-2-3 2-3-2-3 2zM9.500 8h5M9.500 12h5" />
  </Icon>
);

export const MachineIcon = () => (
  <Icon>
    <path d="M3 7h11M18 7h3M3 12h3M10 12h11M3 17h9M16 17h5" />
    <circle cx="16" cy="7" r="2" />
    <circle cx="8" cy="12" r="2" />
    <circle cx="14" cy="17" r="2" />
  </Icon>
);
