/** Lets a context run as soon as the browser allows it: at once, or with the user's next gesture. */
export function resumeWhenAllowed(context: AudioContext, signal: AbortSignal): void {
  const resume = () => {
    if (context.state === 'suspended') context.resume().catch(() => undefined);
  };
  for (const gesture of ['pointerdown', 'keydown', 'touchend']) {
    document.addEventListener(gesture, resume, { signal, capture: true });
  }
  resume();
}
