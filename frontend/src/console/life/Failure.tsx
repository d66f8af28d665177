import { useLanguage } from '../language';
import type { Fetched } from '../use-fetched';
import styles from './life.module.css';

interface FailureProps {
  readonly fetched: Fetched<unknown> & { readonly is: 'failed' };
  readonly onRetry: () => void;
}

/** Says why there is no result, with the service's explanation if it gave one. */
export function Failure({ fetched, onRetry }: FailureProps) {
  const { say } = useLanguage();
  const { status, words } = fetched;
  return (
    <div role="alert" className={styles.failure}>
      <p>{say(status === 404 ? 'life.unknown' : 'failed')}</p>
      {status !== 404 && words !== '' && <p lang="en">{words}</p>}
      {status !== 404 && (
        <button type="button" onClick={onRetry}>
          {say('retry')}
        </button>
      )}
    </div>
  );
}
