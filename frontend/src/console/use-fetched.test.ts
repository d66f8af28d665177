import { act, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useFetched } from './use-fetched';

describe('an answer that is loaded again', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Let the time pass second by second, because React renders only after each `act`. */
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++)
      await act(() => vi.advanceTimersByTimeAsync(1000));
  };

  it('is replaced even if each load takes longer than the pause between two', async () => {
    let loads = 0;
    const load = () => {
      const answer = ++loads;
      return new Promise<number>((resolve) => {
        setTimeout(() => {
          resolve(answer);
        }, 4000);
      });
    };
    const { result, unmount } = renderHook(() => useFetched(load, () => true));
    await pass(4);
    expect(result.current[0]).toEqual({ is: 'there', answer: 1 });
    await pass(20);
    expect(result.current[0]).toEqual({ is: 'there', answer: 4 });
    unmount();
    await pass(60);
    expect(vi.getTimerCount()).toBe(0);
  });
});
