import { useState } from 'preact/hooks';
import type { RunDetail, RunLine, RunStream, Runs } from '../../../src/server/api/types.js';
import { Card } from '../parts/Card.js';
import { Icon, type Tone } from '../parts/Icon.js';
import { age, exact, OWN_ZONE, span, whole } from '../shell/format.js';
import { useRoute } from '../shell/router.js';
import { useAnswer, useNow } from '../shell/store.js';

const TONES: Readonly<Record<RunLine['status'], Tone>> = {
  complete: 'ok',
  running: 'info',
  incomplete: 'warn',
  interrupted: 'warn',
  killed: 'warn',
  failed: 'bad',
};

/** The runs of before, the newest first; the one that ended last opens itself where it did not end well. */
export function History({ runs }: { readonly runs: Runs['runs'] }) {
  const asked = useRoute().query.get('run');
  const [more, setMore] = useState<string | null>(null);
  const older = useAnswer<Runs>(more === null ? null : `/runs?before=${encodeURIComponent(more)}`).answer;
  const all = [...runs, ...(older?.runs ?? [])];
  if (all.length === 0)
    return (
      <Card title="Runs">
        <p class="quiet">
          No run yet. <code>vivenu-ingest run</code> makes one.
        </p>
      </Card>
    );
  const last = all.at(-1);
  const ended = all.find(({ status }) => status !== 'running');
  return (
    <Card title="Runs" wide>
      <div class="scrolls">
        <table class="runs">
          <thead>
            <tr>
              <th scope="col">Result</th>
              <th scope="col">When</th>
              <th scope="col" class="number">
                Took
              </th>
              <th scope="col" class="number">
                Requests
              </th>
              <th scope="col" class="number">
                Changed
              </th>
              <th scope="col">Proof of tickets</th>
            </tr>
          </thead>
          <tbody>
            {all.map((run) => (
              <Line
                key={run.run_id}
                run={run}
                isOpen={run.run_id === asked || (run === ended && TONES[run.status] !== 'ok')}
              />
            ))}
          </tbody>
        </table>
      </div>
      {all.length >= 50 && last !== undefined && older?.runs.length !== 0 && (
        <button type="button" onClick={() => setMore(`${last.started_at}|${last.run_id}`)}>
          Older runs
        </button>
      )}
    </Card>
  );
}

function Line({ run, isOpen: atFirst }: { readonly run: RunLine; readonly isOpen: boolean }) {
  const [isOpen, setOpen] = useState(atFirst);
  const now = useNow();
  const tone = TONES[run.status];
  return (
    <>
      <tr>
        <td>
          <button type="button" class="more" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            <span class={`trust is-${tone}`}>
              <Icon tone={tone} />
              <strong>{run.says}</strong>
            </span>
          </button>{' '}
          <span class="quiet small">
            {run.regions.length > 3 ? `${run.regions.length} regions` : run.regions.join(', ')}
            {run.full && ', full'}
          </span>
        </td>
        <td data-label="When">
          <time dateTime={run.started_at} title={exact(run.started_at, OWN_ZONE)}>
            {age(run.started_at, now)}
          </time>
        </td>
        <td class="number" data-label="Took">
          {run.seconds === null ? '–' : span(run.seconds * 1000)}
        </td>
        <td class="number" data-label="Requests">
          {whole(run.requests)}
        </td>
        <td class="number" data-label="Changed">
          {whole(run.changed)}
        </td>
        <td data-label="Proof" class="proof">
          {proofSays(run.proof)}
        </td>
      </tr>
      {isOpen && (
        <tr>
          <td colSpan={6}>
            <Detail id={run.run_id} />
          </td>
        </tr>
      )}
    </>
  );
}

function proofSays(proof: RunLine['proof']): string {
  if (proof === null) return '–';
  const { api, stored, set_aside: aside } = proof;
  const difference = api - stored - aside;
  const counted = `${whole(api)} at vivenu = ${whole(stored)} stored${aside > 0 ? ` + ${whole(aside)} set aside` : ''}`;
  if (difference === 0) return counted;
  return `${counted.replace('=', '≠')}, ${whole(Math.abs(difference))} ${difference > 0 ? 'short' : 'too many'}`;
}

function Detail({ id }: { readonly id: string }) {
  const { answer, failed } = useAnswer<RunDetail>(`/runs/${id}`);
  if (failed !== null) return <p>{failed}</p>;
  if (answer === null) return <p class="quiet">Loading …</p>;
  const skipped = answer.streams.filter(({ mode }) => mode === 'skipped').length;
  const streams = answer.streams.filter(({ mode }) => mode !== 'skipped');
  const proven = streams.filter((stream) => stream.proven);
  const others = streams.filter((stream) => !stream.proven);
  return (
    <div class="detail">
      {answer.warnings.map((warning) => (
        <p key={warning} class="quiet">
          {warning}
        </p>
      ))}
      {streams.length === 0 && <p class="quiet">No stream was read.</p>}
      {others.length > 0 && <Streams streams={others} />}
      {proven.length > 0 && (
        <details open={answer.warnings.length + others.length === 0}>
          <summary>{proven.length} proven complete</summary>
          <Streams streams={proven} />
        </details>
      )}
      {skipped > 0 && <p class="quiet">{skipped} streams were not asked for in this run, or not reached.</p>}
    </div>
  );
}

const Streams = ({ streams }: { readonly streams: readonly RunStream[] }) => (
  <ul>
    {streams.map((stream) => (
      <Stream key={`${stream.region} ${stream.stream}`} stream={stream} />
    ))}
  </ul>
);

const Stream = ({ stream }: { readonly stream: RunStream }) => (
  <li class={`trust is-${stream.proven ? 'ok' : stream.status === 'failed' ? 'bad' : 'warn'}`}>
    <Icon tone={stream.proven ? 'ok' : stream.status === 'failed' ? 'bad' : 'warn'} />
    <span>
      <strong>
        {stream.region} {stream.stream.replaceAll('_', ' ')}
      </strong>
      : {stream.says}{' '}
      <span class="quiet small">
        {stream.mode}, {whole(stream.requests)} {stream.requests === 1 ? 'request' : 'requests'},{' '}
        {whole(stream.inserted)} new, {whole(stream.updated)} changed, {whole(stream.unchanged)} unchanged,{' '}
        {span(stream.seconds * 1000)}
      </span>
    </span>
  </li>
);
