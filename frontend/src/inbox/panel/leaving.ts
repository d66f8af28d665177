import { createContext } from 'react';

/** Whether the inbox is in a popover that has been closed, and is still fading out. */
export const LeavingContext = createContext(false);
