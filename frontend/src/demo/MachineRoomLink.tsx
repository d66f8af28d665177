import { useState } from 'react';
import { IconButton } from '../chrome/IconButton';
import styles from './header.module.css';
import { MachineIcon } from './icons';
import { useLanguage } from './language';
import type { ShopApi } from './shop-api';

/** Opens the machine room, which shows notifications on their way, in a new tab. */
export function MachineRoomLink({ shop }: { readonly shop: ShopApi }) {
  const { words } = useLanguage();
  const [failed, setFailed] = useState(false);
  const open = async () => {
    // Open the tab now: browsers block tabs that are opened later, when the response arrives.
    const tab = window.open('', '_blank');
    try {
      const { url } = await shop.machineRoom();
      setFailed(false);
      if (tab) tab.location = url;
      else window.location.assign(url);
    } catch {
      tab?.close();
      setFailed(true);
    }
  };
  const label = words(failed ? 'machine-room.failed' : 'machine-room');
  return (
    <>
      <IconButton testId="machine-room" label={label} onClick={() => void open()}>
        <MachineIcon />
      </IconButton>
      {failed && (
        <span role="alert" className={styles.failed}>
          {label}
        </span>
      )}
    </>
  );
}
