/** How much of what is sent repairs losses instead of showing something new. PURE apart from its memory. */
export interface RepairShare {
  onSent(bytes: number, isRepair: boolean, nowUs: number): void;
  /** 0 to {@link mostRepair}. */
  readonly share: number;
}

/** The picture is never cut by more than this for repairs. */
const mostRepair = 0.3;
/** Time over which it is smoothed. */
const windowUs = 1_000_000;

/** Nothing was sent yet. */
export function createRepairShare(): RepairShare {
  let repair = 0;
  let all = 0;
  let lastUs: number | undefined;
  return {
    onSent: (bytes, isRepair, nowUs) => {
      const decay = Math.exp(-Math.max(0, nowUs - (lastUs ?? nowUs)) / windowUs);
      lastUs = nowUs;
      all = all * decay + bytes;
      repair = repair * decay + (isRepair ? bytes : 0);
    },
    get share() {
      return all > 0 ? Math.min(mostRepair, repair / all) : 0;
    },
  };
}
