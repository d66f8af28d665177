import { useCallback, useEffect, useRef, useState } from 'react';
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
  const isLoading = useRef(false);
  const again = useCallback(() => {
    setTurn((count) => count + 1);
  }, []);
  useEffect(() => {
    let isOver = false;
    isLoading.current = true;
    load().then(
      (answer) => {
        if (isOver) return;
        isLoading.current = false;
        setFetched({ is: 'there', answer });
      },
      (error: unknown) => {
        if (isOver) return;
        isLoading.current = false;
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
      // A new load drops the answer of the one before. If loads take longer than this pause, for
      // example because the producer API hangs, no answer would ever be shown.
      if (!document.hidden && !isLoading.current) again();
    }, AGAIN_MS);
    return () => {
      clearInterval(timer);
    };
  }, [waits, again]);
  return [fetched, again];
}
