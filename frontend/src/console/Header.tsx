import { Bar } from '../chrome/Bar';
import { IconButton } from '../chrome/IconButton';
import { Brand } from './Brand';
import { ConnectionPill } from './ConnectionPill';
import styles from './header.module.css';
import { LeaveIcon, PauseIcon, PlayIcon } from './icons';
import { useLanguage } from './language';
import { SearchBox } from './life/SearchBox';
import type { Picture } from './model/room';
import { Preferences } from './Preferences';
import type { Route } from './use-route';

interface HeaderProps {
  readonly picture: Picture;
  readonly route: Route;
  readonly onPause: () => void;
  readonly onLeave: () => void;
}

export function Header({ picture, route, onPause, onLeave }: HeaderProps) {
  const { say } = useLanguage();
  const isPaused = picture.pausedAt !== undefined;
  const pauseLabel = say(isPaused ? 'go-on' : 'pause');
  return (
    <Bar className={styles.inner}>
      <a
        className={styles.home}
        href="#/"
        aria-current={route.page === 'river' ? 'page' : undefined}
      >
        <Brand />
      </a>
      <SearchBox key={route.page === 'search' ? `${route.by} ${route.q}` : ''} route={route} />
      <ConnectionPill picture={picture} />
      <IconButton label={pauseLabel} isPressed={isPaused} onClick={onPause}>
        {isPaused ? <PlayIcon /> : <PauseIcon />}
      </IconButton>
      <Preferences />
      <IconButton label={say('leave')} onClick={onLeave}>
        <LeaveIcon />
      </IconButton>
    </Bar>
  );
}
