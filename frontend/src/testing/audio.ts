/**
 * Stands in for Web Audio, which jsdom lacks. It is suspended until resumed, and counts the notes.
 */
export class AudioStandIn {
  static notes = 0;
  /** Whether `resume` succeeds, as after a click on a real page. */
  static isAllowed = true;
  state: AudioContextState = 'suspended';
  readonly currentTime = 0;
  readonly destination = {};

  resume(): Promise<void> {
    if (AudioStandIn.isAllowed) this.state = 'running';
    return Promise.resolve();
  }

  createGain() {
    const nothing = () => undefined;
    const gain = {
      setValueAtTime: nothing,
      linearRampToValueAtTime: nothing,
      exponentialRampToValueAtTime: nothing,
    };
    return { gain, connect: nothing };
  }

  createOscillator() {
    return {
      frequency: { value: 0 },
      connect: <Next>(next: Next) => next,
      start: () => {
        AudioStandIn.notes += 1;
      },
      stop: () => undefined,
    };
  }
}
