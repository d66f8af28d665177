import { useCallback, useEffect, useState } from 'react';
import { Refusal } from './api';

export type Fetched<Answer> =
  | { readonly is: 'loading' }
  | { readonly is: 'there'; readonly answer: Answer }
  | { readonly is: 'failed'; readonly status: number | undefined; readonly words: string };

const AGAIN_MS = 3000;

/**
 * Return the answer of `load`, and a function to load it again. As long as `isChanging` holds for
 * the answer, it is loaded again every three seconds while the page is visible. A failure replaces
 * the older answer.
 */
export function useFetched<Answer>(
  load: () => Promise<Answer>,
  isChanging: (answer: Answer) => boolean = () => false,
): [fetched: Fetched<Answer>, again: () => void] {
  const [fetched, setFetched] = useState<Fetched<Answer>>({ is: 'loading' });
  const [turn, setTurn] = useState(0);
  const again = useCallback(() => {
    setTurn((count) => count + 1);
  }, []);
  useEffect(() => {
    let isOver = false;
    load().then(
      (answer) => {
        if (!isOver) setFetched({ is: 'there', answer });
      },
      (error: unknown) => {
        if (isOver) return;
        const status = error instanceof Refusal ? error.status : undefined;
        const words = error instanceof Refusal ? error.message : '';
        setFetched({ is: 'failed', status, words });
      },
    );
    return () => {
      isOver = true;
    };
  }, [load, turn]);
  const waits = fetched.is === 'there' && isChanging(fetched.answer);
  useEffect(() => {
    if (!waits) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) again();
    }, AGAIN_MS);
    return () => {
      clearInterval(timer);
    };
  }, [waits, again]);
  return [fetched, again];
}
