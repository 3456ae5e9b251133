import { type CaseResult, type Legs, three } from './report.js';

/** PURE: the table of the latency bench, and whether its goals were reached. */

const columns = [
  ...[
    'case',
    'content',
    'viewers',
    'capture→present p50 p95 p99',
    'click→photon p50 p95 p99',
    'fps',
    'freezes',
    'longest gap',
  ],
  ...[
    'Mbit/s',
    'cpu',
    'cpu without program',
    'MiB',
    'jitter buffer',
    'decode',
    'legs p50 p95 p99',
    'click p50 p95 p99',
  ],
] as const;

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
const fixed = (value: number | null, digits = 1) => (value === null ? '-' : value.toFixed(digits));

/** Head of a Markdown table. Times are milliseconds, `cpu` is in cores. */
export function tableHead(): string {
  return `${row(columns)}|${columns.map(() => '---').join('|')}|\n`;
}

const withoutProgram = ({ cpuCores, cpuByRole }: CaseResult) => cpuCores - (cpuByRole.program ?? 0);

/** One row. */
export function formatRow(result: CaseResult): string {
  const listed = (legs: Legs) =>
    Object.entries(legs)
      .map(([name, times]) => `${name} ${three(times)}`)
      .join(', ');
  return row([
    ...[result.name, result.content, String(result.viewers)],
    ...[three(result.captureToPresentMs), three(result.clickToPhotonMs), fixed(result.presentedFps)],
    ...[String(result.freezes), fixed(result.longestGapMs, 0), fixed(result.videoBps / 1e6, 2)],
    ...[fixed(result.cpuCores, 2), fixed(withoutProgram(result), 3), fixed(result.memoryBytes / 2 ** 20, 0)],
    ...[fixed(result.jitterBufferMs), fixed(result.decodeMs), listed(result.legs), listed(result.clickParts)],
  ]);
}

/** One goal and what was reached. */
export interface LatencyGoal {
  readonly text: string;
  readonly met: boolean;
}

const below = (what: string, value: number | null, goal: number, unit: string): LatencyGoal => ({
  text: `${what} ≤ ${goal} ${unit} (${value === null ? 'not measured' : value.toFixed(1)})`,
  met: value !== null && value <= goal,
});

const captureGoals: Readonly<Record<string, readonly [number, number]>> = { '720p60': [5, 8], '1080p60': [9, 12] };
/** Rates that differ by more cannot be compared. */
const comparableRate = 0.2;
/** One more viewer at this rate. */
const viewerRate = { bps: 6_000_000, corePercent: 4 } as const;

/** Everything that a session keeps busy besides its program: not the control plane and the agent, which are one process here. */
const ofSession = (result: CaseResult) => withoutProgram(result) - (result.cpuByRole.main ?? 0);

function idleGoals(name: string, result: CaseResult): LatencyGoal[] {
  const roles = Object.entries(result.cpuByRole)
    .filter(([, cores]) => cores >= 0.0005)
    .map(([role, cores]) => `${role} ${(cores * 100).toFixed(1)}`);
  return [
    below(`${name}: processor of the session (${roles.join(', ')})`, ofSession(result) * 100, 2, '% of a core'),
    below(`${name}: everything sent`, result.sentBps / 1_000, 10, 'kbit/s'),
    below(`${name}: video`, result.videoBps / 1_000, 10, 'kbit/s'),
  ];
}

function goalsOfOne(result: CaseResult): LatencyGoal[] {
  const name = `${result.name} ${result.content}${result.viewers > 0 ? ` with ${result.viewers} viewers` : ''}`;
  if (result.content === 'idle') return result.viewers === 0 ? idleGoals(name, result) : [];
  const goals: LatencyGoal[] = [];
  const [p50, p95] = captureGoals[result.name] ?? [];
  const isGame = result.content === 'game' && p50 !== undefined && p95 !== undefined;
  if (isGame) {
    goals.push(below(`${name}: capture→present p50`, result.captureToPresentMs.p50, p50, 'ms'));
    goals.push(below(`${name}: capture→present p95`, result.captureToPresentMs.p95, p95, 'ms'));
  }
  if (isGame || result.content === 'desktop') {
    goals.push(below(`${name}: click→photon p50`, result.clickToPhotonMs.p50, 12, 'ms'));
    goals.push(below(`${name}: click→photon p95`, result.clickToPhotonMs.p95, 20, 'ms'));
  }
  // A desktop stands still between presses.
  if (result.content === 'desktop') return goals;
  if (result.content === 'game' && result.name === '1080p60' && result.viewers === 0) {
    goals.push(
      below(`${name}: processor, whole path without the program`, withoutProgram(result) * 100, 35, '% of a core'),
    );
  }
  goals.push(below(`${name}: freezes > 200 ms`, result.freezes, 0, ''));
  return goals;
}

/** What one more viewer costs, against the same case without any; at the rate of the goal, as the cost grows with the packets. */
function viewerGoals(results: readonly CaseResult[]): LatencyGoal[] {
  return results.flatMap((result) => {
    const alone = results.find(
      ({ name, content, viewers }) => viewers === 0 && name === result.name && content === result.content,
    );
    if (result.viewers === 0 || !alone || result.videoBps <= 0 || result.content === 'idle') return [];
    const what = `${result.name} ${result.content}: one more of ${result.viewers} viewers at 6 Mbit/s`;
    // Where congestion or a lack of processor time has lowered the rate, the difference is not the viewers' cost.
    if (Math.abs(result.videoBps / alone.videoBps - 1) > comparableRate)
      return [below(what, null, viewerRate.corePercent, '% of a core')];
    const percent = ((withoutProgram(result) - withoutProgram(alone)) / result.viewers) * 100;
    const scaled = (percent * viewerRate.bps) / result.videoBps;
    return [below(what, scaled, viewerRate.corePercent, '% of a core')];
  });
}

/** All goals, one a line. */
export function formatGoals(results: readonly CaseResult[]): string {
  const goals = [...results.flatMap(goalsOfOne), ...viewerGoals(results)];
  return ['', ...goals.map(({ text, met }) => `- ${met ? 'met' : 'MISSED'}: ${text}`), ''].join('\n');
}
