const SHORTEST_GAP_MS = 2_000;
const LOUDNESS = 0.08;
/** Two notes a fourth apart, in hertz. */
const NOTES = [660, 880];
const NOTE_SECONDS = 0.14;

/** A short, soft tone. It is synthesized, so there is no sound file to load. */
export class Tone {
  #context: AudioContext | undefined;
  #lastAt = -Infinity;

  /** Call this in a click handler, because browsers allow no sound before the first click. */
  async enable(): Promise<void> {
    this.#context ??= new AudioContext();
    await this.#context.resume();
  }

  /**
   * Whether a tone would sound now. If not, do not start a tone: it would sound at the first click
   * instead.
   */
  get isReady(): boolean {
    return this.#context?.state === 'running';
  }

  /** Play the tone, at most every 2 s. `now` is in milliseconds. */
  play(now: number): void {
    if (!this.isReady || now - this.#lastAt < SHORTEST_GAP_MS) return;
    this.#lastAt = now;
    NOTES.forEach((frequency, index) => {
      this.#note(frequency, index * NOTE_SECONDS);
    });
  }

  #note(frequency: number, delay: number): void {
    const context = this.#context;
    if (!context) return;
    const begin = context.currentTime + delay;
    const gain = context.createGain();
    gain.gain.setValueAtTime(0, begin);
    gain.gain.linearRampToValueAtTime(LOUDNESS, begin + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, begin + NOTE_SECONDS * 2);
    const oscillator = context.createOscillator();
    oscillator.frequency.value = frequency;
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(begin);
    oscillator.stop(begin + NOTE_SECONDS * 2);
  }
}

export const tone = /* @__PURE__ */ new Tone();
export const isToneSupported = (): boolean => 'AudioContext' in window;
