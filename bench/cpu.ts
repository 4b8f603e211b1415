/** CPU time and memory of processes as Linux counts them in /proc. */
import { readdir, readFile } from 'node:fs/promises';

/** Clock ticks a second in /proc; 100 on every Linux that Node runs on. */
const TICKS = 100;

interface Times {
  readonly parent: number;
  /** User and system time of the process itself, seconds. */
  readonly own: number;
  /** Of its children that have ended and were waited for, and theirs. */
  readonly ended: number;
}

async function timesOf(pid: number | 'self'): Promise<Times | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The name stands in brackets and may hold anything; the fields behind it begin with the third, the state.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [parent, user, system, endedUser, endedSystem] = [1, 11, 12, 13, 14].map((at) => fields[at] ?? 0);
  return {
    parent: parent!,
    own: (user! + system!) / TICKS,
    ended: (endedUser! + endedSystem!) / TICKS,
  };
}

/** Seconds of CPU that a process, its children and all that ended before have used; call it while none is about to end. */
export async function cpuOfTree(pid: number): Promise<number> {
  const root = await timesOf(pid);
  if (!root) throw new Error(`process ${pid} is gone`);
  let seconds = root.own + root.ended;
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const times = await timesOf(Number(name));
    if (times?.parent === pid) seconds += times.own + times.ended;
  }
  return seconds;
}

/** Seconds of CPU of this process's children that have ended. */
export async function cpuOfEndedChildren(): Promise<number> {
  return (await timesOf('self'))?.ended ?? 0;
}

/** The most memory that a process has held so far, bytes; undefined when it is gone. */
export const peakMemory = (pid: number): Promise<number | undefined> => memoryOf(pid, 'VmHWM');

/** What memory a process holds now (VmRSS) or has held at most (VmHWM), bytes; undefined when it is gone. */
export async function memoryOf(pid: number, which: 'VmRSS' | 'VmHWM'): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const found = new RegExp(`^${which}:\\s+(\\d+) kB$`, 'm').exec(text);
  return found ? Number(found[1]) * 1024 : undefined;
}

/** Load of the machine over the last minute, to show how noisy it was. */
export const loadAverage = async (): Promise<number> =>
  Number((await readFile('/proc/loadavg', 'utf8')).split(' ')[0]);
