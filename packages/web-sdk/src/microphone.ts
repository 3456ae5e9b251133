import type { MicProfile } from './api-options.js';

/** Outcome of opening or closing. */
export interface MicrophoneResult {
  /** 0, or 1 when it did not work. */
  readonly code: 0 | 1;
  readonly msg: string;
  readonly userMedia: MediaStream | null;
}

/** News of the microphone for the page: 0 ok, 1 there is none or it cannot be sent, 2 the user refused, 3 none fits the profile; `msg` is the error's name. */
export interface MicrophoneChange {
  readonly code: 0 | 1 | 2 | 3;
  readonly msg: string;
  readonly userMedia?: MediaStream;
}

/** What a {@link Microphone} works with. */
export interface MicrophoneDeps {
  /** Sends the track on the present connection and on later ones; null: nothing. */
  readonly send: (track: MediaStreamTrack | null) => Promise<void>;
  /** Tells the server. */
  readonly tell: (status: 'open' | 'close') => void;
  readonly onChange: (change: MicrophoneChange) => void;
}

const defaultProfile: MicProfile = { autoGainControl: true, echoCancellation: true, noiseSuppression: true };

const codes: Readonly<Record<string, 1 | 2 | 3>> = {
  NotFoundError: 1,
  NotAllowedError: 2,
  OverconstrainedError: 3,
};

/** Opens the device's microphone and lets the server hear it. Owns the device's track while it is open. */
export class Microphone {
  readonly #deps: MicrophoneDeps;
  #profile: MicProfile = defaultProfile;
  #stream: MediaStream | null = null;
  /** What the server said last. */
  #followed: 'open' | 'close' | null = null;
  /** One change at a time: a page that opens and closes in a hurry ends as it said last. */
  #work: Promise<unknown> = Promise.resolve();

  constructor(deps: MicrophoneDeps) {
    this.#deps = deps;
  }

  /** What is being sent; null while it is closed. */
  get stream(): MediaStream | null {
    return this.#stream;
  }

  /** For the next opening; one that is open is opened anew. */
  async setProfile(profile: MicProfile): Promise<void> {
    this.#profile = { ...this.#profile, ...profile };
    if (this.#stream === null) return;
    await this.switch('close');
    await this.switch('open');
  }

  /** Opens or closes it; the browser may ask the user. Never rejects. */
  switch(status: 'open' | 'close', profile?: MicProfile): Promise<MicrophoneResult> {
    const next = this.#work.then(() => (status === 'open' ? this.#open(profile) : this.#close()));
    this.#work = next;
    return next;
  }

  async #open(profile?: MicProfile): Promise<MicrophoneResult> {
    if (this.#stream !== null) return { code: 1, msg: 'mic opened', userMedia: null };
    this.#profile = { ...this.#profile, ...profile };
    try {
      const stream = await this.#request();
      this.#stream = stream;
      await this.#deps.send(stream.getAudioTracks()[0] ?? null);
      this.#deps.onChange({ code: 0, msg: 'mic open', userMedia: stream });
      this.#deps.tell('open');
      return { code: 0, msg: 'success', userMedia: stream };
    } catch (error) {
      const name = this.#releaseFor(error);
      return { code: 1, msg: name, userMedia: null };
    }
  }

  /** What is being sent is not sent any more, as when a browser's encoder fails: it is closed, and the page is told. */
  fail(error: unknown): void {
    this.#work = this.#work.then(async () => {
      if (this.#stream === null) return;
      await this.#deps.send(null).catch(() => undefined);
      this.#releaseFor(error);
      this.#deps.tell('close');
    });
  }

  /** @returns the error's name */
  #releaseFor(error: unknown): string {
    this.#release();
    const name = error instanceof Error ? error.name : String(error);
    this.#deps.onChange({ code: codes[name] ?? 1, msg: name });
    return name;
  }

  /**
   * Takes the server's word that the program begins or ends to record. It is said more than once, also after a reconnection: only a change is news, and a user
   * who has closed the microphone meanwhile keeps it closed.
   * @param switches whether the microphone follows
   * @returns whether it was news
   */
  follow(status: 'open' | 'close', switches: boolean): boolean {
    if (this.#followed === status) return false;
    this.#followed = status;
    if (switches) void this.switch(status);
    return true;
  }

  #request(): Promise<MediaStream> {
    // Absent on pages without HTTPS: there is nothing to ask.
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    if (devices === undefined) throw new DOMException('the page is not secure', 'NotAllowedError');
    const { deviceId, ...audio } = this.#profile;
    return devices.getUserMedia({ audio: { ...audio, ...(deviceId ? { deviceId: { exact: deviceId } } : {}) } });
  }

  async #close(): Promise<MicrophoneResult> {
    await this.#deps.send(null).catch(() => undefined);
    this.#release();
    this.#deps.onChange({ code: 0, msg: 'mic close' });
    this.#deps.tell('close');
    return { code: 0, msg: 'success', userMedia: null };
  }

  #release(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
  }

  /** Lets go of the device, without a word to anybody. Idempotent. */
  close(): void {
    this.#followed = null;
    this.#deps.send(null).catch(() => undefined);
    this.#release();
  }
}
