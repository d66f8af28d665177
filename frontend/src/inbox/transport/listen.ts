/**
 * Listen to events of the target; `listeners` has a function for each type. Returns a function that
 * removes the listeners.
 */
export function listen(
  target: EventTarget | null | undefined,
  listeners: Readonly<Record<string, (event: never) => void>>,
  isCapturing = false,
): () => void {
  const entries = Object.entries(listeners) as [string, EventListener][];
  for (const [type, listener] of entries) target?.addEventListener(type, listener, isCapturing);
  return () => {
    for (const [type, listener] of entries)
      target?.removeEventListener(type, listener, isCapturing);
  };
}
