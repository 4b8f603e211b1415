import { useState } from 'preact/hooks';
import type { EventPage } from '../../../src/server/api/types.js';
import { Bars } from '../parts/Bars.js';
import { Card } from '../parts/Card.js';
import { Tools } from './Tools.js';

const SHOWN = 12;
const NOT_KNOWN = new Set(['not given', 'Incomplete']);

interface TopicsProps {
  readonly title: string;
  readonly report: string;
  readonly topics: EventPage['audience'];
  readonly event: EventPage['event'];
}

/** Shares of people, a topic at a time. */
export function Topics({ title, report, topics, event }: TopicsProps) {
  const [topic, setTopic] = useState<string | null>(null);
  const shown = topics.find((one) => one.topic === topic) ?? topics[0];
  const rest = shown?.shares.slice(SHOWN) ?? [];
  const others = rest.reduce((sum, { count }) => sum + count, 0);
  const percent = rest.reduce((sum, one) => sum + (one.percent ?? 0), 0);
  return (
    <Card title={title} tools={<Tools report={report} of={event} />}>
      {shown === undefined ? (
        <p class="quiet">Nothing is known of them yet.</p>
      ) : (
        <>
          <div class="segments" role="group" aria-label="Topic">
            {topics.map((one) => (
              <button
                key={one.topic}
                type="button"
                class="small"
                aria-pressed={one === shown}
                onClick={() => setTopic(one.topic)}
              >
                {one.topic}
              </button>
            ))}
          </div>
          <Bars
            items={[
              ...shown.shares.slice(0, SHOWN).map((one) => ({ ...one, muted: NOT_KNOWN.has(one.label) })),
              ...(rest.length > 0
                ? [{ label: `${rest.length} more`, count: others, percent, muted: true }]
                : []),
            ]}
          />
        </>
      )}
    </Card>
  );
}
